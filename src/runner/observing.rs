//! What happens to what a run wrote, observed beside its steps and told under the step that runs at that moment.
//! It must never hold up a step, nor make a failure of what cannot be seen.

use super::context::Told;
use crate::cluster::{Cluster, Written};
use crate::event::{EventKind, StepPath};
use crate::observe::Observer;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a run waits to know which of the cluster's events are older than itself.
const BEGIN: Duration = Duration::from_secs(1);

/// The observation of a run; nothing where it is not wanted.
pub(super) struct Observing {
    cluster: Cluster,
    writes: Option<UnboundedSender<Arc<Written>>>,
    seen: UnboundedReceiver<EventKind>,
    followed: usize,
    /// The step that runs now.
    step: Option<StepPath>,
    task: Option<JoinHandle<()>>,
}

/// Comes when it is known which events are older than the run.
pub(super) type Begun = Option<oneshot::Receiver<()>>;

impl Observing {
    /// Begins to observe what is written from now on. `namespace` is where most of it will be.
    pub(super) fn begin(cluster: &Cluster, namespace: &str, wanted: bool) -> (Observing, Begun) {
        let (tell, seen) = unbounded_channel();
        let mut observing =
            Observing { cluster: cluster.clone(), writes: None, seen, followed: 0, step: None, task: None };
        if !wanted {
            return (observing, None);
        }
        let (writes, written) = unbounded_channel();
        let (begins, begun) = oneshot::channel();
        let work = observe(cluster.clone(), namespace.to_owned(), begins, written, tell);
        observing.writes = Some(writes);
        observing.task = Some(tokio::spawn(work));
        (observing, Some(begun))
    }

    /// Hears what is told of the run: which step runs, and that something was written. A request becomes one of the step that runs.
    pub(super) fn hear(&mut self, mut told: Told) -> Told {
        let Told::Event(step, _, kind) = &mut told else { return told };
        match kind {
            EventKind::StepStarted { .. } => self.step.clone_from(step),
            EventKind::StepFinished { .. } if self.step == *step => self.step = None,
            EventKind::ObjectWritten { .. } => self.follow_written(),
            EventKind::Requested { .. } => step.clone_from(&self.step),
            _ => {}
        }
        told
    }

    fn follow_written(&mut self) {
        let Some(writes) = &self.writes else { return };
        for written in self.cluster.ledger().first_after(self.followed) {
            self.followed += 1;
            // The observer ends only when the run does.
            let _ = writes.send(written);
        }
    }

    /// What happens next, and in which step; for ever nothing where nothing is observed.
    pub(super) async fn next(&mut self) -> Told {
        match self.seen.recv().await {
            Some(kind) => Told::Event(self.step.clone(), None, kind),
            None => std::future::pending().await,
        }
    }

    /// What has happened already.
    pub(super) fn try_next(&mut self) -> Option<Told> {
        self.seen.try_recv().ok().map(|kind| Told::Event(self.step.clone(), None, kind))
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Waits until the observation has begun, but not for long.
pub(super) async fn begun(begun: &mut Begun) {
    if let Some(begun) = begun.take() {
        let _ = timeout(BEGIN, begun).await;
    }
}

async fn observe(
    cluster: Cluster,
    namespace: String,
    begins: oneshot::Sender<()>,
    mut written: UnboundedReceiver<Arc<Written>>,
    tell: UnboundedSender<EventKind>,
) {
    let mut observer = Observer::new(&cluster);
    observer.begin(&namespace).await;
    let _ = begins.send(());
    loop {
        tokio::select! {
            biased;
            write = written.recv() => match write {
                Some(write) => observer.follow(&write.object(), &write.uid, write.created).await,
                None => return,
            },
            kind = observer.next() => {
                if tell.send(kind).is_err() {
                    return;
                }
            }
        }
    }
}
