//! SEEING WHAT HAPPENS: looks at objects and at what they own, once or for as long as it is asked to, and makes events of it.
//! Must never know plans, playbooks, steps or how anything is shown.

mod bell;
mod below;
mod change;
mod describe;
mod live;
mod look;
mod occurrences;
mod sketch;
mod told;

use crate::cluster::{Cluster, Resource};
pub use describe::describe;
pub use live::Observer;
pub use look::{Look, look};
pub use told::{diagnosis, requested};

/// `objects of kind Pod`, `objects of the kinds Job and Pod`; nothing of none.
fn objects_of(kinds: &[String]) -> Option<String> {
    match kinds {
        [] => None,
        [only] => Some(format!("objects of kind {only}")),
        [most @ .., last] => Some(format!("objects of the kinds {} and {last}", most.join(", "))),
    }
}

/// How a kind is served, as far as that is known; nothing if it is not, or cannot be asked for.
async fn served(cluster: &Cluster, api_version: &str, kind: &str) -> Option<Resource> {
    cluster.served(api_version, kind).await.ok().flatten()
}
