//! Counts the pods of a world, and those that were ever ready: whether there was anything to wait for.
//! It must never write.

use crate::direct::{Direct, Followed};
use crate::json::{Text, Value};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Before a watch that ended is opened again.
const PAUSE: Duration = Duration::from_millis(100);

/// The pods that there have been, by uid, and whether they were ever ready.
#[derive(Debug, Default)]
pub(super) struct Pods(Mutex<HashMap<Text, bool>>);

impl Pods {
    /// How many there have been, and how many of them were ever ready or had done their work.
    pub(super) fn counts(&self) -> (usize, usize) {
        let pods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (pods.len(), pods.values().filter(|ready| **ready).count())
    }

    /// Follows all pods until it is dropped.
    pub(super) async fn follow(self: std::sync::Arc<Pods>, client: kube::Client) {
        loop {
            let request = http::Request::get("/api/v1/pods?watch=true").extension(Direct(Value::Null));
            if let Ok(request) = request.body(kube::client::Body::empty())
                && let Ok(answer) = client.send(request).await
                && let Some(followed) = answer.extensions().get::<Followed>()
            {
                while let Some((_, pod)) = followed.next().await {
                    self.take(&pod);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn take(&self, pod: &Value) {
        let Some(uid) = pod["metadata"]["uid"].as_text() else { return };
        let conditions = pod["status"]["conditions"].as_array();
        let ready = pod["status"]["phase"] == "Succeeded"
            || conditions
                .into_iter()
                .flatten()
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(uid.clone()).or_default() |= ready;
    }
}
