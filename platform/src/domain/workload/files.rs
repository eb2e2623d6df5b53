//! Environment, files and disks of a workload.

use std::collections::BTreeMap;

use helios_client::{Failure, FailureKind};
use oal_ir::v1::{ConfigFile, File, Mount, Spec, Template, Workload};
use oal_ir::{NodeId, Pointer};

use crate::domain::container::{ContainerSpec, FileSpec, MountSpec};
use crate::domain::outputs::{Program, field, unsupported};

/// The variables: those of the files in order, then the program's own.
pub(super) fn env(
    program: &Program<'_>,
    node: &NodeId,
    work: Workload<'_>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut env = BTreeMap::new();
    for (index, path) in work.env_files.iter().enumerate() {
        let at = field(["env_files", &index.to_string()]);
        let text = project_text(program, node, path, at.clone())?;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
                let message = format!("line {} of `{}` is no `NAME=value`", number + 1, &**path);
                return Err(unsupported(message, node, at));
            };
            env.insert(name.trim().to_owned(), unquote(value.trim()).to_owned());
        }
    }
    for (name, value) in work.env {
        env.insert(name.to_string(), program.text(value, node, &field(["env", name]))?);
    }
    Ok(env)
}

/// A value without the quotes around it, as Compose reads its `env_file`.
fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

/// The files put into the container, those of configs among them.
pub(super) fn files(
    program: &Program<'_>,
    node: &NodeId,
    work: Workload<'_>,
) -> Result<BTreeMap<String, FileSpec>, Failure> {
    let mut files = BTreeMap::new();
    let user = work.user.as_deref().and_then(numbers);
    // Whole directories first: a file of its own stands over one that came with a directory.
    let (directories, single): (Vec<_>, Vec<_>) =
        work.files.iter().partition(|(_, file)| matches!(file, File::Config { file: None, .. }));
    for (path, file) in directories.into_iter().chain(single) {
        let at = field(["files", path]);
        match file {
            File::Text { text, mode, owner } => {
                let contents = program.text(text, node, &at.join("text").join("text"))?.into_bytes();
                let owner = owner_of(node, owner.as_deref(), &at.join("text").join("owner"))?.or(user);
                files.insert(path.to_string(), FileSpec { contents, mode: octal(mode), owner });
            }
            File::File { path: source, mode, owner } => {
                let contents = project_file(program, node, source, at.join("file").join("path"))?;
                let owner = owner_of(node, owner.as_deref(), &at.join("file").join("owner"))?.or(user);
                files.insert(path.to_string(), FileSpec { contents, mode: octal(mode), owner });
            }
            File::Config { config, file } => {
                for (name, contents) in config_files(program, node, config, &at)? {
                    let target = match file {
                        Some(only) if **only == *name => path.to_string(),
                        Some(_) => continue,
                        None => format!("{}/{}", path.trim_end_matches('/'), name.trim_start_matches('/')),
                    };
                    files.insert(target, FileSpec { contents, mode: 0o444, owner: user });
                }
            }
        }
    }
    Ok(files)
}

fn config_files(
    program: &Program<'_>,
    node: &NodeId,
    config: &NodeId,
    at: &Pointer,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let Some(Spec::Config(spec)) = program.ir.components.get(config).map(|component| &component.spec) else {
        return Err(unsupported(format!("there is no config `{config}`"), node, at.clone()));
    };
    let mut files = Vec::new();
    for (name, file) in &spec.files {
        let contents = match file {
            ConfigFile::Text { text } => {
                program.text(text, config, &field(["files", name, "text", "text"]))?.into_bytes()
            }
            ConfigFile::File { path } => project_file(program, config, path, field(["files", name, "file", "path"]))?,
        };
        files.push((name.to_string(), contents));
    }
    Ok(files)
}

