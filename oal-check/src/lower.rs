//! Lowering: from a checked program to its IR, one document for each environment. Which components there are and what their fields
//! hold is `elaborate`; here values take the form of the document, references become ids, and all that is written somewhere gets
//! its place in the sources.

mod error;
mod follow;
mod places;
mod sources;
mod values;

pub use error::{BadValue, LowerError};

use crate::Checked;
use crate::elaborate::{Evaluator, InstanceId};
use crate::eval::Outcome;
use crate::program::{ExprRef, ItemRef, KindInfo, Program, Res};
use crate::types::{Ty, TyData};
use crate::value::Value;
use oal_ir::v1::{App, Component, Kind, NodeSource, SourceMap, Spec};
use oal_ir::{Ir, NodeId, Pointer};
use oal_syntax::FileId;
use oal_syntax::ast::{EntryValue, ExprKind, ItemKind};
use places::{Files, Spots};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use values::Wrong;

/// Turns a program without errors into the IR of one of its environments, with the source map.
///
/// # Errors
/// There is no such environment, or it was not checked; the program has errors. Anything else would be a rule that the check lacks.
///
/// ```
/// use oal_check::{Options, Project, check, lower};
///
/// let source = "app shop { edition: 1 }\n\nservice api { image: \"nginx:1.27\", ports: { http: 80 } }\n";
/// let checked = check(&Project::single("app.oal", source), &Options::default());
/// let ir = lower(&checked, "default")?;
/// assert_eq!(ir.components.keys().next().map(|id| id.as_str()), Some("service/api"));
/// # Ok::<(), oal_check::LowerError>(())
/// ```
pub fn lower(checked: &Checked, environment: &str) -> Result<Ir, LowerError> {
    let Some(env) = checked.environments().position(|known| known == environment) else {
        let known = checked.environments().map(str::to_owned).collect();
        return Err(LowerError::UnknownEnvironment { name: environment.to_owned(), known });
    };
    if !checked.world().selected.has(env) {
        return Err(LowerError::NotChecked(environment.to_owned()));
    }
    match checked.diagnostics().iter().filter(|found| found.severity == crate::Severity::Error).count() {
        0 => Lowering::new(checked, env).document(environment),
        count => Err(LowerError::HasErrors(count)),
    }
}

/// The state of a lowering.
struct Lowering<'p> {
    program: &'p Program,
    eval: Evaluator<'p>,
    env: u8,
    /// The ids of the components that exist in the environment.
    ids: Vec<Option<NodeId>>,
    files: Files<'p>,
    /// Defaults of the fields of built-in kinds that are the same for all components; most fields of most components have them.
    defaults: FxHashMap<(Kind, u16), Option<Json>>,
}

impl<'p> Lowering<'p> {
    fn new(checked: &'p Checked, env: usize) -> Self {
        Self {
            program: checked.program(),
            eval: checked.evaluator(),
            env: u8::try_from(env).unwrap_or(0),
            ids: Vec::new(),
            files: Files::new(checked.project()),
            defaults: FxHashMap::default(),
        }
    }

    fn document(mut self, environment: &str) -> Result<Ir, LowerError> {
        let instances = self.name_all()?;
        let app = self.app()?;
        let mut components = BTreeMap::new();
        let mut nodes = BTreeMap::new();
        for instance in instances {
            let Some(id) = self.ids.get(instance.0 as usize).cloned().flatten() else { continue };
            if let Some((component, source)) = self.component(instance, &id)? {
                components.insert(id.clone(), component);
                nodes.insert(id, source);
            }
        }
        let source_map = SourceMap { files: self.files.list(), nodes };
        Ir::assemble(app, environment.to_owned(), components, BTreeMap::new(), Some(source_map))
            .map_err(LowerError::Parts)
    }

