//! A real API server to compare with; there is one if `SELDONPLAY_TEST_KUBECONFIG` names a kubeconfig.

use http::{Method, Request};
use http_body_util::BodyExt;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use seldonplay::json::{Value, json};

/// Whatever goes wrong in a test.
pub type Failure = Box<dyn std::error::Error>;

/// A client of the server.
pub struct Server {
    client: Client,
    /// A namespace of the test's own, empty if it asked for none.
    pub namespace: String,
}

impl Server {
    /// The server, `None` if there is none to compare with.
    pub async fn reach() -> Result<Option<Server>, Failure> {
        let Some(path) = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG") else {
            println!("skipped: SELDONPLAY_TEST_KUBECONFIG is not set");
            return Ok(None);
        };
        let config =
            Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &KubeConfigOptions::default())
                .await?;
        Ok(Some(Server { client: Client::try_from(config)?, namespace: String::new() }))
    }

    /// The server with a namespace that [`Server::leave`] deletes.
    pub async fn with_namespace(name: &str) -> Result<Option<Server>, Failure> {
        let Some(mut server) = Server::reach().await? else { return Ok(None) };
        server.namespace = format!("fields-{name}-{}", std::process::id());
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": server.namespace}});
        server.call(Method::POST, "/api/v1/namespaces", Some("application/json"), &object).await?;
        Ok(Some(server))
    }

    /// Deletes the namespace.
    pub async fn leave(self) -> Result<(), Failure> {
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        self.call(Method::DELETE, &path, None, &Value::Null).await?;
        Ok(())
    }

    /// Sends a request; the answer's code and body.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        kind: Option<&str>,
        body: &Value,
    ) -> Result<(u16, Value), Failure> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body)? };
        let response = self.client.send(request.body(kube::client::Body::from(body))?).await?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await?.to_bytes();
        let text = || Value::from(String::from_utf8_lossy(&bytes));
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text())))
    }

    /// Reads a path.
    pub async fn get(&self, path: &str) -> Result<(u16, Value), Failure> {
        self.call(Method::GET, path, None, &Value::Null).await
    }
}
