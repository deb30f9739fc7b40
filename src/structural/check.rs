//! Judges values by a schema: types, required fields, enums, ranges, patterns, lengths and combinations.
//! It must never change the object, nor speak of unknown fields.
//!
//! The order of rules, the counting of matches (it decides whose errors an `anyOf` shows) and the words follow
//! kube-openapi's `pkg/validation/validate`, so that messages can be compared with the server's.

use crate::json::{Map, Value};

use super::embedded;
use super::go::{bad, quoted};
use super::lists;
use super::numbers;
use super::place::Place;
use super::refusal::{at, invalid_nowhere, too_few, too_many, wrong_type};
use super::schema::{Entries, Id, Node, Rules, Schema, Type};
use super::suggest;
use super::value;
use super::violation::{Code, Violation};

/// Everything that the server would refuse in the values of an object (422, reason Invalid), in the object's order,
/// each list's duplicates after.
///
/// The object is judged as the server would have it: a null that is not allowed counts as absent and absent
/// fields with a default are there. Neither is changed in it; see [`super::drop_nulls`] and [`super::default`].
/// Unknown fields are passed over.
pub fn check(schema: &Schema, object: &Value) -> Vec<Violation> {
    let judge = Judge { schema };
    let mut found = judge.value(schema.root, schema.root, object, &Place::ROOT).violations;
    if schema.embeds() {
        embedded::nameless(schema, schema.root, object, &Place::ROOT, &mut found);
    }
    lists::duplicates(schema, schema.root, object, &Place::ROOT, &mut found);
    found
}

/// What a schema says to a value.
#[derive(Default)]
struct Outcome {
    violations: Vec<Violation>,
    matches: u32,
}

impl Outcome {
    fn add(&mut self, violation: Violation) {
        let told = |known: &Violation| known.field == violation.field && known.message == violation.message;
        if !self.violations.iter().any(told) {
            self.violations.push(violation);
        }
    }

    fn merge(&mut self, other: Outcome) {
        self.matches += other.matches;
        if self.violations.is_empty() {
            self.violations = other.violations;
        } else {
            other.violations.into_iter().for_each(|violation| self.add(violation));
        }
    }
}

struct Judge<'a> {
    schema: &'a Schema,
}