    /// The components of the environment in the order of the source; each gets its id.
    fn name_all(&mut self) -> Result<Vec<InstanceId>, LowerError> {
        let world = self.eval.world.clone();
        let mut all = world.all(self.program);
        all.retain(|instance| world.presence(*instance).has(usize::from(self.env)));
        self.ids = vec![None; world.len()];
        for &instance in &all {
            let kind = self.program.kind(world.kind(instance)).map_or("", |kind| &*kind.name);
            let (name, key) = (world.name(self.program, instance), world.key(instance));
            let id = match world.parent(instance).and_then(|parent| self.ids.get(parent.0 as usize)?.as_ref()) {
                Some(parent) => parent.child(kind, name, key),
                None => NodeId::new(kind, name, key),
            };
            let id = id.map_err(|error| {
                let why = error.to_string();
                LowerError::Value(Box::new(BadValue { of: name.to_owned(), at: Pointer::root(), place: None, why }))
            })?;
            if let Some(slot) = self.ids.get_mut(instance.0 as usize) {
                *slot = Some(id);
            }
        }
        Ok(all)
    }

    /// What is said about the application as a whole.
    fn app(&mut self) -> Result<App, LowerError> {
        let Some((name, item)) = &self.program.app else {
            let why = "it has no `app`".to_owned();
            return Err(LowerError::Value(Box::new(BadValue {
                of: "the program".into(),
                at: Pointer::root(),
                place: None,
                why,
            })));
        };
        let bad = |at: Pointer, why: String| {
            LowerError::Value(Box::new(BadValue { of: format!("app `{name}`"), at, place: None, why }))
        };
        let value = self.app_record(*item).unwrap_or(Value::Unknown);
        let mut json = self.json(&value).map_err(|Wrong { at, why }| bad(at, why))?;
        if let Json::Object(members) = &mut json {
            members.insert("name".to_owned(), Json::from(&**name));
        }
        serde_json::from_value(json).map_err(|error| bad(Pointer::root(), error.to_string()))
    }

    /// The body of `app` as a record with everything filled in.
    fn app_record(&mut self, item: ItemRef) -> Option<Value> {
        let ty = self.program.app_type?;
        let cx = self.eval.context(item.file, None, self.env);
        let ItemKind::App(body) = cx.tree().item(item.item).kind else { return None };
        let mut fields: Vec<(Arc<str>, Value)> = Vec::new();
        let mut at = None;
        for entry in cx.tree().entries(body.entries) {
            let EntryValue::Set(expr) = entry.value else { continue };
            at = Some(expr);
            let value = self.eval.run(|eval| eval.eval(cx, expr)).ok()?;
            fields.push((Arc::from(entry.key.text(&cx.source.text)), value));
        }
        let record = Value::Map(fields.into());
        let at = cx.at(at.unwrap_or(oal_syntax::ast::ExprId(u32::MAX)));
        self.eval.run(|eval| -> Outcome<Value> { eval.normalise(cx, record.clone(), ty, at) }).ok()
    }

    /// A component with the places of its values; `None` for one that only groups others.
    fn component(&mut self, instance: InstanceId, id: &NodeId) -> Result<Option<(Component, NodeSource)>, LowerError> {
        let Some((root, kind)) = self.root(instance) else { return Ok(None) };
        let mut members = Map::new();
        let mut spots = Spots::default();
        for (slot, field) in (0_u16..).zip(&root.fields) {
            let written = self.eval.written(instance, slot);
            if !written && let Some(known) = self.defaults.get(&(kind, slot)) {
                members.extend(known.clone().map(|known| (field.name.to_string(), known)));
                continue;
            }
            let value = self.eval.field(instance, slot, usize::from(self.env));
            let mut at = Pointer::root();
            at.push(&field.name);
            if written {
                self.place_field(instance, slot, &value, &at, &mut spots);
            }
            let json = match self.json(&value) {
                Ok(json) => Some(json).filter(|json| !json.is_null()),
                Err(wrong) => return Err(self.bad(id, at, wrong, &spots)),
            };
            if !written && self.is_plain(field.default) {
                self.defaults.insert((kind, slot), json.clone());
            }
            members.extend(json.map(|json| (field.name.to_string(), json)));
        }
        let spec = Spec::from_value(kind, &Json::Object(members));
        let mut spec = spec.map_err(|error| {
            let why = error.to_string();
            self.bad(id, Pointer::root(), Wrong { at: error.at, why }, &spots)
        })?;
        sources::rewrite(&mut spec, &spots, |file| self.program.project.path(file));
        let declared =
            self.program.kind(self.eval.world.kind(instance)).map(|kind| kind.name.to_string()).unwrap_or_default();
        let at = self.declaration(instance);
        let fields = spots.into_places(&mut self.files);
        Ok(Some((Component { declared, spec }, NodeSource { at, fields })))
    }

