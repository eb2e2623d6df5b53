//! Images put together here, without running anything: a recipe of one stage, `FROM scratch`, that only copies files and sets the
//! configuration. Prebuilt programs and directories of static files become images this way, byte for byte the same each time.

use std::io::{self, Seek as _, Write as _};
use std::path::PathBuf;

use tokio_util::io::ReaderStream;

use super::{BuildError, Builder, Built, Order, is_disk_full, is_full};
use crate::engine::{Engine, EngineError};
use crate::roles::worker::{JobContext, JobError};
use crate::target::BoxFuture;

mod archive;
mod plan;
mod words;

pub use plan::{Plan, plan};

/// Packs images without an engine's builder.
#[derive(Debug, Clone)]
pub struct NativeBuilder {
    engine: Engine,
    /// Directory for images on their way.
    scratch: PathBuf,
    /// Where the engine keeps images.
    engine_data: PathBuf,
}

impl NativeBuilder {
    /// A builder that keeps images on their way below `scratch`.
    #[must_use]
    pub const fn new(engine: Engine, scratch: PathBuf, engine_data: PathBuf) -> Self {
        Self { engine, scratch, engine_data }
    }

    async fn run(&self, order: &Order, job: &JobContext) -> Result<Built, BuildError> {
        let Some(plan) = plan(&order.dockerfile, &order.build, &order.sources.context) else {
            return Err(BuildError::Job(JobError::Fatal("this recipe is none for the native builder".to_owned())));
        };
        job.log(Some(&order.node), format!("packing {} files, running nothing", plan.file_count()));
        let (order_too, scratch) = (order.clone(), self.scratch.clone());
        let packed = tokio::task::spawn_blocking(move || {
            let mut file = tempfile::tempfile_in(&scratch)?;
            let layer = tempfile::tempfile_in(&scratch)?;
            let id = archive::write(&plan, &order_too, layer, &mut file)?;
            file.flush()?;
            file.rewind()?;
            io::Result::Ok((file, id))
        });
        let (file, image) = match packed.await.map_err(io::Error::other).and_then(|packed| packed) {
            Ok(packed) => packed,
            Err(error) if is_full(&error) => return Err(order.disk_full(&self.scratch).into()),
            Err(error) => return Err(BuildError::Job(JobError::Retry(format!("packing the image: {error}")))),
        };
        job.go_on().map_err(BuildError::Job)?;
        match self.engine.load(ReaderStream::new(tokio::fs::File::from_std(file))).await {
            Err(EngineError::Failed(message)) if is_disk_full(&message) => {
                return Err(order.disk_full(&self.engine_data).into());
            }
            loaded => loaded?,
        }
        let (repository, tag) = order.name();
        self.engine.tag_image(&image, &repository, &tag).await?;
        let facts = self.engine.image(&image).await?.ok_or_else(|| {
            BuildError::Job(JobError::Retry(format!("the engine loaded an image, but not under its id {image}")))
        })?;
        job.log(Some(&order.node), format!("packed {image}"));
        Ok(Built { image: facts.id, size: facts.size })
    }
}

impl Builder for NativeBuilder {
    fn name(&self) -> &'static str {
        "native/1"
    }

    fn build<'a>(&'a self, order: &'a Order, job: &'a JobContext) -> BoxFuture<'a, Result<Built, BuildError>> {
        Box::pin(self.run(order, job))
    }
}