impl Judge<'_> {
    /// Judges a value by the node `id`; `shape` is the node of the structure itself, which knows what the server
    /// drops and fills in (within an `anyOf`, `id` is a part of the combination and `shape` what surrounds it).
    fn value(&self, id: Id, shape: Id, value: &Value, place: &Place<'_>) -> Outcome {
        let node = self.schema.node(id);
        let mut out = Outcome::default();
        if value.is_null() {
            self.of_type(node, value, place, &mut out);
            self.choice(node, value, place, &mut out);
            return out;
        }
        if !node.types().is_empty() || node.format.is_some() {
            self.of_type(node, value, place, &mut out);
            out.matches += 1;
        }
        if let Some(rules) = node.rules.as_deref() {
            self.combinations(rules, shape, value, place, &mut out);
        }
        out.matches += 2;
        match value {
            Value::String(text) => self.text(node, text, place, &mut out),
            Value::Number(number) => {
                out.matches += 2;
                numbers::violations(node, number, place).into_iter().for_each(|found| out.add(found));
            }
            Value::Array(items) => self.list(node, shape, items, place, &mut out),
            _ => {}
        }
        self.choice(node, value, place, &mut out);
        out.matches += 1;
        if let Value::Object(map) = value {
            self.mapping(node, shape, map, place, &mut out);
            out.matches += 1;
        }
        out.matches += 1;
        out
    }

    fn of_type(&self, node: &Node, value: &Value, place: &Place<'_>, out: &mut Outcome) {
        let types = node.types();
        let names = || types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",");
        let Some(kind) = value::kind(value) else {
            match types.is_empty() || node.nullable {
                true => out.matches += 1,
                false => out.add(wrong_type(node, value, place, &names(), "null")),
            }
            return;
        };
        let whole = matches!(value, Value::Number(number) if value::is_whole(number));
        let fits = types.contains(&kind)
            || whole && types.contains(&Type::Integer)
            || kind == Type::Integer && types.contains(&Type::Number);
        if let Some(format) = node.format {
            let numeric = types.contains(&Type::Integer) || types.contains(&Type::Number);
            if !matches!(kind, Type::String | Type::Array) && !fits {
                let actual = match kind {
                    Type::Integer => "int64",
                    Type::Number => "float64",
                    _ => "",
                };
                out.add(wrong_type(node, value, place, format.name(), actual));
                return;
            }
            if !numeric && matches!(kind, Type::String | Type::Array) {
                out.matches += 1;
                return;
            }
        }
        match fits || types.is_empty() {
            true => out.matches += 1,
            false => out.add(wrong_type(node, value, place, &names(), kind.name())),
        }
    }

    fn combinations(&self, rules: &Rules, shape: Id, value: &Value, place: &Place<'_>, out: &mut Outcome) {
        let broken = |rest: String| invalid_nowhere(place, Code::Combination, value, rest);
        let name = || quoted(&place.field());
        let judge = |id: &Id| self.value(*id, shape, value, place);
        if !rules.any_of.is_empty() {
            let (valid, best) = best_of(rules.any_of.iter().map(judge), true);
            if valid == 0 {
                out.add(broken(format!("{} must validate at least one schema (anyOf)", name())));
            }
            out.merge(best);
        }
        if !rules.one_of.is_empty() {
            let (valid, best) = best_of(rules.one_of.iter().map(judge), false);
            if valid != 1 {
                let rest = match valid {
                    0 => "Found none valid".to_owned(),
                    _ => format!("Found {valid} valid alternatives"),
                };
                out.add(broken(format!("{} must validate one and only one schema (oneOf). {rest}", name())));
            }
            if valid < 2 {
                out.merge(best);
            }
        }
        if !rules.all_of.is_empty() {
            let results: Vec<Outcome> = rules.all_of.iter().map(judge).collect();
            let valid = results.iter().filter(|result| result.violations.is_empty()).count();
            let all = valid == results.len();
            results.into_iter().for_each(|result| out.merge(result));
            if !all {
                let rest = if valid == 0 { ". None validated" } else { "" };
                out.add(broken(format!("{} must validate all the schemas (allOf){rest}", name())));
            }
        }
        if rules.not.as_ref().is_some_and(|id| judge(id).violations.is_empty()) {
            out.add(broken(format!("{} must not validate the schema (not)", name())));
        }
    }

    fn text(&self, node: &Node, text: &str, place: &Place<'_>, out: &mut Outcome) {
        out.matches += 1;
        if let Some(rules) = node.rules.as_deref() {
            text_rules(rules, text, place, out);
        }
        let Some(format) = node.format.filter(|format| format.is_text()) else { return };
        if !format.accepts(text) {
            let value = quoted(text);
            let body = format!(
                "Invalid value: {value}: {} in body must be of type {}: {value}",
                place.field(),
                format.name()
            );
            let mut violation = at(place, Code::Format, body, &text.into());
            violation.expected = format.in_words().to_owned();
            out.add(violation);
        }
        out.matches += 1;
    }

    fn list(&self, node: &Node, shape: Id, items: &[Value], place: &Place<'_>, out: &mut Outcome) {
        out.matches += 2;
        if let Some(id) = node.items {
            let shape = self.schema.node(shape).items.unwrap_or(id);
            let default = self.schema.node(shape).default.is_some();
            for (index, item) in items.iter().enumerate().filter(|(_, item)| !(item.is_null() && default)) {
                out.merge(self.value(id, shape, item, &place.index(index)));
            }
        }
        let Some(rules) = node.rules.as_deref() else { return };
        let value = || Value::from(items.to_vec());
        let count = items.len() as u64;
        if let Some(least) = rules.min_items.filter(|least| count < *least) {
            out.add(too_few(place, &value(), count, least, "items"));
        }
        if let Some(most) = rules.max_items.filter(|most| count > *most) {
            out.add(too_many(place, &value(), count, most));
        }
        let twice = |(index, item): (usize, &Value)| items[..index].iter().any(|one| value::same(one, item));
        if rules.unique && items.iter().enumerate().any(twice) {
            let body = format!("Invalid value: \"\": {} in body shouldn't contain duplicates", place.field());
            let mut violation = at(place, Code::Duplicate, body, &value());
            violation.expected = "items that differ".into();
            out.add(violation);
        }
    }

    fn mapping(&self, node: &Node, shape: Id, map: &Map, place: &Place<'_>, out: &mut Outcome) {
        let outer = self.schema.node(shape);
        let dropped = |key: &str, value: &Value| {
            value.is_null() && outer.under(key).is_some_and(|id| self.schema.node(id).drops_null())
        };
        let filled = |key: &str| outer.field(key).is_some_and(|id| self.schema.node(id).default.is_some());
        if let Some(rules) =
            node.rules.as_deref().filter(|rules| rules.min_fields.max(rules.max_fields).is_some())
        {
            let here = map.iter().filter(|(key, value)| !dropped(key, value)).count();
            let added = outer
                .fields
                .iter()
                .filter(|field| filled(&field.name) && !map.contains_key(&field.name))
                .count();
            let count = (here + added) as u64;
            let value = || Value::Object(map.clone());
            if let Some(least) = rules.min_fields.filter(|least| count < *least) {
                out.add(too_few(place, &value(), count, least, "properties"));
            }
            if let Some(most) = rules.max_fields.filter(|most| count > *most) {
                out.add(too_many(place, &value(), count, most));
            }
        }
        for (key, value) in map {
            let id = match (node.field(key), node.entries) {
                (Some(id), _) | (None, Some(Entries::Of(id))) => id,
                _ => continue,
            };
            if value.is_null() && (dropped(key, value) || filled(key)) {
                continue;
            }
            let shape = outer.under(key).unwrap_or(id);
            out.merge(self.value(id, shape, value, &place.key(key)));
        }
        for key in &node.required {
            let there = map.get(key).is_some_and(|value| !dropped(key, value));
            if there || filled(key) {
                continue;
            }
            let field = place.key(key).field();
            let mut violation =
                at(place, Code::Required, "Required value".into(), &Value::Object(Map::new()));
            violation.field = field;
            violation.expected = format!("the field `{key}`");
            violation.actual = "nothing".into();
            violation.suggestion = suggest::misspelt(outer, key, map);
            out.add(violation);
        }
    }

    fn choice(&self, node: &Node, value: &Value, place: &Place<'_>, out: &mut Outcome) {
        let Some(rules) = node.rules.as_deref().filter(|rules| !rules.choices.is_empty()) else { return };
        if rules.choices.iter().any(|choice| value::is_choice(value, choice)) {
            return;
        }
        let text = |choice: &Value| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
        let names: Vec<String> = rules.choices.iter().map(text).collect();
        let list = names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let body = format!("Unsupported value: {}: supported values: {list}", bad(value));
        let mut violation = at(place, Code::Enum, body, value);
        violation.expected = format!("one of {}", names.join(", "));
        violation.suggestion = value
            .as_str()
            .and_then(|text| suggest::nearest(text, names.iter().map(String::as_str)))
            .map(str::to_owned);
        out.add(violation);
    }
}

