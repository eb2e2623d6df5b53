//! Which environment of which application a verb is about.

use std::path::{Path, PathBuf};

use helios_client::{Client, EnvironmentStatus, Name};
use oal_ir::NodeId;

use super::Failure;
use super::program::Program;
use super::servers::Server;

/// Which environment of which application; what is not said tells the program in a directory, or the platform.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Which {
    /// The application; that of the program if not given
    #[arg(long, value_name = "NAME")]
    pub(super) app: Option<Name>,

    /// The environment; may be left out where there is only one
    #[arg(long = "env", short = 'e', value_name = "NAME")]
    pub(super) environment: Option<Name>,

    #[command(flatten)]
    pub(super) server: Server,
}

/// The same for verbs whose own argument is not the directory of the program.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct At {
    /// Directory of the program
    #[arg(long = "dir", value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(super) directory: PathBuf,

    #[command(flatten)]
    pub(super) which: Which,
}

impl At {
    /// The environment on its platform.
    ///
    /// # Errors
    /// As [`Which::find`].
    pub(super) async fn find(&self) -> Result<Found, Failure> {
        self.which.find(&self.directory).await
    }

    /// A platform and an application on it.
    ///
    /// # Errors
    /// As [`Which::app`].
    pub(super) fn app(&self) -> Result<(Client, Name), Failure> {
        let (app, _) = self.which.app(&self.directory)?;
        Ok((self.which.server.client()?, app))
    }
}

/// An environment on a platform.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The platform.
    pub(super) client: Client,
    /// The application.
    pub(super) app: Name,
    /// The environment.
    pub(super) environment: Name,
}

impl Which {
    /// The application, and the environment if that is clear already; the program below `directory` is looked at where
    /// nothing else says which application.
    pub(super) fn app(&self, directory: &Path) -> Result<(Name, Option<Name>), Failure> {
        match &self.app {
            Some(app) => Ok((app.clone(), self.environment.clone())),
            None => {
                let program = Program::load(directory, &[]).map_err(|failure| match failure.help {
                    Some(_) => Failure { help: Some(String::from("name the application: `--app NAME`")), ..failure },
                    None => failure,
                })?;
                let environment = match &self.environment {
                    // It may run although the program no longer declares it.
                    Some(environment) => Some(environment.clone()),
                    None => program.environment(None).ok(),
                };
                Ok((program.app()?, environment))
            }
        }
    }

    /// The environment on its platform.
    ///
    /// # Errors
    /// Nothing says which; the platform.
    pub(super) async fn find(&self, directory: &Path) -> Result<Found, Failure> {
        let (app, environment) = self.app(directory)?;
        let client = self.server.client()?;
        let environment = match environment {
            Some(environment) => environment,
            None => only(&client, &app).await?,
        };
        Ok(Found { client, app, environment })
    }
}

/// The only environment that an application has on the platform.
async fn only(client: &Client, app: &Name) -> Result<Name, Failure> {
    let page = client.environments(app, &helios_client::PageQuery::default()).await?;
    let mut names: Vec<Name> = page.items.into_iter().map(|environment| environment.name).collect();
    match names.len() {
        1 => names.pop().ok_or_else(|| Failure::usage("no environment")),
        0 => Err(Failure::usage(format!("`{app}` has no environment yet"))
            .help("`helios deploy` makes one, as does `helios env create NAME`")),
        _ => {
            let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            Err(Failure::usage(format!("`{app}` has several environments: {}", list.join(", ")))
                .help("say which one is meant with `--env NAME`"))
        }
    }
}

impl Found {
    /// How it is called.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.app, self.environment)
    }

    /// How it is.
    pub(super) async fn status(&self) -> Result<EnvironmentStatus, Failure> {
        Ok(self.client.status(&self.app, &self.environment).await?)
    }

    /// The component that is meant by its id (`service/web`) or its last name (`web`).
    ///
    /// # Errors
    /// There is none; there are several; the platform.
    pub(super) async fn component(&self, text: &str) -> Result<NodeId, Failure> {
        if text.contains('/') {
            return text.parse().map_err(|error| Failure::usage(format!("`{text}` is no component: {error}")));
        }
        let status = self.status().await?;
        let released = status.release.iter().flat_map(|release| release.images.keys().filter_map(|id| id.parse().ok()));
        let mut known: Vec<NodeId> = released.chain(status.instances.iter().map(|one| one.node.clone())).collect();
        known.sort();
        known.dedup();
        let list = |nodes: &[&NodeId]| nodes.iter().map(|node| format!("`{node}`")).collect::<Vec<_>>().join(", ");
        let meant: Vec<&NodeId> = known.iter().filter(|node| is_called(node, text)).collect();
        match meant.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let failure = Failure::usage(format!("nothing in {} is called `{text}`", self.name()));
                Err(if known.is_empty() {
                    failure.help("nothing was deployed there yet; `helios status` says more")
                } else {
                    failure.help(format!("there are: {}", list(&known.iter().collect::<Vec<_>>())))
                })
            }
            several => Err(Failure::usage(format!("`{text}` may be several: {}", list(several)))),
        }
    }
}

/// Whether a component's last step has this name, with its key or without.
fn is_called(node: &NodeId, text: &str) -> bool {
    node.segments().last().is_some_and(|last| {
        let full = last.key.as_ref().map(|key| format!("{}[{key}]", last.name));
        last.name == text || full.as_deref() == Some(text)
    })
}
