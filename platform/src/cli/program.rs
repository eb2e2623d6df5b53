//! The program that a verb is about: found below a directory as `oal check` finds it, checked, and packed to be sent.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use helios_client::Name;
use oal_check::diagnostic::{self, Counts, Diagnostic, Severity, Sources};
use oal_check::suggest::closest;
use oal_check::{Checked, LoadError, Loader, Options, Project, SourceFile};
use oal_ir::Leaf;
use oal_syntax::FileId;

use super::{Exit, Failure, Output};
use crate::bundle::{self, Bundle, Limits, Named};

/// More bytes than this are not read.
const MOST_BYTES: u64 = oal_syntax::lexer::MAX_LEN as u64;

/// A program on disk, checked.
pub(super) struct Program {
    root: PathBuf,
    shown: String,
    project: Project,
    checked: Checked,
}

impl Program {
    /// The one program below a directory, or of a file; with these values of its params.
    ///
    /// # Errors
    /// There is none, or more than one; a file cannot be read.
    pub(super) fn load(path: &Path, params: &[(String, String)]) -> Result<Self, Failure> {
        let metadata = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        let (root, file) = if metadata.is_dir() {
            (path.to_owned(), None)
        } else {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let name = path.file_name().and_then(|name| name.to_str());
            (parent.to_owned(), Some(name.ok_or_else(|| Failure::usage("the file's name is not UTF-8"))?.to_owned()))
        };
        let mut disk = Disk { root: root.clone(), files: BTreeMap::new() };
        let candidates = match file {
            Some(file) => vec![file],
            None => below(&root)?,
        };
        let first = disk.first(&candidates, path)?;
        let project = Project::load(&first, &mut disk);
        let checked = oal_check::check(&project, &Options { params: params.to_vec(), ..Options::default() });
        let mut shown = root.display().to_string();
        shown = shown.strip_prefix("./").unwrap_or(&shown).to_owned();
        if matches!(&*shown, "." | "") {
            shown.clear();
        } else if !shown.ends_with('/') {
            shown.push('/');
        }
        Ok(Self { root, shown, project, checked })
    }

    /// The application's name.
    ///
    /// # Errors
    /// It has none that a platform could take.
    pub(super) fn app(&self) -> Result<Name, Failure> {
        let name = self.checked.app_name().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| {
            Failure::new(Exit::Check, "the program has no name: there is no `app` in it").help("`oal check` says where")
        })?;
        name.parse().map_err(|error| Failure::new(Exit::Check, format!("`{name}` cannot be deployed: {error}")))
    }

    /// The environment that is meant: the one named, or the only one there is.
    ///
    /// # Errors
    /// There is none of that name; there are several and none was named.
    pub(super) fn environment(&self, wanted: Option<&Name>) -> Result<Name, Failure> {
        let declared: Vec<&str> = self.checked.environments().collect();
        let declared = if declared.is_empty() { vec!["default"] } else { declared };
        let list = || declared.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let name = match (wanted, declared.as_slice()) {
            (Some(wanted), declared) if declared.contains(&wanted.as_str()) => return Ok(wanted.clone()),
            (Some(wanted), declared) => {
                let mut help = format!("declared: {}", list());
                if let Some(near) = closest(wanted.as_str(), declared.iter().copied()) {
                    help = format!("did you mean `{near}`? {help}");
                }
                return Err(Failure::usage(format!("no environment is called `{wanted}`")).help(help));
            }
            (None, [only]) => *only,
            (None, _) => {
                return Err(Failure::usage(format!("the program has several environments: {}", list()))
                    .help("say which one is meant with `--env NAME`"));
            }
        };
        name.parse().map_err(|error| Failure::new(Exit::Check, format!("environment `{name}`: {error}")))
    }

    /// Says what is wrong with the program, exactly as `oal check` does.
    ///
    /// # Errors
    /// There are errors; they are printed.
    pub(super) fn sound(&self, output: &mut Output) -> Result<(), Failure> {
        // Lints that only give advice have their place in the editor.
        let all = self.checked.diagnostics().iter();
        let found: Vec<Diagnostic> =
            all.filter(|found| found.code.lint.is_none() || found.severity != Severity::Note).cloned().collect();
        let names = self.project.files().map(|(_, file)| format!("{}{}", self.shown, file.path)).collect();
        let sources = Shown { checked: &self.checked, names };
        output.note(&diagnostic::render(&found, &sources, output.error_style()));
        if self.checked.has_errors() {
            let counts = Counts::of(&found);
            let name = self.checked.app_name().unwrap_or("the program");
            return Err(Failure::new(Exit::Check, format!("`{name}` is not deployed: {counts}")));
        }
        Ok(())
    }

    /// Packs what the program needs, for one of its environments.
    ///
    /// # Errors
    /// A file that cannot be read or sent; too much of it.
    pub(super) fn pack(&self, environment: &Name) -> Result<Bundle, Failure> {
        let ir = oal_check::lower(&self.checked, environment.as_str())
            .map_err(|error| Failure::new(Exit::Check, error.to_string()))?;
        let mut named: Vec<String> = Vec::new();
        ir.walk(|_, _, leaf| {
            if let Leaf::Source(path) = leaf {
                named.push(path.to_string());
            }
        });
        for component in ir.components.values() {
            if let Some(build) = component.spec.workload().and_then(|workload| workload.build.as_ref()) {
                named.push(format!("{}/{}", &*build.context, &*build.dockerfile));
            }
        }
        let packed = bundle::pack(&self.root, &named.into_iter().collect::<Named>(), &Limits::PROJECT);
        packed.map_err(|error| Failure::usage(format!("the sources cannot be packed: {error}")))
    }
}