/// How many outcomes are without fault, and the one to show: the first without fault, else that with most matches.
fn best_of(outcomes: impl Iterator<Item = Outcome>, stop_at_first: bool) -> (usize, Outcome) {
    let (mut valid, mut best): (usize, Option<Outcome>) = (0, None);
    for outcome in outcomes {
        if outcome.violations.is_empty() {
            valid += 1;
            if valid == 1 {
                best = Some(outcome);
            }
            if stop_at_first {
                break;
            }
        } else if valid == 0 && best.as_ref().is_none_or(|best| outcome.matches > best.matches) {
            best = Some(outcome);
        }
    }
    (valid, best.unwrap_or_default())
}

fn text_rules(rules: &Rules, text: &str, place: &Place<'_>, out: &mut Outcome) {
    let value = || Value::from(text);
    let length = text.chars().count() as u64;
    if let Some(most) = rules.max_length.filter(|most| length > *most) {
        let unit = if most == 1 { "byte" } else { "bytes" };
        let body = format!("Too long: may not be more than {most} {unit}");
        let mut violation = at(place, Code::Length, body, &value());
        violation.expected = format!("at most {most} characters");
        out.add(violation);
    } else if let Some(least) = rules.min_length.filter(|least| length < *least) {
        let (path, shown) = (place.field(), quoted(text));
        let body = format!("Invalid value: {shown}: {path} in body should be at least {least} chars long");
        let mut violation = at(place, Code::Length, body, &value());
        violation.expected = format!("at least {least} characters");
        out.add(violation);
    } else if let Some(pattern) = rules.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
        let (path, shown) = (place.field(), quoted(text));
        let body = format!("Invalid value: {shown}: {path} in body should match '{}'", pattern.text);
        let mut violation = at(place, Code::Pattern, body, &value());
        violation.expected = match pattern.is_quantity() {
            true => "a quantity such as 500m or 1Gi".into(),
            false => format!("text that matches {}", pattern.text),
        };
        out.add(violation);
    }
}
