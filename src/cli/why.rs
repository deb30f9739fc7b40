//! `seldonplay why`
//! It must never decide what is wrong: `diagnosis` does.

use super::options::{ClusterOptions, ColourOption, Output};
use super::screen::{say, tell, width};
use crate::cluster::{self, Cluster, ConnectError, Error, KindName, ObjectRef, Settings};
use crate::diagnosis::{self, Diagnosis};
use crate::diagnostic::Style;
use crate::event::Ending;
use crate::json::{Value, json};
use crate::kinds::Verdict;
use crate::observe::{self, Look};
use crate::report::draw_diagnosis;
use clap::Args;
use std::time::Duration;

/// Tell why an object is not ready: one sentence, then its evidence. Exit code 0 if it is ready, 1 if it is not.
#[derive(Debug, Args)]
pub(super) struct WhyCommand {
    /// The object: `sdep/iris`, `Deployment.apps/web`.
    #[arg(value_name = "KIND/NAME")]
    object: String,
    /// Its namespace. Left out: the context's.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// What is printed: words for people, or one JSON object.
    #[arg(short, long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    colour: ColourOption,
    #[command(flatten)]
    cluster: ClusterOptions,
}

/// How long the cluster is tried, and how long a look at everything around an object may take.
const CONTACT: Duration = Duration::from_secs(10);

impl WhyCommand {
    pub(super) fn execute(self) -> Ending {
        super::on_runtime(self.tell())
    }

    async fn tell(self) -> Ending {
        let connected = match cluster::connect(&self.cluster.connect(), Settings::default()).await {
            Ok(connected) => connected,
            Err(error) => return unconnected(&error),
        };
        connected.warnings.iter().for_each(|warning| tell!("warning: {warning}"));
        let namespace = self.namespace.clone().unwrap_or(connected.namespace);
        let cluster = connected.cluster.until(tokio::time::Instant::now() + CONTACT);
        let object = match named(&cluster, &self.object, &namespace).await {
            Ok(object) => object,
            Err((ending, message)) => {
                tell!("error: {message}");
                return ending;
            }
        };
        let root = match cluster.get(&object).await {
            Ok(Some(root)) => root,
            Ok(None) => {
                let what = format!("{object} does not exist");
                say(&match self.output {
                    Output::Text => format!("✗ {what}\n"),
                    Output::Json => format!(
                        "{:#}\n",
                        json!({ "object": object.short(), "exists": false, "ready": false })
                    ),
                });
                return Ending::Failed;
            }
            Err(error) => {
                tell!("error: {error}");
                return Ending::Refused;
            }
        };
        let Look { scene, unseen } = observe::look(&cluster, root).await;
        let verdict = diagnosis::ready(&scene);
        let found = diagnosis::diagnose(&scene);
        let said = say(&match self.output {
            Output::Text => self.words(&object, &verdict, &found, &unseen),
            Output::Json => format!("{:#}\n", data(&object, &verdict, &found, &unseen)),
        });
        if verdict.is_met() { said } else { Ending::Failed }
    }

    fn words(&self, object: &ObjectRef, verdict: &Verdict, found: &Diagnosis, unseen: &[String]) -> String {
        let out = std::io::stdout();
        let style = Style { colour: self.colour.color.on(&out), width: width(&out) };
        let ready = match verdict {
            Verdict::Met(words) => Some(words.as_str()),
            Verdict::NotYet(_) | Verdict::Never(_) => None,
        };
        draw_diagnosis(
            &object.short(),
            ready,
            observe::diagnosis(&object.short(), found).as_ref(),
            unseen,
            style,
        )
    }
}

/// The object that is named on the command line; else how the program ends, and why.
pub(super) async fn named(
    cluster: &Cluster,
    written: &str,
    namespace: &str,
) -> Result<ObjectRef, (Ending, String)> {
    let (kind, name) = written
        .split_once('/')
        .filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
        .ok_or_else(|| {
            (
                Ending::Invalid,
                format!("`{written}` does not name an object: write KIND/NAME, such as sdep/iris"),
            )
        })?;
    let word = KindName { word: kind.to_owned(), api_version: None };
    let resource = cluster.resolve(&word).await.map_err(|error| match error {
        cluster::ResolveError::Trouble(error) => (Ending::Refused, error.to_string()),
        error => (Ending::Invalid, Error::from(error).to_string()),
    })?;
    let namespace = resource.namespaced.then(|| namespace.to_owned());
    Ok(ObjectRef { resource, namespace, name: name.to_owned() })
}

/// The kubeconfig leads nowhere.
pub(super) fn unconnected(error: &ConnectError) -> Ending {
    tell!("error: {error}");
    tell!("  help: {}", error.help());
    Ending::Refused
}

fn data(object: &ObjectRef, verdict: &Verdict, found: &Diagnosis, unseen: &[String]) -> Value {
    let findings = |findings: &[diagnosis::Finding]| -> Value {
        let finding = |finding: &diagnosis::Finding| {
            json!({
                "rule": finding.rule,
                "object": finding.object,
                "sentence": finding.sentence(),
                "evidence": finding.evidence,
                "fix": finding.fix,
            })
        };
        findings.iter().map(finding).collect()
    };
    let words = match verdict {
        Verdict::Met(words) => words.clone(),
        Verdict::NotYet(reasons) | Verdict::Never(reasons) => {
            reasons.first().map_or_else(String::new, |reason| reason.message.clone())
        }
    };
    json!({
        "object": object.short(),
        "namespace": object.namespace,
        "exists": true,
        "ready": verdict.is_met(),
        "words": words,
        "causes": findings(&found.causes),
        "follows": findings(&found.follows),
        "unseen": unseen,
    })
}
