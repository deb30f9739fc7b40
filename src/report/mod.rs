//! Readings of a run's events: words on a console, JSON lines. Each is a fold over the same events, so a stored log replays through them.
//! It must never know how a run is carried out, nor read the environment: terminal, colours and width come in as options.

mod console;
mod duration;
mod json;
mod sink;

pub use console::{Console, ConsoleOptions, Surface, Verbosity, draw_diagnosis};
pub use duration::took;
pub use json::Json;

use crate::event::Event;
use std::io;

/// One reading of the events of a run.
pub trait Reporter {
    /// Every event, in order. It never fails: a writer that breaks is left alone from then on, and [`Reporter::finish`] tells.
    fn take(&mut self, event: &Event);

    /// Called some ten times a second while something runs, for spinners, elapsed times and lines that were held back.
    fn tick(&mut self) {}

    /// Writes what is still held back. The error is the first that writing met; [`io::ErrorKind::BrokenPipe`] means that
    /// nobody reads any more, which is no fault of the run: the caller ends quietly.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Several readings of one run.
#[derive(Default)]
pub struct Fan(Vec<Box<dyn Reporter>>);

impl Fan {
    /// These readings, served in this order.
    pub fn new(reporters: Vec<Box<dyn Reporter>>) -> Fan {
        Fan(reporters)
    }

    /// One more.
    pub fn push(&mut self, reporter: impl Reporter + 'static) {
        self.0.push(Box::new(reporter));
    }
}

impl Reporter for Fan {
    fn take(&mut self, event: &Event) {
        self.0.iter_mut().for_each(|reporter| reporter.take(event));
    }

    fn tick(&mut self) {
        self.0.iter_mut().for_each(|reporter| reporter.tick());
    }

    /// Finishes all of them. A real fault is returned before a pipe that nobody reads.
    fn finish(&mut self) -> io::Result<()> {
        let mut faults: Vec<io::Error> =
            self.0.iter_mut().filter_map(|reporter| reporter.finish().err()).collect();
        faults.sort_by_key(|fault| fault.kind() == io::ErrorKind::BrokenPipe);
        faults.into_iter().next().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    struct Probe(Rc<RefCell<Vec<&'static str>>>, Option<io::ErrorKind>);

    impl Reporter for Probe {
        fn take(&mut self, _: &Event) {
            self.0.borrow_mut().push("take");
        }
        fn tick(&mut self) {
            self.0.borrow_mut().push("tick");
        }
        fn finish(&mut self) -> io::Result<()> {
            self.0.borrow_mut().push("finish");
            self.1.map_or(Ok(()), |kind| Err(kind.into()))
        }
    }

    #[test]
    fn all_are_served_and_a_full_disk_outweighs_a_closed_pipe() {
        let seen = Rc::default();
        let mut fan = Fan::default();
        for fault in [Some(io::ErrorKind::BrokenPipe), None, Some(io::ErrorKind::StorageFull)] {
            fan.push(Probe(Rc::clone(&seen), fault));
        }
        fan.tick();
        let fault = fan.finish().expect_err("two of them failed");
        assert_eq!(fault.kind(), io::ErrorKind::StorageFull);
        assert_eq!(*seen.borrow(), ["tick", "tick", "tick", "finish", "finish", "finish"]);
    }
}
