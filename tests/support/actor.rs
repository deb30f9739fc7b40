//! The second actor: whoever else is at work on the cluster while a playbook runs.
//! It must never touch the run but as the outside may: through the cluster, its connections, and its hands.

use super::case::{Case, Change, Cue, Deed, Refusal, Sight, Urgency, length};
use super::ground::object_named;
use super::line::Line;
use seldonplay::cluster::{
    ApplyOptions, Cluster, DeleteOptions, KindName, ObjectRef, PatchKind, PatchOptions,
};
use seldonplay::json::Value;
use seldonplay::runner::{Signal, Stop};
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};

/// How long something is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What reaches the actor from the run.
pub enum Told {
    /// An event: its step, its type, all of it as text.
    Event { step: String, kind: String, text: String },
    /// A question; the answer goes back when what belongs to it is done.
    Asked(String, oneshot::Sender<bool>),
}

/// The second actor.
pub struct Actor<'a> {
    pub case: &'a Case,
    pub cluster: Cluster,
    pub namespace: &'a str,
    pub run: &'a str,
    pub line: Option<&'a Line>,
    pub stop: watch::Sender<Stop>,
}

impl Actor<'_> {
    /// Does what the case says, each thing once, until the run is over. The error says what did not come to pass.
    pub async fn follow(&self, mut told: mpsc::UnboundedReceiver<Told>) -> Result<(), String> {
        let mut cues: Vec<&Cue> = self.case.meanwhile.iter().collect();
        let mut pauses = self.case.pauses.clone();
        let mut wrong = Vec::new();
        while let Some(told) = told.recv().await {
            match told {
                Told::Event { step, kind, text } => {
                    let fits = |cue: &&Cue| {
                        cue.comes == kind
                            && cue.step.as_ref().is_none_or(|wanted| *wanted == step)
                            && cue.saying.as_ref().is_none_or(|words| text.contains(words))
                    };
                    while let Some(at) = cues.iter().position(fits) {
                        let cue = cues.remove(at);
                        wrong.extend(self.act(&cue.deeds).await.err());
                    }
                }
                Told::Asked(text, answer) => {
                    if let Some(deeds) = pauses.remove(&text) {
                        wrong.extend(self.act(&deeds).await.err());
                    }
                    let _ = answer.send(self.case.answer);
                }
            }
        }
        wrong.extend(cues.iter().map(|cue| format!("no `{}` came that {cue:?} waits for", cue.comes)));
        wrong.extend(pauses.keys().map(|text| format!("the run never asked `{text}`")));
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// Does some things in order.
    pub async fn act(&self, deeds: &[Deed]) -> Result<(), String> {
        for deed in deeds {
            self.one(deed).await.map_err(|error| format!("the second actor's {deed:?}: {error}"))?;
        }
        Ok(())
    }

    async fn one(&self, deed: &Deed) -> Result<(), String> {
        let stop = |urgency: Urgency, signal: Signal| match urgency {
            Urgency::Gracefully => Stop::Gracefully(signal),
            Urgency::Soon => Stop::Soon(signal),
            Urgency::Now => Stop::Now(signal),
        };
        match deed {
            Deed::Apply(Value::String(file)) => {
                for object in self.read(file)? {
                    self.apply(object).await?;
                }
            }
            Deed::Apply(object) => self.apply(object.clone()).await?,
            Deed::Patch(Change { target, merge, subresource }) => {
                let object = self.object(target).await?;
                let options = PatchOptions { subresource: subresource.clone(), ..PatchOptions::default() };
                let patched = self.cluster.patch(&object, &PatchKind::Merge(merge.clone()), &options).await;
                patched.map_err(|error| error.to_string())?;
            }
            Deed::Delete(target) => self.delete(target).await?,
            Deed::Until(sight) => patiently(|| self.otherwise(sight)).await?,
            Deed::Refused(refusal) => patiently(|| self.let_in(refusal)).await?,
            Deed::Sees(sight) => {
                if let Some(other) = self.otherwise(sight).await? {
                    return Err(format!("it is {other}"));
                }
            }
            Deed::Misses(target) => {
                let object = self.object(target).await?;
                if self.cluster.get(&object).await.map_err(|error| error.to_string())?.is_some() {
                    return Err("it is there".into());
                }
            }
            Deed::Interrupt(urgency) => drop(self.stop.send_replace(stop(*urgency, Signal::Interrupt))),
            Deed::Terminate(urgency) => drop(self.stop.send_replace(stop(*urgency, Signal::Terminate))),
            Deed::Cut(_) => self.line()?.cut(),
            Deed::Refuse(refuses) => self.line()?.refuse(*refuses),
            Deed::Stall(stalls) => self.line()?.stall(*stalls),
            Deed::Sleep(time) => sleep(length(time)?).await,
        }
        Ok(())
    }

    fn line(&self) -> Result<&Line, String> {
        self.line.ok_or_else(|| "the case has no `proxy: true`".into())
    }

    /// The objects of a file of the folder; `RUN` in it is the run's id.
    fn read(&self, file: &str) -> Result<Vec<Value>, String> {
        let path = self.case.folder.join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_yaml::from_multiple(&text.replace("RUN", self.run))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    async fn apply(&self, mut object: Value) -> Result<(), String> {
        let word = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
        let kind = KindName { word: word("kind"), api_version: Some(word("apiVersion")) };
        let resource = self.cluster.resolve(&kind).await.map_err(|error| format!("{error:?}"))?;
        if resource.namespaced && object["metadata"]["namespace"].is_null() {
            object["metadata"]["namespace"] = self.namespace.into();
        }
        let options =
            ApplyOptions { field_manager: Some("somebody".into()), force: true, ..ApplyOptions::default() };
        self.cluster.apply(&object, &options).await.map(drop).map_err(|error| error.to_string())
    }

    async fn delete(&self, target: &str) -> Result<(), String> {
        let object = self.object(target).await?;
        let deleted = self.cluster.delete(&object, &DeleteOptions::default()).await;
        deleted.map(drop).map_err(|error| error.to_string())
    }

    async fn object(&self, target: &str) -> Result<ObjectRef, String> {
        let (word, name) = target.split_once('/').ok_or("a target is written Kind/name")?;
        object_named(&self.cluster, word, Some(self.namespace), &name.replace("RUN", self.run)).await
    }

    /// What comes of applying an object instead of its being refused; what was let in is deleted.
    async fn let_in(&self, Refusal { object, saying }: &Refusal) -> Result<Option<String>, String> {
        match self.apply(object.clone()).await {
            Err(error) if error.contains(saying) => Ok(None),
            Err(error) => Ok(Some(error)),
            Ok(()) => {
                let word = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
                self.delete(&format!("{}/{}", word("/kind"), word("/metadata/name"))).await?;
                Ok(Some("let in".into()))
            }
        }
    }

    /// What is there instead of what should be.
    async fn otherwise(&self, Sight { target, at, is }: &Sight) -> Result<Option<Value>, String> {
        let object = self.object(target).await?;
        let there = self.cluster.get(&object).await.map_err(|error| error.to_string())?;
        let value = there.as_ref().and_then(|there| there.pointer(at)).cloned().unwrap_or_default();
        Ok((value != *is).then_some(value))
    }
}

/// Looks again and again until nothing is otherwise.
async fn patiently<T: Display>(look: impl AsyncFn() -> Result<Option<T>, String>) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    while let Some(other) = look().await? {
        if Instant::now() > end {
            return Err(format!("it is still {other}"));
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
