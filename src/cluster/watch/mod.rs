//! Following objects: one list and watch for each resource, namespace and selector, shared by all who ask.
//! Never judges an object; never drops, merges or reorders what the server tells.
//!
//! [`interest`] says what is followed and hands it out; `hub` finds the feeds that serve an interest; a
//! `feed` is what is known of one selection, and its subscribers; `follow` keeps a feed up to date.

mod feed;
mod follow;
mod hub;
mod interest;
mod lines;

pub(super) use hub::Hub;
pub use interest::{Interest, Seen, Watch};
