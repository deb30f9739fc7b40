//! The HTTP client below the door: kube's layers over connections that send what they are given at once.
//! Never knows what is asked for, nor when to ask again.

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt};
use kube::{Config, Result};
use tower::{BoxError, ServiceBuilder};

/// A client for a config. Through a proxy it is kube's own.
///
/// kube's own leaves Nagle's algorithm on, which holds the first request of a TLS connection back until the server's
/// delayed acknowledgement, some 40 ms.
pub(super) fn client(config: Config) -> Result<kube::Client> {
    if config.proxy_url.is_some() {
        return kube::Client::try_from(config);
    }
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(config.connect_timeout);
    let connector = config.rustls_https_connector_with_connector(connector)?;
    let connections: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(connections);
    Ok(kube::Client::new(service, config.default_namespace))
}
