//! THE EMBEDDED API SERVER: a tower service that `kube::Client` is built on, and the controllers that bring known kinds to life.
//! It must never know playbooks, plans or runs: to whoever holds the client, it is a cluster.

pub mod builtin;
pub mod clock;
pub mod controllers;
pub mod fields;
pub mod server;
pub mod strategic;
