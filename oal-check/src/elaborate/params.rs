//! Values of params: from the caller, the environment or the default.

use super::findings::start;
use super::misfit::Demand;
use crate::Options;
use crate::diagnostic::{Diagnostic, codes};
use crate::eval::{Evaluator, Outcome, Trace, expr};
use crate::program::{DefId, DefKind, EnvSet, ExprRef, Place, Target};
use crate::suggest;
use crate::types::{Ty, TyData};
use crate::value::Value;
use oal_syntax::FileId;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemKind, Tree, TypeKind};
use std::sync::Arc;

impl Evaluator<'_> {
    /// Takes what the caller says, and says what is wrong with it.
    pub(crate) fn take_given(&mut self, given: &Options, findings: &mut Vec<Diagnostic>) {
        if !given.environments.is_empty() {
            let mut selected = EnvSet::EMPTY;
            for name in &given.environments {
                match self.program.environments.iter().position(|env| *env.name == **name) {
                    Some(at) => selected = selected.or(EnvSet::only(at)),
                    None => findings.push(self.unknown_environment(name)),
                }
            }
            self.grow().selected = selected;
        }
        for (name, text) in &given.params {
            let program = self.program;
            let def = (0..)
                .map(DefId)
                .zip(&program.defs)
                .find(|(id, def)| def.kind == DefKind::Param && program.def_name(*id) == name);
            let Some((id, def)) = def else {
                findings.push(self.unknown_param(name));
                continue;
            };
            let Some(ty) = program.def_types.get(&id).copied() else { continue };
            match self.read_param(text, ty) {
                Ok(value) => {
                    self.grow().given.insert(id, value);
                }
                Err(problem) => {
                    let title = format!("`{text}` is no value for param `{name}`");
                    let mut diagnostic = Diagnostic::new(&codes::WRONG_PARAM_VALUE, def.item.file, def.name, title)
                        .label(format!("takes `{}`", program.show_type(ty)))
                        .help(format!("give it as it would be written in the program: `--param {name}=…`"));
                    if !problem.is_empty() {
                        diagnostic = diagnostic.note(problem);
                    }
                    findings.push(diagnostic);
                    self.grow().given.insert(id, Value::Unknown);
                }
            }
        }
    }

    /// Where the program as a whole is spoken of.
    fn app_place(&self) -> Place {
        match &self.program.app {
            Some((_, item)) => {
                let tree = &self.program.project.file(item.file).parse.tree;
                Place { file: item.file, span: tree.item(item.item).name }
            }
            None => start(FileId(0)),
        }
    }

    fn unknown_environment(&self, name: &str) -> Diagnostic {
        let place = self.app_place();
        let names: Vec<&str> = self.program.environments.iter().map(|env| &*env.name).collect();
        Diagnostic::new(
            &codes::UNKNOWN_ENVIRONMENT,
            place.file,
            place.span,
            format!("there is no environment `{name}`"),
        )
        .label("asked for by `--env`")
        .help(match suggest::closest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its environments are `{}`", names.join("`, `")),
        })
    }

    fn unknown_param(&self, name: &str) -> Diagnostic {
        let place = self.app_place();
        let names: Vec<&str> = (0..)
            .map(DefId)
            .zip(&self.program.defs)
            .filter(|(_, def)| def.kind == DefKind::Param)
            .map(|(id, _)| self.program.def_name(id))
            .collect();
        Diagnostic::new(&codes::UNKNOWN_PARAM, place.file, place.span, format!("there is no param `{name}`"))
            .label("given by `--param`")
            .help(match suggest::closest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "the program declares no params".to_owned(),
                None => format!("its params are `{}`", names.join("`, `")),
            })
    }

    /// The value that a text of the caller says; else why it says none.
    fn read_param(&mut self, text: &str, ty: Ty) -> Result<Value, String> {
        let types = &self.program.types;
        let textual = matches!(types.data(types.bare(ty)), TyData::String | TyData::Text(_));
        let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
        let value = if textual && !quoted && !(text == "null" && types.is_optional(ty)) {
            Some(Value::text(text))
        } else {
            literal(text)
        };
        let Some(value) = value else { return Err(String::new()) };
        let at = ExprRef { file: FileId(0), expr: ExprId(u32::MAX) };
        let demand = Demand { component: None, env: 0, types_too: true };
        let read = self.run(|eval| {
            let cx = eval.context(at.file, None, 0);
            eval.left_out.clear();
            eval.keeps_misfits = true;
            let value = eval.normalise(cx, value.clone(), ty, at);
            eval.keeps_misfits = false;
            let value = value?;
            let misfits = eval.misfits(&value, ty, demand)?;
            Ok((value, misfits))
        });
        match read {
            Ok((value, misfits)) if misfits.is_empty() && self.left_out.is_empty() => Ok(value),
            Ok((_, misfits)) => {
                let first = misfits.first().and_then(|misfit| self.refuse(at, misfit, "it", None));
                Err(first.map_or_else(String::new, |diagnostic| diagnostic.message))
            }
            Err(error) => Err(self.explain(&error, None).message),
        }
    }

    /// The value of a param in an environment.
    pub(crate) fn param(&mut self, def: DefId, env: u8) -> Outcome<Value> {
        if let Some(value) = self.world.given.get(&def) {
            return Ok(value.clone());
        }
        let program = self.program;
        let Some((at, differs)) = self.param_source(def, env) else {
            self.note(Trace::ENVIRONMENT);
            return Ok(Value::Unknown);
        };
        if differs {
            self.note(Trace::ENVIRONMENT);
        }
        let cx = self.context(at.file, None, env);
        let value = self.eval(cx, at.expr)?;
        let ty = program.def_types.get(&def).copied().unwrap_or(Ty::UNKNOWN);
        self.normalise(cx, value, ty, at)
    }

    /// What gives a param its value in an environment, and whether environments differ in that.
    fn param_source(&self, def: DefId, env: u8) -> Option<(ExprRef, bool)> {
        let program = self.program;
        let info = program.def(def)?;
        let mut differs = false;
        let mut own = None;
        for index in self.world.overrides_of(def) {
            let Some(one) = program.overrides.get(*index as usize) else { continue };
            differs = true;
            if one.environment == env && matches!(one.target, Target::Param(_)) {
                own = one.value.or(own);
            }
        }
        if let Some(at) = own {
            return Some((at, differs));
        }
        match program.project.file(info.item.file).parse.tree.item(info.item.item).kind {
            ItemKind::Param { default, .. } => Some((ExprRef { file: info.item.file, expr: default? }, differs)),
            _ => None,
        }
    }

    /// Params without a value in some environment, and values that do not fit.
    pub(crate) fn check_params(&mut self, findings: &mut Vec<Diagnostic>) {
        let program = self.program;
        for (id, def) in (0..).map(DefId).zip(&program.defs) {
            if def.kind != DefKind::Param || self.world.given.contains_key(&id) {
                continue;
            }
            let ty = program.def_types.get(&id).copied().unwrap_or(Ty::UNKNOWN);
            let optional = program.types.is_optional(ty);
            let without = self
                .world
                .selected
                .iter()
                .filter(|env| self.param_source(id, u8::try_from(*env).unwrap_or(0)).is_none())
                .fold(EnvSet::EMPTY, |all, env| all.or(EnvSet::only(env)));
            let tree = &program.project.file(def.item.file).parse.tree;
            let leveled = match tree.item(def.item.item).kind {
                ItemKind::Param { ty, .. } => matches!(tree.ty(ty).kind, TypeKind::Level(_) | TypeKind::Error),
                _ => false,
            };
            // A secret param is no param at all, which its type says; what is broken may have had a default.
            if without.is_empty() || optional || leveled {
                continue;
            }
            let name = program.def_name(id);
            let anywhere = self.world.overrides_of(id).is_empty();
            let diagnostic = Diagnostic::new(
                &codes::PARAM_WITHOUT_VALUE,
                def.item.file,
                def.name,
                format!("param `{name}` has no value"),
            )
            .label("has no default")
            .help(format!("give it a default, set it in the environment, or call with `--param {name}=…`"));
            findings.push(self.in_envs(diagnostic, without, anywhere));
        }
    }
}

