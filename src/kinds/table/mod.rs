//! The table of kinds: names, scope, what they own, and which rules apply. Each row's words are for people to check.
//! Must never know the rules themselves.

mod builtin;
mod projects;
mod row;
mod seldon;

use super::knowledge::Knowledge;
use super::read::group;

/// The rows, in the order in which their names are tried.
const GROUPS: [&[Knowledge]; 3] = [builtin::KINDS, seldon::KINDS, projects::KINDS];

/// What is known of a kind: the group decides, the version does not. The general rule for kinds nobody knows.
pub fn of(api_version: &str, kind: &str) -> &'static Knowledge {
    let group = group(api_version);
    all().find(|known| known.kind == kind && known.group == group).unwrap_or(&row::GENERAL)
}

/// Every kind that is known, in the order in which their names are tried; the general rule is not among them.
pub fn all() -> impl Iterator<Item = &'static Knowledge> + Clone {
    GROUPS.into_iter().flatten()
}

/// The kind that a word names: kind, plural, singular or short name without regard to case, alone or followed by `.group` or
/// `.version.group` (`deployments.apps`, `deployments.v1.apps`). `None` for what is not known; a cluster may know it.
pub fn by_name(word: &str) -> Option<&'static Knowledge> {
    let (name, suffix) = word.split_once('.').map_or((word, None), |(name, suffix)| (name, Some(suffix)));
    let named = |known: &&'static Knowledge| {
        let names = [known.kind, known.plural].into_iter().chain(known.short_names.iter().copied());
        names.into_iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let grouped = |known: &&'static Knowledge| match suffix {
        None => true,
        Some(suffix) if suffix.eq_ignore_ascii_case(known.group) => true,
        Some(suffix) => suffix.split_once('.').is_some_and(|(version, group)| {
            group.eq_ignore_ascii_case(known.group)
                && known.versions.iter().any(|known| known.eq_ignore_ascii_case(version))
        }),
    };
    all().filter(named).find(grouped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_kinds_as_kubectl_takes_them() {
        for (word, group, kind) in [
            ("sdep", "machinelearning.seldon.io", "SeldonDeployment"),
            ("Deployment", "apps", "Deployment"),
            ("DEPLOY", "apps", "Deployment"),
            ("deployments.apps", "apps", "Deployment"),
            ("deployments.v1.apps", "apps", "Deployment"),
            ("service", "", "Service"),
            ("services.serving.knative.dev", "serving.knative.dev", "Service"),
            ("ksvc", "serving.knative.dev", "Service"),
            ("crds", "apiextensions.k8s.io", "CustomResourceDefinition"),
            ("mlm", "mlops.seldon.io", "Model"),
        ] {
            let known = by_name(word).map(|known| (known.group, known.kind));
            assert_eq!(known, Some((group, kind)), "{word}");
        }
        for word in ["", "widget", "deployments.batch", "deployments.v2.apps", "sdep."] {
            assert!(by_name(word).is_none(), "{word}");
        }
    }

    #[test]
    fn the_group_decides_and_the_version_does_not() {
        assert_eq!(of("apps/v1beta2", "Deployment").plural, "deployments");
        assert_eq!(
            of("machinelearning.seldon.io/v1alpha2", "SeldonDeployment").api_version(),
            "machinelearning.seldon.io/v1"
        );
        assert!(of("example.com/v1", "Deployment").is_general());
        assert!(of("v1", "Deployment").is_general());
        assert_eq!(of("v1", "Pod").api_version(), "v1");
    }

    #[test]
    fn every_row_is_whole_and_named_once() {
        let mut names = std::collections::BTreeSet::new();
        for known in all() {
            assert!(names.insert((known.group, known.kind)), "{} twice", known.kind);
            assert!(
                !known.versions.is_empty() && !known.words.ready.is_empty() && !known.words.fresh.is_empty(),
                "{}",
                known.kind
            );
            assert_eq!(known.plural, known.plural.to_lowercase());
            let asked = format!("{}.{}", known.plural, known.group);
            let found = by_name(asked.trim_end_matches('.')).map(|found| found.kind);
            assert_eq!(found, Some(known.kind), "{asked}");
        }
    }

    #[test]
    fn scaling_rules_are_told_where_there_are_any() {
        for known in all() {
            assert_eq!(known.counts_replicas, !known.words.scaled.is_empty(), "{}", known.kind);
            assert!(!known.scalable || !known.words.scale.is_empty(), "{}", known.kind);
        }
    }
}
