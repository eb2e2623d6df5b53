//! Names: what each file declares and imports, and what a bare name means. No types here.

use crate::checker::Checker;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{Binding, Def, DefId, DefKind, Environment, ItemRef, Namespace, Place, Program};
use crate::std as prelude;
use oal_syntax::ast::{EntryValue, Item, ItemId, ItemKind};
use oal_syntax::{FileId, Span};
use std::hash::Hasher;

/// The most environments that a program may have.
pub(crate) const MAX_ENVIRONMENTS: usize = 64;

/// Hash of a name, for the scopes' tables.
pub(crate) fn hash(name: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// What a name in a file's scope means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Def(DefId),
    /// Index into the file's namespaces.
    Namespace(usize),
    /// What a broken `use` was to bring in; silent.
    Missing,
    None,
}

impl Program {
    /// What a name of a project file declares or brings in.
    #[must_use]
    pub fn named(&self, file: FileId, name: &str) -> Option<DefId> {
        let source = self.project.text(file);
        let scope = self.scopes.get(file.0 as usize)?;
        scope.names.find(hash(name), |binding| binding.name.text(source) == name).map(|binding| binding.def)
    }

    /// The file that `use … as name` brings into a project file under this name.
    #[must_use]
    pub fn namespace(&self, file: FileId, name: &str) -> Option<FileId> {
        let source = self.project.text(file);
        let scope = self.scopes.get(file.0 as usize)?;
        scope.namespaces.iter().find(|space| space.name.text(source) == name).map(|space| space.file)
    }
}

impl<'p> Checker<'p> {
    /// Collects the names of all files.
    pub(crate) fn declare_all(&mut self) {
        let files: Vec<FileId> = self.project.files().map(|(id, _)| id).collect();
        let expected: usize = self.project.files().map(|(_, file)| file.parse.tree.top.len()).sum();
        self.program.defs.reserve(expected);
        for &file in &files {
            self.at = self.context(file);
            let count = self.at.tree.top.len();
            if let Some(scope) = self.program.scopes.get_mut(file.0 as usize) {
                scope.names.reserve(count, |_| 0);
            }
            for &id in &self.at.tree.top {
                self.declare(id, None);
            }
        }
        for &file in &files {
            self.at = self.context(file);
            for used in self.project.uses(file) {
                self.import(used.item, used.file);
            }
        }
        self.finish_program();
    }

    fn declare(&mut self, id: ItemId, only_in: Option<u8>) {
        let item = self.at.tree.item(id);
        let kind = match item.kind {
            ItemKind::Param { .. } => DefKind::Param,
            ItemKind::Let { .. } => DefKind::Let,
            ItemKind::Type(_) => DefKind::Type,
            ItemKind::Kind { .. } => DefKind::Kind,
            ItemKind::Component { .. } => DefKind::Component,
            ItemKind::App(_) => return self.declare_app(id, item),
            ItemKind::Environment(_) => return self.declare_environment(id, item),
            ItemKind::Assert { .. } => {
                self.program.asserts.push(ItemRef { file: self.at.file, item: id });
                return;
            }
            ItemKind::Use { .. } | ItemKind::UseAs { .. } | ItemKind::Error => return,
        };
        if item.name.is_empty() {
            return;
        }
        let name = self.text(item.name);
        let refused = self.refuse_shadowing(name, item.name, kind);
        let def = DefId(u32::try_from(self.program.defs.len()).unwrap_or(0));
        self.program.defs.push(Def {
            item: ItemRef { file: self.at.file, item: id },
            name: item.name,
            kind,
            only_in,
            // What cannot be used by its name is not unused, too.
            used: refused,
            of: None,
        });
        self.bind(name, Binding { name: item.name, def });
    }

    /// Says so where a declaration has the name of something built in.
    fn refuse_shadowing(&mut self, name: &str, at: Span, kind: DefKind) -> bool {
        let before = self.diagnostics.len();
        if kind == DefKind::Type {
            if crate::type_names::is_builtin(name) {
                self.push(
                    self.finding(&codes::SHADOWED_TYPE, at, format!("`{name}` is a built-in type"))
                        .label("declared again here")
                        .help("choose another name"),
                );
            }
        } else if prelude::is_kind(name) {
            self.push(
                self.finding(&codes::SHADOWED_KIND, at, format!("`{name}` is a built-in kind"))
                    .label("declared again here")
                    .help("choose another name"),
            );
        }
        self.diagnostics.len() > before
    }

