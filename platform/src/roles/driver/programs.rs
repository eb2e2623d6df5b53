//! Programs that were read a moment ago. A document never changes under its digest, so what was read stays right.

use std::sync::{Arc, Mutex, PoisonError};

use oal_ir::Ir;

use super::DriverError;
use crate::artifacts::Artifacts;

/// The most bytes of an IR document that are read.
const MOST_IR_BYTES: u64 = 64 << 20;

/// So many are kept: a driver looks at few deployments at a time, and at each again and again.
const KEPT: usize = 16;

/// Programs by the digest of their document, the one that was asked for last at the end.
#[derive(Debug, Default)]
pub struct Programs(Mutex<Vec<(String, Arc<Ir>)>>);

impl Programs {
    /// The program of a document in the artifact store; read on a thread for such work, if it was not read before.
    ///
    /// # Errors
    /// It is gone or broken; the disk.
    pub(super) async fn get(&self, artifacts: &Artifacts, digest: &str) -> Result<Arc<Ir>, DriverError> {
        if let Some(known) = self.known(digest) {
            return Ok(known);
        }
        let (artifacts, wanted) = (artifacts.clone(), digest.to_owned());
        let read = blocking(move || {
            let bytes = artifacts.get(&wanted, MOST_IR_BYTES)?;
            oal_ir::read(&bytes).map_err(|error| DriverError::Broken(format!("the document {wanted}: {error}")))
        });
        let ir = Arc::new(read.await?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push((digest.to_owned(), Arc::clone(&ir)));
        Ok(ir)
    }

    fn known(&self, digest: &str) -> Option<Arc<Ir>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(known, _)| known == digest)?;
        let found = all.remove(at);
        let ir = Arc::clone(&found.1);
        all.push(found);
        Some(ir)
    }
}

/// Does what takes a processor or a disk for long on a thread for such work.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DriverError> + Send + 'static,
) -> Result<T, DriverError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(DriverError::Broken(error.to_string())))
}
