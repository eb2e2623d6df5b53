//! Paths of files in texts, and the names that a used file exports. What lies in a directory the caller says: nothing here reads a disk.

use super::site::Want;
use super::tables::Type;
use super::{Docs, Kind, List, group};
use oal_check::SourceFile;
use oal_check::types::{TextType, TyData};
use oal_syntax::Span;
use oal_syntax::ast::ItemKind;
use oal_syntax::token::Token;
use std::sync::Arc;

/// What lies in the directories of a project.
pub trait Directory {
    /// What lies in a directory, named from the project's root on, with `/` between the parts; the root is `""`. Nothing for one that
    /// is not there.
    fn entries(&self, path: &str) -> Vec<DirectoryEntry>;

    /// A source file of the project.
    fn source(&self, path: &str) -> Option<Arc<SourceFile>> {
        let _ = path;
        None
    }
}

/// A file or directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirectoryEntry {
    /// Its name.
    pub name: String,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// Where there are no directories.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

impl Directory for Nowhere {
    fn entries(&self, _: &str) -> Vec<DirectoryEntry> {
        Vec::new()
    }
}

/// Every source file of a project, in order, and whether that are all.
pub(crate) fn oal_files(directories: &dyn Directory) -> (Vec<String>, bool) {
    /// Directories that are looked into.
    const MOST: usize = 64;
    let mut waiting = vec![String::new()];
    let mut found = Vec::new();
    let mut looked = 0;
    while let Some(directory) = waiting.pop().filter(|_| looked < MOST) {
        looked += 1;
        for entry in directories.entries(&directory) {
            let path = if directory.is_empty() { entry.name.clone() } else { format!("{directory}/{}", entry.name) };
            if entry.is_directory && !entry.name.starts_with('.') {
                waiting.push(path);
            } else if entry.name.ends_with(".oal") {
                found.push(path);
            }
        }
    }
    found.sort();
    (found, looked < MOST)
}

/// What a text in which the cursor is may say.
pub(super) fn in_text(list: &mut List<'_, '_>, text: Token) {
    match &list.site.want {
        Want::UsePath => list.use_paths(Some(text)),
        Want::Value(Some(ty)) => list.text_values(*ty, text),
        Want::Argument { expected: Some(ty), .. } => list.text_values(*ty, text),
        Want::Index { of, .. } => list.index_texts(*of, text),
        _ => {}
    }
}

