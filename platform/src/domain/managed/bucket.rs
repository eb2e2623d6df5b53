//! Buckets: MinIO in its official image, one server for each bucket.

use std::collections::BTreeMap;

use helios_client::Failure;
use oal_ir::NodeId;
use oal_ir::v1::{Bucket, BucketAccess, Resources};

use super::{Common, Managed, Ready, disk, file, strings};
use crate::domain::outputs::Program;

/// The image; the last one with the `mc` program that sets what a bucket has besides its files.
pub(super) const OFFICIAL: &str = "minio/minio:RELEASE.2025-04-22T22-12-26Z";

const PORT: u16 = 9000;

/// The bucket's name at the server: that of the component, which is a host name and so fit for one, but at least three letters
/// long (the S3 rules for names).
fn name(program: &Program<'_>, node: &NodeId) -> String {
    let host = program.host(node);
    if host.len() < 3 { format!("{host}-bucket") } else { host.to_owned() }
}

/// An output of a bucket; none if there is no such output.
pub(crate) fn output(program: &Program<'_>, node: &NodeId, output: &str) -> Result<Option<String>, Failure> {
    let endpoint = format!("http://{}:{PORT}", program.host(node));
    Ok(Some(match output {
        "endpoint" => endpoint,
        "name" => name(program, node),
        "url" => format!("{endpoint}/{}", name(program, node)),
        "region" => "us-east-1".to_owned(),
        "access_key" | "secret_key" => program.secret(&format!("{node}#{output}"))?.to_owned(),
        _ => return Ok(None),
    }))
}

pub(super) fn recipe(program: &Program<'_>, node: &NodeId, spec: &Bucket, image: &str) -> Result<Managed, Failure> {
    let (resources, networks) = (no_resources(), BTreeMap::new());
    let common = Common { resources: &resources, networks: &networks, port: PORT, publish: None };
    let mut container = common.container(program, node, image)?;
    for key in ["access_key", "secret_key"] {
        container.files.insert(format!("/run/secrets/{key}"), file(program.secret(&format!("{node}#{key}"))?));
    }
    let env =
        [("MINIO_ROOT_USER_FILE", "/run/secrets/access_key"), ("MINIO_ROOT_PASSWORD_FILE", "/run/secrets/secret_key")];
    container.env.extend(env.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if !spec.origins.is_empty() {
        let origins: Vec<&str> = spec.origins.iter().map(|origin| &**origin).collect();
        container.env.insert("MINIO_API_CORS_ALLOW_ORIGIN".to_owned(), origins.join(","));
    }
    container.command = Some(strings(["server", "/data"]));
    container.mounts.insert("/data".to_owned(), disk(program.names.volume(node, "minio")));
    let settle = vec![strings(["sh", "-c", &settle(&name(program, node), spec)])];
    Ok(Managed { container, ready: Ready::Tcp(PORT), settle, streams: Vec::new() })
}

/// Makes the bucket and sets what it has. The keys go by the environment: arguments can be seen by others.
fn settle(name: &str, spec: &Bucket) -> String {
    let bucket = format!("local/{name}");
    let access = match spec.access {
        BucketAccess::Private => "none",
        BucketAccess::PublicRead => "download",
    };
    let mut script = format!(
        "set -e\nexport MC_CONFIG_DIR=/tmp/mc\n\
         export MC_HOST_local=\"http://$(cat /run/secrets/access_key):$(cat /run/secrets/secret_key)@127.0.0.1:{PORT}\"\n\
         mc mb --ignore-existing {bucket}\nmc anonymous set {access} {bucket}\n"
    );
    let versioning = if spec.versioning { "enable" } else { "suspend" };
    script.push_str(&format!("mc version {versioning} {bucket}\n"));
    match spec.max_size {
        Some(size) => script.push_str(&format!("mc quota set {bucket} --size {}B\n", size.0)),
        None => script.push_str(&format!("mc quota clear {bucket}\n")),
    }
    script.push_str(&format!("mc ilm rule rm --all --force {bucket} || true\n"));
    if let Some(age) = spec.expire {
        // The rules of S3 count in days.
        let days = age.0.div_ceil(24 * 60 * 60 * 1000).max(1);
        script.push_str(&format!("mc ilm rule add --expire-days {days} {bucket}\n"));
    }
    script
}

const fn no_resources() -> Resources {
    Resources {
        cpu: None,
        memory: None,
        cpu_request: None,
        memory_request: None,
        swap: None,
        shared_memory: None,
        pids: None,
        gpu: None,
        cpu_set: None,
    }
}
