//! seldonplay runs playbooks for Kubernetes: a YAML file names manifests and lists steps (apply, wait until, patch, scale,
//! delete …), and the program carries them out on a cluster and tells what really happened.
//!
//! # The line
//!
//! **source → playbook → plan → run → events → reports.** Data flows along that line and never back.
//!
//! | noun | is | made by |
//! |---|---|---|
//! | [`source::Sources`] | every text: the playbook, its manifests, what `-f` and `--set` gave; each value keeps its place | reading files |
//! | [`playbook::document::Playbook`] | the language as written, decoded into types, every finding collected | decoding a [`source::Tree`] |
//! | [`plan::Plan`] | the playbook as it will run: checked, defaults filled in, manifests loaded, steps numbered | [`plan::Plan::new`], the only way to one |
//! | [`runner::run`] | the interpreter: order, deadlines, retries, handlers, cancellation; one `match` over the verbs | |
//! | [`event::Event`] | what happened, as data: the contract between running and showing | the runner, stamped and masked by [`event::Recorder`] |
//! | [`report::Reporter`] | a reading of the events: words on a console, JSON lines | |
//!
//! The whole of it stands in `cli/run.rs`, in a handful of statements.
//!
//! # The rooms
//!
//! A room may import those of its row, `json`, and nothing else of ours; `tests/architecture.rs` has the same table and holds the source
//! to it, every `crate::` path and not only `use` lines. A new arrow is a decision about the design: it changes both tables.
//!
//! | room | may import | holds |
//! |---|---|---|
//! | `source` | | texts, places in them ([`source::Span`]), YAML as a tree in which every key and value has its place |
//! | `quantity` | | Kubernetes quantities: `500m`, `1Gi` |
//! | `json` | | JSON as values that are shared, which all rooms speak: a copy costs nothing, a change copies only what lies on the way to it |
//! | `direct` | | values that go from one end of a connection to the other where both live in this process |
//! | `selector` | | label selectors |
//! | `tree` | | an object and what it owns |
//! | `escape` | | text from outside, made harmless for a terminal |
//! | `structural` | `quantity` | the schemas of CRDs: defaults, pruning, validation, by JSON pointer |
//! | `diagnostic` | `source`, `escape` | findings about a text: code, place, help; how they are drawn |
//! | `event` | `source` | what happens in a run, failures, endings with their exit codes |
//! | `kinds` | `structural`, `quantity`, `selector`, `tree` | what is known of each kind: ready, scaled, fresh, which field scales, what its webhook refuses. Pure functions over JSON, one file a kind |
//! | `diagnosis` | `tree`, `kinds`, `quantity`, `selector` | rules over the state of an object and of what it owns, which say in a sentence why it is not ready |
//! | `playbook` | `source`, `diagnostic`, `quantity`, `selector` | the language as written: verbs, conditions, targets, expressions. Data only |
//! | `plan` | `playbook`, `kinds`, `structural`, `quantity`, `selector`, `source`, `diagnostic`, `event` | every rule of meaning that needs no cluster; loads manifests |
//! | `cluster` | `kinds`, `structural`, `quantity`, `selector`, `tree`, `source`, `direct` | a thin door over `kube::Client`: discovery, shared watches, patience, the ledger of this run's writes |
//! | `rehearsal` | `kinds`, `structural`, `quantity`, `selector`, `tree`, `escape`, `direct` | an API server inside the process, and the controllers that bring known kinds to life |
//! | `observe` | `cluster`, `tree`, `diagnosis`, `event`, `kinds`, `selector` | looks at objects and what they own, once or live, and makes events of what changes |
//! | `runner` | `plan`, `playbook`, `event`, `cluster`, `observe`, `diagnosis`, `kinds`, `selector`, `tree`, `source`, `diagnostic` | the interpreter, one file a verb |
//! | `report` | `event`, `source`, `diagnostic`, `escape` | console and JSON |
//! | `cli` | everything | one file a subcommand; the environment, the wall's clock and the standard streams |
//!
//! # What must never be
//!
//! - Only `cluster` and `rehearsal` name kube. A playbook, a plan, a kind's rules and an event are plain data; objects are [`json::Value`],
//!   whoever has them.
//! - Only `cli` reads the environment, ends the process, and prints outside a report. What anybody else has to say is returned, or is an event.
//! - `kinds` and `structural` speak of JSON pointers, never of places in a file: the plan keeps the tree of a manifest and maps them.
//! - `cluster` reports trouble as values; the runner makes events of it. `report` knows neither kube nor the runner.
//! - Input never makes the program panic. A [`plan::Plan`] exists only if nothing was found that forbids running it; findings come all at once.
//! - Every wait can say why it is not done: a condition is met, not yet met for a reason, or can never be met for a reason.
//! - A status is believed only when it speaks of the object as it is now. That gate comes before the condition and is never part of it.
//! - Everything that waits uses tokio's clock; every `select!` is `biased`; randomness comes from the run's seed; order that can be seen comes from ordered maps.
//!
//! # To add …
//!
//! - **a verb**: its struct, its entry in [`playbook::action::VERBS`] and its variant in `playbook/action.rs`. The compiler then asks for
//!   its arm in `runner/step.rs`, which calls a new `runner/NAME.rs`. Decoder, JSON Schema and the tables of `docs/language.md` come from the struct
//!   (`UPDATE=1 cargo test --test docs --test schema` writes them).
//! - **a kind**: `kinds/NAME.rs` and an entry in `kinds/table.rs`; states to judge it by in `tests/kinds/KIND/`. Waits, scaling and checks know it at once.
//! - **a rule that says why**: a function and its row in `diagnosis/mod.rs`, and a folder `tests/diagnosis/NAME/` in which it leads.
//! - **a finding**: its code in [`diagnostic::Code`], the check in the room that can see it, a row with an example in `docs/diagnostics.md`.
//! - **a fault of rehearsals**: its word in `playbook/rehearsal.rs`, its variant in `rehearsal/faults.rs`; the compiler asks for the rest.
//! - **a controller of rehearsals**: `rehearsal/controllers/NAME.rs`, a pure function of what it sees, and its row in the table there;
//!   its life on a real cluster is recorded in `tests/controllers/NAME/` and compared state by state.
//! - **a behaviour of the API server**: a case in `tests/conformance/`, recorded from a real one.
//! - **an event**: its variant in [`event::EventKind`], a line in `docs/events.md`, and what the console says of it. Readers skip what they do not know.
//! - **a report**: `report/NAME.rs` with its [`report::Reporter`], and its option in `cli/reports.rs`.
//! - **a subcommand**: `cli/NAME.rs`, its variant and its arm in `cli/mod.rs`.

pub mod cli;
pub mod cluster;
pub mod diagnosis;
pub mod diagnostic;
pub mod direct;
mod escape;
pub mod event;
pub mod json;
pub mod kinds;
pub mod observe;
pub mod plan;
pub mod playbook;
pub mod quantity;
pub mod rehearsal;
pub mod report;
pub mod runner;
pub mod selector;
pub mod source;
pub mod structural;
pub mod tree;
