//! Which kinds an object may own, as far as the cluster serves them: those that are known of its own kind, and of a kind that
//! nobody knows the usual ones with those of its family.
//! Must never ask for more than what the cluster serves, nor look at objects.

use crate::cluster::{Cluster, Resource};
use crate::kinds;

/// What controllers of kinds that nobody knows make, beside what the table of kinds says of these.
const ALSO: &[(&str, &str)] = &[
    ("batch/v1", "CronJob"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
];
/// How many kinds of a family are looked at.
const MOST: usize = 24;

/// The kinds that an object of a kind may own, directly or not.
pub(super) async fn below(cluster: &Cluster, api_version: &str, kind: &str) -> Vec<Resource> {
    let Ok(served) = cluster.resources().await else { return Vec::new() };
    let known = kinds::of(api_version, kind);
    let also: &[_] = if known.is_general() { ALSO } else { &[] };
    let named = known.owns.iter().map(|owned| (owned.api_version, owned.kind)).chain(also.iter().copied());
    let mut below = Vec::new();
    for (api_version, kind) in named {
        below.extend(super::served(cluster, api_version, kind).await);
    }
    if known.is_general() {
        let group = group(api_version);
        let family = served.iter().filter(|other| is_related(group, &other.group));
        let seen = family.filter(|other| other.namespaced && other.can("list") && other.can("watch"));
        let mut added = 0;
        for other in seen {
            // Of several versions the server tells the preferred one first.
            let is_new = !below.iter().any(|known| known.full_name() == other.full_name());
            if is_new && added < MOST {
                below.push(other.clone());
                added += 1;
            }
        }
    }
    below
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether two API groups are of one family: the same, or of one domain, such as `serving.knative.dev` and
/// `internal.autoscaling.knative.dev`. Kubernetes' own domains are nobody's.
fn is_related(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let domain = |group: &str| {
        let labels: Vec<&str> = group.rsplit('.').take(2).collect();
        (labels.len() == 2).then(|| (labels[1].to_owned(), labels[0].to_owned()))
    };
    match (domain(one), domain(other)) {
        (Some(one), Some(other)) => one == other && !matches!(one.0.as_str(), "k8s" | "x-k8s" | "kubernetes"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_related;

    #[test]
    fn groups_of_one_domain_are_a_family() {
        assert!(is_related("serving.knative.dev", "internal.autoscaling.knative.dev"));
        assert!(is_related("pantry.example.com", "pantry.example.com"));
        assert!(is_related("apps", "apps"));
        assert!(!is_related("pantry.example.com", "example.org"));
        assert!(!is_related("apps", "batch"));
        assert!(!is_related("gateway.networking.k8s.io", "storage.k8s.io"));
    }
}
