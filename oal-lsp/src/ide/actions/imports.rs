//! `use` in order: sorted by path and name, one for each file, without what nothing refers to.

use super::{Action, ActionKind, Ground};
use oal_check::diagnostic::codes;
use oal_check::program::DefKind;
use oal_check::{Checked, Edit};
use oal_syntax::ast::{ItemId, ItemKind};
use oal_syntax::{FileId, Span, fmt};

/// One `use`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    /// The path with its quotes.
    path: String,
    /// `as` this name.
    whole: Option<String>,
    /// The names, each with its name here.
    names: Vec<(String, String)>,
}

/// Brings the `use`s of a file in order; `None` where they are.
#[must_use]
pub fn organise(checked: &Checked, file: FileId) -> Option<Action> {
    let ground = Ground::new(checked, file, Span::empty(0));
    let edits = ground.organised();
    (!edits.is_empty()).then(|| Action {
        title: "Organise `use`".to_owned(),
        kind: ActionKind::OrganiseImports,
        edits,
        findings: Vec::new(),
        preferred: false,
    })
}

impl Ground<'_> {
    fn organised(&self) -> Vec<Edit> {
        let is_use = |id: &ItemId| {
            let item = self.tree.item(*id);
            matches!(item.kind, ItemKind::Use { .. } | ItemKind::UseAs { .. }) && item.allows.is_empty()
        };
        // Comments stay with what they are beside: a run ends there.
        let together = |a: &ItemId, b: &ItemId| {
            let gap = Span::new(self.tree.item(*a).span.end, self.tree.item(*b).span.start);
            is_use(a) && is_use(b) && self.text(gap).trim().is_empty()
        };
        let runs = self.tree.top.chunk_by(together);
        runs.filter(|run| run.first().is_some_and(is_use)).filter_map(|run| self.run(run)).collect()
    }

    fn run(&self, run: &[ItemId]) -> Option<Edit> {
        let (first, last) = (self.tree.item(*run.first()?).span, self.tree.item(*run.last()?).span);
        let span = first.cover(last);
        let broken = self.parse.errors.iter().any(|error| span.touches(error.span.start));
        let commented = self.parse.comments.iter().any(|comment| span.touches(comment.span.start));
        if broken || commented {
            return None;
        }
        let mut uses: Vec<Use> = Vec::new();
        for id in run {
            let Some(one) = self.read(*id) else { continue };
            match uses.iter_mut().find(|other| other.path == one.path && other.whole.is_none() && one.whole.is_none()) {
                Some(other) => other.names.extend(one.names),
                None => uses.push(one),
            }
        }
        for one in &mut uses {
            one.names.sort();
            one.names.dedup();
        }
        uses.sort();
        let lines: Vec<String> = uses.iter().map(Use::text).collect();
        let mut text = lines.join("\n");
        if let Ok(formatted) = fmt::format(&text, &oal_syntax::parse(&text)) {
            text = formatted.trim_end().to_owned();
        }
        let mut span = span;
        if text.is_empty() {
            // With the lines go the blank ones behind them.
            let rest = self.source.get(span.end as usize..)?;
            let blank = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
            span.end += crate::ide::offset(blank);
        }
        let text = text.replace('\n', self.line_end());
        (self.text(span) != text).then(|| self.edit(span, text))
    }

    /// A `use` without the names that nothing refers to; `None` where nothing is left of it.
    fn read(&self, id: ItemId) -> Option<Use> {
        let item = self.tree.item(id);
        let unused = |name: Span| {
            let mut found = self.checked.diagnostics().iter().filter(|found| found.code == &codes::UNUSED_IMPORT);
            found.any(|found| found.primary.file == self.file && found.primary.span == name)
        };
        match item.kind {
            ItemKind::UseAs { path } => {
                let whole = Some(self.text(item.name).to_owned());
                let keep = !unused(item.name) || self.adds(id);
                keep.then(|| Use { path: self.text(path).to_owned(), whole, names: Vec::new() })
            }
            ItemKind::Use { path, names } => {
                let names = self.tree.use_names(names);
                let pair = |name: &oal_syntax::ast::UseName| {
                    (self.text(name.name).to_owned(), self.text(name.local).to_owned())
                };
                let mut kept: Vec<_> = names.iter().filter(|name| !unused(name.local)).map(pair).collect();
                if kept.is_empty() && self.adds(id) {
                    kept = names.iter().map(pair).collect();
                }
                let path = self.text(path).to_owned();
                (!kept.is_empty()).then_some(Use { path, whole: None, names: kept })
            }
            _ => None,
        }
    }

    /// Whether a used file adds something to the program beside its names: a component, a param, an assert, another file.
    fn adds(&self, id: ItemId) -> bool {
        let used = self.program.project.uses(self.file).iter().find(|used| used.item == id);
        let Some(file) = used.and_then(|used| used.file) else { return true };
        let declares = |kind: DefKind| matches!(kind, DefKind::Component | DefKind::Param);
        self.program.defs.iter().any(|def| def.item.file == file && declares(def.kind))
            || self.program.asserts.iter().any(|item| item.file == file)
            || !self.program.project.uses(file).is_empty()
    }
}

impl Use {
    fn text(&self) -> String {
        match &self.whole {
            Some(name) => format!("use {} as {name}", self.path),
            None => {
                let names: Vec<String> = self
                    .names
                    .iter()
                    .map(|(name, local)| if name == local { name.clone() } else { format!("{name} as {local}") })
                    .collect();
                format!("use {} {{ {} }}", self.path, names.join(", "))
            }
        }
    }
}
