//! Networks.

use std::collections::BTreeMap;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptionsBuilder;

use super::{Engine, EngineError};

impl Engine {
    /// Makes a network, unless there is one of that name. The engine itself allows several of one name and then finds none of
    /// them; of several, the one whose id comes first stays.
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
        // A task of its own goes on when whoever asked for it does not: no second one begins before the engine has answered.
        let made = tokio::spawn(self.clone().make_network(request));
        made.await.unwrap_or_else(|ended| Err(EngineError::Failed(ended.to_string())))
    }

    async fn make_network(self, request: NetworkCreateRequest) -> Result<(), EngineError> {
        static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _one = ONE.lock().await;
        let name = request.name.clone();
        let mut found = self.networks_named(&name).await?;
        if found.is_empty() {
            match self.docker().create_network(request).await.map_err(EngineError::from) {
                Ok(_) | Err(EngineError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
            found = self.networks_named(&name).await?;
        }
        for surplus in found.iter().skip(1) {
            self.remove_network(surplus).await?;
        }
        Ok(())
    }

    /// The ids of the networks of just that name, in order.
    async fn networks_named(&self, name: &str) -> Result<Vec<String>, EngineError> {
        // The filter finds parts of names, too.
        let filters = std::collections::HashMap::from([("name".to_owned(), vec![name.to_owned()])]);
        let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
        let found = self.docker().list_networks(Some(options)).await?.into_iter();
        let mut ids: Vec<String> =
            found.filter(|network| network.name.as_deref() == Some(name)).filter_map(|network| network.id).collect();
        ids.sort();
        Ok(ids)
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