    fn bind(&mut self, name: &str, binding: Binding) {
        let (source, file) = (self.at.source, self.at.file);
        let Some(scope) = self.program.scopes.get_mut(file.0 as usize) else { return };
        let key = hash(name);
        if let Some(first) = scope.names.find(key, |other| other.name.text(source) == name) {
            let first = *first;
            self.report_duplicate(name, first, binding);
            return;
        }
        scope.names.insert_unique(key, binding, |other| hash(other.name.text(source)));
    }

    fn report_duplicate(&mut self, name: &str, first: Binding, second: Binding) {
        let (first, second) = if second.name.start < first.name.start { (second, first) } else { (first, second) };
        let imported = |def: DefId| self.program.def(def).is_none_or(|def| def.item.file != self.at.file);
        let code = if imported(first.def) && imported(second.def) {
            if first.def == second.def { &codes::DUPLICATE_IMPORT } else { &codes::DUPLICATE_NAME }
        } else if self.program.def(second.def).is_some_and(|def| def.kind == DefKind::Type) {
            &codes::DUPLICATE_TYPE
        } else {
            &codes::DUPLICATE_NAME
        };
        let what = if code == &codes::DUPLICATE_IMPORT { "imported" } else { "declared" };
        // A component declared again in an environment is mostly meant to be changed there.
        let in_environment = |def: DefId| {
            self.program.def(def).is_some_and(|def| def.only_in.is_some() && def.kind == DefKind::Component)
        };
        let pair = [(first, second), (second, first)];
        if let Some((inner, outer)) = pair.into_iter().find(|(a, b)| in_environment(a.def) && !in_environment(b.def)) {
            self.push(
                self.finding(code, inner.name, format!("`{name}` is {what} twice"))
                    .label("again in an environment")
                    .secondary(self.at.file, outer.name, "first here")
                    .help(format!(
                        "to change it in an environment set its fields there, as in `{name}.labels: {{ … }}`"
                    )),
            );
            self.shadow_components.insert(inner.def);
            return;
        }
        self.push(
            self.finding(code, second.name, format!("`{name}` is {what} twice"))
                .label("again here")
                .secondary(self.at.file, first.name, "first here")
                .help("give one of them another name, or remove it"),
        );
    }

    fn declare_app(&mut self, id: ItemId, item: &Item) {
        let here = ItemRef { file: self.at.file, item: id };
        if self.at.file != FileId(0) {
            let name = self.text(item.name);
            self.push(
                self.finding(
                    &codes::IMPORTED_APP,
                    item.name,
                    format!("`{}` is a program of its own: it has the `app` `{name}`", self.project.path(self.at.file)),
                )
                .label("a used file has no `app`")
                .help("move what both programs share into a file without `app` and use that"),
            );
            return;
        }
        if let Some((name, first)) = &self.program.app {
            let first_name = self.project.file(first.file).parse.tree.item(first.item).name;
            let title = format!("a second `app`: the program is `{name}` already");
            let (file, span) = (first.file, first_name);
            self.push(
                self.finding(&codes::SEVERAL_APPS, item.name, title)
                    .label("second `app`")
                    .secondary(file, span, "first `app`")
                    .help("a program has one `app`; move the second one into a file of its own"),
            );
            return;
        }
        self.program.app = Some((self.text(item.name).into(), here));
    }

    fn declare_environment(&mut self, id: ItemId, item: &Item) {
        let ItemKind::Environment(body) = item.kind else { return };
        if self.at.file != FileId(0) {
            self.push(
                self.finding(
                    &codes::ENVIRONMENT_OUTSIDE_ROOT,
                    item.name,
                    format!("environment `{}` is declared in a used file", self.text(item.name)),
                )
                .label("not the file with the `app`")
                .help("declare environments in the file with the `app`, so that the set is seen at one place"),
            );
            return;
        }
        let name = self.text(item.name);
        if name.is_empty() {
            return;
        }
        if let Some(first) = self.program.environments.iter().find(|e| &*e.name == name).and_then(|e| e.at) {
            self.push(
                self.finding(
                    &codes::DUPLICATE_ENVIRONMENT,
                    item.name,
                    format!("environment `{name}` is declared twice"),
                )
                .label("again here")
                .secondary(first.file, first.span, "first here")
                .help("put both bodies together"),
            );
            return;
        }
        let index = self.program.environments.len();
        if index >= MAX_ENVIRONMENTS {
            if index == MAX_ENVIRONMENTS {
                self.push(
                    self.finding(
                        &codes::TOO_MANY_ENVIRONMENTS,
                        item.name,
                        format!("a program has at most {MAX_ENVIRONMENTS} environments"),
                    )
                    .label("one too many")
                    .help("describe what differs between copies of an environment by params"),
                );
            }
            return;
        }
        self.program.environments.push(Environment {
            name: name.into(),
            item: Some(ItemRef { file: self.at.file, item: id }),
            at: Some(Place { file: self.at.file, span: item.name }),
        });
        for entry in self.at.tree.entries(body.entries) {
            if let EntryValue::Item(nested) = entry.value
                && matches!(self.at.tree.item(nested).kind, ItemKind::Component { .. })
            {
                self.declare(nested, u8::try_from(index).ok());
            }
        }
    }

