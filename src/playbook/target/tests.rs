//! Targets from the text of a YAML file.
//! It must never know anything but the public surface.

use super::*;
use crate::diagnostic::Diagnostics;
use crate::json::json;
use crate::playbook::decode::{Decode, Decoder};
use crate::source::{Dialect, Sources, read_yaml};
use proptest::prelude::*;

/// Reads `key: TARGET`; what was found comes as `COLUMN:SOURCE code message / help`.
fn read(written: &str) -> (Option<Target>, Vec<String>) {
    let mut sources = Sources::new();
    let file = sources.add("play.yaml", format!("key: {written}\n"));
    let (documents, faults) = read_yaml(&sources, file, Dialect::Playbook);
    assert!(faults.is_empty(), "{written}: {faults:?}");
    let mut found = Diagnostics::new();
    let target = Target::decode(documents[0].tree.get("key").expect("key"), &mut Decoder::new(&mut found));
    let said = found.in_order().into_iter().map(|finding| {
        let place = sources.place(finding.span);
        let help = finding.help.as_deref().unwrap_or("");
        let marked = sources.slice(finding.span);
        format!("{}:{marked} {} {} / {help}", place.column, finding.code.as_str(), finding.message)
    });
    (target, said.collect())
}

fn good(written: &str) -> Target {
    match read(written) {
        (Some(target), found) if found.is_empty() => target,
        other => panic!("{written}: {other:?}"),
    }
}

#[test]
fn every_form_is_read_and_told_in_a_line() {
    for (written, source) in [
        ("SeldonDeployment/iris", "SeldonDeployment/iris"),
        ("Deployment.apps/web", "Deployment.apps/web"),
        ("sdep/iris", "sdep/iris"),
        ("deployments.v1.apps/web", "deployments.v1.apps/web"),
        ("ClusterRole/system:node", "ClusterRole/system:node"),
        ("Pod/a.b-c", "Pod/a.b-c"),
        ("{ kind: Pod }", "Pod"),
        ("{ kind: Pod, labels: { app: web } }", "Pod app=web"),
        ("{ kind: Pod, labels: 'app=web,tier!=db' }", "Pod app=web,tier!=db"),
        ("{ kind: Pod, namespace: '*' }", "Pod in all namespaces"),
        ("{ kind: Pod, name: x, namespace: a, apiVersion: v1 }", "Pod/x in a"),
        ("{ kind: Deployment, owner: sdep/iris }", "Deployment owned by sdep/iris"),
        ("{ kind: Pod, where: $.status.phase == 'Running' }", "Pod where $.status.phase == 'Running'"),
        ("{ manifest: b.yaml }", "b.yaml"),
        ("{ manifest: { apiVersion: v1, kind: Pod, metadata: { name: x } } }", "Pod/x"),
        ("[Pod/x, { kind: Service }]", "Pod/x, Service"),
    ] {
        assert_eq!(good(written).source(), source, "{written}");
    }
}

#[test]
fn a_kind_word_is_taken_apart() {
    for (written, word, version, group) in [
        ("Deployment/x", "Deployment", None, None),
        ("Deployment.apps/x", "Deployment", None, Some("apps")),
        ("Deployment.v1.apps/x", "Deployment", Some("v1"), Some("apps")),
        ("Model.mlops.seldon.io/x", "Model", None, Some("mlops.seldon.io")),
        ("Model.v1alpha1.mlops.seldon.io/x", "Model", Some("v1alpha1"), Some("mlops.seldon.io")),
        ("Pod.v1/x", "Pod", Some("v1"), None),
        ("Pod.v1./x", "Pod", Some("v1"), Some("")),
        ("Thing.vault.io/x", "Thing", None, Some("vault.io")),
    ] {
        let Target::Object(object) = good(written) else { panic!("no object") };
        let parts = (object.kind.word.as_str(), object.kind.version.as_deref(), object.kind.group.as_deref());
        assert_eq!(parts, (word, version, group), "{written}");
    }
}

