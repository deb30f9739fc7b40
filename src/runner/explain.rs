//! Why the objects of a wait are not as it wants them: one look at them and at what they own, when it has failed.
//! It must never make a failure of what it may not see, nor hold up the end of a run for long.

use super::context::Context;
use crate::cluster::ObjectRef;
use crate::diagnosis;
use crate::event::{Cause, Failure};
use crate::observe;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(5);
/// How many objects are looked at.
const MOST: usize = 3;

/// The failure, its sentence ended by the cause that was found: `head` is that sentence without the comparisons that it ends with.
/// What was found is told before; what only follows from other causes says no more than the comparisons do.
pub(super) async fn explain(
    failure: Failure,
    head: &str,
    objects: &[ObjectRef],
    cx: &Context<'_>,
) -> Failure {
    let cluster = cx.cluster.until(Instant::now() + LIMIT);
    let looks = objects.iter().take(MOST).map(async |object| {
        let root = cluster.get(object).await.ok()??;
        let look = observe::look(&cluster, root).await;
        Some((object.short(), diagnosis::diagnose(&look.scene)))
    });
    let Ok(found) = timeout(LIMIT, join_all(looks)).await else { return failure };
    let (mut sentences, mut explained): (Vec<String>, Option<String>) = (Vec::new(), None);
    for (object, found) in found.into_iter().flatten() {
        // What a status says of itself is among the comparisons already.
        let Some(cause) = found.root_cause().filter(|cause| cause.rule != diagnosis::STATUS) else {
            continue;
        };
        // Nor what follows from another cause, when the comparisons are final: they are what it follows from.
        if failure.cause == Cause::Unmet && found.explanation().is_none() {
            continue;
        }
        let sentence = cause.sentence();
        if sentences.contains(&sentence) {
            continue;
        }
        if let Some(cause) = found.explanation() {
            explained.get_or_insert_with(|| cause.sentence());
        }
        sentences.push(sentence);
        if let Some(event) = observe::diagnosis(&object, &found) {
            cx.teller.tell(event);
        }
    }
    match explained {
        Some(sentence) => Failure { message: format!("{head}: {sentence}"), ..failure },
        None => failure,
    }
}
