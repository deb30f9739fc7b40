//! The `seldonplay` program: calls [`seldonplay::cli::main`] and ends with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    seldonplay::cli::main()
}
