//! Volumes and paths: one writer where a volume is for one, one thing at a path.

use super::publish::copies;
use super::reading::{At, at};
use super::shape::{Class, Watch};
use super::{Rules, Visit};
use crate::diagnostic::codes;
use crate::elaborate::InstanceId;
use crate::program::{EnvSet, Place};
use crate::value::Value;
use rustc_hash::FxHashMap;

/// A component that writes to a volume.
#[derive(Clone, Copy)]
struct Writer {
    id: InstanceId,
    envs: EnvSet,
    place: Place,
}

impl<'p> Rules<'_, 'p> {
    /// What a component mounts: no path twice. Notes who mounts volumes.
    pub(super) fn mounts(&mut self, visit: &Visit<'p>) {
        let id = visit.id;
        if visit.says(Watch::Volumes) {
            self.found.mounting.push(id);
        }
        for (envs, [volumes, files]) in self.table(id, [Watch::Volumes, Watch::Files]) {
            self.engine_socket(id, &volumes, envs);
            let all = [(Watch::Volumes, &volumes), (Watch::Files, &files)];
            let mut known: Vec<(String, Place)> = Vec::new();
            for (watch, path) in all.iter().flat_map(|(watch, map)| map.entries().iter().map(|(key, _)| (*watch, key)))
            {
                let (plain, place) = (plain_path(path), self.place(id, watch, &[path]));
                let Some((_, first)) = known.iter().find(|(other, _)| *other == plain) else {
                    known.push((plain, place));
                    continue;
                };
                let first = *first;
                let title = format!("two things are mounted at `{plain}` of {}", self.describe_body(id));
                let finding = at(&codes::MOUNT_CLASH, place, title)
                    .label("the same path again")
                    .also(first, "the first one")
                    .help("give one of them another path, or remove it");
                self.report(envs, finding);
            }
        }
    }

    /// Volumes for one writer that have more of them.
    pub(super) fn writers(&mut self) {
        let ids = std::mem::take(&mut self.found.mounting);
        let mut writers: FxHashMap<InstanceId, Vec<Writer>> = FxHashMap::default();
        for id in self.in_order(ids) {
            for (volume, writer) in self.written_by(id) {
                let others = writers.entry(volume).or_default();
                let mut free = writer.envs;
                for other in others.iter() {
                    let both = other.envs.and(free);
                    if !both.is_empty() {
                        free = free.without(both);
                        self.written_twice(volume, other, &writer, both);
                    }
                }
                if !free.is_empty() {
                    others.push(Writer { envs: free, ..writer });
                }
            }
        }
    }

    /// The volumes for one writer that a component writes to.
    fn written_by(&mut self, id: InstanceId) -> Vec<(InstanceId, Writer)> {
        let mut found: Vec<(InstanceId, Writer)> = Vec::new();
        let mut crowded: Vec<(InstanceId, i64, EnvSet)> = Vec::new();
        for (envs, [volumes, replicas, scale]) in self.table(id, [Watch::Volumes, Watch::Replicas, Watch::Autoscale]) {
            for (path, mount) in volumes.entries() {
                let writes =
                    mount.variant() == Some("volume") && mount.get("read_only").and_then(Value::as_bool) == Some(false);
                let Some(volume) = mount.get("volume").and_then(Value::as_component).filter(|_| writes) else {
                    continue;
                };
                let envs = envs.and(self.one_writer(volume));
                if envs.is_empty() {
                    continue;
                }
                let copies = if self.class(id) == Class::Service { copies(&replicas, &scale) } else { 1 };
                // Two paths of one container are one writer.
                if copies > 1 && !crowded.contains(&(volume, copies, envs)) {
                    crowded.push((volume, copies, envs));
                    self.written_by_copies(volume, id, path, copies, &scale, envs);
                }
                match found.iter_mut().find(|(other, _)| *other == volume) {
                    Some((_, writer)) => writer.envs = writer.envs.or(envs),
                    None => {
                        let place = self.spot(id, Watch::Volumes, &[path]);
                        found.push((volume, Writer { id, envs, place }));
                    }
                }
            }
        }
        found
    }

    /// Where a volume is for one writer.
    fn one_writer(&mut self, volume: InstanceId) -> EnvSet {
        let values = self.values(volume, Watch::Access);
        let one = values.into_iter().filter(|(_, access)| access.variant() == Some("one_writer"));
        one.fold(EnvSet::EMPTY, |all, (envs, _)| all.or(envs))
    }

    fn written_by_copies(
        &mut self,
        volume: InstanceId,
        id: InstanceId,
        path: &str,
        copies: i64,
        scale: &Value,
        envs: EnvSet,
    ) {
        let what = self.describe_body(id);
        let title = format!("{} is for one writer, and {copies} copies of {what} write to it", self.describe(volume));
        let mut finding = at(&codes::ONE_WRITER_VOLUME, self.place(id, Watch::Volumes, &[path]), title)
            .label(format!("every one of {copies} copies writes here"));
        let watch = if scale.is_null() { Watch::Replicas } else { Watch::Autoscale };
        if let Some((place, words)) = self.said_elsewhere(id, watch, Self::sample(envs)) {
            finding = finding.also(place, format!("{copies} copies: {words}"));
        }
        let help = "keep one copy, mount it with `read_only: true`, or give the volume `access: many_writers` where its file system allows that";
        self.report(envs, finding.help(help));
    }

    fn written_twice(&mut self, volume: InstanceId, first: &Writer, second: &Writer, envs: EnvSet) {
        let (one, two) = (self.describe(first.id), self.describe(second.id));
        let title = format!("{} is for one writer, and {one} and {two} write to it", self.describe(volume));
        let finding = at(&codes::ONE_WRITER_VOLUME, second.place, title);
        let finding = if first.place == second.place {
            finding.label("each of its instances writes to it")
        } else {
            let words = format!("`{}` writes to it", self.name(first.id));
            finding.label(format!("`{}` writes to it, too", self.name(second.id))).also(first.place, words)
        };
        let help = "mount it with `read_only: true` where it is only read, or give it `access: many_writers` where its file system allows that";
        self.report(envs, finding.help(help));
    }
}

/// A path without repeated or final slashes and without `.` steps.
fn plain_path(path: &str) -> String {
    let steps: Vec<&str> = path.split('/').filter(|step| !matches!(*step, "" | ".")).collect();
    let start = if path.starts_with('/') { "/" } else { "" };
    format!("{start}{}", steps.join("/"))
}
