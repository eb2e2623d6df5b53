//! What the engine says of itself.

use super::{Engine, EngineError};

/// What the engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineFacts {
    /// Its version, such as `20.10.24`.
    pub version: String,
    /// The newest version of the API it speaks, such as `1.41`.
    pub api: String,
    /// Operating system and processor of its machine, such as `linux/amd64`.
    pub platform: String,
    /// Directory of its data on its machine.
    pub data: String,
}

impl Engine {
    /// Asks the engine about itself (`GET /version`, `GET /info`).
    ///
    /// # Errors
    /// It does not answer.
    pub async fn about(&self) -> Result<EngineFacts, EngineError> {
        let (version, info) = tokio::try_join!(self.docker().version(), self.docker().info())?;
        Ok(EngineFacts {
            platform: format!("{}/{}", version.os.unwrap_or_default(), version.arch.unwrap_or_default()),
            version: version.version.unwrap_or_default(),
            api: version.api_version.unwrap_or_default(),
            data: info.docker_root_dir.unwrap_or_default(),
        })
    }
}
