//! Networks.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptionsBuilder;
use ipnet::Ipv4Net;

use super::{Engine, EngineError};

impl Engine {
    /// Makes a network, unless there is one of that name. The engine itself allows several of one name and then finds none of
    /// them; of several, the one whose id comes first stays. If no subnet is wanted and the engine has none left of its own, the
    /// network gets one of `spare`.
    ///
    /// # Errors
    /// [`EngineError::Refused`], [`EngineError::Failed`]: its addresses are taken, or no more are free; the engine.
    pub async fn ensure_network(
        &self,
        name: &str,
        internal: bool,
        subnet: Option<&str>,
        spare: Ipv4Net,
        labels: &BTreeMap<&'static str, String>,
    ) -> Result<(), EngineError> {
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            internal: Some(internal),
            ipam: subnet.map(addresses),
            labels: Some(labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()),
            ..NetworkCreateRequest::default()
        };
        // A task of its own goes on when whoever asked for it does not: no second one begins before the engine has answered.
        let made = tokio::spawn(self.clone().make_network(request, spare));
        made.await.unwrap_or_else(|ended| Err(EngineError::Failed(ended.to_string())))
    }

    async fn make_network(self, request: NetworkCreateRequest, spare: Ipv4Net) -> Result<(), EngineError> {
        static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _one = ONE.lock().await;
        let name = request.name.clone();
        let mut found = self.networks_named(&name).await?;
        if found.is_empty() {
            match self.docker().create_network(request.clone()).await.map_err(EngineError::from) {
                Ok(_) | Err(EngineError::Conflict(_)) => {}
                Err(error) if request.ipam.is_none() && none_left(&error) => {
                    self.make_spare(request, spare, error).await?;
                }
                Err(error) => return Err(error),
            }
            found = self.networks_named(&name).await?;
        }
        for surplus in found.iter().skip(1) {
            self.remove_network(surplus).await?;
        }
        Ok(())
    }

    /// Takes the first subnet of `spare` that no other network and no route of the machine has.
    async fn make_spare(
        &self,
        request: NetworkCreateRequest,
        spare: Ipv4Net,
        mut last: EngineError,
    ) -> Result<(), EngineError> {
        let routes = routes();
        let subnets = spare.subnets(spare.prefix_len().max(SPARE)).into_iter().flatten();
        for subnet in
            subnets.filter(|subnet| !routes.iter().any(|route| route.contains(subnet) || subnet.contains(route)))
        {
            let request = NetworkCreateRequest { ipam: Some(addresses(&subnet.to_string())), ..request.clone() };
            match self.docker().create_network(request).await.map_err(EngineError::from) {
                Ok(_) | Err(EngineError::Conflict(_)) => return Ok(()),
                Err(error) if error.to_string().contains("overlap") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
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

/// The length of the prefix of a subnet for a network: 254 addresses.
const SPARE: u8 = 24;

fn addresses(subnet: &str) -> Ipam {
    let subnet = IpamConfig { subnet: Some(subnet.to_owned()), ..IpamConfig::default() };
    Ipam { config: Some(vec![subnet]), ..Ipam::default() }
}

/// Whether the engine says that it has no addresses left: the words of Docker up to 26, and since 27.
fn none_left(error: &EngineError) -> bool {
    let text = error.to_string();
    text.contains("non-overlapping IPv4 address pool") || text.contains("all predefined address pools")
}

/// The networks that the machine reaches, but for the way to everywhere; as Linux lists them (`proc(5)`).
fn routes() -> Vec<Ipv4Net> {
    let text = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let number =
        |word: Option<&&str>| u32::from_str_radix(word?, 16).ok().map(|number| Ipv4Addr::from(number.to_le_bytes()));
    let network = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Ipv4Net::with_netmask(number(words.get(1))?, number(words.get(7))?).ok()
    };
    text.lines().skip(1).filter_map(network).filter(|network| network.prefix_len() > 0).collect()
}
