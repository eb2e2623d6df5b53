//! The source files of one program: read through a [`Loader`], parsed once each, with what `use` leads to. No disk here.

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::std as prelude;
use oal_syntax::ast::ItemKind;
use oal_syntax::{FileId, Parse, Span};
use std::sync::Arc;

/// A file of more bytes than this is not read: [`LoadError::TooLarge`].
pub const MOST_BYTES: u64 = oal_syntax::lexer::MAX_LEN as u64;

/// Where source files come from. Paths are relative to the project's root, with `/` between the parts and no `.` or `..`.
pub trait Loader {
    /// The file at `path`.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError>;

    /// Paths that a user may have meant by `path`, for "did you mean". None by default.
    fn similar(&mut self, path: &str) -> Vec<String> {
        let _ = path;
        Vec::new()
    }
}

/// Why a file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// There is none.
    NotFound,
    /// It is a directory.
    Directory,
    /// It leads outside the project's root, by a symbolic link for instance.
    Outside,
    /// It is larger than the checker reads.
    TooLarge,
    /// It cannot be read, with the system's words for the reason.
    Unreadable(String),
}

/// A source file with its tree.
#[derive(Debug, Default)]
pub struct SourceFile {
    /// Its path from the project's root, or `std:name.oal`.
    pub path: String,
    /// Its text, shared with whoever gave it; bytes that are no UTF-8 are replaced.
    pub text: Arc<String>,
    /// Its tree and syntax errors.
    pub parse: Parse,
    /// Where the bytes were not UTF-8, if they were not: the offset in the file and the place in `text`.
    pub invalid_utf8: Option<(usize, Span)>,
    /// Whether it was too large to read; `text` is empty then.
    pub too_large: bool,
}

impl SourceFile {
    /// Parses a text.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<Arc<String>>) -> Self {
        let text = text.into();
        let parse = oal_syntax::parse(&text);
        Self { path: path.into(), text, parse, ..Self::default() }
    }

    /// Parses what a file holds, whatever it holds.
    #[must_use]
    pub fn from_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::new(path, text),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let start = u32::try_from(at).unwrap_or(u32::MAX);
                let place = Span::new(start, start.saturating_add(3));
                Self { invalid_utf8: Some((at, place)), ..Self::new(path, text) }
            }
        }
    }
}

impl SourceFile {
    /// The name of the application, where a program starts from this file.
    #[must_use]
    pub fn app(&self) -> Option<&str> {
        let items = self.parse.tree.top.iter().map(|id| self.parse.tree.item(*id));
        let app = |item: &&oal_syntax::ast::Item| matches!(item.kind, ItemKind::App(_));
        items.filter(app).map(|item| item.name.text(&self.text)).next()
    }
}

/// Files given as pairs of path and text.
#[derive(Debug, Default)]
pub struct InMemory {
    files: Vec<(String, String)>,
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for InMemory {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
    }
}

impl Loader for InMemory {
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        match self.files.iter().find(|(name, _)| name == path) {
            Some((name, text)) => Ok(Arc::new(SourceFile::new(name.clone(), text.clone()))),
            None if self.files.iter().any(|(name, _)| name.strip_prefix(path).is_some_and(|r| r.starts_with('/'))) => {
                Err(LoadError::Directory)
            }
            None => Err(LoadError::NotFound),
        }
    }

    fn similar(&mut self, _: &str) -> Vec<String> {
        self.files.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// The files of one program: a root and all that it uses, directly or not.
#[derive(Debug, Default, Clone)]
pub struct Project {
    files: Vec<Arc<SourceFile>>,
    uses: Vec<Vec<Use>>,
    problems: Vec<Diagnostic>,
}

/// A `use` and where it leads.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// The item.
    pub item: oal_syntax::ast::ItemId,
    /// The file; `None` where there is none, which is said in the problems.
    pub file: Option<FileId>,
}

impl Project {
    /// Reads the program whose root is at `root`. What is missing or wrong is among the findings of the check.
    #[must_use]
    pub fn load(root: &str, loader: &mut dyn Loader) -> Self {
        let mut project = Self::default();
        match loader.load(root) {
            Ok(file) => {
                project.add(file);
                let mut trail = vec![FileId(0)];
                project.follow(FileId(0), loader, &mut trail);
            }
            Err(error) => {
                project.add(Arc::new(SourceFile::new(root, String::new())));
                let (code, words) = error.words(root);
                let problem = Diagnostic::new(code, FileId(0), Span::empty(0), words);
                project.problems.push(error.advice().into_iter().fold(problem, Diagnostic::help));
            }
        }
        project
    }

