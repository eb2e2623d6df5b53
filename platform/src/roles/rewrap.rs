//! A new master key: what others have sealed is wrapped anew by the one that seals now, so that the old ones can go.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::sealing::Keyring;
use crate::store::Store;
use crate::store::secrets::{self, SecretError};

/// So many values in one transaction.
const BATCH: i64 = 100;
/// How long the database is left alone after it failed.
const PAUSE: Duration = Duration::from_secs(10);

/// Wraps anew what there is, then waits for `shutdown`: the file of keys is read once for each process. Any number may run.
pub async fn run(store: Store, keyring: Arc<Keyring>, shutdown: CancellationToken) {
    let mut done = 0;
    loop {
        match batch(&store, &keyring).await {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(SecretError::Store(error)) => {
                tracing::warn!(%error, "values are not wrapped anew yet");
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = shutdown.cancelled() => return,
                }
            }
            Err(error) => {
                tracing::error!(%error, "a value cannot be wrapped anew: is the key that it names in the file of keys?");
                break;
            }
        }
    }
    if done > 0 {
        tracing::info!(
            values = done,
            key = keyring.current(),
            "all that was sealed is wrapped by the first key of the file"
        );
    }
    shutdown.cancelled().await;
}

async fn batch(store: &Store, keyring: &Keyring) -> Result<u64, SecretError> {
    let mut tx = store.system().await?;
    let count = secrets::rewrap(&mut tx, keyring, BATCH).await?;
    tx.commit().await?;
    Ok(count)
}
