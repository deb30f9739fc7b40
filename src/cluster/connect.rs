//! From what the user said to a connected door: kubeconfig, overrides, the pod's own account.
//! Never reads the environment itself (kube looks there for the pod's account and the proxies); sends nothing.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderValue, Uri};
use kube::config::{
    AuthInfo, Config, Context, InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError, NamedAuthInfo,
    NamedCluster, NamedContext,
};
use secrecy::SecretString;

use super::client::client;
use super::kubeconfig;
use super::{Cluster, Settings};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the user said about the connection; the names are those of kubectl's flags.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`: the only file read.
    pub kubeconfig: Option<PathBuf>,
    /// The files of `$KUBECONFIG`, merged, the first one winning; those that are missing are passed over.
    /// If empty, `.kube/config` in the home directory.
    pub kubeconfig_list: Vec<PathBuf>,
    /// The user's home directory, if there is one.
    pub home: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `--cluster`
    pub cluster: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// `--server`
    pub server: Option<String>,
    /// `--token`; used alone, without the user's other credentials.
    pub token: Option<String>,
    /// `--client-certificate`
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`
    pub client_key: Option<PathBuf>,
    /// `--certificate-authority`
    pub certificate_authority: Option<PathBuf>,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--insecure-skip-tls-verify`
    pub insecure_skip_tls_verify: bool,
    /// `--as`
    pub as_user: Option<String>,
    /// `--as-group`
    pub as_groups: Vec<String>,
    /// `--as-uid`
    pub as_uid: Option<String>,
    /// `--proxy-url`
    pub proxy_url: Option<String>,
    /// `--request-timeout`: of one attempt; 30 s if left out.
    pub request_timeout: Option<Duration>,
}

/// A door, and where it leads.
pub struct Connected {
    /// The door. Nothing was sent through it yet.
    pub cluster: Cluster,
    /// The context used; `None` in a pod and where only a server was given.
    pub context: Option<String>,
    /// The server's URL.
    pub server: String,
    /// The context's namespace, or `default`.
    pub namespace: String,
    /// What the user should know, such as that certificates are not verified.
    pub warnings: Vec<String>,
}

/// Why there is no door. [`fmt::Display`] says what is wrong, [`ConnectError::help`] what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectError {
    /// A kubeconfig that was named is not there.
    Missing(Vec<PathBuf>),
    /// A kubeconfig, or a file it refers to, cannot be used.
    Unusable(String),
    /// Neither a kubeconfig nor a pod's account nor a server is there.
    NoConfig(String),
    /// No context was chosen; those there are.
    NoContext(Vec<String>),
    /// There is no entry of this name; those there are.
    Unknown {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The names there are.
        there: Vec<String>,
    },
}

impl ConnectError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        let names = |there: &[String]| match there {
            [] => "the kubeconfig has none".to_owned(),
            there => format!("there are: {}", there.join(", ")),
        };
        match self {
            ConnectError::Missing(_) => "name a file that is there, or none to use ~/.kube/config".into(),
            ConnectError::Unusable(_) => "`kubectl config view` shows what is read".into(),
            ConnectError::NoConfig(_) => {
                "give --kubeconfig FILE, set KUBECONFIG, or run in a pod that has a service account".into()
            }
            ConnectError::NoContext(there) => format!("choose one with --context; {}", names(there)),
            ConnectError::Unknown { there, .. } => names(there),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Missing(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                write!(f, "there is no kubeconfig {}", paths.join(" nor "))
            }
            ConnectError::Unusable(message) => f.write_str(message),
            ConnectError::NoConfig(message) => write!(f, "no cluster is configured: {message}"),
            ConnectError::NoContext(_) => f.write_str("the kubeconfig has no current context"),
            ConnectError::Unknown { what, name, .. } => {
                write!(f, "the kubeconfig has no {what} named {name:?}")
            }
        }
    }
}

impl std::error::Error for ConnectError {}

impl From<KubeconfigError> for ConnectError {
    fn from(error: KubeconfigError) -> ConnectError {
        ConnectError::Unusable(error.to_string())
    }
}

