//! Structural schemas and the lint of manifests, tried on tables, cases, the CRDs themselves and a real API server.

#[path = "lint/agreement.rs"]
mod agreement;
#[path = "lint/cases.rs"]
mod cases;
#[path = "lint/mutate.rs"]
mod mutate;
#[path = "lint/pod_table.rs"]
mod pod_table;
#[path = "lint/server.rs"]
mod server;
