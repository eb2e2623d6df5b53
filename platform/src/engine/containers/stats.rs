//! What containers use.

use std::time::Duration;

use bollard::query_parameters::StatsOptionsBuilder;
use futures::StreamExt;

use super::super::{Engine, EngineError};

/// What a container uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The time its programs have computed since it was started.
    pub computed: Duration,
    /// Bytes it holds, without pages of files that the kernel could give up at once, as `docker stats` counts them.
    pub memory: u64,
}

impl Engine {
    /// What a container uses now; none if it does not run.
    ///
    /// # Errors
    /// The engine.
    pub async fn usage(&self, name: &str) -> Result<Option<Usage>, EngineError> {
        let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
        let mut stats = Box::pin(self.docker().stats(name, Some(options)));
        let stats = match stats.next().await.transpose().map_err(EngineError::from) {
            Ok(Some(stats)) => stats,
            Ok(None) | Err(EngineError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let computed = stats.cpu_stats.and_then(|cpu| cpu.cpu_usage?.total_usage).filter(|computed| *computed > 0);
        let memory = stats.memory_stats.unwrap_or_default();
        let Some((computed, held)) = computed.zip(memory.usage) else { return Ok(None) };
        let kept = memory.stats.unwrap_or_default();
        // The names of cgroups version 2 and version 1.
        let files = kept.get("inactive_file").or_else(|| kept.get("total_inactive_file")).copied().unwrap_or(0);
        Ok(Some(Usage { computed: Duration::from_nanos(computed), memory: held.saturating_sub(files) }))
    }
}
