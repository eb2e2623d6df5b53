//! A build: what it is made from, who makes it, and what an earlier one has made already.

use std::collections::BTreeMap;
use std::sync::Arc;

use helios_client::{Failure, FailureKind};
use oal_ir::v1::Build;
use oal_ir::{Ir, Pointer, canonical};
use zeroize::{Zeroize as _, Zeroizing};

use super::{BuildWorker, Done, Project, blocking, server};
use crate::build::dockerfile::Dockerfile;
use crate::build::key::{self, BuildKey, BuildSources, NoSources};
use crate::build::{BuildError, Builder, Order, STAGE, Secrets, buildkit, native};
use crate::domain::job::{BuildJob, BuildResult};
use crate::domain::outputs::Program;
use crate::roles::worker::{JobContext, JobError};
use crate::store::builds;
use crate::target::secrets::SecretSource as _;
use crate::trouble::Trouble;

/// The recipe by which a further directory becomes an image.
const DIRECTORY: &str = "FROM scratch\nCOPY . /\n";

impl BuildWorker {
    pub(super) async fn build(&self, job: &BuildJob, ir: &Ir, build: &Build, context: &JobContext) -> Done {
        let failure = |kind, message: String| Failure::new(kind, STAGE, message).of(job.node.clone());
        let project = self.project(&job.source).await?;
        let sources = key::sources(&project.listing, build).map_err(|missing| match missing {
            NoSources::Context => {
                failure(FailureKind::BuildStep, format!("there is nothing at `{}` in the sources", build.context))
                    .at(field("context"))
                    .help("`context` is a directory of the project, relative to the file that says so")
            }
            NoSources::Dockerfile => {
                let (recipe, context) = (&build.dockerfile, &build.context);
                failure(FailureKind::BuildStep, format!("there is no `{recipe}` in `{context}`"))
                    .at(field("dockerfile"))
                    .help("`dockerfile` is the path of the recipe, relative to `context`")
            }
        })?;
        let (root, path) = (Arc::clone(&project.root), sources.dockerfile.clone());
        let text = blocking(move || root.read(path).map_err(|error| JobError::Retry(error.to_string()))).await;
        let recipe = String::from_utf8_lossy(&text.map_err(BuildError::Job)?).into_owned();
        let dockerfile = Dockerfile::parse(&recipe);
        let native = native::plan(&dockerfile, build, &sources.context).is_some();
        let (builder, frontend) =
            if native { (&self.native as &dyn Builder, None) } else { self.choose(job, build, &dockerfile)? };
        let contexts = self.contexts(job, build, &project, context).await?;
        let (recipe, replaced) = dockerfile.with_images(&recipe, &contexts);
        let args = build.args.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let mut images = dockerfile.images(&args);
        images.retain(|image| !replaced.contains(image));
        let mut bases = self.bases(job, build, images.into_iter().chain(frontend), context).await?;
        bases.extend(contexts.clone());
        let key = BuildKey {
            builder: builder.name(),
            sources: &sources.digest,
            platform: &self.platform,
            target: build.target.as_deref(),
            args: build.args.iter().map(|(name, value)| (&**name, &**value)).collect(),
            labels: &build.labels,
            network: build.network,
            bases: &bases,
            secrets: &job.secrets,
        };
        let key = key.digest().map_err(|error| BuildError::Job(JobError::Fatal(error.to_string())))?;
        let order = Order {
            environment: job.environment.clone(),
            node: job.node.clone(),
            build: build.clone(),
            sources,
            dockerfile: Dockerfile::parse(&recipe),
            recipe,
            project: Arc::clone(&project.root),
            key,
            platform: self.platform.clone(),
            secrets: Secrets::default(),
            contexts: contexts.into_iter().map(|(name, image)| (image, name)).collect(),
        };
        self.make(job, Some(ir), builder, order, context).await
    }

    /// Makes an image, unless one of that key is there.
    async fn make(
        &self,
        job: &BuildJob,
        ir: Option<&Ir>,
        builder: &dyn Builder,
        mut order: Order,
        context: &JobContext,
    ) -> Done {
        let org = order.environment.org;
        let lock = loop {
            context.go_on().map_err(BuildError::Job)?;
            match builds::try_lock(&self.store, org, &order.key).await.map_err(server)? {
                Some(lock) => break lock,
                None => tokio::time::sleep(builds::LOCK_WAIT).await,
            }
        };
        if let Some(reused) = self.earlier(job, &order.key).await? {
            context.log(Some(&job.node), "nothing has changed since this was built: taking the image from then");
            return Ok(reused);
        }
        if let Some(ir) = ir {
            order.secrets = self.secrets(job, ir, &order.build).await?;
        }
        let built = builder.build(&order, context).await?;
        context.until_log_is_kept().await;
        let mut tx = self.store.system().await.map_err(server)?;
        let new = builds::NewBuild {
            org,
            key: &order.key,
            image: &built.image,
            size: built.size,
            builder: builder.name(),
            job: context.job,
        };
        builds::keep(&mut tx, &new).await.map_err(server)?;
        tx.commit().await.map_err(server)?;
        drop(lock);
        let builder = builder.name().to_owned();
        Ok(BuildResult::Image { image: built.image, key: Some(order.key), reused: false, size: built.size, builder })
    }