impl<'a> List<'a, '_> {
    /// The part of the text before the cursor, and where the last step of its path is.
    fn written(&self, text: Token) -> (String, Span) {
        let source = self.request.source;
        let start = text.span.start + if text.span.text(source).starts_with('r') { 2 } else { 1 };
        let start = start.min(self.request.offset);
        let before = Span::new(start, self.request.offset).text(source);
        let last = before.rfind('/').map_or(0, |slash| slash + 1);
        let body = Span::new(start, text.span.end).text(source);
        let end = body.find(['"', '\n', '\r']).map_or(text.span.end, |end| start + crate::ide::offset(end));
        let from = start + crate::ide::offset(last);
        (before.get(..last).unwrap_or_default().to_owned(), Span::new(from, end.max(from)))
    }

    /// The directory that a written path leads to, from that of the file; `None` outside of the project.
    fn directory(&self, base: &str, written: &str) -> Option<String> {
        let path = self.program.project.path(self.request.file);
        let mut parts: Vec<&str> = path.split('/').collect();
        parts.pop();
        for part in base.split('/').chain(written.split('/')) {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                name => parts.push(name),
            }
        }
        Some(parts.join("/"))
    }

    fn entries(&mut self, base: &str, written: &str, replace: Span, wanted: impl Fn(&DirectoryEntry) -> bool) {
        if written.starts_with('/') {
            return;
        }
        let Some(directory) = self.directory(base, written) else { return };
        let mut entries = self.request.directory.entries(&directory);
        entries.sort();
        let hidden = replace.text(self.request.source).starts_with('.');
        self.prefix = Span::new(replace.start, self.request.offset).text(self.request.source).to_ascii_lowercase();
        for entry in entries.into_iter().filter(|entry| wanted(entry) && (hidden || !entry.name.starts_with('.'))) {
            let kind = if entry.is_directory { Kind::Directory } else { Kind::File };
            let group = if entry.is_directory { group::NEAR } else { group::WANTED };
            let Some(item) = self.push(kind, entry.name, group) else { continue };
            item.replace = replace;
            if entry.is_directory {
                item.text.push('/');
                item.more = true;
            }
        }
    }

    /// Paths of other files of the project, as `use` writes them.
    pub(super) fn use_paths(&mut self, text: Option<Token>) {
        let own = self.program.project.path(self.request.file).to_owned();
        let Some(text) = text else {
            self.all_files(&own, None);
            return;
        };
        let (written, replace) = self.written(text);
        if written.is_empty() {
            self.prefix = Span::new(replace.start, self.request.offset).text(self.request.source).to_ascii_lowercase();
            return self.all_files(&own, Some(replace));
        }
        let (files, all) = oal_files(self.request.directory);
        self.incomplete |= !all;
        let Some(directory) = self.directory("", &written) else { return };
        let below = |name: &str| if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
        self.entries("", &written, replace, |entry| {
            let path = below(&entry.name);
            let holds = |file: &String| file.strip_prefix(&path).is_some_and(|rest| rest.starts_with('/'));
            if entry.is_directory { !all || files.iter().any(holds) } else { path.ends_with(".oal") && path != own }
        });
        // Those deeper down at once, too.
        let whole = Span::new(replace.start - crate::ide::offset(written.len()), replace.end);
        for path in &files {
            let relative = oal_check::project::relative(&own, path);
            let deeper = relative.strip_prefix(&written).is_some_and(|rest| rest.contains('/'));
            if deeper
                && *path != own
                && let Some(item) = self.push(Kind::File, relative, group::FITS)
            {
                item.replace = whole;
            }
        }
    }

    /// Every file but this one.
    fn all_files(&mut self, own: &str, quoted: Option<Span>) {
        let (files, all) = oal_files(self.request.directory);
        self.incomplete |= !all;
        for path in files.into_iter().filter(|path| path != own) {
            let relative = oal_check::project::relative(own, &path);
            let Some(item) = self.push(Kind::File, relative.clone(), group::WANTED) else { continue };
            match quoted {
                Some(span) => item.replace = span,
                None => item.text = format!("\"{relative}\""),
            }
        }
    }

    /// What a text of a type may say: paths of files.
    pub(super) fn text_values(&mut self, ty: Type<'a>, text: Token) {
        if ty.bare() != Some(&TyData::Text(TextType::FilePath)) {
            return;
        }
        let (written, replace) = self.written(text);
        let base = self.base_of_dockerfile(text).unwrap_or_default();
        // What is built from is a directory.
        let before = self.request.source.get(..text.span.start as usize).unwrap_or_default();
        let directories = before.trim_end().ends_with("context:");
        self.entries(&base, &written, replace, |entry| entry.is_directory || !directories);
    }

    /// The build context from which a `dockerfile` is named.
    fn base_of_dockerfile(&self, text: Token) -> Option<String> {
        let tree = &self.request.parse.tree;
        let after = tree.top.partition_point(|item| tree.item(*item).span.start <= text.span.start);
        let item = after.checked_sub(1).and_then(|at| tree.top.get(at))?;
        let mut links = Vec::new();
        super::super::document_links::within(self.request.source, tree, *item, &mut links);
        links.into_iter().find(|link| text.span.contains(link.span)).and_then(|link| link.base)
    }

    /// The names that a file declares and that are not brought in yet.
    pub(super) fn exported(&mut self, written: &str, given: &[String]) {
        let Some(path) = oal_check::project::target(self.program.project.path(self.request.file), written) else {
            return;
        };
        let known = self.program.project.files().find(|(_, file)| file.path == path);
        let own = match known {
            Some(_) => None,
            None => self.request.directory.source(&path),
        };
        let Some(source) = known.map(|(_, file)| file).or(own.as_deref()) else { return };
        for id in &source.parse.tree.top {
            let item = source.parse.tree.item(*id);
            let kind = match item.kind {
                ItemKind::Param { .. } => Kind::Param,
                ItemKind::Let { .. } => Kind::Let,
                ItemKind::Type(_) => Kind::Type,
                ItemKind::Kind { .. } => Kind::Kind,
                ItemKind::Component { .. } => Kind::Component,
                _ => continue,
            };
            let name = item.name.text(&source.text);
            if name.is_empty() || given.iter().any(|given| given == name) {
                continue;
            }
            let docs = known.map(|(file, _)| Docs::Above(file, item.span.start));
            if let Some(item) = self.push(kind, name, group::WANTED) {
                item.docs = docs;
            }
        }
    }
}
