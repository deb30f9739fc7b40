//! The server's door to the network: HTTP/1.1 without TLS, for a loopback address.
//! It must never know what is asked.

use super::server::{Body, Server, User};
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use tokio::net::{TcpListener, TcpStream};

/// The bearer token of the user without rights; everybody else is an admin.
pub const GUEST_TOKEN: &str = "guest";

/// Answers requests from connections of `listener` until it breaks.
///
/// # Errors
/// Why no connections can be accepted any more.
pub async fn serve(server: Server, listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            // The other side is gone already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        stream.set_nodelay(true)?;
        tokio::spawn(connection(server.clone(), stream));
    }
}

async fn connection(server: Server, stream: TcpStream) {
    let service = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| {
        let server = server.clone();
        async move {
            let (head, body) = request.into_parts();
            let user = user(&head.headers);
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            let answer = server.handle(&user, Request::from_parts(head, body)).await;
            // The length of what is written already can be told.
            answer.map(|answer| answer.map(Body::written)).map_err(io::Error::other)
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended before its time");
    }
}

fn user(headers: &HeaderMap) -> User {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match given.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(GUEST_TOKEN) => User::guest(),
        _ => User::admin(),
    }
}
