//! Plays a case over plain HTTP, so that nothing hides what goes over the wire, and gives what was answered, masked.
//! It must never know which server answers, nor what it should answer.

use super::case::{Case, Deed, Request, Step, Take};
use super::definition::Definition;
use super::mask::Mask;
use super::places::Place;
use super::wire::{Answer, PATIENCE, Stream, Wire, request};
use jsonpath_rust::JsonPath;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long it takes until is asked again for what is to come about: at first, and at most.
const PACE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// A case being played.
struct Play<'a> {
    wire: Wire<'a>,
    mask: Mask,
    streams: BTreeMap<String, Stream>,
    /// What was made outside the namespace, and in it: to be deleted.
    made: Vec<String>,
    inside: Vec<String>,
}

/// Plays a case in a namespace that nobody else uses, and gives the answer of each step, or says which one could not be done; and
/// whether the place can be used again. In a place that is shared what was made is deleted in the end; nobody waits for that.
pub async fn play(case: &Case, client: &kube::Client, place: &Place) -> (Result<Vec<Value>, String>, bool) {
    let Place { namespace, group, .. } = place;
    let words = BTreeMap::from([
        ("ns".to_owned(), namespace.clone()),
        ("group".to_owned(), group.clone()),
        ("core".to_owned(), format!("/api/v1/namespaces/{namespace}")),
        ("apps".to_owned(), format!("/apis/apps/v1/namespaces/{namespace}")),
        ("custom".to_owned(), format!("/apis/{group}/v1/namespaces/{namespace}")),
        ("mebibyte".to_owned(), "x".repeat(1 << 20)),
        ("crds".to_owned(), "/apis/apiextensions.k8s.io/v1/customresourcedefinitions".to_owned()),
    ]);
    let mask = Mask::new(namespace, group);
    let mut play = Play {
        wire: Wire { client, words },
        mask,
        streams: BTreeMap::new(),
        made: Vec::new(),
        inside: Vec::new(),
    };
    let played = play.case(case, place).await;
    let again = place.shared && play.tidy(played.is_ok() && case.is_alone()).await;
    (played, again)
}

/// Deletes namespaces; nobody waits until they are gone.
pub async fn delete(client: &kube::Client, namespaces: Vec<String>) {
    let place = |namespace| Place { namespace, group: String::new(), there: true, shared: true };
    for place in namespaces.into_iter().map(place) {
        let mut play = Play {
            wire: Wire { client, words: BTreeMap::from([("ns".to_owned(), place.namespace)]) },
            mask: Mask::new("", ""),
            streams: BTreeMap::new(),
            made: Vec::new(),
            inside: Vec::new(),
        };
        play.tidy(false).await;
    }
}

