//! From a recipe to the files and the configuration of an image, if the recipe is simple enough.

use std::collections::BTreeMap;

use oal_ir::v1::Build;

use super::words;
use crate::build::dockerfile::{Dockerfile, Instruction};
use crate::bundle::{Context, Listed};

/// Whom a file belongs to unless it is said: user and group.
const ROOT: (u64, u64) = (0, 0);

/// What stands at a path of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Directory {
        owner: (u64, u64),
    },
    File {
        /// Path in the context.
        from: String,
        size: u64,
        mode: u32,
        owner: (u64, u64),
    },
    Link {
        target: String,
    },
}

/// An image to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// By path without a leading `/`.
    pub(super) tree: BTreeMap<String, Node>,
    pub(super) config: Config,
    /// The lines it was made by.
    pub(super) history: Vec<String>,
}

/// The configuration (OCI image specification, `config.md`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) env: Vec<(String, String)>,
    pub(super) cmd: Option<Vec<String>>,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) ports: Vec<String>,
    pub(super) volumes: Vec<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) user: String,
    pub(super) working_dir: String,
    pub(super) stop_signal: Option<String>,
}

impl Plan {
    /// Files in the image.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.tree.values().filter(|node| matches!(node, Node::File { .. })).count()
    }
}

/// Reads a recipe. None if it is not of that simple kind, or if it is wrong in any way: then the engine builds it or says why not.
#[must_use]
pub fn plan(dockerfile: &Dockerfile, build: &Build, context: &Context) -> Option<Plan> {
    let lines = &dockerfile.instructions;
    let from = lines.iter().position(|line| line.name == "FROM")?;
    let (before, stage) = lines.split_at(from);
    let (first, lines) = stage.split_first()?;
    let stage = match *words::words(&first.rest)?.as_slice() {
        ["scratch"] => None,
        ["scratch", by, name] if by.eq_ignore_ascii_case("as") => Some(name),
        _ => return None,
    };
    let target = build.target.as_deref();
    let simple = before.iter().all(|line| line.name == "ARG")
        && target.is_none_or(|target| stage.is_some_and(|stage| stage.eq_ignore_ascii_case(target)))
        && build.contexts.is_empty()
        && build.secrets.is_empty()
        && build.tags.is_empty()
        && build.platforms.is_empty()
        && !build.labels.keys().any(|label| label.starts_with("helios."));
    if !simple {
        return None;
    }
    let mut plan = Plan::default();
    for line in lines {
        plan.take(line, context)?;
        plan.history.push(format!("{} {}", line.name, line.rest));
    }
    Some(plan)
}

