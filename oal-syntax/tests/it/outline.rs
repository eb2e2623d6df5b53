//! A tree as text: one line for each item, entry and member, expressions as nested forms.

use oal_syntax::Parse;
use oal_syntax::ast::{
    Body, EntryValue, ExprId, ExprKind, Guard, ItemId, ItemKind, Member, Pattern, PatternKind, RefinementKind,
    StepKind, Tree, TypeId, TypeKind,
};
use oal_syntax::span::Span;

/// The whole file.
pub(crate) fn outline(parse: &Parse, source: &str) -> String {
    let outline = Outline { tree: &parse.tree, source };
    parse.tree.top.iter().map(|item| outline.item(*item, 0)).collect()
}

/// One item of the file.
pub(crate) fn item(parse: &Parse, source: &str, item: ItemId) -> String {
    Outline { tree: &parse.tree, source }.item(item, 0)
}

/// The entries of an item's body, one text each; none where it has no body.
pub(crate) fn entries(parse: &Parse, source: &str, item: ItemId) -> Vec<String> {
    let outline = Outline { tree: &parse.tree, source };
    match parse.tree.item(item).kind {
        ItemKind::App(body)
        | ItemKind::Environment(body)
        | ItemKind::Kind { body, .. }
        | ItemKind::Component { body, .. } => outline.entries(body, 0),
        _ => Vec::new(),
    }
}

struct Outline<'p> {
    tree: &'p Tree,
    source: &'p str,
}

