//! How long a call bears trouble: backoff, Retry-After, the deadline, ten seconds of 401; and the telling of it.
//! Never knows what is being asked for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Inner;
use super::error::{Error, Status};
use super::trouble::Trouble;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A 401 may pass (a token is being renewed, an authenticator restarts); after this long it is an answer.
const UNAUTHORIZED_FOR: Duration = Duration::from_secs(10);
/// No attempt is given less than this, so that a last look at the deadline can still succeed.
const LAST_LOOK: Duration = Duration::from_secs(1);
/// Without a deadline, a server's Retry-After is heeded up to this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

/// An attempt that came to nothing but may fare better later.
#[derive(Debug, Clone)]
pub(super) struct Setback {
    /// The server's answer, where one came.
    pub status: Option<Box<Status>>,
    /// In words.
    pub message: String,
    /// The server may have carried it out all the same.
    pub reached: bool,
    /// No later attempt will fare better, as with a certificate that is not trusted.
    pub hopeless: bool,
    /// When the server asks to come back.
    pub retry_after: Option<Duration>,
}

impl Setback {
    /// Trouble without an answer of the server.
    pub fn of(message: impl Into<String>) -> Setback {
        Setback { status: None, message: message.into(), reached: true, hopeless: false, retry_after: None }
    }

    /// Trouble that the server itself tells of.
    pub fn told(status: Status) -> Setback {
        let message = status.to_string();
        Setback { status: Some(Box::new(status)), ..Setback::of(message) }
    }

    fn is_unauthorized(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.code == 401)
    }
}

/// The patience of one call (or of one feed, whose deadline is `None`).
pub(super) struct Patience {
    inner: Arc<Inner>,
    what: String,
    deadline: Option<Instant>,
    pause: Duration,
    outage: Option<Outage>,
    unauthorized_since: Option<Instant>,
    last_attempt: bool,
}

struct Outage {
    since: Instant,
    count: u64,
    last: Setback,
}

impl Patience {
    pub fn new(inner: &Arc<Inner>, what: impl Into<String>, deadline: Option<Instant>) -> Patience {
        Patience {
            inner: inner.clone(),
            what: what.into(),
            deadline,
            pause: FIRST_PAUSE,
            outage: None,
            unauthorized_since: None,
            last_attempt: false,
        }
    }

    /// What is being done, in words.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// True while the last attempt failed.
    pub fn is_troubled(&self) -> bool {
        self.outage.is_some()
    }

    /// How long the next attempt may take.
    pub fn limit(&self) -> Duration {
        let most = self.inner.settings.request_timeout;
        match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()).max(LAST_LOOK).min(most),
            None => most,
        }
    }

    /// Notes a failed attempt and waits until it is time for the next; an error means there is to be none.
    pub async fn bear(&mut self, setback: Setback) -> Result<(), Error> {
        let now = Instant::now();
        let retry_after = setback.retry_after;
        let mut latest = self.deadline;
        if setback.is_unauthorized() {
            let end = *self.unauthorized_since.get_or_insert(now) + UNAUTHORIZED_FOR;
            latest = Some(self.deadline.map_or(end, |deadline| deadline.min(end)));
        } else {
            self.unauthorized_since = None;
        }
        let hopeless = setback.hopeless;
        self.note(setback);
        if hopeless || self.last_attempt || latest.is_some_and(|latest| latest <= now) {
            return Err(self.give_up());
        }
        let asked = retry_after.map(|asked| match self.deadline {
            Some(_) => asked,
            None => asked.min(LONGEST_RETRY_AFTER),
        });
        let pause = asked.unwrap_or_default().max(self.next_pause());
        let wake = latest.map_or(now + pause, |latest| latest.min(now + pause));
        self.last_attempt = self.deadline.is_some_and(|deadline| deadline <= wake);
        sleep_until(wake).await;
        self.inner.gauge.retry();
        Ok(())
    }

    /// Notes trouble after which the next attempt follows at once, the first time; later ones are borne.
    pub async fn stumble(&mut self, setback: Setback) -> Result<(), Error> {
        if self.is_troubled() {
            return self.bear(setback).await;
        }
        self.note(setback);
        self.inner.gauge.retry();
        Ok(())
    }

    /// Notes that an attempt succeeded.
    pub fn recovered(&mut self) {
        self.pause = FIRST_PAUSE;
        self.unauthorized_since = None;
        self.last_attempt = false;
        if let Some(outage) = self.outage.take() {
            self.tell(&outage, Some(outage.since.elapsed()), true);
        }
    }

    /// Ends the patience: the trouble is told as given up, and what it was becomes the error.
    pub fn give_up(&mut self) -> Error {
        self.unauthorized_since = None;
        self.last_attempt = false;
        let Some(outage) = self.outage.take() else {
            let message = "the deadline has passed".to_owned();
            return Error::Unreachable { message, outage: Duration::ZERO, status: None };
        };
        self.tell(&outage, None, true);
        match outage.last.status {
            Some(status) if status.code == 401 => Error::Unauthorized(status),
            status => {
                Error::Unreachable { message: outage.last.message, outage: outage.since.elapsed(), status }
            }
        }
    }

    fn note(&mut self, setback: Setback) {
        match &mut self.outage {
            Some(outage) => {
                outage.count += 1;
                outage.last = setback;
            }
            None => {
                let outage = Outage { since: Instant::now(), count: 1, last: setback };
                self.tell(&outage, None, false);
                self.outage = Some(outage);
            }
        }
    }

    fn tell(&self, outage: &Outage, recovered: Option<Duration>, over: bool) {
        self.inner.gauge.tell(&Trouble {
            what: self.what.clone(),
            status: outage.last.status.as_ref().map(|status| status.code),
            message: outage.last.message.clone(),
            count: outage.count,
            recovered,
            over,
        });
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.pause.mul_f64(0.75 + 0.5 * self.inner.jitter());
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        pause.min(LONGEST_PAUSE)
    }
}

impl Drop for Patience {
    /// A call that is dropped in the middle of trouble has given up.
    fn drop(&mut self) {
        if let Some(outage) = self.outage.take() {
            self.tell(&outage, None, true);
        }
    }
}
