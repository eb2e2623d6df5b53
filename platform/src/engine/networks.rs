//! Networks.

use std::collections::BTreeMap;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptionsBuilder;

use super::{Engine, EngineError};

impl Engine {
    /// Makes a network, unless there is one of that name. The engine itself allows two of one name: whoever calls sees to it
    /// that it does not do so twice at a time.
    ///
    /// # Errors
    /// [`EngineError::Refused`], [`EngineError::Failed`]: its addresses are taken, or no more are free; the engine.
    pub async fn ensure_network(
        &self,
        name: &str,
        internal: bool,
        subnet: Option<&str>,
        labels: &BTreeMap<&'static str, String>,
    ) -> Result<(), EngineError> {
        if self.networks_named(name).await?.iter().any(|found| found == name) {
            return Ok(());
        }
        let addresses = subnet.map(|subnet| Ipam {
            config: Some(vec![IpamConfig { subnet: Some(subnet.to_owned()), ..IpamConfig::default() }]),
            ..Ipam::default()
        });
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            internal: Some(internal),
            ipam: addresses,
            labels: Some(labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()),
            ..NetworkCreateRequest::default()
        };
        match self.docker().create_network(request).await.map_err(EngineError::from) {
            Ok(_) | Err(EngineError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn networks_named(&self, name: &str) -> Result<Vec<String>, EngineError> {
        // The filter finds parts of names, too.
        let filters = std::collections::HashMap::from([("name".to_owned(), vec![name.to_owned()])]);
        let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
        Ok(self.docker().list_networks(Some(options)).await?.into_iter().filter_map(|network| network.name).collect())
    }

    /// The names of the networks that carry these labels.
    ///
    /// # Errors
    /// The engine.
    pub async fn networks(&self, labels: &[(&str, &str)]) -> Result<Vec<String>, EngineError> {
        let options = ListNetworksOptionsBuilder::default().filters(&super::label_filters(labels)).build();
        Ok(self.docker().list_networks(Some(options)).await?.into_iter().filter_map(|network| network.name).collect())
    }

    /// Removes a network; one that is not there is fine.
    ///
    /// # Errors
    /// [`EngineError::Refused`] containers are in it; the engine.
    pub async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        match self.docker().remove_network(name).await.map_err(EngineError::from) {
            Err(EngineError::Missing(_)) => Ok(()),
            other => other,
        }
    }
}
