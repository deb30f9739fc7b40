//! THE EMBEDDED API SERVER: a tower service that `kube::Client` is built on, and the controllers that bring known kinds to life.
//! It must never know playbooks, plans or runs: to whoever holds the client, it is a cluster.
//!
//! A [`world::World`] is all of it: the [`server`] in memory, the [`controllers`] that talk to it as they would to any other,
//! their [`clock`], whose time is virtual where tokio's is paused, and the [`faults`] that come between.

pub mod builtin;
pub mod clock;
pub mod controllers;
pub mod faults;
pub mod fields;
pub mod http;
mod known;
mod pods;
pub mod server;
pub mod strategic;
pub mod world;
