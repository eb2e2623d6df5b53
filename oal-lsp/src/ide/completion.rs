//! Completion: what may stand at the cursor, the best first.
//!
//! Right inside half-written code: the words before the cursor are read from the text as it is now (`completion/site.rs`), and what they
//! may be followed by is found by name in the tables of the last check, which may be a few keys old. So no answer waits for a check,
//! and none costs more than the declaration at the cursor, plus the names in scope that begin alike.

mod declarations;
mod documentation;
mod fits;
mod keys;
mod paths;
mod scaffold;
pub(crate) mod site;
pub(crate) mod tables;
mod values;

pub(crate) use documentation::of_function;
pub use documentation::{Source as Docs, documentation};
pub(crate) use paths::oal_files;
pub use paths::{Directory, DirectoryEntry, Nowhere};

use oal_check::Checked;
use oal_check::program::Program;
use oal_syntax::{FileId, Parse, Span};
use site::{Behind, Site, Want};

/// What is asked.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The last check of the program.
    pub checked: &'a Checked,
    /// The file in it.
    pub file: FileId,
    /// The text of the file as it is now.
    pub source: &'a str,
    /// Its tree.
    pub parse: &'a Parse,
    /// The cursor.
    pub offset: u32,
    /// Where files are looked for.
    pub directory: &'a dyn Directory,
}

/// What may stand at the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completions {
    /// The best first, each with its `sort`.
    pub items: Vec<Item>,
    /// Whether there are more that begin otherwise, so that it is to be asked again after the next key.
    pub incomplete: bool,
}

/// Something that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is shown, and what the word at the cursor is held against.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// A few words beside it: the type mostly.
    pub detail: Option<String>,
    /// What is replaced.
    pub replace: Span,
    /// What is put there.
    pub text: String,
    /// The same with places to fill in (`$1`, `${2:name}`, `$0`; LSP 3.17, "Snippet Syntax"), where there are any.
    pub snippet: Option<String>,
    /// The order among the others: the group, and the place in it.
    pub sort: (u8, u32),
    /// Where its documentation is.
    pub docs: Option<Docs>,
    /// Whether something is to be completed at once behind it.
    pub more: bool,
}

/// What an [`Item`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word with a meaning of its own.
    Keyword,
    /// A kind.
    Kind,
    /// A type.
    Type,
    /// A field of a component or record, or an argument.
    Field,
    /// An output of a component.
    Output,
    /// A component.
    Component,
    /// A `param` or a variable of a loop.
    Param,
    /// A `let`.
    Let,
    /// A variant or an environment.
    Variant,
    /// A built-in function.
    Function,
    /// A file brought in as a whole.
    Namespace,
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A unit of a number.
    Unit,
    /// A port.
    Port,
    /// A value written down.
    Value,
    /// A lint.
    Lint,
    /// A piece of program with gaps.
    Scaffold,
}

/// What may stand at the cursor.
#[must_use]
pub fn complete(request: Request<'_>) -> Completions {
    let program = request.checked.program();
    let Some(site) = site::find(program, request.file, request.source, request.parse, request.offset) else {
        return Completions::default();
    };
    let mut list = List::new(program, request, &site);
    if let Some(text) = site.text {
        paths::in_text(&mut list, text);
    } else {
        list.wanted();
    }
    list.finish()
}

/// The groups in which items are sorted.
pub(crate) mod group {
    /// What is surely meant to stand here.
    pub(crate) const WANTED: u8 = 0;
    /// What fits and is near: parts of this declaration.
    pub(crate) const NEAR: u8 = 1;
    /// What fits: names of the file.
    pub(crate) const FITS: u8 = 2;
    /// What fits: parts of names of the file.
    pub(crate) const PART: u8 = 3;
    /// What gives something that fits.
    pub(crate) const MAKES: u8 = 4;
    /// What may stand here for all that is known.
    pub(crate) const OTHER: u8 = 5;
    /// Words.
    pub(crate) const WORD: u8 = 6;
    /// What surely does not fit as it is.
    pub(crate) const LAST: u8 = 7;
}

/// The most items that are given; more than anyone looks through.
const MOST: usize = 200;

/// Items as they are found.
pub(crate) struct List<'a, 'r> {
    program: &'a Program,
    request: Request<'a>,
    site: &'r Site<'a>,
    prefix: String,
    items: Vec<Item>,
    incomplete: bool,
}

impl<'a, 'r> List<'a, 'r> {
    fn new(program: &'a Program, request: Request<'a>, site: &'r Site<'a>) -> Self {
        let prefix = site.prefix.text(request.source).to_ascii_lowercase();
        Self { program, request, site, prefix, items: Vec::new(), incomplete: false }
    }

    /// Adds an item that replaces the word at the cursor by its label.
    fn push(&mut self, kind: Kind, label: impl Into<String>, group: u8) -> Option<&mut Item> {
        let label = label.into();
        if !self.begins_alike(&label) {
            return None;
        }
        let sort = (group, u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        let replace = self.site.word;
        let item = Item {
            text: label.clone(),
            label,
            kind,
            detail: None,
            replace,
            snippet: None,
            sort,
            docs: None,
            more: false,
        };
        self.items.push(item);
        self.items.last_mut()
    }

    /// Whether the letters of the word before the cursor stand in this order in a label: what editors look for, too.
    fn begins_alike(&self, label: &str) -> bool {
        let mut letters = label.chars().map(|letter| letter.to_ascii_lowercase());
        self.prefix.chars().all(|wanted| letters.any(|letter| letter == wanted))
    }

    fn words(&mut self, words: &[&str], group: u8) {
        for word in words {
            self.push(Kind::Keyword, *word, group);
        }
    }

    fn wanted(&mut self) {
        match &self.site.want {
            Want::Nothing => {}
            Want::Words(words) => self.words(words, group::WANTED),
            Want::Item => self.declarations(),
            Want::Keys(keys) => self.keys(keys),
            Want::Path { known, unset } => self.path(*known, *unset),
            Want::UnsetPath => self.environment_paths(true),
            Want::Value(expected) => self.values(*expected),
            Want::Index { of, key } => self.indexes(*of, *key),
            Want::Argument { callee, given, expected } => self.arguments(callee, given, *expected),
            Want::Part { known, expected } => self.parts(*known, *expected),
            Want::Pattern { subject, given } => self.patterns(*subject, given),
            Want::TypeName(space) => self.type_names(*space),
            Want::KindName(space) => self.kind_names(*space),
            Want::Guard => self.guards(),
            Want::UsePath => self.use_paths(None),
            Want::UseName { path, given } => self.exported(path, given),
            Want::Lint => self.lints(),
        }
        match self.site.behind {
            Some(Behind::Value) => self.words(&["and", "or", "in", "for", "if", "then", "else"], group::WORD),
            Some(Behind::Type) => self.words(&["where"], group::WANTED),
            None => {}
        }
    }

    fn finish(mut self) -> Completions {
        let later = |item: &Item| !item.label.to_ascii_lowercase().starts_with(&self.prefix);
        self.items.sort_by_key(|item| (item.sort.0, later(item), item.sort.1));
        for (at, item) in (0..).zip(&mut self.items) {
            item.sort.1 = at;
        }
        // A name is offered once, where it stands best.
        let mut seen = rustc_hash::FxHashSet::default();
        self.items.retain(|item| seen.insert((item.label.clone(), item.kind == Kind::Scaffold)));
        self.incomplete |= self.items.len() > MOST;
        self.items.truncate(MOST);
        Completions { items: self.items, incomplete: self.incomplete }
    }
}
