//! Keeps one feed up to date: list, watch from there, resume where it broke off, list again when that is
//! too old; ask every other second where watching is forbidden.
//! Never knows who follows, nor why.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::super::Inner;
use super::super::decode::{TypeMeta, read_event, read_object};
use super::super::error::{Error, Status};
use super::super::patience::{Patience, Setback};
use super::super::read::{Pages, call, selectors, unreadable};
use super::super::resource::{ObjectRef, encode};
use super::super::snapshot::Snapshot;
use super::super::trouble::Verb;
use super::super::wire::{Ask, Piece, Sent, Stream, broken, open};
use super::feed::{Feed, id};
use super::lines::Lines;

/// How long the server is asked to keep a watch open, in seconds. A bookmark comes some two seconds before that, but not always.
const WATCH_SECONDS: u64 = 29;
/// The server should have closed a watch by then: it is dead, or its server is slow. So a dead one is noticed within 30 s.
const OVERDUE: Duration = Duration::from_millis(29_900);
/// What came so shortly before shows that such a watch was alive.
const LATELY: Duration = Duration::from_secs(5);
/// A watch that lives so long is no trouble any more, even if nothing came.
const SETTLED: Duration = Duration::from_secs(1);
/// Between two questions where watching is forbidden.
const POLL: Duration = Duration::from_millis(1500);
/// Between two attempts where even asking is refused, or the resource is not served.
const SLOW: Duration = Duration::from_secs(5);
/// With more objects than this yet to come, names are watched one by one.
const VAST: u64 = 5000;

/// The task behind a feed.
pub(super) struct Follower {
    inner: Arc<Inner>,
    feed: Arc<Feed>,
    patience: Patience,
    api_version: String,
    query: String,
}

/// Why a watch is not resumed.
enum End {
    /// Its version is too old (or the server is at odds with it): all is to be listed again.
    Relist,
    /// It may not be watched; the server's words.
    Forbidden(String),
}

/// How one connection of a watch ended.
enum Over {
    /// The server closed it in good order.
    Closed,
    /// It broke; it may be resumed where it was.
    Broken(Setback),
    /// The server cannot go on from there.
    Expired(Setback),
    /// What came cannot be used; once may be chance.
    Failed(Setback),
}

impl Follower {
    pub fn new(inner: Arc<Inner>, feed: Arc<Feed>) -> Follower {
        let Feed { key, resource, .. } = &*feed;
        let mut what = format!("watch {}", resource.whereabouts(key.namespace.as_deref()));
        if let Some(name) = &key.name {
            what = what.replacen(&resource.plural, &format!("{}/{name}", resource.plural), 1);
        }
        let field = key.name.as_ref().map(|name| format!("metadata.name={name}"));
        let query = selectors(key.labels.as_deref(), field.as_deref());
        let patience = Patience::new(&inner, what, None);
        let api_version = resource.api_version();
        Follower { patience, api_version, query, inner, feed }
    }

    /// Follows until it is aborted.
    pub async fn run(mut self) {
        let mut hasty = 0;
        loop {
            let began = Instant::now();
            match self.round().await {
                // A server that lets no watch live is not asked in a tight loop.
                Ok(()) if began.elapsed() < SETTLED => {
                    hasty += 1;
                    sleep(Duration::from_millis(100) * (hasty - 1)).await;
                    hasty = hasty.min(50);
                }
                Ok(()) => hasty = 0,
                Err(Error::NotServed { .. }) => {
                    // The kind is gone, and its objects with it; it may come again.
                    self.feed.complete(&BTreeSet::new(), &self.inner.ledger, false);
                    sleep(SLOW).await;
                }
                Err(error) => {
                    self.feed.block(error);
                    sleep(SLOW).await;
                }
            }
        }
    }

    /// Lists, and watches from there until that must be done again.
    async fn round(&mut self) -> Result<(), Error> {
        let version = match self.list(true).await {
            Ok(version) => version,
            Err(Error::Refused(status)) if status.code == 403 && self.is_one_object() => {
                return self.poll_object(&status.message).await;
            }
            Err(error) => return Err(error),
        };
        match self.watch(version).await? {
            End::Relist => self.inner.gauge.relist(),
            End::Forbidden(why) => self.poll_list(&why).await?,
        }
        Ok(())
    }

    fn is_one_object(&self) -> bool {
        self.feed.key.name.is_some() && (!self.feed.resource.namespaced || self.feed.key.namespace.is_some())
    }

    /// Reads everything, and returns the version from which a watch goes on.
    async fn list(&mut self, anew: bool) -> Result<String, Error> {
        let Follower { inner, feed, patience, query, .. } = self;
        let mut pages = Pages::new(&feed.resource, feed.key.namespace.as_deref(), query);
        let mut seen = BTreeSet::new();
        loop {
            let Some(page) = pages.next(inner, patience).await? else {
                seen.clear();
                continue;
            };
            if seen.is_empty() && page.remaining.is_some_and(|remaining| remaining > VAST) && feed.is_vast() {
                // Those who left end this feed, unless somebody who wants all has come meanwhile.
                while feed.is_deserted() {
                    sleep(Duration::from_millis(100)).await;
                }
            }
            for snapshot in page.items {
                seen.insert(id(&snapshot));
                feed.see(snapshot, &inner.ledger);
            }
            if page.proceed.is_empty() {
                feed.complete(&seen, &inner.ledger, anew);
                return Ok(page.resource_version);
            }
        }
    }

