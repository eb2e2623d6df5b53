//! Sending a program's sources: packed so that the same files have the same digest, and not sent where they are known.

use helios_client::{Client, Digest, Name};
use tokio_util::io::ReaderStream;

use super::program::Program;
use super::{Exit, Failure};

/// Sends the sources of a program; returns the digest to deploy.
///
/// # Errors
/// A file that cannot be read or sent; the platform.
pub(super) async fn send(client: &Client, program: &Program, environment: &Name) -> Result<Digest, Failure> {
    let bundle = program.pack(environment)?;
    let digest: Digest =
        bundle.digest.parse().map_err(|error| Failure::new(Exit::Unknown, format!("the bundle's digest: {error}")))?;
    if !client.has_source(&digest).await? {
        let file = bundle.reader().map_err(|error| Failure::usage(format!("the bundle: {error}")))?;
        let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 64 * 1024);
        client.upload_source(&digest, bundle.size, stream).await?;
    }
    Ok(digest)
}