/// The names of a program's files as they are shown.
struct Shown<'a> {
    checked: &'a Checked,
    names: Vec<String>,
}

impl Sources for Shown<'_> {
    fn name(&self, file: FileId) -> &str {
        match self.names.get(file.0 as usize) {
            Some(name) => name,
            None => self.checked.name(file),
        }
    }

    fn text(&self, file: FileId) -> &str {
        self.checked.text(file)
    }
}

/// The files below the root, each read once.
struct Disk {
    root: PathBuf,
    files: BTreeMap<String, Result<Arc<SourceFile>, LoadError>>,
}

impl Disk {
    /// The file that the program starts from.
    fn first(&mut self, candidates: &[String], path: &Path) -> Result<String, Failure> {
        let mut roots = Vec::new();
        for file in candidates {
            if self.load(file).is_ok_and(|file| is_root(&file)) {
                roots.push(file);
            }
        }
        match (roots.as_slice(), candidates) {
            ([root], _) => Ok((*root).clone()),
            // The check says at the likeliest file that it lacks an `app`.
            ([], [first, ..]) => {
                let named = |file: &&String| matches!(file.as_str(), "app.oal" | "main.oal");
                Ok(candidates.iter().find(named).unwrap_or(first).clone())
            }
            ([], []) => Err(Failure::usage(format!("there is no `.oal` file below `{}`", path.display()))
                .help("`oal init` writes a first program")),
            ([first, ..], _) => {
                Err(Failure::usage(format!("there are {} programs below `{}`", roots.len(), path.display()))
                    .help(format!("name the one that is meant, such as `{}`", self.root.join(first).display())))
            }
        }
    }

    fn read(&self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        let place = self.root.join(path);
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LoadError::NotFound,
            io::ErrorKind::IsADirectory => LoadError::Directory,
            _ => LoadError::Unreadable(error.to_string()),
        };
        // Looked at before it is opened: opening a pipe would wait for its writer.
        let metadata = fs::metadata(&place).map_err(failed)?;
        let real = fs::canonicalize(&place).map_err(failed)?;
        if !real.starts_with(fs::canonicalize(&self.root).map_err(failed)?) {
            return Err(LoadError::Outside);
        }
        if metadata.is_dir() {
            return Err(LoadError::Directory);
        }
        if !metadata.is_file() {
            return Err(LoadError::Unreadable(String::from("it is not a regular file")));
        }
        if metadata.len() > MOST_BYTES {
            return Err(LoadError::TooLarge);
        }
        let mut bytes = Vec::new();
        fs::File::open(&place).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes)).map_err(failed)?;
        Ok(Arc::new(SourceFile::from_bytes(path, bytes)))
    }
}

impl Loader for Disk {
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        if let Some(file) = self.files.get(path) {
            return file.clone();
        }
        let file = self.read(path);
        self.files.insert(path.to_owned(), file.clone());
        file
    }

    fn similar(&mut self, _: &str) -> Vec<String> {
        below(&self.root).unwrap_or_default()
    }
}

/// Whether a program starts from this file.
fn is_root(file: &SourceFile) -> bool {
    let mut items = file.parse.tree.top.iter().map(|id| file.parse.tree.item(*id));
    items.any(|item| matches!(item.kind, oal_syntax::ast::ItemKind::App(_)))
}

/// The OAL files below a directory in order of path, without hidden directories and those that tools fill.
fn below(root: &Path) -> Result<Vec<String>, Failure> {
    let mut walk = ignore::WalkBuilder::new(root);
    walk.standard_filters(false).hidden(true).follow_links(false);
    walk.filter_entry(|entry| {
        entry.depth() == 0 || !matches!(entry.file_name().to_str(), Some("target" | "node_modules"))
    });
    let mut found = Vec::new();
    for entry in walk.build() {
        let entry = entry.map_err(|error| Failure::usage(error.to_string()))?;
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        if is_file && path.extension().is_some_and(|extension| extension == "oal") {
            found.extend(path.to_str().map(str::to_owned));
        }
    }
    found.sort();
    Ok(found)
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let name = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::usage(format!("there is no file or directory `{name}`")),
        _ => Failure::usage(format!("`{name}`: {error}")),
    }
}

/// Reads `NAME=VALUE`.
pub(super) fn param(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(String::from("write `NAME=VALUE`")),
    }
}
