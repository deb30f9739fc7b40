//! From a kubeconfig to a door: what is chosen, what is overridden, and what is said when it cannot be.

use std::path::PathBuf;

use jiff::Timestamp;
use seldonplay::cluster::{ConnectError, ConnectOptions, Connected, NamespaceState, Settings, connect};
use seldonplay::rehearsal::clock::Clock;
use seldonplay::rehearsal::http::serve;
use seldonplay::rehearsal::server::{self, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ONE: &str = "
apiVersion: v1
kind: Config
current-context: blue
clusters:
- {name: blue, cluster: {server: 'https://blue.example.com:6443'}}
- {name: plain, cluster: {server: 'http://plain.example.com'}}
- {name: nowhere, cluster: {}}
users:
- {name: ann, user: {token: abc}}
contexts:
- {name: blue, context: {cluster: blue, user: ann, namespace: models}}
- {name: plain, context: {cluster: plain}}
- {name: nowhere, context: {cluster: nowhere}}
- {name: orphan, context: {cluster: gone}}
- {name: stranger, context: {cluster: blue, user: bob}}
";

const TWO: &str = "
apiVersion: v1
kind: Config
clusters:
- {name: blue, cluster: {server: 'https://other.example.com'}}
- {name: green, cluster: {server: 'https://green.example.com', insecure-skip-tls-verify: true}}
contexts:
- {name: green, context: {cluster: green}}
";

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn one(name: &str) -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(file(name, ONE)), ..ConnectOptions::default() }
}

async fn connected(options: ConnectOptions) -> Result<Connected, ConnectError> {
    connect(&options, Settings::default()).await
}

async fn refused(options: ConnectOptions) -> String {
    let error = connected(options).await.err().unwrap();
    format!("{error}; {}", error.help())
}