    /// A program of one text.
    #[must_use]
    pub fn single(path: &str, text: impl Into<String>) -> Self {
        Self::load(path, &mut InMemory::from_iter([(path, text)]))
    }

    fn add(&mut self, file: Arc<SourceFile>) -> FileId {
        self.files.push(file);
        self.uses.push(Vec::new());
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Loads what `file` uses, depth first, each file once.
    fn follow(&mut self, file: FileId, loader: &mut dyn Loader, trail: &mut Vec<FileId>) {
        let Some(source) = self.files.get(file.0 as usize).cloned() else { return };
        let mut uses = Vec::new();
        for &id in &source.parse.tree.top {
            let item = source.parse.tree.item(id);
            let (ItemKind::Use { path, .. } | ItemKind::UseAs { path }) = item.kind else { continue };
            let target = self.follow_one(file, &source, path, loader, trail);
            uses.push(Use { item: id, file: target });
        }
        if let Some(slot) = self.uses.get_mut(file.0 as usize) {
            *slot = uses;
        }
    }

    fn follow_one(
        &mut self,
        from: FileId,
        source: &SourceFile,
        quoted: Span,
        loader: &mut dyn Loader,
        trail: &mut Vec<FileId>,
    ) -> Option<FileId> {
        if quoted.is_empty() {
            return None;
        }
        let written = oal_syntax::literal::text(quoted.text(&source.text));
        if let Some(name) = written.strip_prefix("std:") {
            if prelude::file_named(name).is_none() {
                self.problems.push(
                    Diagnostic::new(
                        &codes::IMPORT_NOT_FOUND,
                        from,
                        quoted,
                        format!("the built-in library has no file `{written}`"),
                    )
                    .label("no such file")
                    .help("built-in kinds and types need no `use`: their names are always there"),
                );
            } else if !source.path.starts_with("std:") {
                self.problems.push(
                    Diagnostic::new(&codes::IMPORT_NOT_NEEDED, from, quoted, "the built-in library needs no `use`")
                        .label("always there")
                        .help("remove this line: built-in kinds and types are known everywhere"),
                );
            }
            return prelude::file_named(name);
        }
        let path = match join(&source.path, &written) {
            Ok(path) => path,
            Err(problem) => {
                let (code, title, help) = match problem {
                    PathProblem::Outside => (
                        &codes::IMPORT_OUTSIDE_ROOT,
                        format!("`{written}` lies outside the project"),
                        LoadError::Outside.help(),
                    ),
                    PathProblem::Malformed => (
                        &codes::BAD_IMPORT_PATH,
                        format!("`{written}` is no relative path to an `.oal` file"),
                        "write a path from this file on, such as `\"./lib/web.oal\"`",
                    ),
                };
                let mut diagnostic = Diagnostic::new(code, from, quoted, title).label("used here").help(help);
                if problem == PathProblem::Malformed
                    && let Some(relative) = well_formed(&written)
                    && let Ok(path) = join(&source.path, &relative)
                {
                    let is_there = loader.load(&path).is_ok();
                    let fix = if is_there { Fix::sure } else { Fix::maybe };
                    let text = format!("\"{relative}\"");
                    diagnostic = diagnostic.fix(fix(format!("write `{relative}`"), from, quoted, text));
                }
                self.problems.push(diagnostic);
                return None;
            }
        };
        if let Some(at) = self.files.iter().position(|file| file.path == path) {
            let target = FileId(u32::try_from(at).unwrap_or(u32::MAX));
            if trail.contains(&target) {
                self.report_cycle(from, quoted, target, trail);
                return None;
            }
            return Some(target);
        }
        match loader.load(&path) {
            Ok(file) => {
                let target = self.add(file);
                trail.push(target);
                self.follow(target, loader, trail);
                trail.pop();
                Some(target)
            }
            Err(error) => {
                let (code, words) = error.words(&path);
                let mut diagnostic = Diagnostic::new(code, from, quoted, words).label("used here");
                diagnostic = error.advice().into_iter().fold(diagnostic, Diagnostic::help);
                let similar = loader.similar(&path);
                let mut near = None;
                if error == LoadError::NotFound {
                    near = crate::suggest::closest(&path, similar.iter().map(String::as_str));
                }
                diagnostic = match near {
                    Some(near) => {
                        let relative = relative(&source.path, near);
                        diagnostic.help(format!("did you mean `{relative}`?")).fix(Fix::maybe(
                            format!("use `{relative}`"),
                            from,
                            quoted,
                            format!("\"{relative}\""),
                        ))
                    }
                    None => diagnostic.help(error.help()),
                };
                self.problems.push(diagnostic);
                None
            }
        }
    }

    fn report_cycle(&mut self, from: FileId, quoted: Span, target: FileId, trail: &[FileId]) {
        let start = trail.iter().position(|file| *file == target).unwrap_or(0);
        let mut names: Vec<&str> = trail.iter().skip(start).map(|file| self.path(*file)).collect();
        names.push(self.path(target));
        let way = names.join("` → `");
        self.problems.push(
            Diagnostic::new(&codes::IMPORT_CYCLE, from, quoted, format!("`{}` uses itself", self.path(target)))
                .label("this closes the circle")
                .note(format!("the circle: `{way}`"))
                .help("move what both need into a file that uses neither"),
        );
    }

    /// The file; of an unknown number, an empty one.
    #[must_use]
    pub fn file(&self, file: FileId) -> &SourceFile {
        match prelude::index(file) {
            Some(index) => prelude::source(index),
            None => self.files.get(file.0 as usize).map_or(prelude::empty(), |file| &**file),
        }
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        &self.file(file).text
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        &self.file(file).path
    }

    /// The text at a span of a file.
    #[must_use]
    pub fn slice(&self, file: FileId, span: Span) -> &str {
        span.text(self.text(file))
    }

    /// The project's own files, the root first; the prelude's are not among them.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), &**file))
    }

