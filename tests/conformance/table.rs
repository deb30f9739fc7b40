//! The page of the documentation that says how far the embedded server agrees with a real one.
//! It must never know how a case is played.

use super::case::Case;
use std::collections::BTreeMap;

/// Where the page is, relative to the package.
pub const PAGE: &str = "docs/conformance.md";

/// What the areas hold.
const AREAS: &[(&str, &str)] = &[
    ("access", "reviews of one's own access"),
    ("apply", "server-side apply, conflicts and managed fields"),
    ("crd", "custom kinds: definitions, schemas, versions, subresources"),
    ("delete", "deletion: preconditions, finalizers, grace, collections, owners, namespaces"),
    ("discovery", "groups, versions, resources, OpenAPI, health"),
    ("dry-run", "dry runs"),
    ("event", "events in both groups"),
    ("get", "gets, and errors of paths, methods and media types"),
    ("list", "lists: selectors, pages, versions"),
    ("metadata", "metadata alone"),
    ("namespace", "namespaces"),
    ("patch", "JSON, merge and strategic patches"),
    ("quota", "quotas and ranges of limits"),
    ("subresource", "status and scale"),
    ("table", "Tables"),
    ("validation", "unknown and duplicate fields"),
    ("watch", "watches: versions, selectors, bookmarks, initial events, expiry"),
    ("workload", "defaults and checks of built-in kinds"),
    ("write", "creations and updates: names, versions, generations, managers"),
];

/// The whole page; `agrees` is whether the embedded server answered as recorded, case by case.
pub fn page(cases: &[Case], agrees: &[bool]) -> String {
    let mut page = String::from(INTRODUCTION);
    let mut areas: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let mut differing = Vec::new();
    for (case, agrees) in cases.iter().zip(agrees) {
        let (count, agreeing, known) = areas.entry(&case.area).or_default();
        *count += 1;
        *agreeing += usize::from(*agrees);
        if let Some(reason) = &case.differs {
            *known += 1;
            differing.push((case, reason));
        }
    }
    page.push_str("| area | holds | cases | agree | knowingly differ |\n|---|---|---|---|---|\n");
    let mut sum = (0, 0, 0);
    for (area, (count, agreeing, known)) in &areas {
        let holds = AREAS.iter().find(|(name, _)| name == area).map_or("", |(_, holds)| holds);
        page.push_str(&format!("| `{area}` | {holds} | {count} | {agreeing} | {known} |\n"));
        sum = (sum.0 + count, sum.1 + agreeing, sum.2 + known);
    }
    page.push_str(&format!("| all | | {} | {} | {} |\n", sum.0, sum.1, sum.2));
    page.push_str("\n## Where it knowingly differs\n\n");
    if differing.is_empty() {
        page.push_str("Nowhere.\n");
    } else {
        page.push_str("| case | a real API server | the embedded one |\n|---|---|---|\n");
        for (case, reason) in differing {
            page.push_str(&format!("| `{}` | {} | {} |\n", case.name, cell(&case.about), cell(reason)));
        }
    }
    page.push_str("\n## What it can be relied on for\n");
    let mut area = "";
    for (case, agrees) in cases.iter().zip(agrees) {
        if area != case.area {
            area = &case.area;
            page.push_str(&format!("\n### {area}\n\n"));
        }
        if *agrees {
            page.push_str(&format!("- {}\n", case.about));
        }
    }
    page
}

const INTRODUCTION: &str = "# Conformance

`rehearse` and `serve` play an API server inside the process. It is worth as much as it answers like a real one. So there is a suite of
behaviours, as data: each file of `tests/conformance/AREA/` asks something of a server and holds what a real control plane (Kubernetes 1.37)
answered, field by field, with times, uids, versions and made-up names masked. `cargo test --test conformance` asks the embedded server all of
it; with `SELDONPLAY_TEST_KUBECONFIG` a real control plane is asked the same, and sequences of writes made up at random are sent to both.

This page is written by `UPDATE=1 cargo test --test conformance`.

";

/// A text as it can stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