/// The value of a text that is a literal, a variant, or a list or map of those.
fn literal(text: &str) -> Option<Value> {
    let source = format!("let it = {text}\n");
    let parse = oal_syntax::parse(&source);
    if !parse.errors.is_empty() {
        return None;
    }
    let [item] = parse.tree.top.as_slice() else { return None };
    match parse.tree.item(*item).kind {
        ItemKind::Let { value, .. } => literal_expr(&parse.tree, &source, value),
        _ => None,
    }
}

fn literal_expr(tree: &Tree, source: &str, id: ExprId) -> Option<Value> {
    let node = tree.expr(id);
    let words = node.span.text(source);
    let fields = |list| {
        let mut fields: Vec<(Arc<str>, Value)> = Vec::new();
        for (index, entry) in tree.entries(list).iter().enumerate() {
            let EntryValue::Set(value) = entry.value else { return None };
            let key = oal_syntax::key::text(entry.key.text(source));
            let key = if key.is_empty() { Arc::from(index.to_string()) } else { Arc::from(&*key) };
            fields.push((key, literal_expr(tree, source, value)?));
        }
        Some(Arc::from(fields))
    };
    match node.kind {
        ExprKind::Null => Some(Value::Null),
        ExprKind::Bool(value) => Some(Value::Bool(value)),
        ExprKind::Number => Some(expr::number(words)),
        ExprKind::Text => Some(Value::text(&oal_syntax::literal::text(words))),
        ExprKind::Name => Some(Value::plain(words)),
        ExprKind::Call { args, .. } => Some(Value::Variant(Arc::from(node.call_name().text(source)), fields(args)?)),
        ExprKind::List(members) => {
            let members: Option<Vec<Value>> =
                tree.exprs(members).iter().map(|id| literal_expr(tree, source, *id)).collect();
            Some(Value::List(members?.into()))
        }
        ExprKind::Object(entries) => Some(Value::Map(fields(entries)?)),
        ExprKind::Negate(inner) => crate::eval::number::negate(&literal_expr(tree, source, inner)?).ok(),
        ExprKind::Paren(inner) => literal_expr(tree, source, inner),
        _ => None,
    }
}
