//! `get`: reads objects, for `save` and `expect`.
//! It must never show them: a Secret may be among them.

use super::context::{Context, Done};
use super::subject::Subject;
use crate::event::{Cause, Failure};
use crate::playbook::action::Get;
use crate::playbook::late::Late;

/// Carries out a `get`.
pub(super) async fn get(action: &Get, cx: &Context<'_>) -> Result<Done, Failure> {
    let subjects = cx.subjects(action.target.as_ref()).await?;
    let mut values = Vec::new();
    for subject in &subjects {
        match subject {
            Subject::Named(object) => {
                let value = cx.look(object).await?.ok_or_else(|| {
                    let span = action.target.as_ref().map_or(cx.step.verb, Late::span);
                    Failure::new(Cause::Unmet, format!("there is no {object}")).at(cx.place(span))
                })?;
                values.push(value);
            }
            Subject::Selection(selection) => {
                values.extend(cx.select(selection).await?.into_iter().map(|(_, value)| value))
            }
        }
    }
    match subjects.as_slice() {
        [Subject::Named(object)] => Ok(Done::of(values, object.short())),
        _ => {
            let words = format!("{} objects", values.len());
            Ok(Done::new(values.into(), words))
        }
    }
}