    fn import(&mut self, id: ItemId, target: Option<FileId>) {
        let item = *self.at.tree.item(id);
        let Some(file) = target else {
            let names = match item.kind {
                ItemKind::Use { names, .. } => self.at.tree.use_names(names).iter().map(|name| name.local).collect(),
                _ => vec![item.name],
            };
            self.miss(&names);
            return;
        };
        match item.kind {
            ItemKind::UseAs { .. } if !item.name.is_empty() => {
                let index = self.at.file.0 as usize;
                if let Some(scope) = self.program.scopes.get_mut(index) {
                    scope.namespaces.push(Namespace { name: item.name, file, used: false });
                }
            }
            ItemKind::Use { names, .. } if prelude::index(file).is_none() => {
                for name in self.at.tree.use_names(names) {
                    self.import_name(name.name, name.local, file);
                }
            }
            _ => {}
        }
    }

    fn miss(&mut self, names: &[Span]) {
        if let Some(scope) = self.program.scopes.get_mut(self.at.file.0 as usize) {
            scope.missing.extend(names.iter().filter(|name| !name.is_empty()));
        }
    }

    fn import_name(&mut self, name: Span, local: Span, file: FileId) {
        let wanted = self.text(name);
        if wanted.is_empty() {
            return;
        }
        if let Found::Def(def) = self.find_own(file, wanted) {
            self.bind(self.text(local), Binding { name: local, def });
            return;
        }
        let names = self.own_names(file);
        let mut diagnostic = self
            .finding(&codes::UNKNOWN_IMPORT, name, format!("`{}` declares no `{wanted}`", self.project.path(file)))
            .label("not there");
        if let Some(near) = crate::suggest::closest(wanted, names.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix(crate::diagnostic::Fix::maybe(
                format!("use `{near}`"),
                self.at.file,
                name,
                near,
            ));
        } else {
            diagnostic = diagnostic.help("only what a file declares itself can be used from it");
        }
        self.push(diagnostic);
        self.miss(&[local]);
    }

    /// A name that a file declares itself.
    pub(crate) fn find_own(&self, file: FileId, name: &str) -> Found {
        match self.find_in(file, name) {
            Found::Def(def) if self.program.def(def).is_some_and(|d| d.item.file == file) => Found::Def(def),
            _ => Found::None,
        }
    }

