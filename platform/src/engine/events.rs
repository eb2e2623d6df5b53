//! What happens at the engine.

use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use futures::stream::BoxStream;

use super::{Engine, EngineError};

/// Something that happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerEvent {
    /// `start`, `die`, `oom`, `destroy`, …
    pub action: String,
    /// The container's name.
    pub name: String,
    /// Its labels, and what the engine adds, such as `exitCode`.
    pub attributes: std::collections::BTreeMap<String, String>,
}

impl Engine {
    /// What happens from now on to containers that carry these labels, until the engine ends the connection.
    #[must_use]
    pub fn container_events(&self, labels: &[(&str, &str)]) -> BoxStream<'static, Result<ContainerEvent, EngineError>> {
        let mut filters = super::label_filters(labels);
        filters.insert("type".to_owned(), vec!["container".to_owned()]);
        let actions = ["start", "die", "oom", "destroy"];
        filters.insert("event".to_owned(), actions.map(str::to_owned).to_vec());
        let options = EventsOptionsBuilder::default().filters(&filters).build();
        let (sender, receiver) = tokio::sync::mpsc::channel(256);
        let engine = self.clone();
        tokio::spawn(async move {
            let mut events = Box::pin(engine.docker().events(Some(options)));
            loop {
                tokio::select! {
                    () = sender.closed() => break,
                    next = events.next() => {
                        let Some(next) = next else { break };
                        if sender.send(next.map(event).map_err(EngineError::from)).await.is_err() { break }
                    }
                }
            }
        });
        tokio_stream::wrappers::ReceiverStream::new(receiver).boxed()
    }

    /// What happened to one container since then, as far as the engine remembers: its last few hundred events.
    ///
    /// # Errors
    /// The engine.
    pub async fn events_of(&self, name: &str, since: DateTime<Utc>) -> Result<Vec<ContainerEvent>, EngineError> {
        let mut filters = super::label_filters(&[]);
        filters.insert("container".to_owned(), vec![name.to_owned()]);
        let options = EventsOptionsBuilder::default()
            .filters(&filters)
            .since(&since.timestamp().to_string())
            .until(&Utc::now().format("%s.%9f").to_string())
            .build();
        let mut found = Vec::new();
        let mut events = Box::pin(self.docker().events(Some(options)));
        while let Some(next) = events.next().await {
            found.push(event(next?));
        }
        Ok(found)
    }
}

fn event(message: EventMessage) -> ContainerEvent {
    let attributes = message.actor.and_then(|actor| actor.attributes).unwrap_or_default();
    ContainerEvent {
        action: message.action.unwrap_or_default(),
        name: attributes.get("name").cloned().unwrap_or_default(),
        attributes: attributes.into_iter().collect(),
    }
}
