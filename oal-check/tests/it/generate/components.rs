//! Components: of which kind, where they exist, what their fields hold and what environments make of them.

use super::model::{Ty, Val, Vals};
use super::prelude::{self, Kind};
use super::special::Plan;
use super::{Component, Known, Later, Maker, Mask, Place};
use oal_check::types::Level;

/// What stands between a component's name and its body.
#[derive(Debug, Clone)]
pub(super) enum Guard {
    None,
    If(String),
    /// The loop's words, and for each instance its key and the text that its name stands for.
    For {
        head: String,
        variable: String,
        keys: Vec<(String, String)>,
    },
}

/// A field with a value in each environment.
pub(super) struct Tracked {
    pub(super) name: String,
    pub(super) ty: Ty,
    pub(super) vals: Vals,
}

/// Kinds and how often they come.
const KINDS: [&str; 16] = [
    "service", "service", "service", "service", "job", "job", "database", "database", "cache", "queue", "bucket",
    "volume", "secret", "secret", "config", "external",
];

impl Maker<'_> {
    /// A component of a built-in kind or of an own one.
    pub(super) fn declare_component(&mut self) {
        if !self.kinds.is_empty() && self.c.once_in(3) {
            let own = self.c.below(self.kinds.len());
            self.declare_of_own(own);
            return;
        }
        let kind = prelude::kind(KINDS[self.c.below(KINDS.len())]);
        let kind = if self.c.once_in(8) { prelude::kind("route") } else { kind };
        if kind.name == "route" {
            self.declare_route();
            return;
        }
        self.declare_of(kind);
    }

    fn declare_of(&mut self, kind: &Kind) {
        let in_environment = self.envs.len() > 1 && self.overrides.len() == self.envs.len() && self.c.once_in(10);
        let file = if in_environment { self.root() } else { self.some_file() };
        let name = self.fresh(&["api", "web", "orders", "x", "worker"]);
        let everywhere = self.everywhere();
        let (guard, mask) = if in_environment {
            (Guard::None, 1 << self.c.below(self.envs.len()))
        } else {
            self.guard(matches!(&*kind.name, "service" | "job" | "bucket" | "volume"), self.top(file))
        };
        if mask == 0 {
            return;
        }
        let at = Place { mask, ..self.top(file) };
        let many = matches!(guard, Guard::For { .. }) || self.c.once_in(3);
        let mut plan = Plan::new(many);
        let (mut entries, tracked) = self.fields(kind, &mut plan, at, matches!(guard, Guard::For { .. }));
        if let Guard::For { variable, .. } = &guard {
            entries.push(format!("labels: {{ loop: \"${{{variable}}}\" }}"));
        }
        let text = self.component_text(&kind.name, &name, &guard, entries);
        if in_environment {
            self.overrides[mask.trailing_zeros() as usize].push(text);
        } else {
            self.declare(file, text);
        }
        self.made(kind, &name, file, &guard, mask, &plan);
        let tracked = if everywhere == mask && matches!(guard, Guard::None) {
            self.overridden(&name, file, tracked)
        } else {
            tracked
        };
        self.remember(&name, file, &guard, mask, &tracked);
    }

    /// `if` or `for`, and where the component then exists.
    fn guard(&mut self, can_repeat: bool, at: Place) -> (Guard, Mask) {
        let everywhere = self.everywhere();
        match self.c.below(8) {
            5 => {
                let mask: Mask =
                    (0..self.envs.len()).filter(|_| self.c.once_in(2)).fold(0, |mask, env| mask | 1 << env);
                let mask = if mask == 0 { everywhere } else { mask };
                let truth: Vals = (0..self.envs.len()).map(|env| Val::Bool(mask >> env & 1 == 1)).collect();
                self.fuel = 8;
                let condition = self.told(&truth, &Ty::Bool, at);
                (Guard::If(condition.text), mask)
            }
            6 | 7 if can_repeat => (self.repetition(at), everywhere),
            _ => (Guard::None, everywhere),
        }
    }

    fn repetition(&mut self, at: Place) -> Guard {
        self.serial += 1;
        let variable = format!("each{}", self.serial);
        self.fuel = 6;
        let count = 1 + self.c.below(3);
        let words: Vec<&str> = ["eu", "us", "ap", "x1"].into_iter().take(count).collect();
        match self.c.below(4) {
            0 => {
                let low = self.c.between(0, 3);
                let keys = (0..count).map(|step| (low + i64::try_from(step).unwrap_or(0)).to_string());
                let keys: Vec<(String, String)> = keys.map(|key| (key.clone(), key)).collect();
                let high = low + i64::try_from(count).unwrap_or(0);
                Guard::For { head: format!("{variable} in {low}..{high}"), variable, keys }
            }
            1 => {
                let map =
                    words.iter().enumerate().map(|(at, word)| ((*word).to_owned(), Val::Int(at as i64 + 1))).collect();
                let over = self.expr(&self.same(Val::Map(map)), &Ty::map(Ty::Int), at.free());
                let over =
                    over.map_or_else(|| "{ eu: 1 }".to_owned(), |code| self.operand(code, super::exprs::prec::POSTFIX));
                let key = format!("key{}", self.serial);
                let keys =
                    words.iter().enumerate().map(|(at, word)| (format!("\"{word}\""), (at + 1).to_string())).collect();
                Guard::For { head: format!("{key}, {variable} in {over}"), variable, keys }
            }
            _ => {
                let list = words.iter().map(|word| Val::text(*word)).collect();
                let over = self.expr(&self.same(Val::List(list)), &Ty::list(Ty::String), at.free());
                let over =
                    over.map_or_else(|| "[\"eu\"]".to_owned(), |code| self.operand(code, super::exprs::prec::POSTFIX));
                let keys = words.iter().map(|word| (format!("\"{word}\""), (*word).to_owned())).collect();
                let index = if self.c.once_in(3) { format!("at{}, ", self.serial) } else { String::new() };
                Guard::For { head: format!("{index}{variable} in {over}"), variable, keys }
            }
        }
    }

    /// The fields of a body: those that rules bind to each other as the plan has them, of all others some.
    pub(super) fn fields(
        &mut self,
        kind: &Kind,
        plan: &mut Plan,
        at: Place,
        no_labels: bool,
    ) -> (Vec<String>, Vec<Tracked>) {
        let mut entries = self.special(kind, plan, at);
        let mut tracked = Vec::new();
        for field in &kind.fields {
            let wanted = field.required || self.c.once_in(8) && !(no_labels && field.name == "labels");
            if !wanted || plan.is_planned(&kind.name, &field.name) {
                continue;
            }
            self.fuel = 10;
            if field.ty.is_transparent() {
                let vals = self.values(&field.ty, at);
                let code = self.told(&vals, &field.ty, at);
                entries.push(format!("{}: {}", field.name, code.text));
                tracked.push(Tracked { name: field.name.clone(), ty: field.ty.clone(), vals });
            } else if let Some(code) = self.any(&field.ty, at) {
                entries.push(format!("{}: {}", field.name, code.text));
            }
        }
        (entries, tracked)
    }

    pub(super) fn component_text(&mut self, kind: &str, name: &str, guard: &Guard, mut entries: Vec<String>) -> String {
        self.c.shuffle(&mut entries);
        let guard = match guard {
            Guard::None => String::new(),
            Guard::If(condition) => format!("if {condition} "),
            Guard::For { head, .. } => format!("for {head} "),
        };
        let mut text = format!("{kind} {name} {guard}{{\n");
        for entry in entries {
            text.push_str(&format!("  {entry}\n"));
        }
        text.push_str("}\n");
        text
    }

    /// What others can refer to from now on.
    pub(super) fn made(&mut self, kind: &Kind, name: &str, file: usize, guard: &Guard, mask: Mask, plan: &Plan) {
        let rests: Vec<String> = match guard {
            Guard::For { keys, .. } => keys.iter().map(|(key, _)| format!("[{key}]")).collect(),
            _ => vec![String::new()],
        };
        for rest in rests {
            self.made_one(kind, name, file, &rest, mask, plan);
        }
    }

    pub(super) fn made_one(&mut self, kind: &Kind, name: &str, file: usize, rest: &str, mask: Mask, plan: &Plan) {
        self.components.push(Component {
            file,
            root: name.to_owned(),
            rest: rest.to_owned(),
            bases: kind.bases.clone(),
            mask,
            http_ports: plan.http_ports.clone(),
            has_health: plan.has_health,
            on_release: plan.on_release,
            shared: plan.shared,
        });
        for (output, ty) in &kind.outputs {
            let Ty::Leveled(level, ty) = ty else { continue };
            if output == "url" && kind.bases.iter().any(|base| base == "service") && !plan.has_url {
                continue;
            }
            self.later.push(Later {
                file,
                root: name.to_owned(),
                rest: format!("{rest}.{output}"),
                level: *level,
                ty: (**ty).clone(),
                mask,
            });
        }
        if kind.name == "secret" {
            self.later.push(Later {
                file,
                root: name.to_owned(),
                rest: rest.to_owned(),
                level: Level::Secret,
                ty: Ty::String,
                mask,
            });
        }
    }

    /// Fields whose values are known can be read.
    pub(super) fn remember(&mut self, name: &str, file: usize, guard: &Guard, mask: Mask, tracked: &[Tracked]) {
        let rests: Vec<(String, Option<&String>)> = match guard {
            Guard::For { keys, .. } => keys.iter().map(|(key, text)| (format!("[{key}]"), Some(text))).collect(),
            _ => vec![(String::new(), None)],
        };
        for (rest, text) in rests {
            if let Some(text) = text {
                let vals = self.same(Val::text(text));
                self.know(file, name, format!("{rest}.labels.loop"), Ty::String, vals, mask);
            }
            for Tracked { name: field, ty, vals } in tracked {
                self.know(file, name, format!("{rest}.{field}"), ty.clone(), vals.clone(), mask);
            }
        }
    }

    pub(super) fn know(&mut self, file: usize, root: &str, rest: String, ty: Ty, vals: Vals, mask: Mask) {
        self.known.push(Known { file, root: root.to_owned(), rest, ty, vals, mask });
    }

    /// Environments set and unset some of the fields.
    pub(super) fn overridden(&mut self, name: &str, file: usize, mut tracked: Vec<Tracked>) -> Vec<Tracked> {
        if self.overrides.len() != self.envs.len() {
            return tracked;
        }
        for field in &mut tracked {
            for env in 0..self.envs.len() {
                if !self.c.once_in(6) {
                    continue;
                }
                let at = Place { mask: 1 << env, ..self.top(self.root()) };
                let path = self.refer(file, name, at);
                // A component of a file that is used as a whole has no path.
                if path.contains('.') {
                    break;
                }
                let path = format!("{path}.{}", field.name);
                self.fuel = 6;
                if let Val::Map(all) = field.vals[env].clone() {
                    if let Ty::Map(_, inner) = &field.ty {
                        let inner = (**inner).clone();
                        self.override_map(env, &path, &all, &inner, &mut field.vals, at);
                    }
                    continue;
                }
                let vals = self.values(&field.ty, at);
                let code = self.told(&vals, &field.ty, at);
                self.overrides[env].push(format!("{path}: {}\n", code.text));
                field.vals[env] = vals[env].clone();
            }
        }
        tracked
    }

    /// Entries of a map: set, added, taken away.
    fn override_map(&mut self, env: usize, path: &str, all: &[(String, Val)], inner: &Ty, vals: &mut Vals, at: Place) {
        let mut all = all.to_vec();
        match self.c.below(3) {
            0 if !all.is_empty() => {
                let (key, _) = all.remove(self.c.below(all.len()));
                self.overrides[env].push(format!("unset {}\n", entry_path(path, &key)));
            }
            1 if !all.is_empty() => {
                let index = self.c.below(all.len());
                let new = self.values(inner, at);
                // A map or record in it would be merged.
                if matches!(new[env], Val::Map(_)) {
                    return;
                }
                let code = self.told(&new, inner, at);
                self.overrides[env].push(format!("{}: {}\n", entry_path(path, &all[index].0), code.text));
                all[index].1 = new[env].clone();
            }
            _ => {
                let new = self.values(inner, at);
                let key = "added";
                if matches!(new[env], Val::Map(_)) || all.iter().any(|(other, _)| other == key) {
                    return;
                }
                let code = self.told(&new, inner, at);
                let form = if self.c.once_in(2) {
                    format!("{path}: {{ {key}: {} }}\n", code.text)
                } else {
                    format!("{path}.{key}: {}\n", code.text)
                };
                self.overrides[env].push(form);
                all.push((key.to_owned(), new[env].clone()));
            }
        }
        vals[env] = Val::Map(all);
    }
}

fn entry_path(path: &str, key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { format!("{path}.{key}") } else { format!("{path}[{}]", super::texts::quoted(key)) }
}
