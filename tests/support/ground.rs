//! Where tests run that need a cluster: the one place that opens one, and makes and deletes namespaces there.
//! It must never know what is done there.

use seldonplay::cluster::{
    ApplyOptions, Cluster, ConnectOptions, Connected, DeleteOptions, KindName, ObjectRef, Operation,
    Settings, connect,
};
use seldonplay::json::json;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a new namespace may take until pods can be made in it.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);

/// A cluster for tests.
pub struct Ground {
    kubeconfig: PathBuf,
}

/// As whom the cluster is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// With all rights.
    Admin,
    /// Without any.
    Guest,
}

impl Ground {
    /// The cluster that the environment names, if it names one.
    pub fn find() -> Option<Ground> {
        std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(|path| Ground { kubeconfig: path.into() })
    }

    /// A user's kubeconfig.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        match user {
            User::Admin => self.kubeconfig.clone(),
            User::Guest => self.kubeconfig.with_file_name("guest.kubeconfig"),
        }
    }

    /// Opens the cluster, perhaps through another address, `HOST:PORT`.
    pub async fn open(&self, user: User, through: Option<&str>) -> Result<Connected, String> {
        let server = through.map(|address| format!("https://{address}"));
        let options =
            ConnectOptions { kubeconfig: Some(self.kubeconfig(user)), server, ..ConnectOptions::default() };
        connect(&options, Settings::default()).await.map_err(|error| error.to_string())
    }
}

/// Makes a namespace, and waits until pods can be made in it.
pub async fn make_namespace(cluster: &Cluster, name: &str) -> Result<(), String> {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let made = cluster.apply(&object, &ApplyOptions::default()).await.map_err(|error| error.to_string())?;
    if made.operation != Operation::Created {
        return Err(format!("the namespace {name} is there already"));
    }
    let account = object_named(cluster, "ServiceAccount", Some(name), "default").await?;
    let end = Instant::now() + SETTLES_WITHIN;
    while cluster.get(&account).await.map_err(|error| error.to_string())?.is_none() {
        if Instant::now() > end {
            return Err(format!("the namespace {name} gets no service account"));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Deletes a namespace, without waiting until it is gone.
pub async fn delete_namespace(cluster: &Cluster, name: &str) -> Result<(), String> {
    let namespace = object_named(cluster, "Namespace", None, name).await?;
    cluster.delete(&namespace, &DeleteOptions::default()).await.map(drop).map_err(|error| error.to_string())
}

/// An object by the word for its kind; the namespace is left out where its kind has none.
pub async fn object_named(
    cluster: &Cluster,
    word: &str,
    namespace: Option<&str>,
    name: &str,
) -> Result<ObjectRef, String> {
    let kind = KindName { word: word.into(), api_version: None };
    let resource = cluster.resolve(&kind).await.map_err(|error| format!("{error:?}"))?;
    let namespace = namespace.filter(|_| resource.namespaced).map(str::to_owned);
    Ok(ObjectRef { resource, namespace, name: name.into() })
}
