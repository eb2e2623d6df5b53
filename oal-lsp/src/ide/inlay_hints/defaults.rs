//! What a component is because its built-in kind says so and nobody else does: the few fields that tell how it runs, and all of them on
//! demand.

use super::super::describe;
use super::{Hinter, Says};
use oal_check::Checked;
use oal_check::elaborate::origin::Layer;
use oal_check::program::{DefId, FieldInfo, Owner};
use oal_check::query::{self, Part, Root, Symbol};
use oal_check::value::Value;
use oal_syntax::ast::Body;
use oal_syntax::{FileId, Span};

/// Fields that tell how much there is of a thing, how long it lasts and who reaches it; the others are looked up when they matter.
const TOLD: [&str; 11] = [
    "engine", "version", "replicas", "restart", "retries", "timeout", "storage", "memory", "tls", "max_body", "access",
];

impl Hinter<'_> {
    /// The defaults that tell most, behind the brace that opens the body.
    pub(super) fn default_values(&mut self, def: DefId, name: Span, body: Body) {
        let found = values(self.checked, def, |field| TOLD.contains(&&*field.name));
        let words: Vec<String> = found.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        if !words.is_empty() {
            self.add(body.open + 1, format!(" {} by default", words.join(", ")), Says::Default, name);
        }
    }
}

/// All defaults of the component whose name is at `about`, as Markdown.
pub(super) fn list(checked: &Checked, file: FileId, about: u32) -> Option<String> {
    let (Symbol::Def(def), _) = query::symbol_at(checked, file, about)? else { return None };
    let kind = describe::kind_name(checked, checked.program().def(def)?.of?);
    let found = values(checked, def, |_| true);
    let lines: String = found.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    Some(format!("What `{kind}` gives where nothing is said:\n\n```oal\n{lines}```"))
}

/// The fields that have the default of the built-in kind, the same in all environments; not what is empty or null.
fn values(checked: &Checked, def: DefId, wanted: impl Fn(&FieldInfo) -> bool) -> Vec<(&str, String)> {
    let program = checked.program();
    let Some(kind) = program.def(def).and_then(|info| info.of) else { return Vec::new() };
    let fields = program.kind(kind).map(|info| info.fields.as_slice()).unwrap_or_default();
    let mut eval = checked.evaluator();
    let mut found = Vec::new();
    for (slot, field) in (0u16..).zip(fields) {
        let built_in = oal_check::std::index(field.at.file).is_some();
        if !built_in || field.default.is_none() || !wanted(field) {
            continue;
        }
        let part = Part { root: Root::Field(Owner::Component(def), slot), path: Vec::new() };
        // Where a kind, the body or an environment says something, it stands in the text.
        let said = |env| query::origins(&eval, &part, None, env).iter().any(|origin| origin.layer != Layer::Default);
        if (0..checked.environments().count()).any(said) {
            continue;
        }
        let mut each = query::values(&mut eval, &part).into_iter().filter_map(|one| one.value);
        let Some(value) = each.next() else { continue };
        if !is_nothing(&value) && each.all(|other| other == value) {
            found.push((&*field.name, query::shown(checked, &value)));
        }
    }
    found
}

/// Whether a value says nothing: null, or empty all through.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(elements) => elements.is_empty(),
        Value::Map(entries) => entries.iter().all(|(_, value)| is_nothing(value)),
        _ => false,
    }
}
