//! Credentials for registries, where `docker login` keeps them: `config.json` of a directory, or the programs that it names
//! (<https://docs.docker.com/reference/cli/docker/login/#credential-stores>).

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

use bollard::auth::DockerCredentials;
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};

use super::EngineError;

/// What Docker Hub's credentials are kept under.
const HUB: &str = "https://index.docker.io/v1/";

/// The credentials for an image's registry; none if there are none for it. It may wait for a program.
///
/// # Errors
/// [`EngineError::Refused`]: the file, or what a program said, cannot be read.
pub(super) fn credentials(image: &str, directory: &Path) -> Result<Option<DockerCredentials>, EngineError> {
    let path = directory.join("config.json");
    let unreadable =
        |why: String| EngineError::Refused(format!("credentials for registries, {}: {why}", path.display()));
    let file = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let registry = registry(image);
    let mut credentials =
        DockerCredentials { serveraddress: Some(registry.to_owned()), ..DockerCredentials::default() };
    match get_credential_from_reader(file, registry) {
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            (credentials.username, credentials.password) = (Some(user), Some(password));
        }
        Ok(DockerCredential::IdentityToken(token)) => credentials.identitytoken = Some(token),
        Err(CredentialRetrievalError::NoCredentialConfigured | CredentialRetrievalError::ConfigNotFound) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(error.to_string())),
    }
    Ok(Some(credentials))
}

/// The registry that an image's name begins with, as the distribution's reference grammar has it: something with a dot or a
/// port, or `localhost`.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => HUB,
    }
}

#[cfg(test)]
mod tests {
    use super::{HUB, registry};

    #[test]
    fn a_name_begins_with_its_registry_or_means_docker_hub() {
        for (image, expected) in [
            ("redis:7", HUB),
            ("library/redis:7", HUB),
            ("ghcr.io/acme/web@sha256:00", "ghcr.io"),
            ("localhost/web", "localhost"),
            ("registry:5000/web:1", "registry:5000"),
        ] {
            assert_eq!(registry(image), expected, "{image}");
        }
    }
}
