//! The connections of a run to its cluster, which the second actor can cut, refuse and stall: through the network, or inside the process.
//! It must never know what goes over them.

use super::proxy::Proxy;
use bytes::Bytes;
use futures_util::stream::unfold;
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use kube::client::Body as Asked;
use seldonplay::rehearsal::server::{Body, Server, User};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::broadcast;
use tower::{BoxError, service_fn};

/// The connections of a run.
pub enum Line {
    /// Through a proxy on loopback.
    Network(Proxy),
    /// To a server in the process.
    Inside(Wire),
}

impl Line {
    /// Cuts all connections.
    pub fn cut(&self) {
        match self {
            Line::Network(proxy) => proxy.cut(),
            Line::Inside(wire) => drop(wire.cut.send(())),
        }
    }

    /// Refuses new connections, or lets them through again.
    pub fn refuse(&self, refuses: bool) {
        match self {
            Line::Network(proxy) => proxy.refuse(refuses),
            Line::Inside(wire) => wire.refuses.store(refuses, Relaxed),
        }
    }

    /// Swallows all answers, or lets them through again.
    pub fn stall(&self, stalls: bool) {
        match self {
            Line::Network(proxy) => proxy.stall(stalls),
            Line::Inside(wire) => wire.stalls.store(stalls, Relaxed),
        }
    }
}

/// Connections to a server in the process. Clones are the same connections.
#[derive(Clone)]
pub struct Wire {
    server: Server,
    cut: broadcast::Sender<()>,
    refuses: Arc<AtomicBool>,
    stalls: Arc<AtomicBool>,
}

impl Wire {
    pub fn new(server: Server) -> Wire {
        Wire { server, cut: broadcast::channel(1).0, refuses: Arc::default(), stalls: Arc::default() }
    }

    /// A client at the other end.
    pub fn client(&self, user: User) -> kube::Client {
        let (wire, user) = (self.clone(), Arc::new(user));
        let service = service_fn(move |request: Request<Asked>| {
            let (wire, user) = (wire.clone(), user.clone());
            async move { wire.send(&user, request).await }
        });
        kube::Client::new(service, "default")
    }

    async fn send(
        &self,
        user: &User,
        request: Request<Asked>,
    ) -> Result<Response<impl http_body::Body<Data = Bytes, Error = BoxError> + use<>>, BoxError> {
        if self.refuses.load(Relaxed) {
            return Err(reset().into());
        }
        let mut cut = self.cut.subscribe();
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, body.collect().await?.to_bytes());
        let answer = self.server.handle(user, request).await?;
        if self.stalls.load(Relaxed) {
            // The answer never comes; the connection may be cut yet.
            let _ = cut.recv().await;
            return Err(reset().into());
        }
        let stalls = self.stalls.clone();
        Ok(answer
            .map(|body| StreamBody::new(unfold(Some((body, cut)), move |open| next(open, stalls.clone())))))
    }
}

/// What a connection that is cut says on Linux.
fn reset() -> io::Error {
    io::Error::from_raw_os_error(104)
}

type Open = Option<(Body, broadcast::Receiver<()>)>;

/// The next piece of an answer.
async fn next(
    open: Open,
    stalls: Arc<AtomicBool>,
) -> Option<(Result<http_body::Frame<Bytes>, BoxError>, Open)> {
    let (mut body, mut cut) = open?;
    let frame = tokio::select! { biased;
        _ = cut.recv() => return Some((Err(reset().into()), None)),
        frame = body.frame() => frame?,
    };
    if !stalls.load(Relaxed) {
        return Some((frame.map_err(BoxError::from), Some((body, cut))));
    }
    // What misses a piece makes no sense any more: nothing comes through until it is cut.
    let _ = cut.recv().await;
    Some((Err(reset().into()), None))
}
