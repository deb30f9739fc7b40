//! Playbooks checked by the definitions and clusters that the command is given: `--crd`, `--cluster`.

use super::{Anything, FOLDER, compare};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// The names of the expected files, and what the command is given.
pub const NAMES: [(&str, &[&str]); 14] = [
    ("crd", &["pot.yaml", "--crd", "pots.yaml", "--crd", "folder"]),
    ("crd-not-structural", &["pot.yaml", "--crd", "not-structural.yaml"]),
    ("crd-broken", &["pot.yaml", "--crd", "broken.yaml"]),
    ("crd-none", &["pot.yaml", "--crd", "empty", "--crd", "folder/values.yaml", "--crd", "pot.yml"]),
    ("crd-rehearsed", &["rehearse", "pot.yaml", "--crd", "not-structural.yaml"]),
    ("crd-status", &["status.yaml", "--crd", "pots.yaml", "--crd", "folder"]),
    ("crd-there", &["rehearse", "there.yaml", "--crd", "pots.yaml"]),
    ("crd-versions", &["versions-used.yaml", "--crd", "versions.yaml"]),
    ("crd-versions-rehearsed", &["rehearse", "versions-used.yaml", "--crd", "versions.yaml"]),
    ("crd-older", &["older.yaml", "--crd", "seldon.yaml"]),
    ("crd-torn", &["oldest.yaml", "--crd", "seldon.yaml"]),
    ("cluster", &["cluster.yaml", "--cluster", "--server", PUBLISHES]),
    ("cluster-forbidden", &["cluster.yaml", "--cluster", "--server", FORBIDS]),
    ("cluster-not-asked", &["cluster.yaml", "--server", FORBIDS]),
];

/// Stands for a server that publishes two of its kinds, and may not be asked for a third.
const PUBLISHES: &str = "PUBLISHES";
/// Stands for a server that forbids everything.
const FORBIDS: &str = "FORBIDS";

/// What the servers answer.
fn answer(of: &str, path: &str) -> (u16, serde_json::Value) {
    let forbidden = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
        "message": format!("forbidden: User \"guest\" cannot get path \"{path}\""),
    });
    let at = |path: &str| json!({ "serverRelativeURL": format!("/openapi/v3/{path}?hash=1") });
    match path {
        _ if of == FORBIDS => (403, forbidden),
        "/openapi/v3" => {
            let paths = ["api/v1", "apis/apiextensions.k8s.io/v1", "apis/mlops.seldon.io/v1alpha1"];
            let paths: serde_json::Map<_, _> =
                paths.iter().map(|path| ((*path).to_owned(), at(path))).collect();
            (200, json!({ "paths": paths }))
        }
        "/openapi/v3/api/v1?hash=1" => {
            let metadata = json!({ "default": {}, "allOf": [{ "$ref": "#/components/schemas/Meta" }] });
            let data = json!({ "type": "object", "additionalProperties": { "type": "string" } });
            let config_map = json!({
                "type": "object", "properties": { "metadata": metadata, "data": data },
                "x-kubernetes-group-version-kind": [{ "group": "", "version": "v1", "kind": "ConfigMap" }],
            });
            (200, json!({ "components": { "schemas": { "io.k8s.api.core.v1.ConfigMap": config_map } } }))
        }
        _ => (403, forbidden),
    }
}

/// A server for as long as the test runs; its URL.
#[expect(clippy::disallowed_methods, reason = "it answers a process, which has a clock of its own")]
fn serve(of: &'static str) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            let Ok(copy) = connection.try_clone() else { continue };
            let mut lines = BufReader::new(copy).lines().map_while(Result::ok);
            let path =
                lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)).unwrap_or_default();
            lines.find(String::is_empty);
            let (code, body) = answer(of, &path);
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {code} Told\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            connection.write_all(format!("{head}{body}").as_bytes()).ok();
        }
    });
    Ok(url)
}

#[test]
fn what_is_given_decides() -> Anything {
    let servers = [(PUBLISHES, serve(PUBLISHES)?), (FORBIDS, serve(FORBIDS)?)];
    let mut different = Vec::new();
    for (name, given) in NAMES {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seldonplay"));
        if given.first() != Some(&"rehearse") {
            command.arg("validate");
        }
        for word in given {
            let server = servers.iter().find(|(name, _)| name == word);
            command.arg(server.map_or(*word, |(_, url)| url.as_str()));
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join("definitions");
        let output = command.current_dir(folder).env_clear().output()?;
        let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
        let said = format!(
            "{}{}exit code {code}\n",
            String::from_utf8(output.stderr)?,
            String::from_utf8(output.stdout)?
        );
        compare(&Path::new(FOLDER).join(format!("{name}.stderr")), &said, &mut different)?;
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}
