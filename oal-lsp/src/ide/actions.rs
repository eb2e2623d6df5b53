//! Changes that an editor offers at a place: answers to findings, and ways to write the same otherwise. Each is worked out from a check of
//! the text at hand, made with `record_types`.

mod environment;
mod exports;
mod extract;
mod fixes;
mod imports;
mod inline;
mod secret;
mod text;
mod tidy;

pub use environment::moves;
pub use exports::uses;
pub use fixes::fix_all;
pub use imports::organise;

use oal_check::diagnostic::codes;
use oal_check::program::{DefKind, EnvSet, ExprRef, Program, Res};
use oal_check::types::MemberInfo;
use oal_check::{Checked, Edit, Severity};
use oal_syntax::ast::{ExprId, ItemKind, Tree};
use oal_syntax::visit::{self, Node};
use oal_syntax::{FileId, Parse, Span};

/// A change that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What it does, in the imperative.
    pub title: String,
    /// What sort of change it is.
    pub kind: ActionKind,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
    /// The findings it answers, by their index in the check's.
    pub findings: Vec<usize>,
    /// Whether it is surely what is meant.
    pub preferred: bool,
}

/// What sort of change an [`Action`] is (LSP 3.17, `CodeActionKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// Answers a finding: `quickfix`.
    QuickFix,
    /// Takes away what nothing uses: also `quickfix`, but right only if no program uses it.
    Remove,
    /// Answers all findings that have a sure answer: `source.fixAll`.
    FixAll,
    /// `source.organizeImports`
    OrganiseImports,
    /// Gives a part a name: `refactor.extract`.
    Extract,
    /// The reverse: `refactor.inline`.
    Inline,
    /// Says it otherwise: `refactor.rewrite`.
    Rewrite,
}

/// What actions are worked out from.
pub(crate) struct Ground<'a> {
    checked: &'a Checked,
    program: &'a Program,
    file: FileId,
    source: &'a str,
    parse: &'a Parse,
    tree: &'a Tree,
    range: Span,
    /// The nodes around the start of the range, outermost first.
    path: Vec<Node>,
}

/// All that is offered for a range, the best first. An empty range is a cursor.
#[must_use]
pub fn actions(checked: &Checked, file: FileId, range: Span) -> Vec<Action> {
    let ground = Ground::new(checked, file, range);
    let mut found = Vec::new();
    ground.fixes(&mut found);
    // What is wrong may mean something else once it is written otherwise.
    if !ground.is_wrong(range.start) {
        ground.extract(&mut found);
        ground.inline(&mut found);
        ground.set_in_environment(&mut found);
        ground.make_secret(&mut found);
        ground.rewrite_text(&mut found);
    }
    for action in &mut found {
        tidy::tidy(checked, &mut action.edits);
    }
    found
}

impl<'a> Ground<'a> {
    fn new(checked: &'a Checked, file: FileId, range: Span) -> Self {
        let source = checked.project().file(file);
        let tree = &source.parse.tree;
        let path = visit::path_at(tree, range.start);
        let text = &source.text;
        Self { checked, program: checked.program(), file, source: text, parse: &source.parse, tree, range, path }
    }

    /// Whether the declaration at an offset has an error.
    fn is_wrong(&self, offset: u32) -> bool {
        let after = self.tree.top.partition_point(|item| self.tree.item(*item).span.start <= offset);
        let item = after.checked_sub(1).and_then(|at| self.tree.top.get(at)).map(|item| self.tree.item(*item).span);
        let Some(item) = item else { return true };
        let here = |file: FileId, span: Span| file == self.file && item.start <= span.end && span.start <= item.end;
        self.parse.errors.iter().any(|error| here(self.file, error.span))
            || self.checked.diagnostics().iter().any(|found| {
                let mut labels = std::iter::once(&found.primary).chain(&found.secondary);
                found.severity == Severity::Error
                    && found.code != &codes::NO_APP
                    && labels.any(|label| here(label.file, label.span))
            })
    }

    /// Whether all components that an expression names are there in these environments.
    fn is_there(&self, names: &[(Res, Span)], environments: EnvSet) -> bool {
        let world = self.checked.world();
        names.iter().all(|(res, _)| {
            let Res::Def(def) = res else { return true };
            if self.program.def(*def).is_none_or(|def| def.kind != DefKind::Component) {
                return true;
            }
            let instances = world.instances_of(*def).iter();
            let there = instances.fold(EnvSet::EMPTY, |set, id| set.or(world.presence(*id)));
            environments.without(there).is_empty()
        })
    }