#[test]
fn faults_are_marked_and_say_how_to_write_it() {
    for (written, wanted) in [
        (
            "deployment web",
            "6:deployment web bad-target a target is written `Kind/name` / Write `deployment/web`.",
        ),
        (
            "Deployment",
            "/ Write `Deployment/NAME` for one object, `{ kind: Deployment }` for all in the namespace.",
        ),
        ("Deployment/", "the name is missing behind `/`"),
        ("/web", "the kind is missing before `/`"),
        ("''", "6:'' bad-target this target is empty"),
        ("Deployment / web", "/ Leave the blanks out"),
        ("Pod/*", "/ All in the namespace are `{ kind: Pod }`."),
        ("b.yaml", "/ The objects of a manifest are `{ manifest: b.yaml }`."),
        ("a/b/c.yaml", "/ The objects of a manifest are `{ manifest: a/b/c.yaml }`."),
        ("app=web", "/ Labels stand in a mapping: `{ kind: Pod, labels: 'app=web' }`."),
        ("pods -l app=web", "/ Write `{ kind: pods, labels: app=web }`."),
        ("apps/v1/Deployment/web", "/ Write `Deployment.apps/web`."),
        ("v1/Pod/web", "/ Write `Pod/web`."),
        ("prod/Pod/web", "/ A namespace stands in a mapping: `{ kind: Pod, name: web, namespace: prod }`."),
        ("Deployment/Web", "17:W bad-target a name has no `W`"),
        ("'Deployment/my_web'", "20:_ bad-target a name has no `_`"),
        ("Deployment/-web", "17:- bad-target a name begins with"),
        ("Deployment/web.", "20:. bad-target a name ends with"),
        ("De_ployment/web", "8:_ bad-target a kind has no `_`"),
        ("Deployment..apps/web", "6:Deployment..apps bad-target `Deployment..apps` is no kind"),
        ("3", "wrong-type this must be a target"),
        ("[]", "this list of targets is empty"),
        ("{ name: web }", "6:{ missing-key a target needs `kind`"),
        ("{ kind: Pod, label: x }", "unknown-key a target has no key `label` / Did you mean `labels`?"),
        ("{ kind: Pod/x }", "/ Write `kind: Pod` and `name: x`."),
        ("{ kind: apps/v1 }", "/ Write `apiVersion` beside it."),
        ("{ kind: Pod, name: A }", "25:A bad-target a name has no `A`"),
        ("{ kind: Pod, namespace: a.b }", "`a.b` is no name of a namespace"),
        ("{ kind: Pod, apiVersion: apps }", "`apps` is no API version"),
        ("{ kind: Pod, labels: { version: 2 } }", "38:2 wrong-type"),
        ("{ kind: Pod, labels: { 'a b': x } }", "bad-selector"),
        ("{ kind: Pod, labels: 'a=b,,c' }", "32:, bad-selector"),
        ("{ kind: Pod, labels: '' }", "bad-selector this selects everything"),
        ("{ kind: Pod, labels: {} }", "bad-selector this selects everything"),
        ("{ kind: Pod, owner: iris }", "26:iris bad-target"),
        ("{ kind: Pod, where: absent }", "26:absent bad-target `where` looks at objects that are there"),
        ("{ kind: Pod, where: { target: Pod/x, condition: ready } }", "`where` looks at the object itself"),
        ("{ manifest: b.yaml, kind: Pod }", "26:kind conflicting-keys"),
        ("{ manifest: { metadata: { name: x } } }", "not-an-object an object needs `apiVersion`"),
        ("{ manifest: '' }", "this path is empty"),
        ("{ kind: Pod, metadata: { name: x } }", "this is an object, and a target names one"),
    ] {
        let (_, found) = read(written);
        assert_eq!(found.len(), 1, "{written}: {found:?}");
        assert!(found[0].contains(wanted), "{written}: {}", found[0]);
    }
}

#[test]
fn the_name_is_marked_alone() {
    let mut sources = Sources::new();
    let file = sources.add("f", "'Deployment.apps/web'");
    let (documents, _) = read_yaml(&sources, file, Dialect::Playbook);
    let target = Target::decode(&documents[0].tree, &mut Decoder::new(&mut Diagnostics::new()));
    let Some(Target::Object(object)) = target else { panic!("{target:?}") };
    assert_eq!(
        (sources.slice(object.kind.span), sources.slice(object.name.span)),
        ("Deployment.apps", "web")
    );
}

proptest! {
    #[test]
    fn any_text_is_a_target_or_not(written in prop_oneof!["\\PC{0,30}", "[A-Za-z./ *_-]{0,20}"]) {
        let (target, found) = read(&json!(written).to_string());
        prop_assert_eq!(target.is_none(), !found.is_empty(), "{:?}", found);
    }
}