/// Makes the door. Sends nothing to the server; may run the credential plugin that the kubeconfig names.
pub async fn connect(options: &ConnectOptions, mut settings: Settings) -> Result<Connected, ConnectError> {
    let mut warnings = Vec::new();
    let (mut config, context) = match read(options, &mut warnings)? {
        Some(kubeconfig) => {
            let context = options.context.clone().or(kubeconfig.current_context.clone());
            (chosen(kubeconfig, options).await?, context.filter(|context| context != NO_CONTEXT))
        }
        None => (Config::incluster_env().map_err(no_config)?, None),
    };
    config.default_retry = false;
    config.read_timeout = None;
    config.connect_timeout = Some(CONNECT_TIMEOUT.min(options.request_timeout.unwrap_or(CONNECT_TIMEOUT)));
    if config.accept_invalid_certs {
        warnings.push(
            "the server's certificate is not verified: anyone in between can read and change all".into(),
        );
    }
    if config.cluster_url.scheme_str() == Some("http") && !is_loopback(&config.cluster_url) {
        warnings.push("the connection is not encrypted".into());
    }
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    let namespace = config.default_namespace.clone();
    if let Some(limit) = options.request_timeout {
        settings.request_timeout = limit;
    }
    // A credential plugin is a child process that is waited for.
    let made = tokio::task::spawn_blocking(move || client(config)).await;
    let client = match made {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return Err(ConnectError::Unusable(error.to_string())),
        Err(error) => return Err(ConnectError::Unusable(format!("the client cannot be made: {error}"))),
    };
    Ok(Connected {
        cluster: Cluster::new(client.clone(), client, settings),
        context,
        server,
        namespace,
        warnings,
    })
}

fn no_config(error: InClusterError) -> ConnectError {
    ConnectError::NoConfig(match error {
        InClusterError::ReadEnvironmentVariable(_) => "there is no kubeconfig, and this is no pod".into(),
        error => format!("there is no kubeconfig, and the pod's own account cannot be used: {error}"),
    })
}

