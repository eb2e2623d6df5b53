//! A field or param that gets a value of its own in one environment.

use super::{Action, ActionKind, Ground};
use crate::ide::{after, offset};
use oal_check::program::{EnvSet, Res};
use oal_check::{Checked, Edit, Options, Severity, check};
use oal_syntax::ast::{Body, EntryValue, ExprId, Guard, ItemKind};
use oal_syntax::visit::Node;
use oal_syntax::{FileId, Span, key};

/// A field or param in the root file, as an environment names it.
struct Named {
    path: String,
    value: ExprId,
    /// What is taken out where the value goes elsewhere: an entry, or what a param is without it.
    base: Base,
}

#[derive(Clone, Copy)]
enum Base {
    /// An entry between braces.
    Entry(Span),
    /// ` = value` of a param.
    Default(Span),
}

/// What moves to one environment, with what the others have then. Proved by a check: nothing more may be found. `options` are those of
/// the check at hand.
#[must_use]
pub fn moves(checked: &Checked, options: &Options, file: FileId, range: Span) -> Vec<Action> {
    let ground = Ground::new(checked, file, range);
    if ground.is_wrong(range.start) {
        return Vec::new();
    }
    let sound = |action: &Action| {
        let after = check(&after::edited(checked, &action.edits), options);
        after::worse(checked, &after, Severity::Warning).is_none()
    };
    let mut found = ground.moves();
    for action in &mut found {
        super::tidy::tidy(checked, &mut action.edits);
    }
    found.retain(sound);
    found
}