impl Outline<'_> {
    fn text(&self, span: Span) -> String {
        span.text(self.source).replace('\n', "\\n")
    }

    fn item(&self, id: ItemId, depth: usize) -> String {
        let item = *self.tree.item(id);
        let pad = "  ".repeat(depth);
        let mut out = String::new();
        for allow in self.tree.allows(item.allows) {
            out += &format!("{pad}allow {} {}\n", self.text(allow.lint), self.text(allow.reason));
        }
        let name = self.text(item.name);
        out += &pad;
        out += &match item.kind {
            ItemKind::Use { path, names } => {
                let names = self.tree.use_names(names).iter();
                let names: Vec<_> = names.map(|n| format!("{}={}", self.text(n.local), self.text(n.name))).collect();
                format!("use {} {{{}}}\n", self.text(path), names.join(" "))
            }
            ItemKind::UseAs { path } => format!("use {} as {name}\n", self.text(path)),
            ItemKind::App(body) => format!("app {name}\n{}", self.body(body, depth)),
            ItemKind::Environment(body) => format!("environment {name}\n{}", self.body(body, depth)),
            ItemKind::Param { ty, default } => format!("param {name}: {}{}\n", self.ty(ty), self.default(default)),
            ItemKind::Let { ty, value } => {
                let ty = ty.map_or(String::new(), |ty| format!(": {}", self.ty(ty)));
                format!("let {name}{ty} = {}\n", self.expr(value))
            }
            ItemKind::Type(ty) => format!("type {name} = {}\n", self.ty(ty)),
            ItemKind::Assert { condition, message } => {
                format!("assert {} {}\n", self.expr(condition), self.expr(message))
            }
            ItemKind::Kind { is_extern, base, body } => {
                let word = if is_extern { "extern kind" } else { "kind" };
                format!("{word} {name} extends <{}>\n{}", self.text(base), self.body(body, depth))
            }
            ItemKind::Component { of, guard, body } => {
                let guard = match guard {
                    Guard::None => String::new(),
                    Guard::If(condition) => format!(" if {}", self.expr(condition)),
                    Guard::For(head) => format!(" {}", self.loop_head(head)),
                };
                format!("<{}> {name}{guard}\n{}", self.text(of), self.body(body, depth))
            }
            ItemKind::Error => format!("ERROR {name}\n"),
        };
        out
    }

    fn body(&self, body: Body, depth: usize) -> String {
        self.entries(body, depth).concat()
    }

    fn entries(&self, body: Body, depth: usize) -> Vec<String> {
        let entries = self.tree.entries(body.entries).iter();
        let pad = "  ".repeat(depth + 1);
        let entry = |entry: &oal_syntax::ast::Entry| {
            let key = self.text(entry.key);
            match entry.value {
                EntryValue::Set(value) => format!("{pad}{key}: {}\n", self.expr(value)),
                EntryValue::Unset => format!("{pad}unset {key}\n"),
                EntryValue::Field(member) => format!("{pad}field {}\n", self.member(self.tree.member(member).unwrap())),
                EntryValue::Output(member) => {
                    format!("{pad}output {}\n", self.member(self.tree.member(member).unwrap()))
                }
                EntryValue::Item(item) => self.item(item, depth + 1),
                EntryValue::Allow(allow) => {
                    let allow = self.tree.allows[allow as usize];
                    format!("{pad}allow {} {}\n", self.text(allow.lint), self.text(allow.reason))
                }
                EntryValue::Error => format!("{pad}ERROR {key}\n"),
            }
        };
        entries.map(entry).collect()
    }

    fn default(&self, default: Option<ExprId>) -> String {
        default.map_or(String::new(), |value| format!(" = {}", self.expr(value)))
    }

    fn member(&self, member: &Member) -> String {
        let allows: Vec<_> = self.tree.allows(member.allows).iter().map(|a| self.text(a.lint)).collect();
        let allows = if allows.is_empty() { String::new() } else { format!(" allow {}", allows.join(" ")) };
        format!("{}: {}{}{allows}", self.text(member.name), self.ty(member.ty), self.default(member.default))
    }

    fn loop_head(&self, index: u32) -> String {
        let head = self.tree.loop_head(index).unwrap();
        let filter = head.filter.map_or(String::new(), |filter| format!(" if {}", self.expr(filter)));
        let (first, second) = (self.text(head.first), self.text(head.second));
        format!("(for {first} {second} in {}{filter})", self.expr(head.iterable))
    }

    fn expr(&self, id: ExprId) -> String {
        let expr = self.tree.expr(id);
        let list = |ids: &[ExprId]| ids.iter().map(|id| self.expr(*id)).collect::<Vec<_>>().join(" ");
        let fields = |entries| {
            let entries = self.tree.entries(entries).iter();
            let field = |entry: &oal_syntax::ast::Entry| match entry.value {
                EntryValue::Set(value) if entry.key.is_empty() => self.expr(value),
                EntryValue::Set(value) => format!("{}: {}", self.text(entry.key), self.expr(value)),
                _ => format!("{}: ERROR", self.text(entry.key)),
            };
            entries.map(field).collect::<Vec<_>>().join(", ")
        };
        match expr.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number | ExprKind::Text | ExprKind::Name => {
                self.text(expr.span)
            }
            ExprKind::Piece => format!("'{}'", self.text(expr.span)),
            ExprKind::Template(parts) => format!("(template {})", list(self.tree.exprs(parts))),
            ExprKind::Path { head, first, len } => {
                let step = |step: &oal_syntax::ast::Step| match step.kind {
                    StepKind::Field => format!(".{}", self.text(step.name())),
                    StepKind::OptionalField => format!("?.{}", self.text(step.name())),
                    StepKind::Index(index) => format!("[{}]", self.expr(index)),
                };
                let steps: String = self.tree.path_steps(first, len).iter().map(step).collect();
                format!("{}{steps}", self.expr(head))
            }
            ExprKind::Call { args, .. } => format!("{}({})", self.text(expr.call_name()), fields(args)),
            ExprKind::List(items) => format!("[{}]", list(self.tree.exprs(items))),
            ExprKind::Object(entries) => format!("{{{}}}", fields(entries)),
            ExprKind::ListFor { element, over } => format!("[{} {}]", self.expr(element), self.loop_head(over)),
            ExprKind::MapFor { pair, over } => {
                let (key, value) = self.tree.pair(pair).unwrap();
                format!("{{{} => {} {}}}", self.expr(key), self.expr(value), self.loop_head(over))
            }
            ExprKind::Chain(links) => {
                let links = self.tree.links(links).iter();
                let link = |link: &oal_syntax::ast::Link| format!("{} {}", link.op.text(), self.expr(link.operand));
                format!("({})", links.map(link).collect::<Vec<_>>().join(" ").trim_start())
            }
            ExprKind::Not(inner) => format!("(not {})", self.expr(inner)),
            ExprKind::Negate(inner) => format!("(- {})", self.expr(inner)),
            ExprKind::Range { low, high, inclusive } => {
                let sign = if inclusive { "..=" } else { ".." };
                format!("({}{sign}{})", self.expr(low), self.expr(high))
            }
            ExprKind::If(index) => {
                let branch = self.tree.branch(index).unwrap();
                let [c, t, e] = [branch.condition, branch.then, branch.otherwise].map(|id| self.expr(id));
                format!("(if {c} {t} {e})")
            }
            ExprKind::Match { subject, first, len } => {
                let arms = self.tree.match_arms(first, len).iter();
                let arm =
                    |arm: &oal_syntax::ast::Arm| format!("{} => {}", self.pattern(arm.pattern), self.expr(arm.value));
                format!("(match {} {{{}}})", self.expr(subject), arms.map(arm).collect::<Vec<_>>().join(", "))
            }
            ExprKind::Paren(inner) => format!("<{}>", self.expr(inner)),
            ExprKind::Error => "ERROR".to_owned(),
        }
    }

    fn pattern(&self, pattern: Pattern) -> String {
        match pattern.kind {
            PatternKind::Any => "_".to_owned(),
            PatternKind::Variant { name, bindings } => {
                let bindings: Vec<_> = self.tree.names(bindings).iter().map(|name| self.text(*name)).collect();
                format!("{}({})", self.text(name), bindings.join(" "))
            }
            PatternKind::Literal(literal) => self.expr(literal),
            PatternKind::Error => "ERROR".to_owned(),
        }
    }

    fn ty(&self, id: TypeId) -> String {
        let ty = self.tree.ty(id);
        let members = |members| {
            let members = self.tree.members(members).iter();
            members.map(|member| self.member(member)).collect::<Vec<_>>().join(", ")
        };
        match ty.kind {
            TypeKind::Name => self.text(ty.span),
            TypeKind::Apply { args, name_len } => {
                let name = self.text(Span::new(ty.span.start, ty.span.start + u32::from(name_len)));
                let args: Vec<_> = self.tree.types(args).iter().map(|id| self.ty(*id)).collect();
                format!("{name}<{}>", args.join(", "))
            }
            TypeKind::Record(list) => format!("{{{}}}", members(list)),
            TypeKind::Union(variants) => {
                let variants = self.tree.variants(variants).iter();
                let variant = |variant: &oal_syntax::ast::Variant| {
                    let fields = members(variant.fields);
                    let name = self.text(variant.name);
                    if fields.is_empty() { name } else { format!("{name}({fields})") }
                };
                format!("({})", variants.map(variant).collect::<Vec<_>>().join(" | "))
            }
            TypeKind::Optional(inner) => format!("{}?", self.ty(inner)),
            TypeKind::Level(inner) => {
                let level = self.text(ty.span);
                format!("{} {}", level.split([' ', '\t']).next().unwrap_or_default(), self.ty(inner))
            }
            TypeKind::Where(inner, refinement) => {
                let refinement = self.tree.refinement(refinement).unwrap();
                let what = match refinement.kind {
                    RefinementKind::Range { low, high, inclusive } => {
                        format!("{}{}{}", self.text(low), if inclusive { "..=" } else { ".." }, self.text(high))
                    }
                    RefinementKind::Matches(text) => format!("matches {}", self.text(text)),
                    RefinementKind::Error => "ERROR".to_owned(),
                };
                format!("({} where {what})", self.ty(inner))
            }
            TypeKind::Paren(inner) => format!("<{}>", self.ty(inner)),
            TypeKind::Error => "ERROR".to_owned(),
        }
    }
}
