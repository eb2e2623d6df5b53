//! Lints: what is declared and serves nothing.

use crate::checker::Checker;
use crate::diagnostic::{Code, Diagnostic, Fix, codes};
use crate::program::DefKind;
use crate::project::SourceFile;
use oal_syntax::ast::ItemKind;
use oal_syntax::{FileId, Span};

impl Checker<'_> {
    /// Declarations and imports that nothing mentions. A used file may serve other programs too: of its kinds, types and lets
    /// nothing is said; nor of anything in what is no program by itself.
    pub(crate) fn find_unused(&mut self) {
        self.find_unused_imports();
        if self.program.app.is_none() {
            return;
        }
        let mut found = Vec::new();
        for def in &self.program.defs {
            if def.used || crate::std::index(def.item.file).is_some() {
                continue;
            }
            let name = self.project.slice(def.item.file, def.name);
            if name.starts_with('_') {
                continue;
            }
            let root = def.item.file == FileId(0);
            let component =
                def.of.and_then(|kind| self.program.kind(kind)?.root).and_then(|kind| self.program.kind(kind));
            let (code, what, help): (&'static Code, &str, &str) = match (def.kind, component.map(|kind| &*kind.name)) {
                (DefKind::Component, Some("secret")) => {
                    (&codes::UNUSED_SECRET, "secret", "give it to a service through `env` or `files`, or remove it")
                }
                (DefKind::Component, Some("volume")) => {
                    (&codes::UNUSED_VOLUME, "volume", "mount it: `volumes: { \"/data\": volume(…) }`, or remove it")
                }
                (DefKind::Component, Some("config")) => {
                    (&codes::UNUSED_CONFIG, "config", "mount it: `files: { \"/etc/app\": config(…) }`, or remove it")
                }
                (DefKind::Param, _) => (&codes::UNUSED_PARAM, "param", "use it, or remove it and what sets it"),
                (DefKind::Let, _) if root => (&codes::UNUSED_LET, "let", "use it, or remove it"),
                (DefKind::Kind, _) if root => (&codes::UNUSED_KIND, "kind", "declare a component of it, or remove it"),
                (DefKind::Type, _) if root => (&codes::UNUSED_TYPE, "type", "use it, or remove it"),
                _ => continue,
            };
            found.push(
                Diagnostic::new(code, def.item.file, def.name, format!("{what} `{name}` is never used"))
                    .label("nothing refers to it")
                    .help(help),
            );
        }
        self.diagnostics.append(&mut found);
    }

    fn find_unused_imports(&mut self) {
        let mut found = Vec::new();
        for (file, source) in self.project.files() {
            let Some(scope) = self.program.scopes.get(file.0 as usize) else { continue };
            let mut report = |name: Span| {
                let word = name.text(&source.text);
                found.push(
                    Diagnostic::new(&codes::UNUSED_IMPORT, file, name, format!("`{word}` is imported and never used"))
                        .label("nothing in this file refers to it")
                        .help("remove it from the `use`")
                        .fix(Fix::maybe("remove it", file, without(source, name), "")),
                );
            };
            for binding in &scope.names {
                let imported = self.program.def(binding.def).is_some_and(|def| def.item.file != file);
                if imported && !self.used_imports.contains(&(file, binding.def)) {
                    report(binding.name);
                }
            }
            for space in &scope.namespaces {
                // A file may also be used for the components it adds to the program.
                let adds =
                    self.program.defs.iter().any(|def| def.item.file == space.file && def.kind == DefKind::Component);
                if !space.used && !adds {
                    report(space.name);
                }
            }
        }
        self.diagnostics.append(&mut found);
    }
}

/// What goes where an imported name goes: the name with its `… as` and a comma, or all of a `use` that has no other.
fn without(source: &SourceFile, name: Span) -> Span {
    let tree = &source.parse.tree;
    let items = tree.top.iter().map(|id| tree.item(*id));
    let Some(item) = items.rev().find(|item| item.span.contains(name)) else { return name };
    let names = match item.kind {
        ItemKind::Use { names, .. } => tree.use_names(names),
        _ => &[],
    };
    let rest = |at: u32| source.text.get(at as usize..).unwrap_or_default();
    let blank = |at: u32, signs: &[char]| {
        let text = rest(at);
        at + u32::try_from(text.len() - text.trim_start_matches(signs).len()).unwrap_or(0)
    };
    match names.iter().position(|other| other.local == name) {
        Some(0) if names.len() > 1 => {
            let next = names.get(1).map_or(name.end, |next| next.name.start);
            Span::new(names.first().map_or(name.start, |first| first.name.start), next)
        }
        Some(at) if names.len() > 1 => {
            let before = names.get(at - 1).map_or(name.start, |before| before.local.end);
            Span::new(before, name.end)
        }
        _ => Span::new(item.span.start, blank(item.span.end, &['\r', '\n'])),
    }
}
