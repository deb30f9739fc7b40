//! `describe`: what stands in objects and in all that they own, and what happened to them.
//! It must never judge, nor fail for what may not be read.

use super::context::{Context, Done};
use crate::event::{EventKind, Failure};
use crate::observe;
use crate::playbook::action::Describe;

/// Carries out a `describe`.
pub(super) async fn describe(action: &Describe, cx: &Context<'_>) -> Result<Done, Failure> {
    let objects = cx.objects(action.target.as_ref()).await?;
    let (mut values, mut names) = (Vec::new(), Vec::new());
    for (object, value) in objects {
        cx.teller.mask(&value);
        let look = observe::look(&cx.cluster, value.clone()).await;
        look.unseen.iter().for_each(|unseen| cx.teller.warn(unseen.clone()));
        let lines = observe::describe(&look.scene);
        cx.teller.tell(EventKind::Described { object: object.short(), lines });
        names.push(object.short());
        values.push(value);
    }
    let words = match names.as_slice() {
        [] => "there is nothing".to_owned(),
        [only] => only.clone(),
        names => format!("{} objects", names.len()),
    };
    Ok(match values.len() {
        1 => Done::of(values, words),
        _ => Done::new(values.into(), words),
    })
}
