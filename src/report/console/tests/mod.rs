//! Whole runs as the console tells them, compared with `tests/report/*.txt` (written anew by `UPDATE=1`), and what must hold for every text.
//! It must never know how the console is made.

mod emulator;
mod golden;
mod log;
mod properties;