impl Plan {
    fn take(&mut self, line: &Instruction, context: &Context) -> Option<()> {
        let rest = &*line.rest;
        let config = &mut self.config;
        match &*line.name {
            "ARG" => words::words(rest).map(drop)?,
            "COPY" => self.copy(line, context)?,
            "ENV" => {
                for (name, value) in words::pairs(rest)? {
                    config.env.retain(|(other, _)| *other != name);
                    config.env.push((name, value));
                }
            }
            "LABEL" => config.labels.extend(words::pairs(rest)?),
            "CMD" => config.cmd = Some(command(rest)?),
            "ENTRYPOINT" => {
                config.entrypoint = Some(command(rest)?);
                // As the engine does: a command that was meant for another program goes with it.
                config.cmd = None;
            }
            "EXPOSE" => {
                for port in words::words(rest)? {
                    let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
                    number.parse::<u16>().ok()?;
                    if !matches!(protocol, "tcp" | "udp" | "sctp") {
                        return None;
                    }
                    config.ports.push(format!("{number}/{protocol}"));
                }
            }
            "VOLUME" => {
                let paths = match words::list(rest) {
                    Some(paths) => paths,
                    None => words::words(rest)?.into_iter().map(str::to_owned).collect(),
                };
                config.volumes.extend(paths);
            }
            "USER" => match *words::words(rest)?.as_slice() {
                [user] => user.clone_into(&mut config.user),
                _ => return None,
            },
            "WORKDIR" => match *words::words(rest)?.as_slice() {
                [text] => {
                    let path = words::path(&config.working_dir, text);
                    config.working_dir = format!("/{path}");
                    self.directory(&path, ROOT)?;
                }
                _ => return None,
            },
            "STOPSIGNAL" => match *words::words(rest)?.as_slice() {
                [signal] => config.stop_signal = Some(signal.to_owned()),
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    fn copy(&mut self, line: &Instruction, context: &Context) -> Option<()> {
        let (flags, rest) = line.flags();
        let (mut owner, mut mode) = (ROOT, None);
        for flag in flags {
            match flag.split_once('=')? {
                ("--chown", text) => {
                    let (user, group) = text.split_once(':').unwrap_or((text, text));
                    owner = (u64::from(user.parse::<u32>().ok()?), u64::from(group.parse::<u32>().ok()?));
                }
                ("--chmod", text) => mode = Some(u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777)?),
                _ => return None,
            }
        }
        let paths = match words::list(rest) {
            Some(paths) => paths,
            None => words::words(rest)?.into_iter().map(str::to_owned).collect(),
        };
        if paths.iter().any(|path| path.contains(['$', '\\', '*', '?', '[', '<'])) {
            return None;
        }
        let (to, from) = paths.split_last().filter(|(_, from)| !from.is_empty())?;
        let into = words::path(&self.config.working_dir, to);
        let is_directory =
            to.ends_with('/') || matches!(&**to, "." | "..") || to.ends_with("/.") || to.ends_with("/..");
        // The engine refuses several sources without a `/` at the end of the target.
        if from.len() > 1 && !is_directory {
            return None;
        }
        for source in from {
            let source = words::path("", source);
            let below = if source.is_empty() { String::new() } else { format!("{source}/") };
            match context.entries.get(&source) {
                Some(Listed::File { .. }) => {
                    let there = into.is_empty() || matches!(self.tree.get(&into), Some(Node::Directory { .. }));
                    let name = source.rsplit('/').next()?;
                    let path = if is_directory || there {
                        words::path(&into, &format!("/{into}/{name}"))
                    } else {
                        into.clone()
                    };
                    self.entry(&path, &source, context.entries.get(&source)?, owner, mode)?;
                }
                // What a link at the top leads to is the engine's business.
                Some(Listed::Link { .. }) => return None,
                None => {
                    self.directory(&into, owner)?;
                    let mut found = false;
                    for (path, listed) in context.entries.range(below.clone()..) {
                        let Some(within) = path.strip_prefix(&below) else { break };
                        found = true;
                        self.entry(&words::path("", &format!("{into}/{within}")), path, listed, owner, mode)?;
                    }
                    if !found {
                        return None;
                    }
                }
            }
        }
        Some(())
    }

    /// Puts a file or link to its place; none if something of another kind is there.
    fn entry(&mut self, path: &str, from: &str, listed: &Listed, owner: (u64, u64), mode: Option<u32>) -> Option<()> {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.directory(above, owner)?;
        }
        let node = match listed {
            Listed::Link { target } => Node::Link { target: target.clone() },
            Listed::File { size, executable, .. } => {
                let mode = mode.unwrap_or(if *executable { 0o755 } else { 0o644 });
                Node::File { from: from.to_owned(), size: *size, mode, owner }
            }
        };
        match self.tree.insert(path.to_owned(), node) {
            None | Some(Node::File { .. }) => Some(()),
            Some(Node::Directory { .. } | Node::Link { .. }) => None,
        }
    }

    /// Makes a directory and those above it, unless they are there.
    fn directory(&mut self, path: &str, owner: (u64, u64)) -> Option<()> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for prefix in ends.filter_map(|end| path.get(..end)).filter(|prefix| !prefix.is_empty()) {
            match self.tree.entry(prefix.to_owned()).or_insert(Node::Directory { owner }) {
                Node::Directory { .. } => {}
                Node::File { .. } | Node::Link { .. } => return None,
            }
        }
        Some(())
    }
}

/// The exec form as it stands, the shell form with its shell.
fn command(text: &str) -> Option<Vec<String>> {
    match words::list(text) {
        Some(list) => Some(list),
        None if text.is_empty() || text.starts_with('[') => None,
        None => Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()]),
    }
}