    /// All names that a file declares itself.
    pub(crate) fn own_names(&self, file: FileId) -> Vec<&'p str> {
        let source = self.project.text(file);
        let mut names: Vec<&str> = self
            .program
            .scopes
            .get(file.0 as usize)
            .into_iter()
            .flat_map(|scope| scope.names.iter())
            .filter(|binding| self.program.def(binding.def).is_some_and(|def| def.item.file == file))
            .map(|binding| binding.name.text(source))
            .collect();
        names.sort_unstable();
        names
    }

    /// All names in scope in a file that satisfy `wanted`, for suggestions.
    /// Looking for the nearest of many names costs time; a program that is wrong everywhere gets its first answers only.
    pub(crate) fn names_in_scope(&mut self, file: FileId, wanted: impl Fn(DefKind) -> bool) -> Vec<&'p str> {
        const MOST: usize = 100;
        self.suggested += 1;
        if self.suggested > MOST {
            return Vec::new();
        }
        let source = self.project.text(file);
        let mut names: Vec<&str> = self
            .program
            .scopes
            .get(file.0 as usize)
            .into_iter()
            .flat_map(|scope| scope.names.iter())
            .filter(|binding| self.program.def(binding.def).is_some_and(|def| wanted(def.kind)))
            .map(|binding| binding.name.text(source))
            .collect();
        names.sort_unstable();
        names
    }

    /// What a name means in a project file: declared, imported, or a namespace.
    pub(crate) fn find_in(&self, file: FileId, name: &str) -> Found {
        self.program.find_in(self.project.text(file), file, name)
    }

    /// What a kind's or type's name means: in the file, then in the prelude. In a file of the prelude, only there.
    pub(crate) fn find_global(&mut self, file: FileId, name: &str) -> Found {
        if prelude::index(file).is_none() {
            let found = self.find_in(file, name);
            if found != Found::None {
                return found;
            }
        }
        self.find_std(name).map_or(Found::None, Found::Def)
    }

    /// A kind or type of the prelude; its file is parsed when first asked for.
    pub(crate) fn find_std(&mut self, name: &str) -> Option<DefId> {
        if let Some(def) = self.program.std_defs.get(name) {
            return Some(*def);
        }
        let (file, name) = prelude::declaration(name)?;
        let source = self.project.file(file);
        let tree = &source.parse.tree;
        let (id, item) =
            tree.top.iter().map(|id| (*id, tree.item(*id))).find(|(_, item)| item.name.text(&source.text) == name)?;
        let kind = match item.kind {
            ItemKind::Kind { .. } => DefKind::Kind,
            ItemKind::Type(_) => DefKind::Type,
            _ => return None,
        };
        let def = DefId(u32::try_from(self.program.defs.len()).unwrap_or(0));
        self.program.defs.push(Def {
            item: ItemRef { file, item: id },
            name: item.name,
            kind,
            only_in: None,
            used: true,
            of: None,
        });
        self.program.std_defs.insert(name, def);
        Some(def)
    }

    /// Marks a definition as used, and its import where it comes from another file.
    pub(crate) fn mark_used(&mut self, def: DefId) {
        if let Some(info) = self.program.defs.get_mut(def.0 as usize) {
            info.used = true;
            if info.item.file != self.at.file {
                self.used_imports.insert((self.at.file, def));
            }
        }
    }

    fn finish_program(&mut self) {
        if self.program.environments.is_empty() {
            self.program.environments.push(Environment { name: "default".into(), item: None, at: None });
        }
    }

    /// Asks for an `app`, unless the file could not be read or another finding already speaks of a misspelt one.
    pub(crate) fn require_app(&mut self) {
        let (root, source) = (FileId(0), self.project.file(FileId(0)));
        let broken = self.project.problems().iter().any(|p| p.primary.file == root && p.primary.span.is_empty());
        if self.program.app.is_some() || broken || source.too_large {
            return;
        }
        let meant = self.diagnostics.iter().filter(|found| found.primary.file == root).any(|found| {
            let mut edits = found.fixes.iter().flat_map(|fix| &fix.edits);
            let before = source.text.get(..found.primary.span.start as usize).unwrap_or_default();
            let line = before.rfind('\n').and_then(|at| source.text.get(at + 1..)).unwrap_or(&source.text);
            let word = line.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next();
            found.code.number < 200 && word.is_some_and(|word| word.eq_ignore_ascii_case("app"))
                || found.code == &codes::UNKNOWN_KIND && edits.any(|edit| edit.text == "app")
        });
        if !meant {
            let title = format!("`{}` has no `app`", source.path);
            self.diagnostics.push(
                Diagnostic::new(&codes::NO_APP, root, Span::empty(0), title)
                    .help("a program says its name once: write `app shop {}` at its top"),
            );
        }
    }
}

impl Program {
    /// What a name means in a project file, whose text is `source`: declared, imported, or a namespace.
    pub(crate) fn find_in(&self, source: &str, file: FileId, name: &str) -> Found {
        let Some(scope) = self.scopes.get(file.0 as usize) else { return Found::None };
        if let Some(binding) = scope.names.find(hash(name), |binding| binding.name.text(source) == name) {
            return Found::Def(binding.def);
        }
        match scope.namespaces.iter().position(|space| space.name.text(source) == name) {
            Some(index) => Found::Namespace(index),
            None if scope.missing.iter().any(|missing| missing.text(source) == name) => Found::Missing,
            None => Found::None,
        }
    }
}