    /// What an earlier build of the same key made, if the engine still has it.
    async fn earlier(&self, job: &BuildJob, key: &str) -> Result<Option<BuildResult>, BuildError> {
        let mut tx = self.store.system().await.map_err(server)?;
        let Some(build) = builds::find(&mut tx, job.environment.org, key).await.map_err(server)? else {
            return Ok(None);
        };
        tx.commit().await.map_err(server)?;
        let Some(image) = self.engine.image(&build.image).await? else { return Ok(None) };
        let (key, builder) = (Some(build.key), build.builder);
        Ok(Some(BuildResult::Image { image: image.id, key, reused: true, size: image.size, builder }))
    }

    /// Who builds a recipe that is not packed here, and the image of the frontend that it needs for that.
    fn choose(
        &self,
        job: &BuildJob,
        build: &Build,
        dockerfile: &Dockerfile,
    ) -> Result<(&dyn Builder, Option<String>), Failure> {
        let refused = |name: &str, message: &str, help: &str| {
            Failure::new(FailureKind::Unsupported, STAGE, message).of(job.node.clone()).at(field(name)).help(help)
        };
        if let Some(image) = dockerfile.foreign_frontend() {
            let message =
                format!("the recipe asks for the frontend `{image}`, which would run with the engine's rights");
            return Err(refused("dockerfile", &message, "Dockerfiles and `# syntax=docker/dockerfile:1` are built"));
        }
        let (name, message) = match dockerfile.need() {
            _ if !build.secrets.is_empty() => ("secrets", "a build with secrets".to_owned()),
            Some(need) => ("dockerfile", format!("line {} has {}", need.line, need.what)),
            None => return Ok((&self.docker, None)),
        };
        let Some((buildkit, _)) = &self.buildkit else { return Err(buildkit::refusal(refused, name, &message)) };
        let frontend = buildkit.frontend(dockerfile);
        Ok((buildkit, frontend.map_err(|(message, help)| refused("dockerfile", &message, help))?))
    }

    /// The values of a build's secrets.
    async fn secrets(&self, job: &BuildJob, ir: &Ir, build: &Build) -> Result<Secrets, BuildError> {
        let (Some((_, source)), false) = (&self.buildkit, build.secrets.is_empty()) else {
            return Ok(Secrets::default());
        };
        let at = |mut failure: Failure| {
            STAGE.clone_into(&mut failure.stage);
            failure
        };
        let opened = source.open(&job.environment, &job.secrets).await.map_err(|trouble| match trouble {
            Trouble::Away(why) => BuildError::Job(JobError::Away(why)),
            Trouble::Failed(failure) => at(*failure).into(),
        })?;
        let files = BTreeMap::new();
        let program = Program::new(ir, &job.environment, &files, &opened);
        let values = build.secrets.iter().map(|(id, template)| {
            let value = program.text(template, &job.node, &field("secrets").join(id))?;
            Ok((id.clone(), Zeroizing::new(value)))
        });
        let values = values.collect::<Result<BTreeMap<_, _>, Failure>>().map_err(at);
        opened.into_values().for_each(|mut value| value.zeroize());
        Ok(Secrets { versions: job.secrets.clone(), values: Arc::new(values?) })
    }

    /// The further directories that a recipe may copy from, each as an image: by their names in the recipe.
    async fn contexts(
        &self,
        job: &BuildJob,
        build: &Build,
        project: &Project,
        context: &JobContext,
    ) -> Result<BTreeMap<String, String>, BuildError> {
        let mut images = BTreeMap::new();
        for (name, path) in &build.contexts {
            let Some(directory) = project.listing.context(path) else {
                let message = format!("there is nothing at `{path}` in the sources");
                return Err(Failure::new(FailureKind::BuildStep, STAGE, message)
                    .of(job.node.clone())
                    .at(field("contexts").join(name))
                    .help("a context is a directory of the project, relative to the file that says so")
                    .into());
            };
            let digest = canonical::sha256(&directory.digest());
            let key = canonical::to_canonical(&("directory/1", &self.platform, &digest));
            let key = key.map_err(|error| BuildError::Job(JobError::Fatal(error.to_string())))?;
            let order = Order {
                environment: job.environment.clone(),
                node: job.node.clone(),
                build: Build {
                    contexts: BTreeMap::new(),
                    secrets: BTreeMap::new(),
                    labels: BTreeMap::new(),
                    target: None,
                    ..build.clone()
                },
                sources: BuildSources { context: directory, dockerfile: String::new(), digest },
                dockerfile: Dockerfile::parse(DIRECTORY),
                recipe: DIRECTORY.to_owned(),
                project: Arc::clone(&project.root),
                key: canonical::sha256(&key),
                platform: self.platform.clone(),
                secrets: Secrets::default(),
                contexts: BTreeMap::new(),
            };
            let (repository, tag) = order.name();
            self.make(job, None, &self.native, order, context).await?;
            images.insert(name.clone(), format!("{repository}:{tag}"));
        }
        Ok(images)
    }

    /// The images a recipe starts from, fetched where they are missing, by the names that stand there.
    async fn bases(
        &self,
        job: &BuildJob,
        build: &Build,
        images: impl Iterator<Item = String>,
        context: &JobContext,
    ) -> Result<BTreeMap<String, String>, BuildError> {
        let mut bases = BTreeMap::new();
        for name in images {
            let fetched = self.fetch(job, None, build.pull, &name, context).await.map_err(|error| match error {
                BuildError::Failed(failure) => BuildError::Failed(Box::new(failure.at(Pointer::root().join("build")))),
                job => job,
            })?;
            if let BuildResult::Image { image, .. } = fetched {
                bases.insert(name, image);
            }
        }
        Ok(bases)
    }
}

/// A field of `build`.
fn field(name: &str) -> Pointer {
    Pointer::root().join("build").join(name)
}
