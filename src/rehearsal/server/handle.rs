//! From an HTTP request to its answer: which call it is, and who carries it out.
//! It must never know what a verb does.

use std::cell::RefCell;

use crate::direct::Direct;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};

use super::answer::{aggregated, in_yaml, json, refused, text, written};
use super::body::Body;
use super::call::Call;
use super::interfere::{Asked, Cut, Interference};
use super::options::version;
use super::query::Query;
use super::refusal::{Refusal, quote};
use super::reply::{Content, Reply};
use super::rights::{self, Deed};
use super::route::{Objects, Route};
use super::state::State;
use super::stored::encode;
use super::table::Include;
use super::user::User;
use super::view::View;
use super::{
    Server, create, decode, delete, discovery, list, openapi, patch, pods, reviews, scale, update, watch,
};

/// The largest body that is read, in bytes.
const LARGEST: usize = 3 << 20;

/// Answers one request.
pub(super) async fn handle(
    server: &Server,
    user: &User,
    request: Request<Bytes>,
) -> Result<Response<Body>, Cut> {
    let route = Route::read(request.uri().path());
    let query = Query::read(request.uri().query().unwrap_or_default());
    let verb = verb(request.method(), &route, &query);
    let mut after = false;
    if let Some(interfere) = &server.inner.interfere {
        let asked = asked(user, verb, route.objects(), request.uri().path());
        match interfere.request(&asked) {
            Interference::Pass => {}
            Interference::Answer(refusal) => return Ok(refused(&refusal)),
            Interference::Forbid => {
                let deed = deed(verb, &route, request.uri().path(), named(&query));
                return Ok(refused(&rights::refusal(user, &deed)));
            }
            Interference::Conflict => {
                if let Some(refusal) = modified(server, &route) {
                    return Ok(refused(&refusal));
                }
            }
            Interference::Delay(length) => server.inner.clock.sleep(length).await,
            Interference::Cut => return Err(Cut),
            Interference::CutAfter => after = true,
        }
    }
    let answer = answer(server, user, &request, &route, query, verb);
    if after { Err(Cut) } else { Ok(answer) }
}

/// What is asked, as rights have it.
fn deed<'a>(verb: &'a str, route: &'a Route<'_>, path: &'a str, named: Option<&'a str>) -> Deed<'a> {
    match route {
        Route::Objects(objects) => Deed::Objects {
            verb,
            group: &objects.group,
            plural: &objects.plural,
            subresource: objects.subresource.as_deref().unwrap_or_default(),
            namespace: &objects.namespace,
            name: objects.name.as_deref().or(named).unwrap_or_default(),
        },
        _ => Deed::Path { verb, path },
    }
}

/// The one object that a collection is asked for by its name, as the server's RequestInfo has it.
fn named<'a>(query: &'a Query<'_>) -> Option<&'a str> {
    let parts = query.text("fieldSelector")?.split(',');
    let name = parts.filter_map(|part| part.strip_prefix("metadata.name=")).next()?;
    Some(name.strip_prefix('=').unwrap_or(name)).filter(|name| !name.is_empty())
}

/// 409: somebody else has written the object. Nothing, if none is asked for.
fn modified(server: &Server, route: &Route<'_>) -> Option<Refusal> {
    let objects = route.objects()?;
    let state = server.state();
    let resource = state.catalogue.find(&objects.group, &objects.version, &objects.plural)?;
    Some(Refusal::modified(resource, objects.name.as_deref().unwrap_or_default()))
}

fn asked<'a>(user: &'a User, verb: &'a str, objects: Option<&'a Objects<'_>>, path: &'a str) -> Asked<'a> {
    let asked =
        Asked { user: user.name.as_str().into(), verb: verb.into(), path: path.into(), ..Asked::default() };
    match objects {
        Some(objects) => Asked {
            group: (&*objects.group).into(),
            resource: (&*objects.plural).into(),
            subresource: objects.subresource.as_deref().unwrap_or_default().into(),
            namespace: (&*objects.namespace).into(),
            name: objects.name.as_deref().unwrap_or_default().into(),
            ..asked
        },
        None => asked,
    }
}

/// What is asked, in the words of rights.
fn verb(method: &Method, route: &Route<'_>, query: &Query<'_>) -> &'static str {
    let Route::Objects(objects) = route else {
        return match *method {
            Method::GET => "get",
            Method::HEAD => "head",
            Method::POST => "post",
            Method::PUT => "put",
            Method::PATCH => "patch",
            Method::DELETE => "delete",
            _ => "options",
        };
    };
    if *method == Method::HEAD {
        return "head";
    }
    let watches = objects.watch || query.truth("watch");
    // One object that is watched is a collection of one name.
    match (method, &objects.name) {
        (&Method::GET, Some(_)) if !objects.watch || objects.subresource.is_some() => "get",
        (&Method::GET, _) if watches => "watch",
        (&Method::GET, _) => "list",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, Some(_)) => "delete",
        (&Method::DELETE, None) => "deletecollection",
        _ => "options",
    }
}