    /// Whether a default is the same wherever it counts: nothing, a literal, `{}`, `[]`, a variant.
    fn is_plain(&self, default: Option<ExprRef>) -> bool {
        default.is_none_or(|default| match self.program.project.file(default.file).parse.tree.expr(default.expr).kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number | ExprKind::Text => true,
            ExprKind::Object(entries) => entries.is_empty(),
            ExprKind::List(elements) => elements.is_empty(),
            ExprKind::Name => matches!(self.program.res(default.file, default.expr), Res::Variant(_)),
            _ => false,
        })
    }

    /// The built-in kind that a component's kind is or extends.
    fn root(&self, instance: InstanceId) -> Option<(&'p KindInfo, Kind)> {
        let root = self.program.kind(self.program.kind(self.eval.world.kind(instance))?.root?)?;
        Some((root, Kind::from_name(&root.name)?))
    }

    /// Where a component's kind and name stand.
    fn declaration(&mut self, instance: InstanceId) -> oal_ir::v1::Place {
        let item = self.eval.world.instance(instance).map(|instance| instance.item);
        let Some(item) = item else { return self.files.place(FileId(0), oal_syntax::Span::empty(0)) };
        let node = self.program.project.file(item.file).parse.tree.item(item.item);
        let start = match node.kind {
            ItemKind::Component { of, .. } => of.start,
            _ => node.span.start,
        };
        self.files.place(item.file, oal_syntax::Span::new(start, node.name.end.max(start)))
    }

    /// A value that the document cannot hold.
    fn bad(&mut self, id: &NodeId, mut at: Pointer, Wrong { at: inner, why }: Wrong, spots: &Spots) -> LowerError {
        for key in inner.tokens() {
            at.push(&key);
        }
        let found = self.eval.take_findings().into_iter().next();
        let why = found.map_or(why, |found| format!("{} ({})", found.message, found.code.id));
        let place = spots.nearest(&at).map(|spot| {
            let place = self.files.place(spot.place.file, spot.place.span);
            (self.program.project.path(spot.place.file).to_owned(), place.line, place.column)
        });
        LowerError::Value(Box::new(BadValue { of: format!("`{id}`"), at, place, why }))
    }

    /// The type of a member of a record or variant, or of the elements of a list or map.
    fn part_type(&self, ty: Ty, variant: Option<&str>, key: &str) -> Ty {
        let types = &self.program.types;
        let member = |fields: &[crate::types::MemberInfo]| {
            fields.iter().find(|field| &*field.name == key).map_or(Ty::UNKNOWN, |field| field.ty)
        };
        match types.data(types.bare(ty)) {
            TyData::List(inner) | TyData::Map(_, inner) => *inner,
            TyData::Record(number) => types.record(*number).map_or(Ty::UNKNOWN, |record| member(&record.fields)),
            TyData::Union(number) => types
                .union(*number)
                .and_then(|union| union.variants.iter().find(|known| Some(&*known.name) == variant))
                .map_or(Ty::UNKNOWN, |variant| member(&variant.fields)),
            _ => Ty::UNKNOWN,
        }
    }
}
