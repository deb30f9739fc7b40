//! `pause`: asks a person to go on.
//! It must never know where the person sits.

use super::Ask;
use super::context::{Context, Done};
use crate::event::{Cause, EventKind, Failure};
use crate::json::Value;
use crate::playbook::action::Pause;

/// Carries out a `pause`.
pub(super) async fn pause(action: &Pause, ask: &Ask, cx: &Context<'_>) -> Result<Done, Failure> {
    let text = cx.late(&action.text)?;
    cx.teller.tell(EventKind::Asked { text: text.clone() });
    let (go_on, by) = match ask {
        Ask::Yes => (true, "--yes"),
        Ask::Nobody => {
            let failure = Failure::new(Cause::Interrupted, "nobody can be asked: there is no terminal")
                .at(cx.place(cx.step.verb));
            return Err(failure.help("Run it in a terminal, or go on by `--yes`."));
        }
        Ask::Person(person) => (person(text).await, "person"),
    };
    cx.teller.tell(EventKind::Answered { go_on, by: by.into() });
    if go_on {
        return Ok(Done::new(Value::Null, format!("went on ({by})")));
    }
    Err(Failure::new(Cause::Interrupted, "the answer was no").at(cx.place(cx.step.verb)))
}
