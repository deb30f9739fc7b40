//! What goes on when its step is ended: writes, so that the ledger knows what came of them, and what lasts until the run ends.
//! It must never know what is written.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// The writes that are under way.
#[derive(Clone)]
pub(super) struct Outstanding {
    count: Arc<watch::Sender<usize>>,
    asides: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Outstanding {
    /// None yet.
    pub(super) fn new() -> Outstanding {
        Outstanding { count: Arc::new(watch::Sender::new(0)), asides: Arc::default() }
    }

    /// Carries something out beside the steps until the run ends. It is no write: the run does not wait for it.
    pub(super) fn aside(&self, work: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(work).abort_handle();
        self.asides.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    /// Ends what goes on beside the steps.
    pub(super) fn end_asides(&self) {
        let mut asides = self.asides.lock().unwrap_or_else(PoisonError::into_inner);
        asides.drain(..).for_each(|task| task.abort());
    }

    /// Carries out a write; if whoever waits for it goes away, it is carried out all the same.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        write: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let count = self.count.clone();
        count.send_modify(|count| *count += 1);
        let under_way = Counted(count);
        let task = tokio::spawn(async move {
            let _under_way = under_way;
            write.await
        });
        match task.await {
            Ok(written) => written,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Nobody cancels it but the end of the runtime, after which nobody waits.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Waits until all of them are done, or for as long as is given.
    pub(super) async fn done(&self, within: Duration) {
        let mut count = self.count.subscribe();
        // Whatever is still under way after that is not known of: the run ends.
        let _ = timeout(within, count.wait_for(|count| *count == 0)).await;
    }
}

/// Counts one write for as long as it lasts.
struct Counted(Arc<watch::Sender<usize>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn a_write_goes_on_when_nobody_waits_for_it() {
        let outstanding = Outstanding::new();
        let written = Arc::new(AtomicBool::new(false));
        let flag = written.clone();
        let write = outstanding.write(async move {
            sleep(Duration::from_secs(1)).await;
            flag.store(true, Ordering::Relaxed);
        });
        assert!(timeout(Duration::from_millis(10), write).await.is_err());
        assert!(!written.load(Ordering::Relaxed));
        outstanding.done(Duration::from_secs(5)).await;
        assert!(written.load(Ordering::Relaxed));
    }
}