fn answer(
    server: &Server,
    user: &User,
    request: &Request<Bytes>,
    route: &Route<'_>,
    query: Query<'_>,
    verb: &'static str,
) -> Response<Body> {
    let accept =
        request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut state = server.state();
    let state = &mut *state;
    let path = request.uri().path();
    if !user.is_master() {
        let deed = deed(verb, route, path, named(&query));
        if !rights::allowed(state, user, &deed) {
            return refused(&rights::refusal(user, &deed));
        }
    }
    if let Route::Objects(objects) = route {
        return of_objects(server, state, user, request, objects, query, verb, accept);
    }
    let catalogue = &state.catalogue;
    let found = match route {
        Route::Version => Some(discovery::version()),
        Route::Health => return text(200, "ok"),
        Route::Core if discovery::wants_aggregated(accept) => {
            return aggregated(discovery::aggregated(catalogue, true));
        }
        Route::Groups if discovery::wants_aggregated(accept) => {
            return aggregated(discovery::aggregated(catalogue, false));
        }
        Route::OpenApi2 if !accepts_json(accept) => {
            return refused(&Refusal::not_acceptable(&["application/json"]));
        }
        Route::OpenApi2 => Some(openapi::older()),
        Route::OpenApi3 => Some(openapi::index(catalogue)),
        Route::OpenApi3Of(path) => openapi::document(catalogue, path),
        Route::Core => Some(discovery::core_versions()),
        Route::Groups => Some(discovery::groups(catalogue)),
        Route::Group(group) => discovery::group(catalogue, group),
        Route::Kinds { group, version } => discovery::kinds(catalogue, group, version),
        _ => None,
    };
    match found {
        Some(found) => json(200, encode(&found)),
        None => match route {
            Route::Kinds { group, .. } => nowhere(state, group),
            _ => text(404, "404 page not found\n"),
        },
    }
}

/// 404: of a group that is known in other words than of one that is not.
fn nowhere(state: &State, group: &str) -> Response<Body> {
    let versions = state.catalogue.versions(group);
    let mut kinds = versions.iter().flat_map(|version| state.catalogue.resources(group, version));
    match kinds.next() {
        Some(kind) if kind.custom.is_none() => refused(&Refusal::unknown_resource()),
        _ => refused(&Refusal::no_page()),
    }
}

