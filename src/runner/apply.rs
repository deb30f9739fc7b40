//! `apply`: namespaces and CRDs first, awaited, then the rest as written.
//! It must never wait for more than that: `wait` does.

use super::context::{Context, Done};
use super::subject::Subject;
use super::trouble;
use super::wait::{self, Wait};
use super::written::tell;
use crate::cluster::{Applied, ApplyOptions, Error, KindName, ObjectRef, Operation as Written, ResolveError};
use crate::event::{Failure, Operation};
use crate::json::Value;
use crate::plan::Object;
use crate::playbook::action::Apply;
use crate::playbook::condition::{Condition, Named};
use crate::source::{Span, Spanned};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Carries out an `apply`.
pub(super) async fn apply(action: &Apply, cx: &Context<'_>) -> Result<Done, Failure> {
    let options = ApplyOptions {
        force: cx.maybe(action.force.as_ref())?.unwrap_or(false),
        field_manager: cx.maybe(action.field_manager.as_ref())?,
        create_only: cx.maybe(action.create_only.as_ref())?.unwrap_or(false),
    };
    let objects: Vec<&Object> = match &action.manifest {
        Some(manifest) => cx.plan.objects_at(manifest.span()).collect(),
        None => cx.plan.default_target().collect(),
    };
    let (first, rest): (Vec<&Object>, Vec<&Object>) =
        objects.into_iter().partition(|object| goes_first(object));
    let mut written: Vec<(ObjectRef, Written)> = Vec::new();
    let mut values = Vec::new();
    for object in &first {
        let (reference, applied) = one(object, &options, cx).await?;
        written.push((reference, applied.operation));
        values.push(applied.object);
    }
    if !written.is_empty() {
        served(&written, cx).await?;
    }
    for object in rest {
        let (reference, applied) = one(object, &options, cx).await?;
        written.push((reference, applied.operation));
        values.push(applied.object);
    }
    let words = words(&written);
    let references: Vec<ObjectRef> = written.into_iter().map(|(reference, _)| reference).collect();
    match wait::effect(action.wait.as_ref(), &references, cx).await? {
        Some(effect) => Ok(Done {
            value: if cx.wants_result() { effect.value } else { Value::Null },
            words: format!("{words}, {}", effect.words),
            ..effect
        }),
        None => Ok(Done::of(values, words)),
    }
}

/// How long discovery may lag behind a definition that is established.
const DISCOVERED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK_EACH: Duration = Duration::from_millis(100);

/// What other objects need to be there before they can be.
pub(super) fn goes_first(object: &Object) -> bool {
    matches!(
        (object.api_version.as_str(), object.kind.as_str()),
        ("v1", "Namespace")
            | ("apiextensions.k8s.io/v1" | "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition")
    )
}

async fn one(
    object: &Object,
    options: &ApplyOptions,
    cx: &Context<'_>,
) -> Result<(ObjectRef, Applied), Failure> {
    let reference = cx.reference(object).await?;
    let body = cx.body(object, &reference)?;
    let (cluster, options) = (cx.cluster.clone(), options.clone());
    let applied = cx.outstanding.write(async move { cluster.apply(&body, &options).await });
    let applied = applied.await.map_err(|error| {
        let what = format!("apply {}", reference.short());
        match fault(object, &error) {
            Some(span) => trouble::failure(&what, error).at(cx.place(span)),
            None => cx.failed(&what, error),
        }
    })?;
    let operation = match applied.operation {
        Written::Created => Operation::Created,
        Written::Configured => Operation::Configured,
        Written::Unchanged => Operation::Unchanged,
    };
    tell(cx, &reference, operation, Vec::new(), &applied);
    Ok((reference, applied))
}

/// Where in a manifest the fault is that the server found: at the field that it names, or as near to it as there is one.
fn fault(object: &Object, error: &Error) -> Option<Span> {
    let Error::Refused(status) = error else { return None };
    let field = trouble::field(status);
    if field.is_empty() {
        return None;
    }
    let (tree, entry, _) = object.tree.nearest(&field);
    let whole = tree.span == object.tree.span;
    Some(entry.map_or(if whole { object.span } else { tree.span }, |entry| entry.key_span))
}

/// Waits until namespaces are active and CRDs established.
async fn served(written: &[(ObjectRef, Written)], cx: &Context<'_>) -> Result<(), Failure> {
    let condition = Condition::Named(Spanned::new(Named::Ready, cx.step.verb));
    let subjects = written.iter().map(|(reference, _)| Subject::Named(reference.clone())).collect();
    wait::wait_for(Wait::plain(subjects, &condition), cx).await?;
    for (reference, _) in written {
        if reference.resource.kind == "CustomResourceDefinition" {
            discovered(&reference.name, cx).await;
        }
    }
    Ok(())
}

/// Waits until the server tells of a kind that is established: discovery follows a moment later. If it never does, whoever needs
/// the kind will say so.
async fn discovered(definition: &str, cx: &Context<'_>) {
    let kind = KindName { word: definition.into(), api_version: None };
    let end = Instant::now() + DISCOVERED_WITHIN;
    loop {
        cx.cluster.forget_discovery().await;
        match cx.cluster.resolve(&kind).await {
            Err(ResolveError::NotServed { .. }) if Instant::now() < end => sleep(LOOK_EACH).await,
            _ => return,
        }
    }
}

/// `SeldonDeployment/iris created`, or `3 created, 1 unchanged`.
fn words(written: &[(ObjectRef, Written)]) -> String {
    if let [(reference, operation)] = written {
        return format!("{} {}", reference.short(), word(*operation));
    }
    let count = |wanted: Written| written.iter().filter(|(_, operation)| *operation == wanted).count();
    let counts = [Written::Created, Written::Configured, Written::Unchanged]
        .map(|operation| (count(operation), word(operation)));
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    words.join(", ")
}

fn word(operation: Written) -> &'static str {
    match operation {
        Written::Created => "created",
        Written::Configured => "configured",
        Written::Unchanged => "unchanged",
    }
}
