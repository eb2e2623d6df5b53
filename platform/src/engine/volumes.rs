//! Volumes.

use std::collections::BTreeMap;

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder};

use super::{Engine, EngineError};

impl Engine {
    /// Makes a volume; one of that name stays as it is.
    ///
    /// # Errors
    /// [`EngineError::Refused`] no such driver or option; the engine.
    pub async fn ensure_volume(
        &self,
        name: &str,
        driver: Option<&str>,
        options: &BTreeMap<String, String>,
        labels: &BTreeMap<&'static str, String>,
    ) -> Result<(), EngineError> {
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            driver: Some(driver.unwrap_or("local").to_owned()),
            driver_opts: Some(options.clone().into_iter().collect()),
            labels: Some(labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()),
            ..VolumeCreateRequest::default()
        };
        self.docker().create_volume(request).await?;
        Ok(())
    }

    /// The labels of a volume; none if there is no such volume.
    ///
    /// # Errors
    /// The engine.
    pub async fn volume(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, EngineError> {
        match self.docker().inspect_volume(name).await.map_err(EngineError::from) {
            Ok(volume) => Ok(Some(volume.labels.into_iter().collect())),
            Err(EngineError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The names of the volumes that carry these labels.
    ///
    /// # Errors
    /// The engine.
    pub async fn volumes(&self, labels: &[(&str, &str)]) -> Result<Vec<String>, EngineError> {
        let options = ListVolumesOptionsBuilder::default().filters(&super::label_filters(labels)).build();
        let volumes = self.docker().list_volumes(Some(options)).await?.volumes.unwrap_or_default();
        Ok(volumes.into_iter().map(|volume| volume.name).collect())
    }

    /// Removes a volume and what it holds; one that is not there is fine.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] a container uses it; the engine.
    pub async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        match self
            .docker()
            .remove_volume(name, Some(RemoveVolumeOptionsBuilder::default().build()))
            .await
            .map_err(EngineError::from)
        {
            Err(EngineError::Missing(_)) => Ok(()),
            other => other,
        }
    }
}
