//! Objects that a condition is judged on, and what came of it for each and for all of them.
//! It must never wait: it is told what changed, and says what holds now.

use super::judge::{
    Belief, Elsewhere, Observation, Sight, Why, all, believe, is_presence, judge, wants_absence,
};
use super::parts::{Part, Parts};
use super::subject::Subject;
use super::view::{Key, View, owners};
use crate::cluster::{Cluster, ObjectRef, Snapshot, Written};
use crate::event::Unmet;
use crate::json::{Text, Value};
use crate::kinds;
use crate::playbook::action::Match;
use crate::playbook::condition::Condition;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How many reasons are gathered.
const MOST_WHYS: usize = 20;

/// How many objects must satisfy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// All, or any.
    pub matching: Match,
    /// How many at the least.
    pub at_least: usize,
    /// How many at the most.
    pub at_most: Option<usize>,
}

impl Rule {
    /// Every object, and at least one.
    pub(super) const ALL: Rule = Rule { matching: Match::All, at_least: 1, at_most: None };
    /// One is enough.
    pub(super) const ANY: Rule = Rule { matching: Match::Any, at_least: 1, at_most: None };
}

/// How freshness is treated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    /// Whether only a fresh status is believed.
    pub fresh: bool,
    /// How long what is true at first must stay true where nothing tells.
    pub settle: Duration,
}

/// Where an object is judged: the part's number and its key.
type MemberKey = (usize, Key);

/// An object that is judged.
pub(super) struct Member {
    /// `Kind/name`.
    pub name: Text,
    /// What came of it.
    pub observation: Observation,
    /// Why its status was believed.
    pub evidence: Option<String>,
    /// When what is true at first is believed.
    pub settles: Option<Instant>,
    /// Whether its status does not speak of it as it is now.
    pub stale: bool,
    first: First,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// Not judged since the write.
    Unknown,
    /// True at its first judgement, which must last.
    True,
    /// Untrue once, so that truth is believed at once.
    Free,
}

/// Objects that a condition is judged on.
pub(super) struct Panel<'c> {
    pub parts: Parts,
    pub condition: &'c Condition,
    pub rule: Rule,
    pub gate: Gate,
    pub members: BTreeMap<MemberKey, Member>,
    /// Of the members: how many satisfy, how many never will, and how many have to stay true for a while.
    counts: Counts,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    met: usize,
    never: usize,
    settling: usize,
}

impl Counts {
    fn of(member: Option<&Member>) -> Counts {
        let observation = member.map(|member| &member.observation);
        Counts {
            met: usize::from(matches!(observation, Some(Observation::Met(_)))),
            never: usize::from(matches!(observation, Some(Observation::Never(_)))),
            settling: usize::from(member.is_some_and(|member| member.settles.is_some())),
        }
    }
}

/// Finds the feed with what is consulted for an object; `None` says that it cannot be read.
pub(super) type Consulted<'f> = &'f dyn Fn(&Value) -> Option<Vec<usize>>;

