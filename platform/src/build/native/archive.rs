//! An image as the archive that `docker load` takes: one layer, its configuration, and a manifest that names both.
//! (<https://github.com/moby/docker-image-spec/blob/main/v1.2.md>, "Combined Image JSON + Filesystem Changeset Format")

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write};

use oal_ir::canonical;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType};

use super::plan::{Node, Plan};
use crate::build::{Order, context};

/// No image has a time of its own, or it would differ each time.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Writes the image; `layer` is an empty file to work in. Returns the image's id: the digest of its configuration.
pub(super) fn write(plan: &Plan, order: &Order, mut layer: File, into: &mut File) -> io::Result<String> {
    let diff = write_layer(plan, order, &mut layer)?;
    let size = layer.stream_position()?;
    layer.rewind()?;
    let config = canonical::to_canonical(&config(plan, order, &diff)).map_err(io::Error::other)?;
    let id = canonical::sha256(&config);
    let digits = id.trim_start_matches("sha256:");
    let layer_path = format!("{}/layer.tar", diff.trim_start_matches("sha256:"));
    let manifest = json!([{ "Config": format!("{digits}.json"), "Layers": [layer_path] }]);
    let manifest = canonical::to_canonical(&manifest).map_err(io::Error::other)?;

    let mut archive = Builder::new(into);
    let plain = |size| context::header(EntryType::Regular, 0o644, size, 0);
    archive.append_data(&mut plain(config.len() as u64), format!("{digits}.json"), &*config)?;
    archive.append_data(&mut plain(size), &layer_path, layer.take(size))?;
    archive.append_data(&mut plain(manifest.len() as u64), "manifest.json", &*manifest)?;
    archive.into_inner()?;
    Ok(id)
}

/// Writes the files; returns the layer's digest.
fn write_layer(plan: &Plan, order: &Order, into: &mut File) -> io::Result<String> {
    let time = context::time(&order.sources.context.digest());
    let directory = &order.sources.context.directory;
    let mut archive = Builder::new(Hashed { inner: into, hash: Sha256::new() });
    for (path, node) in &plan.tree {
        match node {
            Node::Directory { owner } => {
                let mut header = context::header(EntryType::Directory, 0o755, 0, time);
                header.set_uid(owner.0);
                header.set_gid(owner.1);
                archive.append_data(&mut header, format!("{path}/"), io::empty())?;
            }
            Node::Link { target } => {
                archive.append_link(&mut context::header(EntryType::Symlink, 0o777, 0, time), path, target)?;
            }
            Node::File { from, size, mode, owner } => {
                let place = if directory.is_empty() { from.clone() } else { format!("{directory}/{from}") };
                let file = context::open(&order.project, &place, *size)?;
                let mut header = context::header(EntryType::Regular, *mode, *size, time);
                header.set_uid(owner.0);
                header.set_gid(owner.1);
                archive.append_data(&mut header, path, file)?;
            }
        }
    }
    let hash = archive.into_inner()?.hash.finalize();
    Ok(hash.iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}")))
}

fn config(plan: &Plan, order: &Order, diff: &str) -> Value {
    let config = &plan.config;
    let set = |names: &[String]| names.iter().map(|name| (name.clone(), json!({}))).collect::<Map<_, _>>();
    let env: Vec<String> = config.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let labels: BTreeMap<String, String> = config.labels.clone().into_iter().chain(order.labels()).collect();
    let mut parts = json!({ "Env": env, "Labels": labels, "User": config.user, "WorkingDir": config.working_dir });
    let optional = [
        ("Cmd", config.cmd.as_ref().map(|cmd| json!(cmd))),
        ("Entrypoint", config.entrypoint.as_ref().map(|entrypoint| json!(entrypoint))),
        ("ExposedPorts", (!config.ports.is_empty()).then(|| Value::Object(set(&config.ports)))),
        ("Volumes", (!config.volumes.is_empty()).then(|| Value::Object(set(&config.volumes)))),
        ("StopSignal", config.stop_signal.as_ref().map(|signal| json!(signal))),
    ];
    if let Some(parts) = parts.as_object_mut() {
        parts.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    let last = plan.history.len().saturating_sub(1);
    let history: Vec<Value> = plan
        .history
        .iter()
        .enumerate()
        // One layer for all lines: it is said to be the last one's.
        .map(|(at, line)| match at == last {
            true => json!({ "created": CREATED, "created_by": line }),
            false => json!({ "created": CREATED, "created_by": line, "empty_layer": true }),
        })
        .collect();
    let mut platform = order.platform.split('/');
    let (os, architecture) = (platform.next().unwrap_or_default(), platform.next().unwrap_or_default());
    let mut image = json!({
        "architecture": architecture,
        "config": parts,
        "created": CREATED,
        "history": history,
        "os": os,
        "rootfs": { "type": "layers", "diff_ids": [diff] },
    });
    if let (Some(variant), Some(image)) = (platform.next(), image.as_object_mut()) {
        image.insert("variant".to_owned(), json!(variant));
    }
    image
}

/// A writer that takes the digest of what goes through.
struct Hashed<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