    fn text(&self, span: Span) -> &'a str {
        span.text(self.source)
    }

    fn edit(&self, span: Span, text: impl Into<String>) -> Edit {
        Edit { file: self.file, span, text: text.into() }
    }

    fn at(&self, expr: ExprId) -> ExprRef {
        ExprRef { file: self.file, expr }
    }

    /// The expression that is selected: exactly the range, or the innermost at a cursor.
    fn selected(&self) -> Option<ExprId> {
        let trimmed = self.trimmed();
        let exprs = self.path.iter().filter_map(|node| match node {
            Node::Expr(id) => Some(*id),
            _ => None,
        });
        let fits = |id: &ExprId| {
            let span = self.tree.expr(*id).span;
            if self.range.is_empty() { span.touches(self.range.start) } else { span == trimmed }
        };
        exprs.rev().find(fits)
    }

    /// The range without the blanks around it.
    fn trimmed(&self) -> Span {
        let text = self.text(self.range);
        let lead = crate::ide::offset(text.len() - text.trim_start().len());
        let tail = crate::ide::offset(text.len() - text.trim_end().len());
        Span::new(self.range.start + lead, (self.range.end - tail).max(self.range.start + lead))
    }

    /// The declaration of the file in which an offset is, with the comments and `allow`s above it; where it starts.
    fn start_of_item(&self, offset: u32) -> Option<u32> {
        let after = self.tree.top.partition_point(|item| self.tree.item(*item).span.start <= offset);
        let item = self.tree.item(*self.tree.top.get(after.checked_sub(1)?)?);
        let mut start = item.span.start;
        loop {
            let before = self.source.get(..start as usize)?;
            let line = before.trim_end_matches(['\n', '\r', ' ', '\t']);
            let gap = before.get(line.len()..).unwrap_or_default();
            let lines = gap.matches('\n').count();
            let first = line.rfind('\n').map_or(0, |at| at + 1);
            let above = line.get(first..).unwrap_or_default();
            let belongs = above.starts_with("//") && !above.starts_with("//!") || above.starts_with("allow(");
            if lines != 1 || !belongs {
                return Some(start);
            }
            start = crate::ide::offset(first);
        }
    }

    /// The columns that the line of an offset starts with, as blanks.
    fn indent(&self, offset: u32) -> &'a str {
        let before = self.source.get(..offset as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.source.get(line..).unwrap_or_default();
        rest.get(..rest.len() - rest.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    /// What ends a line of this text.
    fn line_end(&self) -> &'static str {
        tidy::line_end(self.source)
    }

    /// A name that nothing has yet, made of a word.
    fn new_name(&self, word: &str) -> String {
        let mut name: String =
            word.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        name = name.trim_matches('_').to_owned();
        let keyword = oal_syntax::token::KEYWORDS.iter().any(|word| word.spelling() == name);
        let bad_start = !name.starts_with(|c: char| c.is_ascii_lowercase());
        if bad_start || keyword || oal_check::std::is_kind(&name) {
            name = format!("the_{name}").trim_end_matches('_').to_owned();
        }
        let taken = |name: &str| {
            self.program.named(self.file, name).is_some()
                || self.program.namespace(self.file, name).is_some()
                || oal_check::std::is_kind(name)
                || self.mentioned(name)
        };
        if !taken(&name) {
            return name;
        }
        // `orders_storage`, where that is part of a component's name.
        if let Some(Node::Item(id)) = self.path.first()
            && let item = self.tree.item(*id)
            && matches!(item.kind, ItemKind::Component { .. })
            && let longer = format!("{}_{name}", self.text(item.name))
            && !taken(&longer)
        {
            return longer;
        }
        (2..).map(|count| format!("{name}_{count}")).find(|name| !taken(name)).unwrap_or(name)
    }

    /// Whether a word stands in the file, but as a key: a variable, a variant or a port may have that name. In a kind its fields have
    /// theirs.
    fn mentioned(&self, name: &str) -> bool {
        let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let written = self.source.match_indices(name).any(|(at, _)| {
            let before = self.source.get(..at).unwrap_or_default();
            let behind = self.source.get(at + name.len()..).unwrap_or_default();
            !before.ends_with(in_word) && !behind.starts_with(in_word) && !behind.trim_start().starts_with(':')
        });
        let Some(Node::Item(id)) = self.path.first() else { return written };
        let here = oal_check::program::ItemRef { file: self.file, item: *id };
        let kind = self.program.kinds.iter().find(|kind| kind.item == Some(here));
        written || kind.is_some_and(|kind| kind.field_index.contains_key(name))
    }

    /// What the names in an expression stand for.
    fn names_in(&self, expr: ExprId) -> Vec<(Res, Span)> {
        let mut found = Vec::new();
        visit::walk(self.tree, Node::Expr(expr), &mut |node| {
            if let Node::Expr(id) = node {
                let expr = self.tree.expr(id);
                let res = self.program.res(self.file, id);
                if res != Res::None {
                    found.push((res, expr.span));
                }
            }
            true
        });
        found
    }

    /// The last name of the key whose value an expression is, or a part of.
    fn key_around(&self, expr: ExprId) -> Option<String> {
        let span = self.tree.expr(expr).span;
        let entry = self.path.iter().rev().find_map(|node| match node {
            Node::Entry(at) => {
                let entry = self.tree.entries.get(*at as usize)?;
                let holds = visit::span(self.tree, *node).contains(span) && !entry.key.is_empty();
                holds.then_some(entry.key)
            }
            _ => None,
        })?;
        oal_syntax::key::segments(self.text(entry)).last().map(|step| step.text.into_owned())
    }
}

/// A pattern that a variant is matched by, with a name for each field.
pub(crate) fn pattern(name: &str, fields: &[MemberInfo]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    if names.is_empty() { name.to_owned() } else { format!("{name}({})", names.join(", ")) }
}
