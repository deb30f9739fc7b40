//! A small API server in the process, with faults to order: as much of the API as the door's tests need.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::Body;
use seldonplay::cluster::{Cluster, Settings};
use seldonplay::json::{self, Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};
use tower::BoxError;

type Reply = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// What goes wrong with a request.
#[derive(Clone)]
pub enum Fault {
    /// Answered with this code and, if not empty, this reason; not carried out.
    Status(u16, &'static str),
    /// The same, with a Retry-After header.
    RetryAfter(u16, u64),
    /// Answered with this `Status` object; not carried out.
    Body(u16, Value),
    /// The connection is refused.
    Refuse,
    /// The connection breaks before anything is done.
    Break,
    /// It is carried out, and the connection breaks before the answer.
    Lose,
    /// It is carried out, and answered with this code all the same.
    LoseWith(u16),
    /// No answer ever comes.
    Hang,
    /// Something in between answers with a web page.
    Page,
}

struct Order {
    method: &'static str,
    path: String,
    times: usize,
    fault: Fault,
}

enum Line {
    Bytes(Bytes),
    Break,
    End,
}

struct Watcher {
    collection: String,
    name: Option<String>,
    label: Option<(String, String)>,
    sender: UnboundedSender<Line>,
    silent: Arc<AtomicBool>,
}

/// One served kind: plural, kind, whether it has a status subresource.
struct Served {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
    status: bool,
}

#[derive(Default)]
struct World {
    version: u64,
    uids: u64,
    compacted: u64,
    served: Vec<Served>,
    /// By the path of the object.
    objects: BTreeMap<String, Value>,
    log: Vec<(u64, String, &'static str, Value)>,
    watchers: Vec<Watcher>,
    orders: Vec<Order>,
    requests: Vec<String>,
    aggregated: bool,
    bookmarks: bool,
    warning: Option<&'static str>,
    remaining: Option<u64>,
}

/// The server. Clones share it.
#[derive(Clone)]
pub struct Fake(Arc<Mutex<World>>);

impl Fake {
    /// A server of ConfigMaps, Namespaces and Deployments.
    pub fn new() -> Fake {
        let served = |group, version, plural, kind, namespaced, status| Served {
            group,
            version,
            plural,
            kind,
            namespaced,
            status,
        };
        Fake(Arc::new(Mutex::new(World {
            version: 100,
            aggregated: true,
            bookmarks: true,
            served: vec![
                served("", "v1", "namespaces", "Namespace", false, true),
                served("", "v1", "configmaps", "ConfigMap", true, false),
                served("apps", "v1", "deployments", "Deployment", true, true),
            ],
            ..World::default()
        })))
    }

    fn world<T>(&self, f: impl FnOnce(&mut World) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    /// A door to this server.
    pub fn cluster(&self) -> Cluster {
        let fake = self.clone();
        let service = tower::service_fn(move |request| fake.clone().answer(request));
        let client = kube::Client::new(service, "default");
        Cluster::new(client.clone(), client, Settings { seed: 7, ..Settings::default() })
    }

    /// Orders faults for the next `times` requests of this method whose path contains `path`.
    pub fn order(&self, method: &'static str, path: &str, times: usize, fault: Fault) {
        self.world(|world| world.orders.push(Order { method, path: path.to_owned(), times, fault }));
    }

    /// The requests so far, such as `GET /api/v1/namespaces/n/configmaps/a`.
    pub fn requests(&self) -> Vec<String> {
        self.world(|world| world.requests.clone())
    }

    /// How many requests so far contain this text.
    pub fn count(&self, part: &str) -> usize {
        self.requests().iter().filter(|request| request.contains(part)).count()
    }

    pub fn without_aggregated_discovery(&self) {
        self.world(|world| world.aggregated = false);
    }

    pub fn without_bookmarks(&self) {
        self.world(|world| world.bookmarks = false);
    }

    /// Serves another kind from now on.
    pub fn serve(&self, group: &'static str, plural: &'static str, kind: &'static str) {
        let served = Served { group, version: "v1", plural, kind, namespaced: true, status: true };
        self.world(|world| world.served.push(served));
    }

    /// Serves a kind no longer; its objects are gone, its watches closed.
    pub fn withdraw(&self, plural: &str) {
        self.world(|world| {
            world.served.retain(|served| served.plural != plural);
            world.objects.retain(|path, _| !path.contains(&format!("/{plural}/")));
            world.watchers.retain(|watcher| !watcher.collection.ends_with(plural));
        });
    }

    /// A `Warning` header for every write from now on.
    pub fn warn(&self, text: &'static str) {
        self.world(|world| world.warning = Some(text));
    }

    /// First pages tell of so many more objects.
    pub fn pretend_remaining(&self, count: u64) {
        self.world(|world| world.remaining = Some(count));
    }

    /// Puts an object as another program would; its path must name its collection.
    pub fn put(&self, collection: &str, name: &str, more: Value) -> Value {
        self.world(|world| {
            let path = format!("{collection}/{name}");
            let mut object = world.objects.get(&path).cloned().unwrap_or_else(|| {
                let namespace =
                    collection.split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next());
                json!({"metadata": {"name": name, "namespace": namespace}})
            });
            json::merge(&mut object, &more);
            world.store(&path, object, "somebody", "Update").1
        })
    }

