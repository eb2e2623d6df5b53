//! What a declaration may start with, and the names that stand in its head: kinds, types, what a `use` brings, lints.

use super::scaffold::{self, Scaffold};
use super::tables::{self};
use super::{Docs, Kind, List, group};
use oal_check::diagnostic::codes;
use oal_check::program::{DefId, DefKind};
use oal_check::types::TextType;
use oal_syntax::FileId;

/// Declarations that are no components: the word, and what follows it.
const DECLARATIONS: [(&str, &[Piece]); 9] = {
    use Piece::{End, Gap, Text};
    [
        ("let", &[Text("let "), Gap("name"), Text(" = "), End]),
        ("param", &[Text("param "), Gap("name"), Text(": "), Gap("Int"), Text(" = "), End]),
        ("environment", &[Text("environment "), Gap("name"), Text(" {\n  "), End, Text("\n}")]),
        ("assert", &[Text("assert "), Gap("condition"), Text(", \""), Gap("message"), Text("\""), End]),
        ("type", &[Text("type "), Gap("Name"), Text(" = "), End]),
        (
            "kind",
            &[
                Text("kind "),
                Gap("name"),
                Text(" extends "),
                Gap("service"),
                Text(" {\n  field "),
                Gap("field"),
                Text(": "),
                Gap("String"),
                Text("\n  "),
                End,
                Text("\n}"),
            ],
        ),
        ("use", &[Text("use \"./"), Gap("file"), Text(".oal\" { "), End, Text(" }")]),
        ("app", &[Text("app "), Gap("name"), Text(" {"), End, Text("}")]),
        ("allow", &[Text("allow("), Gap("lint"), Text(", \""), Gap("reason"), Text("\")"), End]),
    ]
};

enum Piece {
    Text(&'static str),
    Gap(&'static str),
    End,
}

fn pieces(pieces: &[Piece]) -> Scaffold {
    let mut scaffold = Scaffold::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => scaffold.text(text),
            Piece::Gap(text) => scaffold.gap(text),
            Piece::End => scaffold.end(),
        };
    }
    scaffold
}

