//! SEEING WHAT HAPPENS: looks at objects and at what they own, once or for as long as it is asked to, and makes events of it.
//! Must never know plans, playbooks, steps or how anything is shown.

mod change;
mod describe;
mod live;
mod look;
mod occurrences;
mod sketch;
mod told;

pub use describe::describe;
pub use live::Observer;
pub use look::{Look, look};
pub use told::diagnosis;
