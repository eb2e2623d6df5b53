//! Builds by the BuildKit inside of the engine (`POST /build?version=2`), which fetches the context and secrets through a session.
//! It ignores caps on memory, processor and processes without a word (seen with 20.10).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard_buildkit_proto::moby::buildkit::v1::StatusResponse;
use bytes::BytesMut;
use futures::Stream;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use prost::Message as _;
use serde::Deserialize;

use super::connection::{Closing, broken};
use super::{Engine, EngineError};

pub mod files;
pub mod session;

/// A build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildKitRequest {
    /// Names the build and its session; nobody else's is the same.
    pub id: String,
    /// Name of the recipe in the directory `dockerfile` of the session.
    pub dockerfile: String,
    /// The stage to stop at.
    pub target: Option<String>,
    /// Values of `ARG` lines, and what the frontend reads from their names.
    pub args: BTreeMap<String, String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// The image's name, `repository:tag`.
    pub name: String,
    /// Whether `RUN` lines have a network.
    pub network: bool,
    /// A host name that `RUN` lines know: who has another one has another cache of steps.
    pub host: String,
}

/// What BuildKit says of a build. Steps are told apart by digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildKitEvent {
    /// A step has begun, or was found in the cache.
    Step {
        /// The step.
        digest: String,
        /// What it does, as `[2/3] RUN make`.
        name: String,
        /// It need not be done again.
        cached: bool,
    },
    /// A step has ended by an error.
    StepFailed(String),
    /// What a step wrote, in pieces.
    Output {
        /// The step.
        digest: String,
        /// As it was written.
        bytes: Vec<u8>,
    },
    /// The build has failed; BuildKit's own words.
    Failed(String),
}

/// A line of the engine's answer.
#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    id: String,
    #[serde(default)]
    aux: serde_json::Value,
    #[serde(rename = "errorDetail")]
    error: Option<SaidError>,
}

#[derive(Debug, Deserialize)]
struct SaidError {
    #[serde(default)]
    message: String,
}

/// What the engine's answer of a build is read with.
struct Answer {
    body: Incoming,
    /// Of a line that has not ended.
    pending: BytesMut,
    events: std::vec::IntoIter<BuildKitEvent>,
    ended: bool,
    _connection: Closing,
}

impl Engine {
    /// Builds an image from what the session of this id serves. Dropping the stream ends the build at some time;
    /// [`Self::cancel_buildkit`] ends it at once, and the stream then ends when nothing of it runs any more.
    ///
    /// # Errors
    /// The engine, as an item or at once.
    pub async fn buildkit(
        &self,
        request: &BuildKitRequest,
    ) -> Result<impl Stream<Item = Result<BuildKitEvent, EngineError>> + Send + use<>, EngineError> {
        let json = |map: &BTreeMap<String, String>| serde_json::to_string(map).unwrap_or_default();
        let mut query = vec![
            ("version", "2".to_owned()),
            ("session", request.id.clone()),
            ("buildid", request.id.clone()),
            ("remote", "client-session".to_owned()),
            ("dockerfile", request.dockerfile.clone()),
            ("buildargs", json(&request.args)),
            ("labels", json(&request.labels)),
            ("t", request.name.clone()),
            ("networkmode", if request.network { "default" } else { "none" }.to_owned()),
            ("extrahosts", format!("{}:127.0.0.1", request.host)),
        ];
        query.extend(request.target.clone().map(|target| ("target", target)));
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", crate::domain::outputs::encode(value))).collect();
        let (answer, connection) = self.post(&format!("/build?{}", query.join("&")), &[]).await?;
        let answer = Answer {
            body: answer.into_body(),
            pending: BytesMut::new(),
            events: Vec::new().into_iter(),
            ended: false,
            _connection: connection,
        };
        Ok(futures::stream::unfold(answer, |mut answer| async {
            let next = answer.next().await?;
            Some((next, answer))
        }))
    }

    /// Ends the build of that id; it may have ended.
    ///
    /// # Errors
    /// The engine.
    pub async fn cancel_buildkit(&self, id: &str) -> Result<(), EngineError> {
        self.post(&format!("/build/cancel?id={id}"), &[]).await.map(drop)
    }

    /// The newest minor version of `docker/dockerfile` whose language the engine's own frontend knows
    /// (<https://docs.docker.com/build/buildkit/dockerfile-release-notes/>, by the engine's version of the API).
    #[must_use]
    pub fn frontend(&self) -> u32 {
        match self.docker().client_version().minor_version {
            ..=41 => 2,
            42 => 4,
            43 => 5,
            44 => 6,
            _ => 7,
        }
    }
}

impl Answer {
    async fn next(&mut self) -> Option<Result<BuildKitEvent, EngineError>> {
        loop {
            if let Some(event) = self.events.next() {
                return Some(Ok(event));
            }
            if self.ended {
                return None;
            }
            match self.body.frame().await {
                None => {
                    self.ended = true;
                    self.pending.extend_from_slice(b"\n");
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(broken(error)));
                }
                Some(Ok(frame)) => self.pending.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            }
            let mut events = Vec::new();
            while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line = self.pending.split_to(end + 1);
                // What is no such line, such as the id of the image, is nothing that has to be known.
                if let Ok(said) = serde_json::from_slice::<Said>(&line) {
                    take(said, &mut events);
                }
            }
            self.events = events.into_iter();
        }
    }
}

fn take(said: Said, events: &mut Vec<BuildKitEvent>) {
    if let Some(error) = said.error {
        events.push(BuildKitEvent::Failed(error.message));
    }
    let trace = (said.id == "moby.buildkit.trace").then(|| said.aux.as_str()).flatten();
    let trace =
        trace.and_then(|trace| STANDARD.decode(trace).ok()).and_then(|trace| StatusResponse::decode(&*trace).ok());
    let Some(trace) = trace else { return };
    for vertex in &trace.vertexes {
        if vertex.started.is_some() {
            let (digest, name) = (vertex.digest.clone(), vertex.name.clone());
            events.push(BuildKitEvent::Step { digest, name, cached: vertex.cached });
        }
    }
    events.extend(trace.logs.into_iter().map(|log| BuildKitEvent::Output { digest: log.vertex, bytes: log.msg }));
    let failed = trace.vertexes.into_iter().filter(|vertex| !vertex.error.is_empty());
    events.extend(failed.map(|vertex| BuildKitEvent::StepFailed(vertex.digest)));
}