/// Disks, directories of the machine, and files of the project that are mounted.
pub(super) fn mounts(
    program: &Program<'_>,
    node: &NodeId,
    work: Workload<'_>,
    spec: &mut ContainerSpec,
) -> Result<(), Failure> {
    for (path, mount) in work.volumes {
        let at = field(["volumes", path]);
        let mounted = match mount {
            Mount::Volume { subpath: Some(_), .. } => {
                return Err(unsupported(
                    "this Docker mounts whole volumes only",
                    node,
                    at.join("volume").join("subpath"),
                )
                .help("mount the volume as a whole, or make one of its own"));
            }
            Mount::Volume { volume, read_only, subpath: None } => {
                MountSpec::Volume { name: program.output(volume, "name")?, read_only: *read_only }
            }
            Mount::Bind { path: source, read_only } if source.starts_with('/') => {
                MountSpec::Bind { path: source.to_string(), read_only: *read_only }
            }
            // A file of the project is not on the machine; where it is only read, a copy is as good.
            Mount::Bind { path: source, read_only: true } => {
                let contents = project_file(program, node, source, at.join("bind").join("path"))?;
                spec.files.insert(path.to_string(), FileSpec { contents, mode: 0o444, owner: None });
                continue;
            }
            Mount::Bind { .. } => {
                return Err(unsupported(
                    "a path of the project is not on the machine that runs the program",
                    node,
                    at.join("bind").join("path"),
                )
                .help("copy it into the image, mount it with `read_only: true`, or use a `volume`"));
            }
            Mount::Tmpfs { size, mode } => MountSpec::Tmpfs { size: size.map(|size| size.0), mode: octal(mode) },
            Mount::Scratch { .. } => MountSpec::Scratch,
        };
        spec.mounts.insert(path.to_string(), mounted);
    }
    Ok(())
}

/// A file of the project.
pub(crate) fn project_file(program: &Program<'_>, node: &NodeId, path: &str, at: Pointer) -> Result<Vec<u8>, Failure> {
    let internal = |error| Failure::new(FailureKind::Internal, "", error).of(node.clone()).at(at.clone());
    program.files.read(path).map_err(internal)?.ok_or_else(|| {
        let message = format!("`{path}` is no file of the project that was sent");
        Failure::new(FailureKind::Start, "", message)
            .of(node.clone())
            .at(at.clone())
            .help("look whether `.gitignore` or `.dockerignore` leaves it out; a directory cannot stand here")
    })
}

/// A file of the project that must be text.
pub(super) fn project_text(program: &Program<'_>, node: &NodeId, path: &str, at: Pointer) -> Result<String, Failure> {
    String::from_utf8(project_file(program, node, path, at.clone())?)
        .map_err(|_| unsupported(format!("`{path}` is no UTF-8 text"), node, at))
}

/// Access rights as the checker let them pass: three or four octal digits.
fn octal(mode: &str) -> u32 {
    u32::from_str_radix(mode, 8).unwrap_or(0o444)
}

/// User and group by number.
fn numbers(owner: &str) -> Option<(u32, u32)> {
    let (user, group) = owner.split_once(':').unwrap_or((owner, owner));
    Some((user.parse().ok()?, group.parse().ok()?))
}

fn owner_of(node: &NodeId, owner: Option<&str>, at: &Pointer) -> Result<Option<(u32, u32)>, Failure> {
    let Some(owner) = owner else { return Ok(None) };
    numbers(owner).map(Some).ok_or_else(|| {
        unsupported("Docker gives a mounted file to a number, not to a name", node, at.clone())
            .help("write user and group as numbers, as `/etc/passwd` of the image has them")
    })
}

/// A text of a managed component's password.
pub(crate) fn password(
    program: &Program<'_>,
    node: &NodeId,
    own: Option<&Template>,
    credential: &str,
) -> Result<String, Failure> {
    match own {
        Some(template) => program.text(template, node, &field([credential])),
        None => program.secret(&format!("{node}#{credential}")).map(str::to_owned),
    }
}
