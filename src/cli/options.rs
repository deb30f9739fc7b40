//! Options that several subcommands share.
//! It must never act on them.

use super::screen::Colour;
use crate::cluster::ConnectOptions;
use crate::plan::{Inputs, Set};
use crate::playbook::duration;
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// As what something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What is put into a playbook.
#[derive(Debug, Args)]
pub(super) struct PlaybookOptions {
    /// Manifests in place of the playbook's: a file, a directory, or `-` for standard input.
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    pub manifests: Vec<PathBuf>,
    #[command(flatten)]
    pub sets: Sets,
    /// A YAML file of variables.
    #[arg(long, value_name = "FILE")]
    pub vars_file: Vec<PathBuf>,
    /// The namespace of objects that name none; one that they name must be the same.
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}

/// `--set` and `--set-string` in the order in which they were given.
#[derive(Debug, Default)]
pub(super) struct Sets(Vec<Set>);

#[derive(Debug, Args)]
struct SetArgs {
    /// Set a variable to a YAML value of its default's type: `--set replicas=3`.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Set a variable to a text as it stands.
    #[arg(long, value_name = "NAME=TEXT")]
    set_string: Vec<String>,
}

impl FromArgMatches for Sets {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Sets, clap::Error> {
        let mut sets: Vec<(usize, Set)> = Vec::new();
        for (id, text) in [("set", false), ("set_string", true)] {
            let indices = matches.indices_of(id).into_iter().flatten();
            let values = matches.get_many::<String>(id).into_iter().flatten();
            sets.extend(
                indices
                    .zip(values)
                    .map(|(index, argument)| (index, Set { argument: argument.clone(), text })),
            );
        }
        sets.sort_by_key(|(index, _)| *index);
        Ok(Sets(sets.into_iter().map(|(_, set)| set).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Sets::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Sets {
    fn augment_args(command: clap::Command) -> clap::Command {
        SetArgs::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        SetArgs::augment_args_for_update(command)
    }
}

impl PlaybookOptions {
    /// What a plan is made of besides the playbook, with the environment.
    pub(super) fn inputs(&self) -> Result<Inputs, String> {
        let wants_stdin = self.manifests.iter().any(|path| path.as_os_str() == "-");
        let stdin = if wants_stdin {
            use std::io::Read;
            let mut bytes = Vec::new();
            let most = crate::source::LARGEST_FILE + 1;
            std::io::stdin()
                .take(most)
                .read_to_end(&mut bytes)
                .map_err(|error| format!("standard input cannot be read: {error}"))?;
            Some(bytes)
        } else {
            None
        };
        Ok(Inputs {
            manifests: self.manifests.clone(),
            stdin,
            set: self.sets.0.clone(),
            vars_files: self.vars_file.clone(),
            env: environment(),
            namespace: self.namespace.clone(),
            ..Inputs::default()
        })
    }
}

/// The environment; what is not UTF-8 in it cannot be named by an expression.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// How the cluster is reached; the names are kubectl's.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ClusterOptions {
    /// The kubeconfig's cluster.
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    #[command(flatten)]
    connection: ConnectionOptions,
}

/// How the cluster is reached, whichever it is.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionOptions {
    /// The kubeconfig. Left out: $KUBECONFIG, then ~/.kube/config, then the pod's own account.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The kubeconfig's user.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The API server's address.
    #[arg(short, long, value_name = "URL")]
    server: Option<String>,
    /// A bearer token.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// A client certificate.
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// The key of the client certificate.
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// The certificate of whoever signed the server's.
    #[arg(long, value_name = "FILE")]
    certificate_authority: Option<PathBuf>,
    /// The name that the server's certificate must bear.
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
    /// Do not check the server's certificate. Whoever sits in between can read and change everything.
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// Act as this user.
    #[arg(long = "as", value_name = "USER")]
    as_user: Option<String>,
    /// Act as a member of this group; may be given several times.
    #[arg(long = "as-group", value_name = "GROUP")]
    as_groups: Vec<String>,
    /// Act as the user with this UID.
    #[arg(long, value_name = "UID")]
    as_uid: Option<String>,
    /// The proxy to go through.
    #[arg(long, value_name = "URL")]
    proxy_url: Option<String>,
    /// How long one request may take. Left out: 30s.
    #[arg(long, value_name = "DURATION", value_parser = length)]
    request_timeout: Option<Duration>,
}

impl ClusterOptions {
    /// The same for the cluster's door, with what the environment adds.
    pub(super) fn connect(&self) -> ConnectOptions {
        self.connection.connect(self.cluster.as_deref())
    }
}

impl ConnectionOptions {
    /// The same for the door of the kubeconfig's cluster of this name, or else of its context's, with what the environment adds.
    pub(super) fn connect(&self, cluster: Option<&str>) -> ConnectOptions {
        let list = std::env::var_os("KUBECONFIG")
            .map(|list| std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect());
        ConnectOptions {
            kubeconfig: self.kubeconfig.clone(),
            kubeconfig_list: list.unwrap_or_default(),
            home: std::env::home_dir(),
            context: self.context.clone(),
            cluster: cluster.map(str::to_owned),
            user: self.user.clone(),
            server: self.server.clone(),
            token: self.token.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            certificate_authority: self.certificate_authority.clone(),
            tls_server_name: self.tls_server_name.clone(),
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            as_user: self.as_user.clone(),
            as_groups: self.as_groups.clone(),
            as_uid: self.as_uid.clone(),
            proxy_url: self.proxy_url.clone(),
            request_timeout: self.request_timeout,
        }
    }
}

/// How findings are shown.
#[derive(Debug, Args)]
pub(super) struct ColourOption {
    /// When to use colours. `auto`: on a terminal, unless NO_COLOR is set.
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
}

/// A duration on the command line.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|(message, help)| match help {
        Some(help) => format!("{message}. {help}"),
        None => message,
    })
}
