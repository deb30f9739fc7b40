//! Makes events of what happens: numbers and stamps them, and masks secrets in every text.
//! It must never know who reads them.

use super::{Event, EventKind, StepPath, VERSION};
use crate::json::{Map, Value};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// The values that are never shown, and what stands in their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Longest first, so that a secret that holds another is masked whole.
    values: Vec<String>,
}

/// What stands in the place of a secret.
pub const MASK: &str = "***";

impl Masks {
    /// Masks of these values. Each line of a value is masked by itself too; blank ones are not.
    pub fn new(values: impl IntoIterator<Item = String>) -> Masks {
        let mut all: Vec<String> = Vec::new();
        for value in values {
            all.extend(value.lines().filter(|line| line.trim().chars().count() > 2).map(str::to_owned));
            if !value.trim().is_empty() {
                all.push(value);
            }
        }
        all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.dedup();
        Masks { values: all }
    }

    /// These values too from now on.
    pub fn extend(&mut self, values: impl IntoIterator<Item = String>) {
        *self = Masks::new(std::mem::take(&mut self.values).into_iter().chain(values));
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The text with every secret masked.
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in &self.values {
            if masked.contains(value.as_str()) {
                masked = masked.replace(value.as_str(), MASK);
            }
        }
        masked
    }

    /// An excerpt whose caret stands under the same words when what is before and in them is masked.
    fn excerpt(&self, map: &mut Map) {
        let number = |key: &str| usize::try_from(map.get(key)?.as_u64()?).ok();
        let (Some(offset), Some(length)) = (number("offset"), number("length")) else { return };
        let Some(Value::String(source)) = map.get("source") else { return };
        let end = offset.saturating_add(length);
        let (Some(before), Some(marked)) = (source.get(..offset), source.get(offset..end)) else { return };
        let (before, marked) = (self.text(before), self.text(marked));
        let masked = format!("{before}{marked}{}", self.text(source.get(end..).unwrap_or_default()));
        // A secret that begins before the words and ends in them is masked as a whole; then the caret is lost, not the secret.
        if self.text(&masked) == masked {
            map.insert("offset".into(), before.len().into());
            map.insert("length".into(), marked.len().into());
            map.insert("source".into(), masked.into());
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text).into(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(map) => {
                self.excerpt(map);
                map.values_mut().for_each(|item| self.value(item));
            }
            // A secret may be a number where an expression kept its type.
            Value::Number(number) if self.values.contains(&number.to_string()) => {
                *value = Value::String(MASK.into())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Stamps what happens in one run.
#[derive(Debug)]
pub struct Recorder {
    run: String,
    began: Timestamp,
    clock: Instant,
    seq: u64,
    masks: Masks,
}

impl Recorder {
    /// A recorder of a run that begins now. `began` is the wall-clock time; what follows is measured by tokio's clock.
    pub fn new(run: impl Into<String>, began: Timestamp, masks: Masks) -> Recorder {
        Recorder { run: run.into(), began, clock: Instant::now(), seq: 0, masks }
    }

    /// Masks these values too from now on.
    pub fn mask(&mut self, values: impl IntoIterator<Item = String>) {
        self.masks.extend(values);
    }

    /// How long the run has taken.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// An event of what just happened.
    pub fn record(&mut self, step: Option<StepPath>, attempt: Option<u32>, kind: EventKind) -> Event {
        self.seq += 1;
        let elapsed = self.clock.elapsed();
        let at = self.began.checked_add(elapsed).unwrap_or(self.began);
        let event = Event {
            version: VERSION,
            seq: self.seq,
            at: format!("{at:.3}"),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            run: self.run.clone(),
            step,
            attempt,
            kind,
        };
        self.masked(event)
    }

    fn masked(&self, event: Event) -> Event {
        if self.masks.is_empty() {
            return event;
        }
        let masked = Value::of(&event).ok().and_then(|mut value| {
            self.masks.value(&mut value);
            // What this program itself says is kept, or readers could not tell one kind of event from another.
            if let Ok(Value::Object(own)) = Value::of(&event) {
                for key in ["version", "seq", "at", "elapsedMs", "run", "step", "attempt", "type"] {
                    if let Some(kept) = own.get(key) {
                        value[key] = kept.clone();
                    }
                }
            }
            value.read().ok()
        });
        // Masking changes texts only; an event that does not survive it is withheld rather than shown with a secret.
        masked.unwrap_or_else(|| Event {
            kind: EventKind::Warning {
                message: "an event was withheld, since a secret cannot be masked in it".into(),
            },
            ..event
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[tokio::test(start_paused = true)]
    async fn events_are_numbered_stamped_and_masked() {
        let began: Timestamp = "2026-01-02T03:04:05Z".parse().expect("time");
        let mut recorder = Recorder::new("r1", began, Masks::new(["s3cret".to_owned()]));
        tokio::time::advance(Duration::from_millis(1500)).await;
        let first =
            recorder.record(None, None, EventKind::Warning { message: "the token s3cret is old".into() });
        assert_eq!((first.seq, first.at.as_str(), first.elapsed_ms), (1, "2026-01-02T03:04:06.500Z", 1500));
        assert_eq!(first.kind, EventKind::Warning { message: "the token *** is old".into() });
        let json = serde_json::to_value(recorder.record(None, None, EventKind::Asked { text: "go?".into() }))
            .expect("json");
        assert_eq!((&json["type"], &json["seq"]), (&"asked".into(), &2.into()));
    }

    #[test]
    fn the_caret_stays_under_its_words() {
        let masks = Masks::new(["ketchup".to_owned()]);
        let mut place = json!({
            "place": {"source": "a: ketchup\nb: ketchup!\n", "offset": 14, "length": 8, "line": 2}
        });
        masks.value(&mut place);
        let wanted = json!({"source": "a: ***\nb: ***!\n", "offset": 10, "length": 4, "line": 2});
        assert_eq!(place["place"], wanted);
    }

    #[test]
    fn longer_secrets_are_masked_first() {
        let masks = Masks::new(["abc".to_owned(), "abcdef".to_owned(), String::new()]);
        assert_eq!(masks.text("abcdef abc"), "*** ***");
    }
}
