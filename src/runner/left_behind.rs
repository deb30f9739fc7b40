//! What a run that did not pass leaves on the cluster.
//! It must never know why.

use crate::cluster::Cluster;
use crate::event::EventKind;

/// What this run created and has not removed, with the command that removes it.
pub(super) fn left_behind(cluster: &Cluster, context: Option<&str>) -> Option<EventKind> {
    let created = cluster.ledger().created();
    if created.is_empty() {
        return None;
    }
    let mut commands: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for written in created.iter().rev() {
        let name = format!("{}/{}", written.resource.full_name(), written.name);
        match commands.iter_mut().find(|(namespace, _)| *namespace == written.namespace) {
            Some((_, names)) => names.push(name),
            None => commands.push((written.namespace.clone(), vec![name])),
        }
    }
    let context = context.map_or_else(String::new, |context| format!(" --context {}", quoted(context)));
    let command = commands
        .iter()
        .map(|(namespace, names)| {
            let namespace =
                namespace.as_ref().map_or_else(String::new, |namespace| format!(" -n {namespace}"));
            format!("kubectl{context}{namespace} delete {}", names.join(" "))
        })
        .collect::<Vec<_>>()
        .join(" && ");
    Some(EventKind::LeftBehind {
        objects: created.iter().map(|written| written.object().short()).collect(),
        command,
    })
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