fn is_loopback(uri: &Uri) -> bool {
    matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// Reads and merges the kubeconfigs; `None` if there are none, so that a pod's own account is next.
fn read(options: &ConnectOptions, warnings: &mut Vec<String>) -> Result<Option<Kubeconfig>, ConnectError> {
    if let Some(path) = &options.kubeconfig {
        return match path.exists() {
            true => Ok(Some(read_from(path)?)),
            false => Err(ConnectError::Missing(vec![path.clone()])),
        };
    }
    let named = options.kubeconfig_list.iter().filter(|path| !path.as_os_str().is_empty());
    let (there, missing): (Vec<&PathBuf>, Vec<&PathBuf>) = named.partition(|path| path.exists());
    if let Some((first, rest)) = there.split_first() {
        for path in missing {
            warnings.push(format!("KUBECONFIG names {}, which is not there", path.display()));
        }
        let mut merged = read_from(first)?;
        for path in rest {
            merged = merged.merge(read_from(path)?)?;
        }
        return Ok(Some(merged));
    }
    if !missing.is_empty() {
        return Err(ConnectError::Missing(missing.into_iter().cloned().collect()));
    }
    let at_home = options.home.as_ref().map(|home| home.join(".kube").join("config"));
    match at_home.filter(|path| path.exists()) {
        Some(path) => Ok(Some(read_from(&path)?)),
        None => Ok(options.server.as_ref().map(|_| Kubeconfig::default())),
    }
}

fn read_from(path: &Path) -> Result<Kubeconfig, ConnectError> {
    kubeconfig::read(path).map_err(ConnectError::Unusable)
}

/// The name of the context that stands in where only a server is given.
const NO_CONTEXT: &str = "(none)";

/// The configuration that the kubeconfig and the overrides come to.
async fn chosen(mut kubeconfig: Kubeconfig, options: &ConnectOptions) -> Result<Config, ConnectError> {
    let names =
        |kubeconfig: &Kubeconfig| kubeconfig.contexts.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let current =
        options.context.clone().or(kubeconfig.current_context.clone()).filter(|name| !name.is_empty());
    let context = match current {
        Some(name) => {
            let found = kubeconfig.contexts.iter().find(|context| context.name == name);
            let Some(found) = found.and_then(|named| named.context.clone()) else {
                return Err(ConnectError::Unknown { what: "context", name, there: names(&kubeconfig) });
            };
            kubeconfig.current_context = Some(name);
            found
        }
        None if options.server.is_some() || options.cluster.is_some() => {
            let context = Context { cluster: NO_CONTEXT.to_owned(), ..Context::default() };
            kubeconfig.contexts.push(NamedContext {
                name: NO_CONTEXT.to_owned(),
                context: Some(context.clone()),
                ..NamedContext::default()
            });
            kubeconfig.current_context = Some(NO_CONTEXT.to_owned());
            if options.cluster.is_none() {
                let cluster = Some(kube::config::Cluster::default());
                kubeconfig.clusters.push(NamedCluster {
                    name: NO_CONTEXT.to_owned(),
                    cluster,
                    ..Default::default()
                });
            }
            context
        }
        None => return Err(ConnectError::NoContext(names(&kubeconfig))),
    };
    let cluster_name = options.cluster.clone().unwrap_or(context.cluster);
    override_cluster(&mut kubeconfig, &cluster_name, options)?;
    let user_name = options.user.clone().or(context.user).filter(|name| !name.is_empty());
    let user_name = override_user(&mut kubeconfig, user_name, options)?;
    let choice = KubeConfigOptions {
        context: kubeconfig.current_context.clone(),
        cluster: Some(cluster_name.clone()),
        user: user_name,
    };
    let mut config =
        Config::from_custom_kubeconfig(kubeconfig, &choice).await.map_err(|error| match error {
            KubeconfigError::MissingClusterUrl => ConnectError::Unusable(format!(
                "the cluster {cluster_name:?} of the kubeconfig has no server"
            )),
            error => error.into(),
        })?;
    if config.cluster_url.scheme().is_none() {
        let url = format!("https://{}", config.cluster_url);
        config.cluster_url =
            url.parse().map_err(|error| ConnectError::Unusable(format!("{url} is no URL: {error}")))?;
    }
    Ok(config)
}

fn override_cluster(
    kubeconfig: &mut Kubeconfig,
    name: &str,
    options: &ConnectOptions,
) -> Result<(), ConnectError> {
    let there = kubeconfig.clusters.iter().map(|cluster| cluster.name.clone()).collect();
    let found = kubeconfig.clusters.iter_mut().find(|cluster| cluster.name == name);
    let Some(cluster) = found.and_then(|named| named.cluster.as_mut()) else {
        return Err(ConnectError::Unknown { what: "cluster", name: name.to_owned(), there });
    };
    let text = |path: &PathBuf| path.display().to_string();
    cluster.server = options.server.clone().or(cluster.server.take());
    cluster.tls_server_name = options.tls_server_name.clone().or(cluster.tls_server_name.take());
    cluster.proxy_url = options.proxy_url.clone().or(cluster.proxy_url.take());
    if let Some(path) = &options.certificate_authority {
        cluster.certificate_authority = Some(text(path));
        cluster.certificate_authority_data = None;
        cluster.insecure_skip_tls_verify = None;
    }
    if options.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
    Ok(())
}

/// Puts the overrides into the user's entry, or makes one if there is no user. Returns its name.
fn override_user(
    kubeconfig: &mut Kubeconfig,
    name: Option<String>,
    options: &ConnectOptions,
) -> Result<Option<String>, ConnectError> {
    let there = kubeconfig.auth_infos.iter().map(|user| user.name.clone()).collect();
    let name = name.unwrap_or_else(|| {
        let auth_info = Some(AuthInfo::default());
        kubeconfig.auth_infos.push(NamedAuthInfo {
            name: NO_CONTEXT.to_owned(),
            auth_info,
            ..Default::default()
        });
        NO_CONTEXT.to_owned()
    });
    let Some(named) = kubeconfig.auth_infos.iter_mut().find(|user| user.name == name) else {
        return Err(ConnectError::Unknown { what: "user", name, there });
    };
    let user = named.auth_info.get_or_insert_default();
    if let Some(token) = &options.token {
        HeaderValue::try_from(token)
            .map_err(|_| ConnectError::Unusable("the token has characters that no token has".into()))?;
        // Other credentials would win over the token, on either side.
        *user = AuthInfo {
            impersonate: user.impersonate.take(),
            impersonate_uid: user.impersonate_uid.take(),
            impersonate_groups: user.impersonate_groups.take(),
            impersonate_user_extra: user.impersonate_user_extra.take(),
            token: Some(SecretString::from(token.as_str())),
            ..AuthInfo::default()
        };
    }
    let text = |path: &PathBuf| path.display().to_string();
    if let Some(path) = &options.client_certificate {
        (user.client_certificate, user.client_certificate_data) = (Some(text(path)), None);
    }
    if let Some(path) = &options.client_key {
        (user.client_key, user.client_key_data) = (Some(text(path)), None);
    }
    user.impersonate = options.as_user.clone().or(user.impersonate.take());
    user.impersonate_uid = options.as_uid.clone().or(user.impersonate_uid.take());
    if !options.as_groups.is_empty() {
        user.impersonate_groups = Some(options.as_groups.clone());
    }
    Ok(Some(name))
}