    /// Watches, one connection after the other, each from where the last one ended.
    async fn watch(&mut self, mut version: String) -> Result<End, Error> {
        let path = self.feed.resource.path(self.feed.key.namespace.as_deref());
        let query =
            format!("watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}{}", self.query);
        let mut failures = 0;
        loop {
            let from = encode(&version);
            let ask = Ask::read(Verb::Watch, format!("{path}?{query}&resourceVersion={from}"));
            let limit = self.patience.limit();
            let response = match open(&self.inner.watches, &self.inner.gauge, &ask, limit).await {
                Sent::Answer(response) => response,
                Sent::Refusal(status) => match status.code {
                    410 => {
                        self.patience.stumble(Setback::told(status)).await?;
                        return Ok(End::Relist);
                    }
                    404 => return Ok(End::Relist),
                    _ => return Ok(End::Forbidden(status.message)),
                },
                Sent::Setback(setback) => {
                    self.patience.bear(setback).await?;
                    continue;
                }
            };
            match self.read(Stream::new(response), &mut version).await {
                Over::Closed => failures = 0,
                Over::Broken(setback) => self.patience.stumble(setback).await?,
                Over::Expired(setback) => {
                    self.patience.stumble(setback).await?;
                    return Ok(End::Relist);
                }
                Over::Failed(setback) => {
                    failures += 1;
                    self.patience.stumble(setback).await?;
                    if failures > 1 {
                        return Ok(End::Relist);
                    }
                }
            }
        }
    }

    /// Reads one connection of a watch to its end.
    async fn read(&mut self, mut stream: Stream, version: &mut String) -> Over {
        let opened = Instant::now();
        let mut last_byte = opened;
        let mut lines = Lines::default();
        loop {
            let dead = opened + OVERDUE;
            let wake = match self.patience.is_troubled() {
                true => dead.min(opened + SETTLED),
                false => dead,
            };
            let piece = match timeout_at(wake, stream.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(Some(Err(error))) => return Over::Broken(broken(error)),
                Ok(None) if opened.elapsed() < SETTLED && last_byte == opened => {
                    return Over::Broken(Setback::of("the server closed the watch at once"));
                }
                Ok(None) => return Over::Closed,
                Err(_) if Instant::now() < dead => {
                    self.patience.recovered();
                    continue;
                }
                Err(_) if last_byte.elapsed() < LATELY => return Over::Closed,
                Err(_) => {
                    let silence = last_byte.elapsed().as_secs_f64();
                    return Over::Broken(Setback::of(format!("the watch went silent for {silence:.0}s")));
                }
            };
            last_byte = Instant::now();
            let taken = match piece {
                Piece::Bytes(data) => lines.push(&data, |line| self.take(line, version)),
                Piece::Event((kind, object)) => self.hear(kind, Snapshot::of(object), version),
            };
            if let Err(over) = taken {
                return over;
            }
            if lines.is_overlong() {
                return Over::Failed(Setback::of("the watch sent a line without end"));
            }
        }
    }

    /// Takes one line of a watch.
    fn take(&mut self, line: &[u8], version: &mut String) -> Result<(), Over> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let Follower { feed, api_version, .. } = self;
        let it = TypeMeta { api_version, kind: &feed.resource.kind };
        let event = read_event(line, it).map_err(|error| Over::Failed(unreadable(&error)))?;
        self.hear(&event.kind, event.object, version)
    }

    /// Takes one event of a watch.
    fn hear(&mut self, kind: &str, object: Snapshot, version: &mut String) -> Result<(), Over> {
        let Follower { inner, feed, .. } = self;
        let now_at = object.resource_version.clone();
        match kind {
            "ADDED" | "MODIFIED" => feed.see(object, &inner.ledger),
            "DELETED" => feed.lose(object, &inner.ledger),
            "ERROR" => {
                let status = Status::from_value(500, &object.value());
                return Err(match status.code {
                    410 => Over::Expired(Setback::told(status)),
                    _ => Over::Failed(Setback::told(status)),
                });
            }
            // A bookmark only says how far the server has come.
            _ => {}
        }
        if !now_at.is_empty() {
            now_at.as_str().clone_into(version);
        }
        self.patience.recovered();
        Ok(())
    }

    /// Asks for one object again and again, where it can be neither listed nor watched.
    async fn poll_object(&mut self, why: &str) -> Result<(), Error> {
        let Follower { inner, feed, patience, api_version, .. } = self;
        let it = TypeMeta { api_version, kind: &feed.resource.kind };
        let object = ObjectRef {
            resource: feed.resource.clone(),
            namespace: feed.key.namespace.clone(),
            name: feed.key.name.clone().unwrap_or_default(),
        };
        let ask = Ask::read(Verb::Get, object.path()?);
        loop {
            inner.gauge.poll();
            let found = match call(inner, &ask, patience, |reply| read_object(reply.body, it)).await {
                Ok(snapshot) => Some(snapshot),
                Err(Error::Refused(status)) if status.code == 404 => None,
                Err(error) => return Err(error),
            };
            feed.polls(why);
            let seen = found.iter().map(id).collect();
            found.into_iter().for_each(|snapshot| feed.see(snapshot, &inner.ledger));
            feed.complete(&seen, &inner.ledger, false);
            sleep(POLL).await;
        }
    }

    /// Lists again and again, where that is allowed and watching is not.
    async fn poll_list(&mut self, why: &str) -> Result<(), Error> {
        self.feed.polls(why);
        loop {
            sleep(POLL).await;
            self.inner.gauge.poll();
            self.list(false).await?;
        }
    }
}
