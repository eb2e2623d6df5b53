//! Names under which components find each other: `_` becomes `-`, the key of an instance is added, the result is a DNS label
//! that nobody else has.

use super::Rules;
use super::reading::at;
use super::shape::Class;
use crate::diagnostic::{Diagnostic, codes};
use crate::elaborate::{InstanceId, World};
use crate::eval::reach;
use crate::program::{EnvSet, KindId, Place, Program};
use crate::text::dns::{self, DnsProblem};
use oal_syntax::ast::ExprKind;
use rustc_hash::FxHashMap;

impl World {
    /// The name under which others find a component: `order-api`, `worker-eu`, `storefront-db`. Whether it is a DNS label
    /// the check has said.
    #[must_use]
    pub fn dns_name(&self, program: &Program, id: InstanceId) -> String {
        let mut name = match self.parent(id) {
            Some(parent) => format!("{}-{}", self.dns_name(program, parent), dns::name(self.name(program, id))),
            None => dns::name(self.name(program, id)).into_owned(),
        };
        if let Some(key) = self.key(id) {
            name = dns::instance_name(&name, key);
        }
        name
    }
}

/// Who has a name, and where.
struct Holder {
    id: InstanceId,
    envs: EnvSet,
}

impl Rules<'_, '_> {
    pub(super) fn names(&mut self) {
        let world = self.eval.world.clone();
        // In one file no two plain names become the same: only keys, nesting and several files can make them meet.
        let mut simple = self.program.project.files().len() == 1;
        let mut odd: Vec<(InstanceId, String)> = Vec::new();
        for index in 0..world.len() {
            let id = InstanceId(u32::try_from(index).unwrap_or(u32::MAX));
            if world.parent(id).is_none() && world.key(id).is_none() {
                let name = world.name(self.program, id);
                if self.is_found(id) && !is_label(name) {
                    odd.push((id, dns::name(name).into_owned()));
                }
            } else {
                simple = false;
                if self.is_found(id) {
                    odd.push((id, world.dns_name(self.program, id)));
                }
            }
        }
        for (id, name) in odd {
            if let Err(problem) = dns::check(&name) {
                self.no_label(id, &name, &problem);
            }
        }
        if !simple {
            self.same_names();
        }
    }

    /// Whether others find the component by its name.
    fn is_found(&self, id: InstanceId) -> bool {
        if self.eval.world.presence(id).is_empty() {
            return false;
        }
        match self.class(id) {
            Class::Service | Class::Job | Class::Store => true,
            Class::Route | Class::Volume | Class::Composition => false,
            Class::Other => root_name(self.program, self.eval.world.kind(id)) == "bucket",
        }
    }

    fn no_label(&mut self, id: InstanceId, name: &str, problem: &DnsProblem) {
        let code = match problem {
            DnsProblem::TooLong(_) => &codes::DNS_NAME_TOO_LONG,
            _ => &codes::DNS_NAME_INVALID,
        };
        let what = self.describe(id);
        let place = self.key_in_loop(id).unwrap_or_else(|| self.site(id));
        let help = match problem {
            DnsProblem::LeadingHyphen | DnsProblem::Empty => "let the name begin with a letter",
            DnsProblem::TrailingHyphen => "let the name end with a letter or digit",
            DnsProblem::Encoded => "take one of the two `_` away, or move them",
            DnsProblem::TooLong(_) => "choose a shorter name",
            DnsProblem::Reserved => "choose another name",
            DnsProblem::Character(_) => "use letters, digits, `_` and `-` only",
        };
        let finding =
            at(code, place, problem.message(name)).label(format!("others find {what} by that name")).help(help);
        self.report(self.eval.world.presence(id), finding);
    }

    /// Where the key of an instance stands, if the loop goes over a list that is written out.
    fn key_in_loop(&self, id: InstanceId) -> Option<Place> {
        let key = self.eval.world.key(id)?;
        let item = self.eval.world.instance(id)?.item;
        let over = self.eval.guard_place(item).filter(|at| crate::std::index(at.file).is_none())?;
        let source = self.program.project.file(over.file);
        let tree = &source.parse.tree;
        let mut found = None;
        reach::each(tree, over.expr, &mut |expr| {
            let expr = tree.expr(expr);
            if matches!(expr.kind, ExprKind::Text) && *oal_syntax::literal::text(expr.span.text(&source.text)) == *key {
                found = Some(Place { file: over.file, span: expr.span });
            }
        });
        found
    }

    /// Components with the same name in one environment.
    fn same_names(&mut self) {
        let world = self.eval.world.clone();
        let all = self.in_order(world.all(self.program));
        let mut holders: FxHashMap<(&str, String), Vec<Holder>> = FxHashMap::default();
        let mut clashes: Vec<(InstanceId, InstanceId, EnvSet, String)> = Vec::new();
        for id in all {
            let envs = world.presence(id);
            // Only what is found by name shares its names with other kinds.
            let space = if self.is_found(id) { "" } else { root_name(self.program, world.kind(id)) };
            let name = world.dns_name(self.program, id);
            let others = holders.entry((space, name)).or_default();
            let clash = others.iter().find(|other| !other.envs.and(envs).is_empty());
            match clash {
                Some(first) if self.is_declared_twice(first.id, id) => {}
                Some(first) => {
                    clashes.push((first.id, id, first.envs.and(envs), world.dns_name(self.program, id)));
                }
                None => others.push(Holder { id, envs }),
            }
        }
        for (first, second, envs, name) in clashes {
            let finding = self.same_name_as(first, second, &name);
            self.report(envs, finding);
        }
    }

    /// Whether two components have one name in one body or file, which is said where names are declared.
    fn is_declared_twice(&self, first: InstanceId, second: InstanceId) -> bool {
        let world = &self.eval.world;
        let file = |id| world.instance(id).map(|instance| instance.item.file);
        file(first) == file(second)
            && world.parent(first) == world.parent(second)
            && world.key(first) == world.key(second)
            && world.name(self.program, first) == world.name(self.program, second)
    }

    fn same_name_as(&self, first: InstanceId, second: InstanceId, name: &str) -> Diagnostic {
        let (one, two) = (self.describe(first), self.describe(second));
        let place = |id| self.key_in_loop(id).unwrap_or_else(|| self.site(id));
        let (here, there) = (place(second), place(first));
        at(&codes::DNS_NAME_CLASH, here, format!("{one} and {two} have the same name, `{name}`"))
            .label("requests for one would reach the other")
            .secondary(there.file, there.span, "the other one")
            .help("rename one of them")
    }
}

/// The name of the built-in kind that a kind extends.
fn root_name(program: &Program, kind: KindId) -> &str {
    program.kind(kind).and_then(|kind| kind.root).and_then(|root| program.kind(root)).map_or("-", |root| &root.name)
}

/// Whether a plain name is a DNS label as it stands, but for its underscores. Quick: most are.
fn is_label(name: &str) -> bool {
    match name.as_bytes() {
        [b'_', ..] | [.., b'_'] | [_, _, b'_', b'_', ..] => false,
        [b'b' | b'i' | b'l', ..] => dns::check(&dns::name(name)).is_ok(),
        bytes => bytes.len() <= 63,
    }
}
