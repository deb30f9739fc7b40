//! What the cases are run with: the folder, the cluster, the run, the second actor, what is masked and compared.

pub mod actor;
pub mod case;
pub mod difference;
pub mod ground;
pub mod line;
pub mod mask;
pub mod play;
#[path = "../cluster/proxy.rs"]
pub mod proxy;
pub mod stage;