    /// The `use` items of a file.
    #[must_use]
    pub fn uses(&self, file: FileId) -> &[Use] {
        self.uses.get(file.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// What went wrong when the files were read.
    #[must_use]
    pub fn problems(&self) -> &[Diagnostic] {
        &self.problems
    }
}

impl LoadError {
    /// What to do, where the words do not tell.
    const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge => Some("split it into several files, or take data out of the program"),
            _ => None,
        }
    }

    fn words(&self, path: &str) -> (&'static crate::diagnostic::Code, String) {
        match self {
            Self::NotFound => (&codes::IMPORT_NOT_FOUND, format!("there is no file `{path}`")),
            Self::Directory => (&codes::IMPORT_IS_DIRECTORY, format!("`{path}` is a directory, not a file")),
            Self::Outside => (&codes::IMPORT_OUTSIDE_ROOT, format!("`{path}` leads outside the project")),
            Self::TooLarge => {
                (&codes::FILE_TOO_LARGE, format!("`{path}` is larger than 100 MB, the most that is read"))
            }
            Self::Unreadable(why) => (&codes::UNREADABLE_FILE, format!("`{path}` cannot be read: {why}")),
        }
    }

    /// What to do where a used file cannot be had.
    const fn help(&self) -> &'static str {
        match self {
            Self::NotFound => "the path starts from the directory of this file",
            Self::Directory => "name a file that lies in it, such as `\"./lib/web.oal\"`",
            Self::Outside => "move the file below the project's root, or check from a directory that holds both",
            Self::TooLarge => "split it into several files that use each other",
            Self::Unreadable(_) => "make it readable for the user who runs the check",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathProblem {
    Outside,
    Malformed,
}

/// The path of a used file, from the path of the file that uses it.
fn join(from: &str, written: &str) -> Result<String, PathProblem> {
    let relative = written.starts_with("./") || written.starts_with("../");
    if !relative || !written.ends_with(".oal") || written.contains('\\') || written.contains('\0') {
        return Err(PathProblem::Malformed);
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "." => {}
            "" => return Err(PathProblem::Malformed),
            ".." => {
                if parts.pop().is_none() {
                    return Err(PathProblem::Outside);
                }
            }
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

/// A malformed path with what it most likely lacks: `./` before it, `/` between its parts, `.oal` behind. `None` for one that leads
/// out of the project, such as an address.
fn well_formed(written: &str) -> Option<String> {
    let path = written.replace('\\', "/");
    if path.is_empty() || path.starts_with(['/', '~']) || path.contains([':', '\0', '"', '$']) {
        return None;
    }
    let up = path.split('/').next() == Some("..");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let (start, last) = (if up { "" } else { "./" }, parts.last()?);
    let end = if last.contains('.') { "" } else { ".oal" };
    Some(format!("{start}{}{end}", parts.join("/")))
}

/// The path of the file that `written` names in a `use` of the file `from`; `None` where it names none inside the project.
#[must_use]
pub fn target(from: &str, written: &str) -> Option<String> {
    join(from, written).ok()
}

/// How the file `from` writes the path `to`.
#[must_use]
pub fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let common = from.iter().zip(&to).take(from.len().saturating_sub(1)).take_while(|(a, b)| a == b).count();
    let up = from.len().saturating_sub(common + 1);
    let mut path = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    path.push_str(&to.get(common..).unwrap_or_default().join("/"));
    path
}
