//! The built-in kinds as the rehearsal knows them, held to what a real API server says of them.

use seldonplay::json::Value;
use seldonplay::rehearsal::fields;

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

/// Puts back the object that was there if the new one differs from it in nothing but the times of managers, as the server does.
fn keep_times(old: &Value, new: &mut Value) {
    let split = |object: &Value| {
        let mut bare = object.clone();
        let managers = bare.remove("/metadata/managedFields");
        (bare, managers)
    };
    let ((bare, managers), (new_bare, new_managers)) = (split(old), split(new));
    if bare == new_bare && !fields::differ(managers.as_ref(), new_managers.as_ref()) {
        *new = old.clone();
    }
}