    /// Removes an object as another program would.
    pub fn remove(&self, collection: &str, name: &str) {
        self.world(|world| world.discard(&format!("{collection}/{name}")));
    }

    /// The object as it is stored.
    pub fn stored(&self, collection: &str, name: &str) -> Option<Value> {
        self.world(|world| world.objects.get(&format!("{collection}/{name}")).cloned())
    }

    /// Breaks all open watches.
    pub fn cut(&self) {
        self.world(|world| {
            world.watchers.drain(..).for_each(|watcher| drop(watcher.sender.send(Line::Break)));
        });
    }

    /// Open watches stay open and say nothing more.
    pub fn silence(&self) {
        self.world(|world| world.watchers.iter().for_each(|watcher| watcher.silent.store(true, Relaxed)));
    }

    /// Forgets the history: watches from old versions are answered with 410.
    pub fn compact(&self) {
        self.world(|world| world.compacted = world.version);
    }

    /// Sends a line to all open watches.
    pub fn say(&self, line: &str) {
        let bytes = Bytes::from(format!("{line}\n"));
        self.world(|world| {
            world.watchers.iter().for_each(|watcher| drop(watcher.sender.send(Line::Bytes(bytes.clone()))));
        });
    }

    /// How many watches are open.
    pub fn watchers(&self) -> usize {
        self.world(|world| world.watchers.iter().filter(|watcher| !watcher.sender.is_closed()).count())
    }