fn there(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn the_current_context_is_used_or_the_one_that_is_named() {
    let door = connected(one("current")).await.unwrap();
    assert_eq!((&*door.server, &*door.namespace), ("https://blue.example.com:6443", "models"));
    assert_eq!((door.context.as_deref(), door.warnings.len()), (Some("blue"), 0));

    let door = connected(ConnectOptions { context: there("plain"), ..one("named") }).await.unwrap();
    assert_eq!((&*door.server, &*door.namespace), ("http://plain.example.com", "default"));
    assert_eq!(door.warnings, ["the connection is not encrypted"]);
}

#[tokio::test]
async fn several_files_are_merged_and_missing_ones_passed_over() {
    let gone = PathBuf::from("/nonexistent/kubeconfig");
    let list = vec![gone, file("merge-1", ONE), PathBuf::new(), file("merge-2", TWO)];
    let options = ConnectOptions { kubeconfig_list: list, ..ConnectOptions::default() };
    let door = connected(options.clone()).await.unwrap();
    assert_eq!(door.server, "https://blue.example.com:6443", "the first file to name something wins");
    assert_eq!(door.warnings, ["KUBECONFIG names /nonexistent/kubeconfig, which is not there"]);
    let door = connected(ConnectOptions { context: there("green"), ..options }).await.unwrap();
    assert_eq!(door.server, "https://green.example.com");
    assert!(door.warnings[1].contains("certificate is not verified"), "{:?}", door.warnings);
}

#[tokio::test]
async fn flags_override_what_the_files_say() {
    let door = connected(ConnectOptions {
        server: there("127.0.0.1:6443"),
        insecure_skip_tls_verify: true,
        token: there("other"),
        as_user: there("carl"),
        as_groups: vec!["g".into()],
        ..one("override")
    });
    let door = door.await.unwrap();
    assert_eq!((&*door.server, &*door.namespace), ("https://127.0.0.1:6443", "models"));
    assert_eq!(door.warnings.len(), 1);
    let door = connected(ConnectOptions { cluster: there("plain"), ..one("cluster") }).await.unwrap();
    assert_eq!(door.server, "http://plain.example.com");

    let empty = ConnectOptions { kubeconfig: Some(file("empty", "")), ..ConnectOptions::default() };
    let only = ConnectOptions { server: there("http://127.0.0.1:1"), ..empty.clone() };
    let door = connected(only).await.unwrap();
    assert_eq!((&*door.server, door.context, door.warnings.len()), ("http://127.0.0.1:1", None, 0));
    assert_eq!(
        refused(empty).await,
        "the kubeconfig has no current context; choose one with --context; the kubeconfig has none"
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_there_is() {
    let names = "there are: blue, plain, nowhere, orphan, stranger";
    assert_eq!(
        refused(ConnectOptions { context: there("bleu"), ..one("context") }).await,
        format!("the kubeconfig has no context named \"bleu\"; {names}")
    );
    assert_eq!(
        refused(ConnectOptions { context: there("orphan"), ..one("orphan") }).await,
        "the kubeconfig has no cluster named \"gone\"; there are: blue, plain, nowhere"
    );
    assert_eq!(
        refused(ConnectOptions { context: there("stranger"), ..one("stranger") }).await,
        "the kubeconfig has no user named \"bob\"; there are: ann"
    );
    let nowhere = refused(ConnectOptions { context: there("nowhere"), ..one("nowhere") }).await;
    assert!(nowhere.starts_with("the cluster \"nowhere\" of the kubeconfig has no server"), "{nowhere}");
    let missing = ConnectOptions { kubeconfig: Some("/nonexistent".into()), ..ConnectOptions::default() };
    assert!(refused(missing).await.starts_with("there is no kubeconfig /nonexistent"));
    let missing =
        ConnectOptions { kubeconfig_list: vec!["/a/b".into(), "/c/d".into()], ..ConnectOptions::default() };
    assert!(refused(missing).await.starts_with("there is no kubeconfig /a/b nor /c/d"));
    for (name, text) in [("list", "[1"), ("kind", "clusters: 7"), ("binary", "\0\u{1}")] {
        let options = ConnectOptions { kubeconfig: Some(file(name, text)), ..ConnectOptions::default() };
        let words = refused(options).await;
        assert!(words.contains(name), "{words}");
    }
    let token = ConnectOptions { token: there("a\nb"), ..one("token") };
    assert!(refused(token).await.contains("token"));
    let url = ConnectOptions { server: there("http://a b"), ..one("url") };
    assert!(refused(url).await.contains("url"));
    let authority =
        ConnectOptions { certificate_authority: Some("/nonexistent/ca".into()), ..one("authority") };
    assert!(refused(authority).await.contains("/nonexistent/ca"));
    let directory =
        ConnectOptions { kubeconfig: Some(env!("CARGO_TARGET_TMPDIR").into()), ..one("directory") };
    assert!(refused(directory).await.contains("cannot be read"));
}

#[tokio::test]
async fn the_kubeconfig_at_home_is_read_if_none_is_named() {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("home");
    std::fs::create_dir_all(home.join(".kube")).unwrap();
    std::fs::write(home.join(".kube/config"), TWO).unwrap();
    let options = ConnectOptions { home: Some(home), context: there("green"), ..ConnectOptions::default() };
    assert_eq!(connected(options.clone()).await.unwrap().server, "https://green.example.com");
    let named = ConnectOptions { kubeconfig_list: vec![file("named", ONE)], context: None, ..options };
    assert_eq!(connected(named).await.unwrap().server, "https://blue.example.com:6443");
}

/// Runs itself again without the environment, which only the real start of the program reads.
#[tokio::test]
async fn without_any_configuration_it_says_so_instead_of_calling_localhost() {
    const MARK: &str = "SELDONPLAY_TEST_WITHOUT_CONFIG";
    if std::env::var_os(MARK).is_some() {
        let words = refused(ConnectOptions::default()).await;
        assert!(
            words.starts_with("no cluster is configured: there is no kubeconfig, and this is no pod; give"),
            "{words}"
        );
        let only = ConnectOptions { server: there("http://127.0.0.1:1"), ..ConnectOptions::default() };
        assert_eq!(connected(only).await.unwrap().server, "http://127.0.0.1:1");
        return;
    }
    let name = "connect::without_any_configuration_it_says_so_instead_of_calling_localhost";
    let again = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env_clear()
        .envs([(MARK, "1"), ("HOME", "/nonexistent")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && text.contains("1 passed"), "{text}");
}

/// A proxy that tunnels (`CONNECT`, RFC 9110, section 9.3.6), to one client; the head of what it was asked.
async fn tunnel(listener: TcpListener) -> String {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap().to_owned();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    tokio::spawn(async move {
        let mut server = TcpStream::connect(target).await.unwrap();
        drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
    });
    head
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_way_and_told_who_comes() {
    let server = Server::new(server::Settings {
        clock: Clock::new(Timestamp::UNIX_EPOCH, 1.0),
        seed: 0,
        interfere: None,
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(serve(server, listener));
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://ann:p%40ss@{}", proxy.local_addr().unwrap());
    let options = ConnectOptions {
        server: Some(format!("http://{address}")),
        proxy_url: Some(proxy_url),
        ..one("behind-a-proxy")
    };
    let tunnelling = tokio::spawn(tunnel(proxy));
    let cluster = connected(options).await.unwrap().cluster;
    assert_eq!(cluster.namespace_state("default").await, Ok(NamespaceState::Exists));
    let asked = tunnelling.await.unwrap();
    assert!(asked.starts_with(&format!("CONNECT {address} HTTP/1.1\r\n")), "{asked}");
    // ann:p@ss
    assert!(asked.to_lowercase().contains("proxy-authorization: basic yw5uonbac3m="), "{asked}");
    serving.abort();
    let unheard = ConnectOptions { proxy_url: there("ftp://proxy.example.com"), ..one("no-proxy") };
    assert!(refused(unheard).await.contains("proxy"), "the scheme is none of a proxy");
}
