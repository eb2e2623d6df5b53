//! One version of one document: its text, and what was read out of it so far. It never changes: an edit makes another.

use std::sync::{Arc, OnceLock};

use oal_check::{LoadError, SourceFile};
use oal_syntax::ast::ItemKind;
use oal_syntax::{Parse, literal};

use crate::disk::{self, Stamp};
use crate::key::{self, Key};
use crate::lines::Lines;
use crate::long;

/// A version of a document.
#[derive(Debug)]
pub(crate) struct File {
    /// What it is known by.
    pub(crate) key: Key,
    /// As the client writes its name, or would.
    pub(crate) uri: String,
    /// The directory that no `use` may leave, ended by `/`.
    pub(crate) base: Key,
    content: Content,
    source: Arc<OnceLock<Source>>,
    lines: OnceLock<Arc<Lines>>,
    links: OnceLock<Links>,
}

/// A file with its tree, or why it cannot be had.
type Source = Result<Arc<SourceFile>, LoadError>;

#[derive(Debug)]
enum Content {
    /// An editor has it open: its text and its version there.
    Open(Arc<String>, i32),
    /// It is, or may be, on disk: what was there when its name came up.
    Disk(Stamp),
    /// It is part of the built-in library.
    Std(&'static SourceFile),
}

/// What a file says of others.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Links {
    /// Whether a program starts here.
    pub(crate) is_root: bool,
    /// The keys of the files it uses.
    pub(crate) uses: Vec<Key>,
}

impl File {
    /// A document as an editor has it.
    pub(crate) fn open(
        key: Key,
        uri: String,
        base: Key,
        (text, lines): (Arc<String>, Arc<Lines>),
        version: i32,
    ) -> Self {
        let file = Self::new(key, uri, base, Content::Open(text, version));
        // Nobody else has set it.
        let _ = file.lines.set(lines);
        file
    }

    /// What is on disk, or is not. It is read when it is needed.
    pub(crate) fn disk(key: Key, base: Key) -> Self {
        let (uri, stamp) = (key::to_uri(&key), disk::stamp(&key));
        Self::new(key, uri, base, Content::Disk(stamp))
    }

    /// The same document in another project: one whose directory holds this one's.
    pub(crate) fn rebased(&self, base: &Key) -> Self {
        let content = match &self.content {
            Content::Open(text, version) => Content::Open(Arc::clone(text), *version),
            Content::Disk(stamp) => Content::Disk(*stamp),
            Content::Std(source) => Content::Std(source),
        };
        Self::new(Arc::clone(&self.key), self.uri.clone(), Arc::clone(base), content)
    }

    /// A file of the built-in library.
    pub(crate) fn std(index: usize) -> Arc<Self> {
        static ALL: OnceLock<Vec<Arc<File>>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            let all = (0..oal_check::std::len()).map(|index| {
                let source = oal_check::std::source(index);
                let key: Key = format!("{}{}", key::STD, source.path.trim_start_matches("std:")).into();
                Arc::new(Self::new(Arc::clone(&key), key.to_string(), key::STD.into(), Content::Std(source)))
            });
            all.collect()
        });
        all.get(index).or_else(|| all.first()).map_or_else(|| Arc::new(Self::disk("".into(), "".into())), Arc::clone)
    }

    fn new(key: Key, uri: String, base: Key, content: Content) -> Self {
        let (source, lines, links) = Default::default();
        Self { key, uri, base, content, source, lines, links }
    }

    /// Its path from the project's root on.
    pub(crate) fn path(&self) -> &str {
        self.key.strip_prefix(&*self.base).unwrap_or(&self.key)
    }

    /// The version that the editor gave it; `None` where no editor has it.
    pub(crate) fn version(&self) -> Option<i32> {
        match self.content {
            Content::Open(_, version) => Some(version),
            _ => None,
        }
    }

    /// What was on disk; `None` for what was not looked for there.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        match self.content {
            Content::Disk(stamp) => Some(stamp),
            _ => None,
        }
    }

    /// The file with its tree.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(crate) fn source(&self) -> Result<&Arc<SourceFile>, &LoadError> {
        if let Content::Open(text, _) = &self.content
            && (long::LEAST..=oal_syntax::lexer::MAX_LEN).contains(&text.len())
            && self.source.get().is_none()
        {
            let (cell, path, text) = (Arc::clone(&self.source), self.path().to_owned(), Arc::clone(text));
            long::run(move || {
                cell.get_or_init(|| Ok(Arc::new(SourceFile::new(path, text))));
            });
        }
        self.source.get_or_init(|| self.read().map(Arc::new)).as_ref()
    }

    fn read(&self) -> Result<SourceFile, LoadError> {
        match &self.content {
            Content::Open(text, _) if text.len() > oal_syntax::lexer::MAX_LEN => Err(LoadError::TooLarge),
            Content::Open(text, _) => Ok(SourceFile::new(self.path(), Arc::clone(text))),
            Content::Disk(_) if !key::is_path(&self.key) => Err(LoadError::NotFound),
            Content::Disk(_) => {
                disk::read(&self.key, &self.base).map(|bytes| SourceFile::from_bytes(self.path(), bytes))
            }
            Content::Std(_) => Err(LoadError::NotFound),
        }
    }

    /// Its text; nothing where it cannot be had.
    pub(crate) fn text(&self) -> &str {
        match &self.content {
            // Without the tree, which a long text takes a while to have.
            Content::Open(text, _) => text,
            Content::Disk(_) => self.source().map_or("", |source| &source.text),
            Content::Std(source) => &source.text,
        }
    }

    /// Its tree.
    pub(crate) fn parse(&self) -> &Parse {
        match &self.content {
            Content::Std(source) => &source.parse,
            _ => self.source().map_or(&oal_check::std::empty().parse, |source| &source.parse),
        }
    }

    /// Its lines.
    pub(crate) fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Arc::new(Lines::new(self.text())))
    }

    /// Whether it is there, and no directory.
    pub(crate) fn exists(&self) -> bool {
        !matches!(self.source(), Err(LoadError::NotFound | LoadError::Directory))
    }

    /// What it says of others. A closed file that nobody has asked for is read for that and let go: a workspace has many.
    pub(crate) fn links(&self) -> &Links {
        self.links.get_or_init(|| match (&self.content, self.source.get()) {
            (Content::Disk(_), None) => self.read().map_or_else(|_| Links::default(), |source| self.links_in(&source)),
            (Content::Std(source), _) => self.links_in(source),
            _ => self.source().map_or_else(|_| Links::default(), |source| self.links_in(source)),
        })
    }

    fn links_in(&self, source: &SourceFile) -> Links {
        let (tree, text) = (&source.parse.tree, &*source.text);
        let mut links = Links::default();
        for item in tree.top.iter().map(|id| tree.item(*id)) {
            match item.kind {
                ItemKind::App(_) => links.is_root = true,
                ItemKind::Use { path, .. } | ItemKind::UseAs { path } => {
                    let written = literal::text(path.text(text));
                    if written.starts_with('.') {
                        links.uses.push(self.beside(&written));
                    }
                }
                _ => {}
            }
        }
        links
    }

    /// The key of a path that this file writes.
    fn beside(&self, written: &str) -> Key {
        let directory = key::directory(&self.key);
        if key::is_path(&self.key) {
            return key::normal(&format!("{directory}{written}"));
        }
        format!("{directory}{}", written.trim_start_matches("./")).into()
    }
}