    async fn answer(self, request: Request<Body>) -> Result<Reply, BoxError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let path = parts.uri.path().to_owned();
        let query: BTreeMap<String, String> = parts.uri.query().map(query).unwrap_or_default();
        let method = parts.method.as_str();
        assert_eq!(parts.headers["user-agent"], concat!("seldonplay/", env!("CARGO_PKG_VERSION")));
        let fault = self.world(|world| {
            world.requests.push(format!("{method} {}", parts.uri));
            let whole = parts.uri.to_string();
            let order = world
                .orders
                .iter_mut()
                .find(|order| order.times > 0 && order.method == method && whole.contains(&order.path))?;
            order.times -= 1;
            Some(order.fault.clone())
        });
        let broken = || Box::new(io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by peer"));
        match fault {
            Some(Fault::Status(code, reason)) => return Ok(status(code, reason, "as ordered", Value::Null)),
            Some(Fault::Body(code, body)) => return Ok(json_reply(code, &body)),
            Some(Fault::RetryAfter(code, seconds)) => {
                let mut reply = status(code, "TooManyRequests", "too many requests", Value::Null);
                reply.headers_mut().insert("retry-after", seconds.into());
                return Ok(reply);
            }
            Some(Fault::Refuse) => {
                return Err(Box::new(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused")));
            }
            Some(Fault::Break) => return Err(broken()),
            Some(Fault::Hang) => {
                sleep(Duration::from_secs(1_000_000)).await;
            }
            Some(Fault::Page) => return Ok(reply(200, b"<html>please log in</html>".as_slice().into())),
            Some(Fault::Lose) => {
                drop(self.carry_out(method, &path, &query, &parts.headers, &body));
                return Err(broken());
            }
            Some(Fault::LoseWith(code)) => {
                drop(self.carry_out(method, &path, &query, &parts.headers, &body));
                return Ok(status(code, "", "etcdserver: request timed out", Value::Null));
            }
            None => {}
        }
        Ok(self.carry_out(method, &path, &query, &parts.headers, &body))
    }

    fn carry_out(
        &self,
        method: &str,
        path: &str,
        query: &BTreeMap<String, String>,
        headers: &http::HeaderMap,
        body: &[u8],
    ) -> Reply {
        let mut world = self.0.lock().unwrap();
        if path == "/api" || path == "/apis" || (method == "GET" && path.split('/').count() <= 4) {
            let accept = headers["accept"].to_str().unwrap_or_default();
            let aggregated = world.aggregated && accept.contains("APIGroupDiscoveryList");
            return world.discovery(path, aggregated);
        }
        let (collection, name, subresource) = match world.locate(path) {
            Some(found) => found,
            None => return reply(404, b"404 page not found\n".as_slice().into()),
        };
        let object = format!("{collection}/{name}");
        let manager = query.get("fieldManager").cloned().unwrap_or_default();
        let mut reply = match (method, name.is_empty()) {
            ("GET", true) if query.contains_key("watch") => return watch(&mut world, collection, query),
            ("GET", true) => return world.list(&collection, query),
            ("GET", false) => match world.objects.get(&object) {
                Some(object) => json_reply(200, object),
                None => missing(&collection, &name),
            },
            ("POST", _) => world.create(&collection, body, &manager),
            ("PATCH", _) => world.patch(&collection, &name, subresource, headers, body, &manager),
            ("DELETE", _) => world.delete(&collection, &name, body),
            _ => status(405, "MethodNotAllowed", "no", Value::Null),
        };
        if let Some(text) = world.warning {
            reply.headers_mut().append("warning", format!("299 - \"{text}\"").parse().unwrap());
        }
        reply
    }
}

impl World {
    /// Collection, name and subresource of a path.
    fn locate(&self, path: &str) -> Option<(String, String, String)> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (base, rest) = parts.split_at_checked(if parts.first() == Some(&"api") { 2 } else { 3 })?;
        let is_namespaced = rest.first() == Some(&"namespaces") && rest.len() > 2;
        let (scope, rest) = rest.split_at(if is_namespaced { 2 } else { 0 });
        let plural = *rest.first()?;
        let group = if base[0] == "api" { "" } else { base[1] };
        self.served.iter().find(|served| served.plural == plural && served.group == group)?;
        let collection = format!("/{}", [base, scope, &[plural]].concat().join("/"));
        let text = |index: usize| rest.get(index).map(|text| (*text).to_owned()).unwrap_or_default();
        Some((collection, text(1), text(2)))
    }

    fn kind_of(&self, collection: &str) -> (&'static str, String, bool) {
        let plural = collection.rsplit('/').next().unwrap();
        let served = self.served.iter().find(|served| served.plural == plural).unwrap();
        let group = if served.group.is_empty() { String::new() } else { format!("{}/", served.group) };
        (served.kind, format!("{group}{}", served.version), served.status)
    }

    /// Stores an object, raising versions as the server does. Returns whether it was new, and the object.
    fn store(&mut self, path: &str, mut object: Value, manager: &str, operation: &str) -> (bool, Value) {
        let (collection, _) = path.rsplit_once('/').unwrap();
        let (kind, api_version, has_status) = self.kind_of(collection);
        let old = self.objects.get(path).cloned();
        (object["kind"], object["apiVersion"]) = (kind.into(), api_version.into());
        let bare = |mut value: Value| {
            value["metadata"].as_object_mut().unwrap().shift_remove("managedFields");
            value
        };
        if let Some(old) = &old
            && bare(old.clone()) == bare(object.clone())
        {
            return (false, old.clone());
        }
        self.version += 1;
        let generation = old.as_ref().and_then(|old| old["metadata"]["generation"].as_u64()).unwrap_or(0);
        if old.is_none() {
            self.uids += 1;
            object["metadata"]["uid"] = format!("uid-{}", self.uids).into();
        }
        if has_status && old.as_ref().is_none_or(|old| old["spec"] != object["spec"]) {
            object["metadata"]["generation"] = (generation + 1).into();
        }
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        let keys: Vec<_> = object["spec"].as_object().into_iter().flat_map(|spec| spec.keys()).collect();
        let entry = json!({"manager": manager, "operation": operation, "fieldsV1": keys});
        let mut entries =
            old.as_ref().map(|old| old["metadata"]["managedFields"].clone()).unwrap_or(json!([]));
        let entries_list = entries.as_array_mut().unwrap();
        entries_list.retain(|known| known["manager"] != manager || known["operation"] != operation);
        entries_list.push(entry);
        object["metadata"]["managedFields"] = entries;
        self.objects.insert(path.to_owned(), object.clone());
        let event = if old.is_none() { "ADDED" } else { "MODIFIED" };
        self.publish(collection.to_owned(), event, old.as_ref(), object.clone());
        (old.is_none(), object)
    }

    fn discard(&mut self, path: &str) {
        let Some(mut object) = self.objects.remove(path) else { return };
        let (collection, _) = path.rsplit_once('/').unwrap();
        self.version += 1;
        let old = object.clone();
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.publish(collection.to_owned(), "DELETED", Some(&old), object);
    }

    fn publish(&mut self, collection: String, event: &'static str, old: Option<&Value>, object: Value) {
        for watcher in &self.watchers {
            if watcher.collection != collection || watcher.silent.load(Relaxed) || !watcher.names(&object) {
                continue;
            }
            let (was, is) = (old.is_some_and(|old| watcher.selects(old)), watcher.selects(&object));
            let event = match (was, is) {
                _ if event == "DELETED" => event,
                (true, false) => "DELETED",
                (false, true) => "ADDED",
                (false, false) => continue,
                (true, true) => event,
            };
            drop(watcher.sender.send(Line::Bytes(line(event, &object))));
        }
        self.log.push((self.version, collection, event, object));
    }

    fn create(&mut self, collection: &str, body: &[u8], manager: &str) -> Reply {
        let mut object: Value = serde_json::from_slice(body).unwrap();
        if let Some(prefix) = object["metadata"]["generateName"].as_str() {
            object["metadata"]["name"] = format!("{prefix}{}", self.uids).into();
        }
        let path = format!("{collection}/{}", object["metadata"]["name"].as_str().unwrap());
        if self.objects.contains_key(&path) {
            return status(
                409,
                "AlreadyExists",
                "already exists",
                json!({"name": object["metadata"]["name"]}),
            );
        }
        json_reply(201, &self.store(&path, object, manager, "Update").1)
    }

    fn patch(
        &mut self,
        collection: &str,
        name: &str,
        subresource: String,
        headers: &http::HeaderMap,
        body: &[u8],
        manager: &str,
    ) -> Reply {
        let path = format!("{collection}/{name}");
        let old = self.objects.get(&path).cloned();
        let body: Value = serde_json::from_slice(body).unwrap();
        let form = headers["content-type"].to_str().unwrap();
        let Some(mut object) = old.or_else(|| form.contains("apply").then(|| json!({"metadata": {}}))) else {
            return missing(collection, name);
        };
        if let Some(wanted) = body["metadata"]["resourceVersion"].as_str()
            && object["metadata"]["resourceVersion"] != wanted
        {
            return status(409, "Conflict", "the object has been modified", Value::Null);
        }
        if form.contains("json-patch") {
            if let Err(error) = json::patch(&mut object, body.as_array().unwrap()) {
                return status(422, "Invalid", &error, Value::Null);
            }
        } else {
            json::merge(&mut object, &body);
        }
        let operation = if form.contains("apply") { "Apply" } else { "Update" };
        let (new, object) = self.store(&path, object, manager, operation);
        match subresource.as_str() {
            "scale" => {
                let metadata = json!({"name": name, "uid": object["metadata"]["uid"],
                    "resourceVersion": object["metadata"]["resourceVersion"]});
                let scale = json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
                    "spec": object["spec"]});
                json_reply(200, &scale)
            }
            _ => json_reply(if new { 201 } else { 200 }, &object),
        }
    }