impl<'c> Panel<'c> {
    /// A panel with nobody on it yet.
    pub(super) fn new(parts: Parts, condition: &'c Condition, rule: Rule, gate: Gate) -> Panel<'c> {
        Panel { parts, condition, rule, gate, members: BTreeMap::new(), counts: Counts::default() }
    }

    /// Puts a member in the place of what was there, or takes that out.
    fn put(&mut self, key: MemberKey, member: Option<Member>) {
        let new = Counts::of(member.as_ref());
        let old = Counts::of(
            match member {
                Some(member) => self.members.insert(key, member),
                None => self.members.remove(&key),
            }
            .as_ref(),
        );
        self.counts.met = self.counts.met + new.met - old.met;
        self.counts.never = self.counts.never + new.never - old.never;
        self.counts.settling = self.counts.settling + new.settling - old.settling;
    }

    /// Judges an object anew, after it or something it depends on changed.
    pub(super) fn judge(
        &mut self,
        part: usize,
        key: &Key,
        view: &View,
        cluster: &Cluster,
        consulted: Consulted<'_>,
        elsewhere: Elsewhere<'_>,
    ) {
        let Some(shown) = self.parts.get(part) else { return };
        let snapshot = view.feed(shown.feed).and_then(|feed| feed.objects().get(key));
        let member_key = (part, key.clone());
        let (name, reference) = match &shown.subject {
            Subject::Named(object) => (object.short(), Some(object)),
            Subject::Selection(selection) => (format!("{}/{}", selection.resource.kind, key.1), None),
        };
        let value = snapshot.map(Snapshot::value);
        if reference.is_none() && !value.as_ref().is_some_and(|value| self.selects(part, value)) {
            self.put(member_key, None);
            return;
        }
        let children = value.as_ref().map(|value| children(value, view, consulted));
        let (childless, children) = match children {
            Some(Some(children)) => (false, children),
            Some(None) => (true, Vec::new()),
            None => (false, Vec::new()),
        };
        let children: Vec<&Value> = children.iter().collect();
        let written = match (snapshot, reference) {
            (Some(snapshot), _) => cluster.ledger().last(&snapshot.uid),
            (None, Some(reference)) => written_to(cluster, reference),
            (None, None) => None,
        };
        let outdated = match (snapshot, &written) {
            (Some(snapshot), Some(written)) => snapshot.is_older_than(&written.resource_version),
            // This run wrote it, and nobody has seen it go: the view lags behind.
            (None, Some(_)) => true,
            _ => false,
        };
        let sight = Sight {
            name: &name,
            object: value.as_ref(),
            children: &children,
            written: written.as_deref(),
            outdated,
            childless,
        };
        let first = self.members.get(&member_key).map_or(First::Unknown, |member| member.first);
        let member = settle(self.condition, self.gate, &sight, first, elsewhere);
        self.put(member_key, Some(member));
    }

    fn selects(&self, part: usize, value: &Value) -> bool {
        let Some(Part { subject: Subject::Selection(selection), owned, .. }) = self.parts.get(part) else {
            return true;
        };
        let named = selection
            .name
            .as_deref()
            .is_none_or(|name| value.pointer("/metadata/name").and_then(Value::as_str) == Some(name));
        let belongs = owned.as_ref().is_none_or(|owned| owned.has(&owners(value)));
        let meets = selection.condition.as_ref().is_none_or(|condition| {
            let sight = Sight {
                name: "",
                object: Some(value),
                children: &[],
                written: None,
                outdated: false,
                childless: false,
            };
            matches!(judge(condition, &sight, &|_| Observation::NotYet(Vec::new())), Observation::Met(_))
        });
        named && belongs && meets
    }

    /// What holds for all of them together.
    pub(super) fn state(&self) -> Observation {
        if is_presence(self.condition) && wants_absence(self.condition) {
            return self.absence();
        }
        let met = self.met();
        let total = self.members.len();
        let enough = match self.rule.matching {
            Match::All => met == total && met >= self.rule.at_least,
            Match::Any => met >= self.rule.at_least,
        };
        let too_many = self.rule.at_most.filter(|most| met > *most);
        if enough && too_many.is_none() {
            return Observation::Met(self.words());
        }
        let mut whys = Vec::new();
        if let Some(most) = too_many {
            whys.push(self.count(met, &format!("at most {most}")));
        } else if total < self.rule.at_least || self.rule.matching == Match::Any && self.rule.at_least > 1 {
            let wanted = format!("at least {}", self.rule.at_least);
            whys.push(self.count(if self.rule.matching == Match::All { total } else { met }, &wanted));
        }
        let mut never = Vec::new();
        for member in self.members.values() {
            // Of thousands that are not there yet, a few tell why.
            let enough = whys.len() >= MOST_WHYS;
            if enough && self.counts.never == 0 {
                break;
            }
            match &member.observation {
                Observation::Met(_) => {}
                Observation::NotYet(_) if enough => {}
                Observation::NotYet(open) => whys.extend(open.iter().cloned()),
                Observation::Never(closed) => never.extend(closed.iter().cloned()),
            }
        }
        let all_named = self.parts.as_slice().iter().all(|part| matches!(part.subject, Subject::Named(_)));
        let lost = match self.rule.matching {
            Match::All => !never.is_empty(),
            Match::Any => all_named && !never.is_empty() && whys.is_empty() && met == 0,
        };
        if lost {
            return Observation::Never(never);
        }
        whys.extend(never);
        Observation::NotYet(whys)
    }

    /// Those that have to stay true for a while, and until when.
    pub(super) fn settling(&self) -> impl Iterator<Item = (&MemberKey, Instant)> {
        let any = (self.counts.settling > 0).then_some(&self.members);
        any.into_iter().flatten().filter_map(|(key, member)| Some((key, member.settles?)))
    }

    /// How many satisfy.
    pub(super) fn met(&self) -> usize {
        self.counts.met
    }

    /// Whether nothing is there any more. A selection that matches nothing has no member that could say so.
    fn absence(&self) -> Observation {
        let mut judged = Vec::new();
        for (index, part) in self.parts.as_slice().iter().enumerate() {
            let members = self.members.range((index, Key::default())..(index + 1, Key::default()));
            let members: Vec<Observation> =
                members.map(|(_, member)| member.observation.clone()).take(MOST_WHYS).collect();
            if let (Subject::Selection(selection), []) = (&part.subject, members.as_slice()) {
                let sight = Sight {
                    name: &selection.words,
                    object: None,
                    children: &[],
                    written: None,
                    outdated: false,
                    childless: false,
                };
                judged.push(judge(self.condition, &sight, &|_| Observation::NotYet(Vec::new())));
            }
            judged.extend(members);
        }
        match (judged.is_empty(), all(judged)) {
            (true, _) => Observation::NotYet(Vec::new()),
            // However many are gone, once is enough to say it.
            (false, Observation::Met(words)) => {
                Observation::Met(words.split(", ").next().unwrap_or_default().to_owned())
            }
            (false, other) => other,
        }
    }

    fn count(&self, actual: usize, wanted: &str) -> Why {
        let words: Vec<String> = self.parts.as_slice().iter().map(|part| part.subject.words()).collect();
        let sentence = format!("{actual} objects, wanted {wanted}: {}", words.join(", "));
        self.why(&words.join(", "), &format!("{actual} objects"), wanted, sentence)
    }

    fn why(&self, object: &str, actual: &str, wanted: &str, sentence: String) -> Why {
        let unmet = Unmet {
            object: object.into(),
            path: Text::default(),
            actual: actual.into(),
            wanted: wanted.into(),
        };
        Why { unmet, sentence: Some(sentence.into()), span: self.condition.span() }
    }

    /// In short, what was reached.
    fn words(&self) -> String {
        let mut members = self.members.values();
        match (members.next(), members.next()) {
            (Some(Member { observation: Observation::Met(words), .. }), None) if words.is_empty() => {
                "holds".into()
            }
            (Some(Member { observation: Observation::Met(words), .. }), None) => words.clone(),
            _ => format!("{} of {} objects", self.met(), self.members.len()),
        }
    }
}

/// Judges with freshness and the rule of `settle`.
fn settle(
    condition: &Condition,
    gate: Gate,
    sight: &Sight<'_>,
    first: First,
    elsewhere: Elsewhere<'_>,
) -> Member {
    let name = Text::from(sight.name);
    let belief = if gate.fresh { believe(condition, sight) } else { Belief::Fresh(None) };
    let lagging = gate.fresh && sight.object.is_none() && sight.outdated;
    let member = |observation, evidence, settles, first| Member {
        name: name.clone(),
        observation,
        evidence,
        settles,
        stale: false,
        first,
    };
    let stale = |why: Why, settles, first| Member {
        name: name.clone(),
        observation: Observation::NotYet(vec![why]),
        evidence: None,
        settles,
        stale: true,
        first,
    };
    if lagging {
        let unmet = Unmet {
            object: name.clone(),
            path: Text::default(),
            actual: "not seen yet".into(),
            wanted: Text::default(),
        };
        let sentence = Some(format!("{name}, which this run wrote, is not seen yet").into());
        let why = Why { unmet, sentence, span: condition.span() };
        return stale(why, None, first);
    }
    let evidence = match belief {
        Belief::Stale(why) => return stale(why, None, first),
        Belief::Fresh(evidence) => evidence,
        Belief::Settle => {
            let observation = judge(condition, sight, elsewhere);
            let met = matches!(observation, Observation::Met(_));
            let since = sight
                .written
                .filter(|written| written.generation_changed || written.created)
                .map(|written| written.at);
            let first = match (first, met) {
                (First::Unknown, true) => First::True,
                (First::True, true) => First::True,
                _ => First::Free,
            };
            let until = since
                .map(|since| since + gate.settle)
                .filter(|until| first == First::True && met && *until > Instant::now());
            let Some(until) = until else {
                let evidence = since.filter(|_| met).map(|_| format!("{name}: stayed so after the write"));
                return member(observation, evidence, None, first);
            };
            let unmet = Unmet {
                object: name.clone(),
                path: Text::default(),
                actual: "true since before anything could have come of the write".into(),
                wanted: format!("to stay true for {}", crate::playbook::duration::words(gate.settle)).into(),
            };
            let sentence = format!(
                "{name}: holds already, and must stay so for {} after the write",
                crate::playbook::duration::words(gate.settle)
            );
            let sentence = Some(sentence.into());
            let why = Why { unmet, sentence, span: condition.span() };
            return stale(why, Some(until), first);
        }
    };
    member(judge(condition, sight, elsewhere), evidence, None, First::Free)
}

/// What the object's kind wants to be looked at too; `None` where that cannot be read.
fn children(value: &Value, view: &View, consulted: Consulted<'_>) -> Option<Vec<Value>> {
    if kinds::consults(value).is_empty() {
        return Some(Vec::new());
    }
    let uid = value.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    let feeds = consulted(value)?;
    let mut children = Vec::new();
    for feed in feeds {
        let feed = view.feed(feed)?;
        if feed.is_blocked() {
            return None;
        }
        children.extend(feed.owned_by(uid).map(Snapshot::value));
    }
    Some(children)
}

/// The last write of this run to an object by its name, unless it is known to be gone.
pub(super) fn written_to(cluster: &Cluster, object: &ObjectRef) -> Option<Arc<Written>> {
    cluster.ledger().find(object)
}