#[expect(clippy::too_many_arguments, reason = "they are the parts of one request")]
fn of_objects(
    server: &Server,
    state: &mut State,
    user: &User,
    request: &Request<Bytes>,
    objects: &Objects<'_>,
    query: Query<'_>,
    verb: &'static str,
    accept: &str,
) -> Response<Body> {
    let Some(resource) = state.catalogue.find(&objects.group, &objects.version, &objects.plural).cloned()
    else {
        return nowhere(state, &objects.group);
    };
    let view = match View::read(accept, Include::read(query.text("includeObject"))) {
        Ok(view) => view,
        Err(refusal) => return refused(&refusal),
    };
    let call = Call {
        user,
        verb,
        namespace: if resource.namespaced { &objects.namespace } else { "" },
        resource,
        name: objects.name.as_deref().unwrap_or_default(),
        subresource: objects.subresource.as_deref().unwrap_or_default(),
        query,
        headers: request.headers(),
        body: request.body(),
        sent: request.extensions().get::<Direct>().map(|sent| &sent.0),
        view,
        warnings: RefCell::default(),
    };
    let reply = carry_out(server, state, &call, objects, request.uri().path());
    let now = state.clock.now();
    let reply = reply.and_then(|reply| fitting(&call, reply));
    let mut response = match reply {
        Ok(reply) => written(&call, reply, now),
        Err(refusal) => refused(&refusal),
    };
    if view == View::Yaml {
        response = in_yaml(response);
    }
    for warning in call.warnings.borrow().iter() {
        let line = format!("299 - \"{}\"", warning.replace('\\', "\\\\").replace('"', "\\\""));
        if let Ok(value) = HeaderValue::from_str(&line) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}

/// 404: there is nothing of this name below the object. Of custom kinds the words are those for the object itself.
fn nothing_below(call: &Call<'_>) -> Refusal {
    match call.resource.custom {
        Some(_) => Refusal::not_found(&call.resource, call.name),
        None => Refusal::unknown_resource(),
    }
}

/// 405: the kind does not know the verb.
fn not_allowed(call: &Call<'_>) -> Refusal {
    match call.resource.custom {
        Some(_) => {
            let what = quote(&call.resource.full_name());
            let told = format!("{} is not supported on resources of kind {what}", call.verb);
            Refusal::new(405, "MethodNotAllowed", told).of(&call.resource, "")
        }
        None => Refusal::method_not_allowed(),
    }
}

/// One file a verb.
fn carry_out(
    server: &Server,
    state: &mut State,
    call: &Call<'_>,
    objects: &Objects<'_>,
    path: &str,
) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    if resource.is("", "endpoints") {
        call.warn("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
    }
    if let Some(custom) = &resource.custom {
        custom.deprecated.iter().for_each(|told| call.warn(told));
        if custom.leaving && call.verb == "create" {
            let told = "create not allowed while custom resource definition is terminating";
            return Err(Refusal::new(405, "MethodNotAllowed", told).of(resource, ""));
        }
    }
    // Something in a namespace of a kind without, or the other way round, is nowhere.
    let misplaced = match resource.namespaced {
        false => !objects.namespace.is_empty() && objects.plural != "namespaces",
        true => objects.namespace.is_empty() && objects.name.is_some(),
    };
    if misplaced {
        return Err(match resource.custom {
            Some(_) => Refusal::no_page(),
            None => Refusal::unknown_resource(),
        });
    }
    if resource.namespaced && objects.namespace.is_empty() && !matches!(call.verb, "get" | "list" | "watch") {
        return Err(match resource.custom {
            Some(_) => Refusal::no_page(),
            None => Refusal::method_not_allowed(),
        });
    }
    if call.body.len() > LARGEST {
        let told = format!("Request entity too large: limit is {LARGEST}");
        return Err(Refusal::new(413, "RequestEntityTooLarge", told));
    }
    if !call.subresource.is_empty() {
        let Some(below) = resource.subresource(call.subresource) else {
            return Err(nothing_below(call));
        };
        if !below.verbs.contains(&call.verb) {
            return Err(not_allowed(call));
        }
        return match (call.subresource, call.verb) {
            ("scale", _) => scale::scale(state, call),
            ("log", "get") => pods::log(state, call),
            ("binding", "create") => pods::bind(state, call),
            ("eviction", "create") => pods::evict(state, call),
            // Nothing in a rehearsal listens behind a proxy, and nobody can be spoken with.
            ("proxy" | "exec" | "attach" | "portforward" | "token", _) => Err(unserved(call)),
            (_, "get") => get(state, call),
            (_, "update") => update::update(state, call),
            (_, "patch") => patch::patch(state, call),
            _ => Err(Refusal::unknown_resource()),
        };
    }
    if !resource.can(call.verb) {
        return Err(not_allowed(call));
    }
    match call.verb {
        "get" => get(state, call),
        "list" => list::list(state, call).map(|listed| Reply { code: 200, content: Content::Listed(listed) }),
        "watch" => {
            let asked = asked(call.user, call.verb, Some(objects), path).into_owned();
            let frames = watch::watch(state, call, asked, server.inner.interfere.clone())?;
            Ok(Reply { code: 200, content: Content::Watch(frames) })
        }
        "create" if call.name.is_empty() && reviews::is_review(call) => reviews::review(state, call),
        "create" if call.name.is_empty() => create::create(state, call),
        "update" if !call.name.is_empty() => update::update(state, call),
        "patch" if !call.name.is_empty() => patch::patch(state, call),
        "delete" => delete::delete(state, call),
        "deletecollection" => delete::collection(state, call),
        _ => Err(not_allowed(call)),
    }
}

/// Refuses a list where an object's metadata was asked for, and the other way round, and tables of what is none.
fn fitting(call: &Call<'_>, reply: Reply) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let kind = match resource.custom {
        Some(_) => "unstructured.Unstructured".to_owned(),
        None => format!("{}.{}", decode::internal(&resource.group), resource.kind),
    };
    let refuse = |told: String| Err(Refusal::new(406, "NotAcceptable", told));
    match (call.view, &reply.content) {
        (View::Metadata { list: true }, Content::Stored(_) | Content::Object(..)) => refuse(format!(
            "you requested PartialObjectMetadataList, but the requested object is not a list (*{kind})"
        )),
        (View::Metadata { list: false }, Content::Listed(_)) => refuse(format!(
            "you requested PartialObjectMetadata, but the requested object is a list (*{kind}List)"
        )),
        (View::Table(_), _) => match call.query.text("includeObject") {
            None | Some("None" | "Metadata" | "Object") => Ok(reply),
            Some(other) => Err(Refusal::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {}: must be 'Metadata', 'Object', 'None', or empty",
                quote(other)
            ))),
        },
        _ => Ok(reply),
    }
}

/// What a real cluster would hand on to a node, and a rehearsal has nobody to hand on to.
fn unserved(call: &Call<'_>) -> Refusal {
    let what = format!("{}/{}", call.resource.plural, call.subresource);
    Refusal::new(501, "NotImplemented", format!("{what} is not served in a rehearsal"))
}

fn get(state: &State, call: &Call<'_>) -> Result<Reply, Refusal> {
    // An object is always told as it is now, which may be too early.
    if let Some(text) = call.query.text("resourceVersion") {
        let (wanted, current) = (version(text, true)?, state.store.version());
        if wanted > current {
            return Err(list::too_large(wanted, current));
        }
    }
    let found = state.store.get(&call.resource.shelf, call.namespace, call.name);
    found.cloned().map(Reply::stored).ok_or_else(|| Refusal::not_found(&call.resource, call.name))
}

fn accepts_json(accept: &str) -> bool {
    let plain =
        |clause: &str| matches!(clause.split(';').next().map(str::trim), Some("application/json" | "*/*"));
    accept.is_empty() || accept.split(',').any(plain)
}
