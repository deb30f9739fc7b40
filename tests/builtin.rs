//! The built-in kinds as the rehearsal knows them, held to what a real API server says of them.

#[path = "builtin/applied.rs"]
mod applied;
#[path = "builtin/created.rs"]
mod created;
#[path = "builtin/random.rs"]
mod random;
#[path = "builtin/refused.rs"]
mod refused;
#[path = "builtin/replaced.rs"]
mod replaced;
#[path = "builtin/scaled.rs"]
mod scaled;
#[path = "builtin/sequences.rs"]
mod sequences;
#[path = "builtin/server.rs"]
mod server;
#[path = "builtin/tables.rs"]
mod tables;
