//! Asking a container whether it works, from outside it: nothing has to be in its image for that.

use std::time::Duration;

use oal_ir::v1::{Millis, Probe, Protocol, Service};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::Docker;
use crate::domain::workload::probe_port;
use crate::engine::containers::Container;

/// A question to a copy of a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// The field it stands in: `health` or `ready`.
    pub(super) field: &'static str,
    /// The question.
    pub(super) probe: &'a Probe,
    /// From one to the next.
    pub(super) every: Duration,
    /// How long after the start bad answers stop being forgiven: the start period, and as many tries as may fail in a row.
    pub(super) patience: Duration,
}

/// What a service is asked; empty if the program says nothing, or switched probes off.
pub(super) fn questions(service: &Service) -> Vec<Question<'_>> {
    let both = [("health", service.health.as_ref()), ("ready", service.ready.as_ref())];
    let question = |(field, probe): (&'static str, Option<&'_ Probe>)| {
        let probe = probe?;
        let (every, timeout, retries, start_period) = timing(probe)?;
        let time = |time: Millis| Duration::from_millis(time.0);
        let tries = u32::try_from(retries).unwrap_or(u32::MAX);
        let patience = time(start_period) + time(every).saturating_mul(tries).saturating_add(time(timeout));
        // Taken again from the service, so that the borrow is the caller's.
        let probe = if field == "health" { service.health.as_ref()? } else { service.ready.as_ref()? };
        Some(Question { field, probe, every: time(every), patience })
    };
    both.into_iter().filter_map(question).collect()
}

pub(super) const fn timing(probe: &Probe) -> Option<(Millis, Millis, u64, Millis)> {
    match probe {
        Probe::Http { every, timeout, retries, start_period, .. }
        | Probe::Tcp { every, timeout, retries, start_period, .. }
        | Probe::Exec { every, timeout, retries, start_period, .. }
        | Probe::Grpc { every, timeout, retries, start_period, .. } => {
            Some((*every, *timeout, *retries, *start_period))
        }
        Probe::Off => None,
    }
}

/// The address at which the machine reaches a container.
pub(super) fn address(container: &Container) -> Option<&str> {
    container.addresses.values().next().map(String::as_str)
}

impl Docker {
    /// Asks once.
    ///
    /// # Errors
    /// What was answered instead, in words.
    pub(super) async fn ask(&self, service: &Service, probe: &Probe, container: &Container) -> Result<(), String> {
        let place = || {
            let address = address(container).ok_or("it has no address")?;
            let port = probe_port(service, probe).ok_or("it has no such port")?;
            Ok::<_, String>(if address.contains(':') {
                format!("[{address}]:{port}")
            } else {
                format!("{address}:{port}")
            })
        };
        match probe {
            Probe::Off => Ok(()),
            Probe::Grpc { service: name, timeout, .. } => {
                let place = place()?;
                let limit = Duration::from_millis(timeout.0);
                let asked = tokio::time::timeout(limit, grpc(&place, name)).await;
                let answer = asked.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")));
                answer.map_err(|error| format!("gRPC health at port {}: {error}", port_of(&place)))
            }
            Probe::Tcp { timeout, .. } => {
                let place = place()?;
                let connect = tokio::net::TcpStream::connect(&place);
                match tokio::time::timeout(Duration::from_millis(timeout.0), connect).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(format!("no connection to port {}: {}", port_of(&place), words(&error))),
                    Err(_) => Err(format!("no connection to port {} within {timeout}", port_of(&place))),
                }
            }
            Probe::Http { path, port, timeout, headers, .. } => {
                let place = place()?;
                let named = port.as_ref().or_else(|| service.ports.get_key_value("http").map(|(name, _)| name));
                let encrypted = named.is_some_and(|name| matches!(service.protocols.get(name), Some(Protocol::Https)));
                let scheme = if encrypted { "https" } else { "http" };
                let timeout = Duration::from_millis(timeout.0);
                http(&format!("{scheme}://{place}{}", &**path), headers, timeout)
                    .await
                    .map_err(|error| format!("GET {} at port {}: {error}", &**path, port_of(&place)))
            }
            Probe::Exec { command, timeout, .. } => {
                let limit = Duration::from_millis(timeout.0);
                match self.engine.run_in(&container.name, command, limit).await {
                    Ok(outcome) if outcome.code == Some(0) => Ok(()),
                    Ok(outcome) => {
                        let code = outcome
                            .code
                            .map_or_else(|| format!("no end within {limit:?}"), |code| format!("exit code {code}"));
                        Err(format!("`{}`: {code}: {}", command.join(" "), outcome.output))
                    }
                    Err(error) => Err(format!("`{}`: {error}", command.join(" "))),
                }
            }
        }
    }
}

fn port_of(place: &str) -> &str {
    place.rsplit(':').next().unwrap_or(place)
}

/// An error without the operating system's number.
fn words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Asks by the gRPC health checking protocol, <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>; an empty name
/// means the server as a whole.
async fn grpc(place: &str, service: &str) -> Result<(), String> {
    let endpoint = Endpoint::from_shared(format!("http://{place}")).map_err(|error| error.to_string())?;
    let channel = endpoint.user_agent("helios-probe").map_err(|error| error.to_string())?.connect().await;
    let mut client = HealthClient::new(channel.map_err(|error| innermost(&error))?);
    match client.check(HealthCheckRequest { service: service.to_owned() }).await {
        Ok(answer) => match answer.into_inner().status() {
            ServingStatus::Serving => Ok(()),
            other => Err(format!("the answer was {}", other.as_str_name())),
        },
        Err(status) => Err(format!("{}: {}", status.code(), status.message()).to_lowercase()),
    }
}

/// An answer from 200 to 399 is good; redirections are not followed.
async fn http(
    url: &str,
    headers: &std::collections::BTreeMap<String, String>,
    timeout: Duration,
) -> Result<(), String> {
    let client = crate::edge::admin::client()
        .redirect(reqwest::redirect::Policy::none())
        .danger_accept_invalid_certs(true)
        .timeout(timeout)
        .build()
        .map_err(|error| error.to_string())?;
    let mut request = client.get(url).header("User-Agent", "helios-probe").header("Connection", "close");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match request.send().await {
        Ok(answer) if (200..400).contains(&answer.status().as_u16()) => Ok(()),
        Ok(answer) => Err(format!("the answer was {}", answer.status())),
        Err(error) if error.is_timeout() => Err(format!("no answer within {timeout:?}")),
        Err(error) => Err(innermost(&error)),
    }
}

/// What lies below an error, without the operating system's number.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
