//! Where cases run: the one place that opens a cluster.
//! It must never know what is done there.

use super::proxy::Proxy;
use seldonplay::cluster::{ConnectOptions, Connected, Settings, connect};
use std::path::PathBuf;

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

    /// Opens the cluster.
    pub async fn open(&self, user: User, through: Option<&Proxy>) -> Result<Connected, String> {
        let kubeconfig = match user {
            User::Admin => self.kubeconfig.clone(),
            User::Guest => self.kubeconfig.with_file_name("guest.kubeconfig"),
        };
        let server = through.map(|proxy| format!("https://{}", proxy.address));
        let options = ConnectOptions { kubeconfig: Some(kubeconfig), server, ..ConnectOptions::default() };
        connect(&options, Settings::default()).await.map_err(|error| error.to_string())
    }
}