    fn delete(&mut self, collection: &str, name: &str, body: &[u8]) -> Reply {
        let path = format!("{collection}/{name}");
        let options: Value = serde_json::from_slice(body).unwrap();
        let Some(object) = self.objects.get(&path).cloned() else { return missing(collection, name) };
        if let Some(uid) = options["preconditions"]["uid"].as_str()
            && object["metadata"]["uid"] != uid
        {
            return status(
                409,
                "Conflict",
                "the UID in the precondition does not match",
                json!({"name": name}),
            );
        }
        if object["metadata"]["finalizers"].is_array() {
            let mut object = object;
            object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
            return json_reply(200, &self.store(&path, object, "", "").1);
        }
        self.discard(&path);
        json_reply(200, &json!({"kind": "Status", "status": "Success"}))
    }

    fn list(&self, collection: &str, query: &BTreeMap<String, String>) -> Reply {
        let prefix = format!("{collection}/");
        let probe = Watcher::new(collection, query, unbounded_channel().0);
        let all = self.objects.iter().filter(|(path, _)| path.starts_with(&prefix)).map(|(_, object)| object);
        let all: Vec<&Value> = all.filter(|object| probe.names(object) && probe.selects(object)).collect();
        let from: usize = query.get("continue").and_then(|token| token.parse().ok()).unwrap_or(0);
        let limit = query.get("limit").and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0);
        let end = limit.map_or(all.len(), |limit: usize| (from + limit).min(all.len()));
        let items: Vec<Value> = all[from..end]
            .iter()
            .map(|object| {
                let mut item = (*object).clone();
                item.as_object_mut().unwrap().retain(|key, _| key != "kind" && key != "apiVersion");
                item
            })
            .collect();
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if end < all.len() {
            metadata["continue"] = end.to_string().into();
            metadata["remainingItemCount"] = (all.len() - end).into();
        }
        if from == 0
            && let Some(remaining) = self.remaining
        {
            metadata["remainingItemCount"] = remaining.into();
        }
        json_reply(200, &json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items}))
    }

    fn discovery(&self, path: &str, aggregated: bool) -> Reply {
        let is_core = path.starts_with("/api/") || path == "/api";
        let served = || self.served.iter().filter(|served| served.group.is_empty() == is_core);
        if aggregated {
            let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
            for entry in served() {
                groups.entry(entry.group).or_default().push(json!({
                    "resource": entry.plural, "responseKind": {"group": "", "version": "", "kind": entry.kind},
                    "scope": if entry.namespaced { "Namespaced" } else { "Cluster" },
                    "singularResource": entry.kind.to_lowercase(), "verbs": ["get", "list", "watch"],
                    "subresources": if entry.status { json!([{"subresource": "status"}]) } else { json!([]) },
                }));
            }
            let group = |(name, resources)| json!({"metadata": {"name": name}, "versions": [{"version": "v1", "resources": resources}]});
            let items: Vec<Value> = groups.into_iter().map(group).collect();
            return json_reply(200, &json!({"kind": "APIGroupDiscoveryList", "items": items}));
        }
        if path == "/api" {
            return json_reply(200, &json!({"kind": "APIVersions", "versions": ["v1"]}));
        }
        if path == "/apis" {
            let mut names: Vec<&str> = served().map(|served| served.group).collect();
            names.dedup();
            let group = |name| json!({"name": name, "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}});
            let groups: Vec<Value> = names.into_iter().map(group).collect();
            return json_reply(200, &json!({"kind": "APIGroupList", "groups": groups}));
        }
        let group = path.split('/').nth(2).filter(|_| !is_core).unwrap_or_default();
        let resource = |served: &Served| {
            json!({"name": served.plural, "singularName": "", "kind": served.kind, "namespaced": served.namespaced,
                "verbs": ["get"]})
        };
        let resources: Vec<Value> = served().filter(|served| served.group == group).map(resource).collect();
        json_reply(200, &json!({"kind": "APIResourceList", "resources": resources}))
    }
}

impl Watcher {
    fn new(collection: &str, query: &BTreeMap<String, String>, sender: UnboundedSender<Line>) -> Watcher {
        let label = query.get("labelSelector").and_then(|labels| labels.split_once('='));
        Watcher {
            collection: collection.to_owned(),
            name: query
                .get("fieldSelector")
                .and_then(|field| field.strip_prefix("metadata.name="))
                .map(str::to_owned),
            label: label.map(|(key, value)| (key.to_owned(), value.to_owned())),
            sender,
            silent: Arc::default(),
        }
    }

    fn names(&self, object: &Value) -> bool {
        self.name.as_ref().is_none_or(|name| object["metadata"]["name"] == **name)
    }

    fn selects(&self, object: &Value) -> bool {
        self.label.as_ref().is_none_or(|(key, value)| object["metadata"]["labels"][key] == **value)
    }
}

/// Opens a watch: what happened since its version, then what happens, a bookmark before its end.
fn watch(world: &mut World, collection: String, query: &BTreeMap<String, String>) -> Reply {
    let from: u64 = query["resourceVersion"].parse().unwrap();
    if from < world.compacted {
        let gone = json!({"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410,
            "message": format!("too old resource version: {from}"), "metadata": {}});
        return stream_of(vec![line("ERROR", &gone)]);
    }
    let (sender, receiver) = unbounded_channel();
    let watcher = Watcher::new(&collection, query, sender.clone());
    for (version, of, event, object) in &world.log {
        if *version > from && *of == collection && watcher.names(object) && watcher.selects(object) {
            drop(sender.send(Line::Bytes(line(event, object))));
        }
    }
    let seconds: u64 = query["timeoutSeconds"].parse().unwrap();
    let (bookmarks, version, kind) = (world.bookmarks, world.version, world.kind_of(&collection));
    let silent = watcher.silent.clone();
    world.watchers.push(watcher);
    // The end is timed from here, so that it comes even when nothing else does.
    let ends = Instant::now() + Duration::from_secs(seconds);
    tokio::spawn(async move {
        tokio::time::sleep_until(ends - Duration::from_secs(2)).await;
        if bookmarks && !silent.load(Relaxed) {
            let mark = json!({"kind": kind.0, "apiVersion": kind.1,
                "metadata": {"resourceVersion": version.to_string()}});
            drop(sender.send(Line::Bytes(line("BOOKMARK", &mark))));
        }
        tokio::time::sleep_until(ends).await;
        if !silent.load(Relaxed) {
            drop(sender.send(Line::End));
        }
    });
    stream(receiver)
}

fn stream_of(lines: Vec<Bytes>) -> Reply {
    let (sender, receiver) = unbounded_channel();
    lines.into_iter().for_each(|line| drop(sender.send(Line::Bytes(line))));
    drop(sender.send(Line::End));
    stream(receiver)
}

fn stream(receiver: UnboundedReceiver<Line>) -> Reply {
    let frames = unfold(receiver, |mut receiver| async move {
        let frame = match receiver.recv().await? {
            // `Full` is the nearest maker of frames.
            Line::Bytes(bytes) => Full::new(bytes).frame().await?.map_err(BoxError::from),
            Line::Break => Err(BoxError::from("connection reset by peer")),
            Line::End => return None,
        };
        Some((frame, receiver))
    });
    Response::new(StreamBody::new(frames).boxed_unsync())
}

fn line(event: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{}\n", json!({"type": event, "object": object})))
}

fn query(text: &str) -> BTreeMap<String, String> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key.to_owned(), value.replace("%3D", "="))
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn reply(code: u16, body: Bytes) -> Reply {
    let body = Full::new(body).map_err(BoxError::from).boxed_unsync();
    Response::builder().status(code).body(body).unwrap()
}

fn json_reply(code: u16, value: &Value) -> Reply {
    reply(code, Bytes::from(value.to_string()))
}

fn status(code: u16, reason: &str, message: &str, details: Value) -> Reply {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "details": details, "code": code});
    json_reply(code, &status)
}

fn missing(collection: &str, name: &str) -> Reply {
    let plural = collection.rsplit('/').next().unwrap();
    status(404, "NotFound", &format!("{plural} \"{name}\" not found"), json!({"name": name, "kind": plural}))
}
