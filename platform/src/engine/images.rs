//! Images: what is there, fetching, loading, removing.

use std::collections::{BTreeMap, HashMap};

use bollard::query_parameters::{
    CreateImageOptionsBuilder, ImportImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::{Engine, EngineError, registry};

/// An image that the engine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// `sha256:…` of its configuration.
    pub id: String,
    /// Bytes of all its layers.
    pub size: u64,
    /// Operating system and processor, such as `linux/amd64`.
    pub platform: String,
    /// Labels of its configuration.
    pub labels: BTreeMap<String, String>,
}

/// An image in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedImage {
    /// `sha256:…` of its configuration.
    pub id: String,
    /// Its names.
    pub tags: Vec<String>,
    /// Bytes of all its layers, shared ones included.
    pub size: u64,
    /// Labels of its configuration.
    pub labels: BTreeMap<String, String>,
    /// When it was made, in seconds since 1970.
    pub created: i64,
}

impl Engine {
    /// An image by name or id; none if the engine has no such image.
    ///
    /// # Errors
    /// The engine.
    pub async fn image(&self, name: &str) -> Result<Option<ImageFacts>, EngineError> {
        let found = match self.docker().inspect_image(name).await.map_err(EngineError::from) {
            Ok(found) => found,
            Err(EngineError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let variant = found.variant.filter(|variant| !variant.is_empty()).map(|variant| format!("/{variant}"));
        Ok(Some(ImageFacts {
            id: found.id.unwrap_or_default(),
            size: found.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            platform: format!(
                "{}/{}{}",
                found.os.unwrap_or_default(),
                found.architecture.unwrap_or_default(),
                variant.unwrap_or_default()
            ),
            labels: found.config.and_then(|config| config.labels).unwrap_or_default().into_iter().collect(),
        }))
    }

    /// Fetches an image from its registry; `line` is told how it goes, once per change of a layer's state.
    ///
    /// # Errors
    /// The registry does not have it, does not answer, or asks for other credentials; the engine.
    pub async fn pull(
        &self,
        name: &str,
        platform: Option<&str>,
        mut line: impl FnMut(String),
    ) -> Result<(), EngineError> {
        // Without a tag the API fetches all tags there are.
        let name = with_tag(name);
        let options =
            CreateImageOptionsBuilder::default().from_image(&name).platform(platform.unwrap_or_default()).build();
        let credentials = match self.credentials.clone() {
            Some(directory) => {
                let name = name.clone();
                let find = tokio::task::spawn_blocking(move || registry::credentials(&name, &directory));
                find.await.map_err(|ended| EngineError::Failed(ended.to_string()))??
            }
            None => None,
        };
        let mut answers = Box::pin(self.docker().create_image(Some(options), None, credentials));
        let mut states = HashMap::new();
        while let Some(answer) = answers.next().await {
            let answer = answer?;
            let (Some(status), layer) = (answer.status, answer.id.unwrap_or_default()) else { continue };
            if states.get(&layer) != Some(&status) {
                line(if layer.is_empty() { status.clone() } else { format!("{layer}: {status}") });
                states.insert(layer, status);
            }
        }
        Ok(())
    }

    /// Loads an archive in the form of `docker save` (the engine before 25 takes no other).
    ///
    /// # Errors
    /// It is no such archive; the disk of the engine is full; the engine.
    pub async fn load<E>(
        &self,
        archive: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<(), EngineError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let options = ImportImageOptionsBuilder::default().quiet(true).build();
        let mut answers = Box::pin(self.docker().import_image_stream(options, archive, None));
        while let Some(answer) = answers.next().await {
            answer?;
        }
        Ok(())
    }

    /// Gives an image a further name, `repository:tag`.
    ///
    /// # Errors
    /// There is no such image; the engine.
    pub async fn tag_image(&self, image: &str, repository: &str, tag: &str) -> Result<(), EngineError> {
        let options = bollard::query_parameters::TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
        Ok(self.docker().tag_image(image, Some(options)).await?)
    }

    /// All images with this label, `key` or `key=value`, that have a name or that no other was built on.
    ///
    /// # Errors
    /// The engine.
    pub async fn images_with(&self, label: &str) -> Result<Vec<ListedImage>, EngineError> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let images = self.docker().list_images(Some(options)).await?;
        Ok(images
            .into_iter()
            .map(|image| ListedImage {
                id: image.id,
                tags: image.repo_tags.into_iter().filter(|tag| tag != "<none>:<none>").collect(),
                size: u64::try_from(image.size).unwrap_or(0),
                labels: image.labels.into_iter().collect(),
                created: image.created,
            })
            .collect())
    }

    /// Removes a name or, by id, the image. Never by force: the engine keeps an image that a container was made of.
    /// Returns whether something was removed; no such image is fine.
    ///
    /// # Errors
    /// [`EngineError::Conflict`]: it is in use; the engine.
    pub async fn remove_image(&self, name: &str) -> Result<bool, EngineError> {
        let options = RemoveImageOptionsBuilder::default().force(false).build();
        match self.docker().remove_image(name, Some(options), None).await.map_err(EngineError::from) {
            Ok(removed) => Ok(!removed.is_empty()),
            Err(EngineError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The name with `:latest`, unless it has a tag or a digest.
fn with_tag(name: &str) -> String {
    let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use super::with_tag;

    #[test]
    fn a_name_without_tag_means_the_latest() {
        assert_eq!(with_tag("redis"), "redis:latest");
        assert_eq!(with_tag("registry.example:5000/redis"), "registry.example:5000/redis:latest");
        assert_eq!(with_tag("registry.example:5000/redis:7"), "registry.example:5000/redis:7");
        assert_eq!(with_tag("redis@sha256:00"), "redis@sha256:00");
    }
}