impl<'a> List<'a, '_> {
    /// What a declaration may start with.
    pub(super) fn declarations(&mut self) {
        self.kinds(group::WANTED);
        for (word, parts) in DECLARATIONS {
            // A program has one `app`, in its root.
            if word == "app" && self.program.app.is_some() || word == "environment" && self.request.file != FileId(0) {
                continue;
            }
            self.word_with_scaffold(word, &pieces(parts));
        }
    }

    fn word_with_scaffold(&mut self, word: &str, scaffold: &Scaffold) {
        if let Some(item) = self.push(Kind::Scaffold, word, group::NEAR) {
            item.text = word.to_owned();
            item.snippet = Some(scaffold.snippet.clone());
            item.detail = Some(format!("{word} …"));
        }
    }

    /// What only a kind's body has.
    pub(super) fn kind_body_words(&mut self) {
        use Piece::{End, Gap, Text};
        let field = [Text("field "), Gap("name"), Text(": "), Gap("String"), End];
        let output = [Text("output "), Gap("name"), Text(": "), Gap("String"), Text(" = "), End];
        let assert = [Text("assert "), Gap("condition"), Text(", \""), Gap("message"), Text("\""), End];
        for (word, parts) in [("field", &field[..]), ("output", &output[..]), ("assert", &assert[..])] {
            self.word_with_scaffold(word, &pieces(parts));
        }
        self.words(&["allow"], group::WORD);
    }

    /// All kinds, each as a whole component.
    pub(super) fn kinds(&mut self, group: u8) {
        for (name, kind, own) in self.all_kinds() {
            if !self.begins_alike(&name) {
                continue;
            }
            let scaffold = scaffold::component(kind, &name);
            let docs = kind.info().and_then(|info| info.item).map(|item| {
                let span = kind.program.project.file(item.file).parse.tree.item(item.item).span;
                Docs::Above(item.file, span.start)
            });
            let base = kind.info().and_then(|info| info.base).and_then(|base| kind.program.kind(base));
            let Some(item) = self.push(Kind::Kind, name, group) else { continue };
            item.detail = match base {
                Some(base) if own => Some(format!("extends {}", base.name)),
                _ => None,
            };
            item.docs = docs;
            item.snippet = Some(scaffold.snippet);
        }
    }

    /// The kinds in scope, own ones first, with the paths they are reached by.
    fn all_kinds(&self) -> Vec<(String, tables::Kind<'a>, bool)> {
        let (program, file) = (self.program, self.request.file);
        let mut found = Vec::new();
        let own = self.names_in_scope(|kind| kind == DefKind::Kind);
        for (name, _) in own {
            if let Some(kind) = tables::kind(program, file, name) {
                found.push((name.to_owned(), kind, true));
            }
        }
        let scope = program.scopes.get(file.0 as usize);
        for space in scope.map(|scope| scope.namespaces.as_slice()).unwrap_or_default() {
            let spelled = program.project.slice(file, space.name);
            for (name, _) in self.declared_in(space.file, |kind| kind == DefKind::Kind) {
                let path = format!("{spelled}.{name}");
                if let Some(kind) = tables::kind(program, file, &path) {
                    found.push((path, kind, true));
                }
            }
        }
        for name in oal_check::std::kind_names() {
            found.extend(tables::kind(program, file, name).map(|kind| (name.to_owned(), kind, false)));
        }
        found
    }

    /// Names in the file's scope, in order.
    pub(super) fn names_in_scope(&self, wanted: impl Fn(DefKind) -> bool) -> Vec<(&'a str, DefId)> {
        let (program, file) = (self.program, self.request.file);
        let text = program.project.text(file);
        let Some(scope) = program.scopes.get(file.0 as usize) else { return Vec::new() };
        let mut found: Vec<(&str, DefId)> = scope
            .names
            .iter()
            .filter(|binding| program.def(binding.def).is_some_and(|def| wanted(def.kind)))
            .map(|binding| (binding.name.text(text), binding.def))
            .filter(|(name, _)| self.begins_alike_with_part(name))
            .collect();
        found.sort_unstable();
        found
    }

    /// Whether a name, or something behind a dot of it, may begin like the word at the cursor.
    fn begins_alike_with_part(&self, name: &str) -> bool {
        let mut letters = name.chars().map(|letter| letter.to_ascii_lowercase());
        let first = self.prefix.chars().next();
        first.is_none_or(|first| letters.any(|letter| letter == first))
    }

    /// Names that a file declares itself, in order.
    pub(super) fn declared_in(&self, file: FileId, wanted: impl Fn(DefKind) -> bool) -> Vec<(&'a str, DefId)> {
        let program = self.program;
        let text = program.project.text(file);
        let Some(scope) = program.scopes.get(file.0 as usize) else { return Vec::new() };
        let mut found: Vec<(&str, DefId)> = scope
            .names
            .iter()
            .filter(|binding| program.def(binding.def).is_some_and(|def| def.item.file == file && wanted(def.kind)))
            .map(|binding| (binding.name.text(text), binding.def))
            .collect();
        found.sort_unstable();
        found
    }

    pub(super) fn docs_of(&self, id: DefId) -> Option<Docs> {
        let def = self.program.def(id)?;
        let span = self.program.project.file(def.item.file).parse.tree.item(def.item.item).span;
        Some(Docs::Above(def.item.file, span.start))
    }

    /// Kinds to extend, or those of a used file.
    pub(super) fn kind_names(&mut self, space: Option<FileId>) {
        if let Some(file) = space {
            for (name, id) in self.declared_in(file, |kind| kind == DefKind::Kind) {
                let docs = self.docs_of(id);
                if let Some(item) = self.push(Kind::Kind, name, group::WANTED) {
                    item.docs = docs;
                }
            }
            return;
        }
        for (name, kind, own) in self.all_kinds() {
            if self.site.defines(&name) {
                continue;
            }
            let docs = kind.info().and_then(|info| info.item).map(|item| {
                let span = kind.program.project.file(item.file).parse.tree.item(item.item).span;
                Docs::Above(item.file, span.start)
            });
            if let Some(item) = self.push(Kind::Kind, name, if own { group::WANTED } else { group::NEAR }) {
                item.docs = docs;
            }
        }
    }

    /// What may stand between a component's name and its body.
    pub(super) fn guards(&mut self) {
        use Piece::{End, Gap, Text};
        self.word_with_scaffold(
            "if",
            &pieces(&[Text("if "), Gap("environment == dev"), Text(" {\n  "), End, Text("\n}")]),
        );
        let parts = [Text("for "), Gap("name"), Text(" in "), Gap("[\"a\", \"b\"]"), Text(" {\n  "), End, Text("\n}")];
        self.word_with_scaffold("for", &pieces(&parts));
        self.push(Kind::Keyword, "{", group::WORD);
    }

    /// Types, or those of a used file.
    pub(super) fn type_names(&mut self, space: Option<FileId>) {
        if let Some(file) = space {
            for (name, id) in self.declared_in(file, |kind| matches!(kind, DefKind::Type | DefKind::Kind)) {
                self.type_name(name, id);
            }
            return;
        }
        const BUILT_IN: [&str; 13] = [
            "Bool", "Int", "Float", "String", "Duration", "Size", "Cpu", "Percent", "Port", "PortName", "Endpoint",
            "List", "Map",
        ];
        for (name, id) in self.names_in_scope(|kind| matches!(kind, DefKind::Type | DefKind::Kind)) {
            // No type contains itself.
            if !self.site.defines(name) || self.site.inside_kind.is_some() {
                self.type_name(name, id);
            }
        }
        for name in BUILT_IN {
            let Some(item) = self.push(Kind::Type, name, group::NEAR) else { continue };
            match name {
                "List" => item.snippet = Some("List<$0>".to_owned()),
                "Map" => item.snippet = Some("Map<${1:String}, $0>".to_owned()),
                _ => {}
            }
        }
        for text in TextType::ALL {
            if let Some(item) = self.push(Kind::Type, text.name(), group::FITS) {
                item.docs = Some(Docs::Text(*text));
            }
        }
        let scope = self.program.scopes.get(self.request.file.0 as usize);
        for space in scope.map(|scope| scope.namespaces.as_slice()).unwrap_or_default() {
            let name = self.program.project.slice(self.request.file, space.name);
            if let Some(item) = self.push(Kind::Namespace, name, group::FITS) {
                item.text.push('.');
                item.more = true;
            }
        }
        for name in oal_check::std::names() {
            let kind = if oal_check::std::is_kind(name) { Kind::Kind } else { Kind::Type };
            self.push(kind, name, group::OTHER);
        }
        self.words(&["secret", "deploy"], group::WORD);
    }

    fn type_name(&mut self, name: &str, id: DefId) {
        let docs = self.docs_of(id);
        let own_kind = self.program.def(id).is_some_and(|def| def.kind == DefKind::Kind);
        let kind = if own_kind { Kind::Kind } else { Kind::Type };
        if let Some(item) = self.push(kind, name, group::WANTED) {
            item.docs = docs;
        }
    }

    pub(super) fn lints(&mut self) {
        let mut lints: Vec<&'static str> = codes::lints().collect();
        // Those that were found in this declaration are meant most likely.
        let here = self.request.checked.diagnostics().iter().filter(|found| found.primary.file == self.request.file);
        let found: Vec<&str> = here.filter_map(|found| found.code.lint).collect();
        lints.sort_unstable();
        for lint in lints {
            let group = if found.contains(&lint) { group::WANTED } else { group::OTHER };
            let Some(item) = self.push(Kind::Lint, lint, group) else { continue };
            item.docs = Some(Docs::Lint(lint));
            item.detail = codes::lint(lint).map(|code| code.summary.to_owned());
        }
    }
}
