//! `seldonplay schema`
//! It must never know the language: its types make the schema.

use super::screen::say;
use crate::event::Ending;
use crate::playbook::document::Playbook;
use clap::Args;

/// Print the JSON Schema of playbooks.
#[derive(Debug, Args)]
pub(super) struct SchemaCommand {}

impl SchemaCommand {
    pub(super) fn execute(self) -> Ending {
        say(&format!("{:#}\n", Playbook::json_schema()))
    }
}
