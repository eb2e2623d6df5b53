//! A field or param that gets a value of its own in one environment.

use super::{Action, ActionKind, Ground};
use oal_check::program::{EnvSet, Res};
use oal_syntax::ast::{Body, EntryValue, ExprId, Guard, ItemKind};
use oal_syntax::visit::Node;
use oal_syntax::{FileId, Span, key};

impl Ground<'_> {
    pub(super) fn set_in_environment(&self, found: &mut Vec<Action>) {
        // Environments see the names of the root file, where they stand.
        if self.file != FileId(0) {
            return;
        }
        let Some((path, value)) = self.path_and_value() else { return };
        let named = self.names_in(value);
        if named.iter().any(|(res, _)| matches!(res, Res::Local(_) | Res::Field(_) | Res::Nested(_) | Res::Port)) {
            return;
        }
        let text = self.text(self.tree.expr(value).span);
        for (index, environment) in self.program.environments.iter().enumerate() {
            let Some(item) = environment.item.map(|item| self.tree.item(item.item)) else { continue };
            let ItemKind::Environment(body) = item.kind else { continue };
            let there = self.is_there(&named, EnvSet::only(index));
            if !there || self.says(body, &path) || self.is_only_elsewhere(index, &path) {
                continue;
            }
            let edit = self.new_entry(body, item.span, &format!("{path}: {text}"));
            found.push(Action {
                title: format!("Set `{path}` in `{}`", environment.name),
                kind: ActionKind::Rewrite,
                edits: vec![edit],
                findings: Vec::new(),
                preferred: false,
            });
        }
    }

    /// The path by which an environment names what the cursor is on, and its value.
    fn path_and_value(&self) -> Option<(String, ExprId)> {
        let (Some(Node::Item(id)), rest) = (self.path.first(), self.path.get(1..)?) else { return None };
        let item = self.tree.item(*id);
        match item.kind {
            ItemKind::Param { default, .. } => Some((self.text(item.name).to_owned(), default?)),
            ItemKind::Component { guard: Guard::None | Guard::If(_), .. } => {
                let mut path = self.text(item.name).to_owned();
                let mut value = None;
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
                            value = Some(inner);
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
                Some((path, value?))
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
    fn new_entry(&self, body: Body, item: Span, entry: &str) -> oal_check::Edit {
        let inside = Span::new(body.open + 1, item.end.saturating_sub(1));
        let inner = self.text(inside);
        let (end, indent) = (self.line_end(), self.indent(item.start));
        let used = crate::ide::offset(inner.trim_end().len());
        let at = inside.start + used;
        if inner.trim().is_empty() || !inner.contains('\n') {
            let before: Vec<String> = match inner.trim() {
                "" => Vec::new(),
                said => vec![format!("{end}{indent}  {}", said.trim_end_matches(','))],
            };
            let text = format!("{}{end}{indent}  {entry}{end}{indent}", before.concat());
            return self.edit(inside, text);
        }
        self.edit(Span::empty(at), format!("{end}{indent}  {entry}"))
    }
}
