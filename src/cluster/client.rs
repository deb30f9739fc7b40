//! The HTTP client below the door: kube's layers over connections that send what they are given at once, through a proxy or not.
//! Never knows what is asked for, nor when to ask again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::{Body, ConfigExt};
use kube::{Config, Error, Result};
use tokio::net::TcpStream;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt};

/// A way to a server, whatever lies between: one type for all, as each of its own would be half the program's HTTP over again.
type Way = BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>;

/// A client for a config.
///
/// kube's own leaves Nagle's algorithm on, which holds the first request of a TLS connection back until the server's
/// delayed acknowledgement, some 40 ms.
pub(super) fn client(config: Config) -> Result<kube::Client> {
    let connector = config.rustls_https_connector_with_connector(way(&config)?)?;
    let connections: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(connections);
    Ok(kube::Client::new(service, config.default_namespace))
}

/// The way that the config's `proxy-url` asks for: `http`, `https` or `socks5`.
fn way(config: &Config) -> Result<Way> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    direct.set_nodelay(true);
    direct.set_connect_timeout(config.connect_timeout);
    let Some(proxy) = config.proxy_url.clone() else {
        return Ok(boxed(direct.map_response(MaybeHttpsStream::Http)));
    };
    Ok(match proxy.scheme_str() {
        Some("socks5") => boxed(SocksV5::new(proxy, direct).map_response(MaybeHttpsStream::Http)),
        Some("http") => {
            let tunnel = authorized(Tunnel::new(proxy.clone(), direct), &proxy);
            boxed(tunnel.map_response(MaybeHttpsStream::Http))
        }
        Some("https") => {
            let secured = config.rustls_https_connector_with_connector(direct)?;
            boxed(authorized(Tunnel::new(proxy.clone(), secured), &proxy))
        }
        _ => return Err(Error::ProxyProtocolUnsupported { proxy_url: Box::new(proxy) }),
    })
}

fn boxed<S>(way: S) -> Way
where
    S: tower::Service<Uri, Response = MaybeHttpsStream<TokioIo<TcpStream>>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    BoxCloneSyncService::new(way.map_err(Into::into))
}

/// A tunnel that says who comes, if the proxy's URL does: `http://user:password@proxy:3128`.
fn authorized<C>(tunnel: Tunnel<C>, proxy: &Uri) -> Tunnel<C> {
    let user = proxy.authority().and_then(|authority| Some(authority.as_str().split_once('@')?.0));
    // What had to be escaped in a URL is not in the header (RFC 3986, section 2.1; RFC 7617).
    let plain = user.map(|user| percent_encoding::percent_decode_str(user).collect::<Vec<u8>>());
    let value =
        plain.and_then(|user| HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(user))).ok());
    match value {
        Some(value) => tunnel.with_auth(value),
        None => tunnel,
    }
}