impl Play<'_> {
    async fn case(&mut self, case: &Case, place: &Place) -> Result<Vec<Value>, String> {
        let namespace = json!({"metadata": {"name": "${ns}"}, "kind": "Namespace", "apiVersion": "v1"});
        if !place.there {
            self.make("/api/v1/namespaces", namespace).await?;
        }
        if place.shared && !place.there {
            // Its controllers write there until then.
            self.until("GET", "${core}/serviceaccounts/default").await?;
        }
        for kind in &case.kinds {
            self.kind(kind).await?;
        }
        for (index, step) in case.given.iter().enumerate() {
            let failed = |error: String| format!("what is given, number {}: {error}", index + 1);
            let answer = self.step(step).await.map_err(failed)?;
            if step.until.is_none() && answer["code"].as_u64().is_some_and(|code| code >= 300) {
                return Err(failed(format!("it is refused: {answer}")));
            }
        }
        let mut answers = Vec::new();
        for (index, step) in case.steps.iter().enumerate() {
            let answer = self.step(step).await.map_err(|error| format!("step {}: {error}", index + 1))?;
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn step(&mut self, step: &Step) -> Result<Value, String> {
        match &step.deed {
            Deed::Send(request) => {
                let mut again = Again::new();
                let answer = loop {
                    let answer = self.wire.send(request).await?;
                    if step.until.as_ref().is_none_or(|until| self.fits(&answer, until)) {
                        break answer;
                    }
                    if again.is_over().await {
                        return Err(format!("it never came about; at last {}: {}", answer.code, answer.body));
                    }
                };
                self.remember(request, &answer);
                self.save(step, &answer.body)?;
                self.tell(step, answer)
            }
            Deed::Open(request, name) => match self.wire.open(request).await? {
                Ok(stream) => {
                    self.streams.insert(name.clone(), stream);
                    Ok(json!({"code": 200}))
                }
                Err(answer) => self.tell(step, answer),
            },
            Deed::Watch(request, take) => match self.wire.open(request).await? {
                Ok(mut stream) => self.events(&mut stream, step, *take).await,
                Err(answer) => self.tell(step, answer),
            },
            Deed::Events(name, take) => {
                let mut stream =
                    self.streams.remove(name).ok_or_else(|| format!("no watch is called {name}"))?;
                let events = self.events(&mut stream, step, *take).await;
                self.streams.insert(name.clone(), stream);
                events
            }
        }
    }

    /// What a step is told of an answer.
    fn tell(&mut self, step: &Step, answer: Answer) -> Result<Value, String> {
        let mut told = Map::from_iter([("code".to_owned(), json!(answer.code))]);
        let headers = self.mask.mask(Value::Object(answer.headers));
        if headers.as_object().is_some_and(|headers| !headers.is_empty()) {
            told.insert("headers".into(), headers);
        }
        self.look(step, answer.body, "body", &mut told)?;
        Ok(Value::Object(told))
    }

    /// Puts in what is looked at: all under `whole`, or some places under `look`.
    fn look(
        &mut self,
        step: &Step,
        body: Value,
        whole: &str,
        told: &mut Map<String, Value>,
    ) -> Result<(), String> {
        let body = self.mask.mask(body);
        if step.look.is_empty() {
            told.insert(whole.into(), body);
            return Ok(());
        }
        let mut looked = Map::new();
        for place in &step.look {
            let found = if place.starts_with('$') {
                let found = body.query(place).map_err(|error| format!("{place}: {error}"))?;
                Value::Array(found.into_iter().cloned().collect())
            } else {
                body.pointer(place).cloned().unwrap_or_else(|| json!("NOTHING"))
            };
            looked.insert(place.clone(), found);
        }
        told.insert("look".into(), Value::Object(looked));
        Ok(())
    }

    fn save(&mut self, step: &Step, body: &Value) -> Result<(), String> {
        for (word, place) in &step.save {
            let value = match body.pointer(place) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => return Err(format!("nothing is at {place}: {body}")),
            };
            self.wire.words.insert(word.clone(), value);
        }
        Ok(())
    }

    /// Whether an answer is the one that is waited for.
    fn fits(&self, answer: &Answer, until: &Map<String, Value>) -> bool {
        until.iter().all(|(place, wanted)| match place.as_str() {
            "code" => *wanted == answer.code,
            place => *answer.body.pointer(place).unwrap_or(&Value::Null) == self.wire.fill_value(wanted),
        })
    }

    async fn events(&mut self, stream: &mut Stream, step: &Step, take: Take) -> Result<Value, String> {
        let mut events = Vec::new();
        while take != Take::Count(events.len()) {
            let Some(event) = stream.next().await.map_err(|error| format!("{error} after {events:?}"))?
            else {
                match take {
                    Take::End => break,
                    Take::Count(_) => return Err(format!("the watch ends after {events:?}")),
                }
            };
            self.save(step, &event)?;
            let mut told = Map::new();
            let Value::Object(mut event) = event else { return Err(format!("this is no event: {event}")) };
            told.insert("type".into(), event.remove("type").unwrap_or_default());
            self.look(step, event.remove("object").unwrap_or_default(), "object", &mut told)?;
            events.push(Value::Object(told));
        }
        Ok(json!({"events": events}))
    }

    /// Makes something that must succeed.
    async fn make(&mut self, path: &str, body: Value) -> Result<(), String> {
        let request = request("POST", path, Some(body));
        let answer = self.wire.send(&request).await?;
        self.remember(&request, &answer);
        match answer.code {
            201 => Ok(()),
            code => Err(format!("{path} answers {code}: {}", answer.body)),
        }
    }

    /// Waits until something is there.
    async fn until(&self, method: &str, path: &str) -> Result<(), String> {
        let mut again = Again::new();
        loop {
            let answer = self.wire.send(&request(method, path, None)).await?;
            if answer.code == 200 {
                return Ok(());
            }
            if again.is_over().await {
                return Err(format!("{path} answers {} for ever", answer.code));
            }
        }
    }

    /// Makes a CustomResourceDefinition and waits until it is served.
    async fn kind(&mut self, written: &Value) -> Result<(), String> {
        let Definition { object, plural, served } = Definition::new(written)?;
        self.make("${crds}", object).await?;
        for version in served {
            self.until("GET", &format!("/apis/${{group}}/{version}/{plural}")).await?;
        }
        Ok(())
    }

    /// Notes what was made, but for the namespace.
    fn remember(&mut self, request: &Request, answer: &Answer) {
        let name = answer.body.pointer("/metadata/name").and_then(Value::as_str);
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let inside =
            ["/namespaces/", "${core}", "${apps}", "${custom}"].iter().any(|part| path.contains(part));
        let Some(name) = name.filter(|_| answer.code == 201 && !query.contains("dryRun")) else { return };
        let path = match request.method.as_str() {
            "POST" => format!("{path}/{name}"),
            _ => path.to_owned(),
        };
        match inside {
            true => self.inside.push(path),
            false if self.wire.words.get("ns").is_some_and(|namespace| namespace == name) => {}
            false => self.made.push(path),
        }
    }

    /// Deletes what was made; whether nothing is left in the namespace, which stays then, if it is to be used `again`.
    async fn tidy(&mut self, again: bool) -> bool {
        self.streams.clear();
        // Whoever cleans up says nothing of what is gone already.
        if again {
            for path in std::mem::take(&mut self.inside) {
                let free = Some(json!({"metadata": {"finalizers": null}}));
                let mut free = request("PATCH", &path, free);
                free.headers.insert("content-type".into(), "application/merge-patch+json".into());
                let _ = self.wire.send(&free).await;
                let _ = self.wire.send(&request("DELETE", &path, None)).await;
            }
        }
        for path in std::mem::take(&mut self.made).into_iter().rev() {
            let _ = self.wire.send(&request("DELETE", &path, None)).await;
        }
        let again = again && self.is_empty().await;
        if !again {
            let _ = self.wire.send(&request("DELETE", "/api/v1/namespaces/${ns}", None)).await;
        }
        again
    }

    /// Whether nothing is in the namespace but what every namespace has.
    async fn is_empty(&self) -> bool {
        for (resource, least) in [("configmaps", 1), ("secrets", 0), ("events", 0)] {
            let answer = self.wire.send(&request("GET", &format!("${{core}}/{resource}"), None)).await;
            let items = answer.ok().and_then(|answer| answer.body["items"].as_array().map(Vec::len));
            if items.is_none_or(|items| items > least) {
                return false;
            }
        }
        true
    }
}

/// Asking again, until patience is at its end.
struct Again {
    end: Instant,
    pace: Duration,
}

impl Again {
    fn new() -> Again {
        Again { end: Instant::now() + PATIENCE, pace: PACE.0 }
    }

    /// Waits until it is time to ask again; whether there is none left.
    async fn is_over(&mut self) -> bool {
        sleep(self.pace).await;
        self.pace = (self.pace * 2).min(PACE.1);
        Instant::now() > self.end
    }
}