impl Ground<'_> {
    pub(super) fn set_in_environment(&self, found: &mut Vec<Action>) {
        let Some(named) = self.named() else { return };
        for (index, edit) in self.settable(&named) {
            let title = format!("Set `{}` in `{}`", named.path, self.environment(index));
            found.push(rewrite(title, vec![edit]));
        }
    }

    fn moves(&self) -> Vec<Action> {
        let Some(named) = self.named() else { return Vec::new() };
        let Some(removal) = self.without(named.base) else { return Vec::new() };
        let one = |(index, edit): (usize, Edit)| {
            // Those that have had the value from here and get another.
            let others = (0..self.program.environments.len()).filter(|other| {
                let says = self.body_of(*other).is_some_and(|body| self.says(body, &named.path));
                *other != index && !says && !self.is_only_elsewhere(*other, &named.path)
            });
            let others: Vec<&str> = others.map(|other| self.environment(other)).collect();
            let moved = format!("Move `{}` to `{}`", named.path, self.environment(index));
            let title = match others[..] {
                [] => moved,
                [other] => format!("{moved}, which `{other}` loses"),
                _ => format!("{moved}, which the others lose"),
            };
            let mut edits = vec![removal.clone(), edit];
            edits.sort();
            rewrite(title, edits)
        };
        self.settable(&named).into_iter().map(one).collect()
    }

    fn environment(&self, index: usize) -> &str {
        self.program.environments.get(index).map_or("", |environment| &environment.name)
    }

    fn body_of(&self, index: usize) -> Option<Body> {
        let item = self.program.environments.get(index)?.item?;
        match self.tree.item(item.item).kind {
            ItemKind::Environment(body) => Some(body),
            _ => None,
        }
    }

    /// The environments that can say it and do not, with what they would.
    fn settable(&self, named: &Named) -> Vec<(usize, Edit)> {
        let names = self.names_in(named.value);
        if names.iter().any(|(res, _)| matches!(res, Res::Local(_) | Res::Field(_) | Res::Nested(_) | Res::Port)) {
            return Vec::new();
        }
        let text = self.text(self.tree.expr(named.value).span);
        let mut found = Vec::new();
        for (index, environment) in self.program.environments.iter().enumerate() {
            let Some(body) = self.body_of(index) else { continue };
            let Some(item) = environment.item.map(|item| self.tree.item(item.item)) else { continue };
            let there = self.is_there(&names, EnvSet::only(index));
            if there && !self.says(body, &named.path) && !self.is_only_elsewhere(index, &named.path) {
                found.push((index, self.new_entry(body, item.span, &format!("{}: {text}", named.path))));
            }
        }
        found
    }

    /// The text without a base value; `None` where something else would go with it.
    fn without(&self, base: Base) -> Option<Edit> {
        let span = match base {
            Base::Default(span) => span,
            Base::Entry(span) => {
                let before = self.source.get(..span.start as usize)?;
                let behind = self.source.get(span.end as usize..)?;
                let comma = behind.trim_start_matches([' ', '\t']).starts_with(',');
                let gap = if comma { behind.find(',').map_or(0, |at| at + 1) } else { 0 };
                let rest = behind.get(gap..)?;
                let lead = before.len() - before.trim_end_matches([' ', '\t']).len();
                let tail = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
                let alone = before.trim_end_matches([' ', '\t']).ends_with('\n');
                let (from, to) = (span.start, span.end + offset(gap));
                if alone && rest.get(tail..)?.starts_with('\n') {
                    Span::new(from - offset(lead), to + offset(tail) + 1)
                } else if comma {
                    Span::new(from, to + offset(rest.len() - rest.trim_start_matches([' ', '\t']).len()))
                } else {
                    // The last one takes the comma before it along.
                    let kept = before.trim_end();
                    let kept = kept.strip_suffix(',').unwrap_or(before.trim_end_matches([' ', '\t']));
                    // Of braces with nothing in them no gap stays.
                    let empty = kept.ends_with('{') && rest.trim_start_matches([' ', '\t']).starts_with('}');
                    Span::new(offset(kept.len()), to + if empty { offset(tail) } else { 0 })
                }
            }
        };
        // A comment in it would go, and one above or beside it would stand for nothing.
        let above = self.source.get(..span.start as usize)?.trim_end().len();
        let beside = self.source.get(span.end as usize..)?.trim_start_matches([' ', '\t']).starts_with("//");
        let is_near =
            |comment: Span| comment.end > span.start && comment.start < span.end || comment.end as usize == above;
        let near = beside || self.parse.comments.iter().any(|comment| is_near(comment.span));
        (!near).then(|| self.edit(span, ""))
    }

    /// What the cursor is on, if environments can name it.
    fn named(&self) -> Option<Named> {
        // They see the names of the root file, where they stand.
        if self.file != FileId(0) {
            return None;
        }
        let (Some(Node::Item(id)), rest) = (self.path.first(), self.path.get(1..)?) else { return None };
        let item = self.tree.item(*id);
        match item.kind {
            ItemKind::Param { ty, default } => {
                let base = Base::Default(Span::new(self.tree.ty(ty).span.end, self.tree.expr(default?).span.end));
                Some(Named { path: self.text(item.name).to_owned(), value: default?, base })
            }
            ItemKind::Component { guard: Guard::None | Guard::If(_), .. } => {
                let mut path = self.text(item.name).to_owned();
                let mut found = None;
                for node in rest {
                    match node {
                        Node::Entry(at) => {
                            let entry = self.tree.entries.get(*at as usize)?;
                            let EntryValue::Set(inner) = entry.value else { return None };
                            let name = self.text(entry.key);
                            if entry.key.is_empty() {
                                return None;
                            }
                            // Keys in quotes stand in brackets.
                            if name.starts_with('"') {
                                path.push_str(&format!("[{name}]"));
                            } else {
                                path.push_str(&format!(".{name}"));
                            }
                            found = Some((inner, entry.key.cover(self.tree.expr(inner).span)));
                            // The cursor is on this key: all of its value is meant.
                            if entry.key.touches(self.range.start) {
                                break;
                            }
                        }
                        Node::Expr(id) => {
                            if !matches!(self.tree.expr(*id).kind, oal_syntax::ast::ExprKind::Object(_)) {
                                break;
                            }
                        }
                        _ => return None,
                    }
                }
                let (value, entry) = found?;
                Some(Named { path, value, base: Base::Entry(entry) })
            }
            _ => None,
        }
    }

    /// Whether an environment says something of a path, or of what it leads through or to.
    fn says(&self, body: Body, path: &str) -> bool {
        let steps = |path: &str| key::segments(path).map(|step| step.text.into_owned()).collect::<Vec<_>>();
        let wanted = steps(path);
        self.tree.entries(body.entries).iter().any(|entry| {
            let said = steps(self.text(entry.key));
            !said.is_empty() && (said.starts_with(&wanted) || wanted.starts_with(&said))
        })
    }

    /// Whether the component is not there in this environment.
    fn is_only_elsewhere(&self, environment: usize, path: &str) -> bool {
        let name = path.split(['.', '[']).next().unwrap_or_default();
        let Some(def) = self.program.named(self.file, name) else { return true };
        let world = self.checked.world();
        let instances = world.instances_of(def);
        !instances.is_empty() && !instances.iter().any(|id| world.presence(*id).has(environment))
    }

    /// A new entry at the end of a body.
    fn new_entry(&self, body: Body, item: Span, entry: &str) -> Edit {
        let inside = Span::new(body.open + 1, item.end.saturating_sub(1));
        let inner = self.text(inside);
        let (end, indent) = (self.line_end(), self.indent(item.start));
        let used = offset(inner.trim_end().len());
        let at = inside.start + used;
        if inner.trim().is_empty() || !inner.contains('\n') {
            let before: Vec<String> = match inner.trim() {
                "" => Vec::new(),
                said => vec![format!("{end}{indent}  {}", said.trim_end_matches(','))],
            };
            let head = self.text(Span::new(item.start, body.open + 1));
            let text = format!("{head}{}{end}{indent}  {entry}{end}{indent}}}", before.concat());
            // A declaration of several lines has blank ones around it.
            let above = self.source.get(..item.start as usize).unwrap_or_default();
            let lines = above.strip_suffix(indent).unwrap_or(above).rsplit('\n').skip(1);
            let above = lines.map(str::trim).next().is_some_and(|line| !line.is_empty() && !line.starts_with("//"));
            let behind = self.source.get(item.end as usize..).unwrap_or_default();
            let behind = behind.lines().nth(1).is_some_and(|line| !line.trim().is_empty());
            let (lead, tail) = (if above { end } else { "" }, if behind { end } else { "" });
            return self.edit(item, format!("{lead}{text}{tail}"));
        }
        self.edit(Span::empty(at), format!("{end}{indent}  {entry}"))
    }
}

fn rewrite(title: String, edits: Vec<Edit>) -> Action {
    Action { title, kind: ActionKind::Rewrite, edits, findings: Vec::new(), preferred: false }
}
