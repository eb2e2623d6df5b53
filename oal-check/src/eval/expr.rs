//! Every form of expression but paths, loops and texts with holes.

use crate::builtins::{self, Builtin};
use crate::elaborate::InstanceId;
use crate::eval::error::{EvalError, Fault};
use crate::eval::{Context, Evaluator, Outcome, Task, Trace};
use crate::program::{DefId, DefKind, ExprRef, Res};
use crate::value::{Part, Value, no_fields};
use oal_syntax::ast::{Entry, EntryValue, Expr, ExprId, ExprKind, Link, List, Op, Pattern, PatternKind};
use oal_syntax::literal::{self, Number};
use std::sync::Arc;

impl Evaluator<'_> {
    /// The value of an expression.
    pub(crate) fn eval(&mut self, cx: Context<'_>, id: ExprId) -> Outcome<Value> {
        self.charge(1, cx, id)?;
        self.depth += 1;
        let result = self.eval_kind(cx, id);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn eval_kind(&mut self, cx: Context<'_>, id: ExprId) -> Outcome<Value> {
        let tree = cx.tree();
        let expr = tree.expr(id);
        match expr.kind {
            ExprKind::Null => Ok(Value::Null),
            ExprKind::Bool(value) => Ok(Value::Bool(value)),
            ExprKind::Number => Ok(number(expr.span.text(&cx.source.text))),
            ExprKind::Text => Ok(Value::Text(Arc::from(&*literal::text(expr.span.text(&cx.source.text))))),
            ExprKind::Template(parts) => self.template(cx, id, expr, parts),
            ExprKind::Name => self.name(cx, id, expr),
            ExprKind::Path { head, first, len } => self.path(cx, id, head, first, len),
            ExprKind::Call { args, .. } => self.call(cx, id, expr, args),
            ExprKind::List(members) => self.list(cx, id, members),
            ExprKind::Object(entries) => self.object(cx, id, entries),
            ExprKind::ListFor { element, over } => self.list_for(cx, id, element, over),
            ExprKind::MapFor { pair, over } => self.map_for(cx, id, pair, over),
            ExprKind::Chain(links) => self.chain(cx, id, links),
            ExprKind::Not(inner) => Ok(match self.eval(cx, inner)? {
                Value::Bool(value) => Value::Bool(!value),
                _ => Value::Unknown,
            }),
            ExprKind::Negate(inner) => {
                let value = self.eval(cx, inner)?;
                super::number::negate(&value).map_err(|fault| EvalError::stop(cx.at(id), fault))
            }
            ExprKind::Range { low, high, inclusive } => {
                let (low, high) = (self.eval(cx, low)?, self.eval(cx, high)?);
                Ok(match (low, high) {
                    (Value::Int(low), Value::Int(high)) if inclusive => Value::Range(low, high),
                    (Value::Int(low), Value::Int(high)) => {
                        high.checked_sub(1).map_or(Value::Range(1, 0), |last| Value::Range(low, last))
                    }
                    _ => Value::Unknown,
                })
            }
            ExprKind::If(branch) => {
                let Some(branch) = tree.branch(branch) else { return Ok(Value::Unknown) };
                match self.eval(cx, branch.condition)? {
                    Value::Bool(true) => self.eval(cx, branch.then),
                    Value::Bool(false) => self.eval(cx, branch.otherwise),
                    _ => Ok(Value::Unknown),
                }
            }
            ExprKind::Match { subject, first, len } => self.matching(cx, subject, first, len),
            ExprKind::Paren(inner) => self.eval(cx, inner),
            ExprKind::Piece | ExprKind::Error => Ok(Value::Unknown),
        }
    }

    fn name(&mut self, cx: Context<'_>, id: ExprId, expr: Expr) -> Outcome<Value> {
        let res = cx.names.exprs.get(id.0 as usize).copied().unwrap_or_default().into();
        match res {
            Res::Def(def) => self.def_value(cx, def, id),
            Res::Environment => {
                self.note(Trace::ENVIRONMENT);
                Ok(self.environment_name(u32::from(cx.env)))
            }
            Res::EnvironmentName(index) => Ok(self.environment_name(index)),
            Res::Variant(_) | Res::Port => Ok(Value::plain(expr.span.text(&cx.source.text))),
            Res::Local(index) => Ok(self.locals.get(self.frame + index as usize).cloned().unwrap_or(Value::Unknown)),
            Res::Field(slot) => match cx.instance {
                Some(instance) => self.read_field(instance, slot, cx.env),
                None => Ok(Value::Unknown),
            },
            Res::Nested(index) => match cx.instance {
                Some(owner) => {
                    self.note_of(owner, Trace::SUBJECT.with(Trace::VALUES));
                    self.nested_value(cx, owner, index, id)
                }
                None => Ok(Value::Unknown),
            },
            Res::Output(index) => match cx.instance {
                Some(owner) => self.output(owner, index, cx.env),
                None => Ok(Value::Unknown),
            },
            Res::None | Res::Function(_) | Res::Member | Res::Namespace => Ok(Value::Unknown),
        }
    }

    fn environment_name(&self, index: u32) -> Value {
        self.program
            .environments
            .get(index as usize)
            .map_or(Value::Unknown, |environment| Value::plain(&environment.name))
    }

    /// A param, let or component by name.
    pub(crate) fn def_value(&mut self, cx: Context<'_>, def: DefId, at: ExprId) -> Outcome<Value> {
        match self.program.def(def).map(|info| info.kind) {
            Some(DefKind::Param | DefKind::Let) => self.ask(Task::Def(def), cx.env),
            Some(DefKind::Component) => self.component_value(cx, def, at),
            _ => Ok(Value::Unknown),
        }
    }

    /// A field of a component, by name or after a dot. What the body may have meant to say of it is unknown.
    pub(crate) fn read_field(&mut self, instance: InstanceId, slot: u32, env: u8) -> Outcome<Value> {
        let slot = u16::try_from(slot).unwrap_or(u16::MAX);
        if self.may_be_garbled(instance, slot) {
            return Ok(Value::Unknown);
        }
        self.ask(Task::Field(instance, slot), env)
    }

    /// An output of a component: a part that only the platform knows, or computed from the fields.
    pub(crate) fn output(&mut self, instance: InstanceId, index: u32, env: u8) -> Outcome<Value> {
        let program = self.program;
        let Some(info) = program.kind(self.world.kind(instance)).and_then(|kind| kind.outputs.get(index as usize))
        else {
            return Ok(Value::Unknown);
        };
        if info.value.is_some() {
            return self.ask(Task::Output(instance, u16::try_from(index).unwrap_or(u16::MAX)), env);
        }
        self.note_of(instance, Trace::SUBJECT.with(Trace::VALUES));
        Ok(Value::Template(Arc::from([Part::Output(instance, Arc::from(&*info.name))])))
    }

    pub(crate) fn make_output(&mut self, instance: InstanceId, output: u16, env: u8) -> Outcome<Value> {
        let program = self.program;
        let info = program.kind(self.world.kind(instance)).and_then(|kind| kind.outputs.get(usize::from(output)));
        let Some((expr, ty)) = info.and_then(|info| Some((info.value?, info.ty))) else { return Ok(Value::Unknown) };
        let cx = self.context(expr.file, Some(instance), env);
        let value = self.eval(cx, expr.expr)?;
        self.normalise(cx, value, ty, expr)
    }

    fn list(&mut self, cx: Context<'_>, id: ExprId, members: List<ExprId>) -> Outcome<Value> {
        let members = cx.tree().exprs(members);
        if members.len() > super::MAX_ELEMENTS {
            return Err(EvalError::stop(cx.at(id), Fault::TooLarge(super::error::Size::List)));
        }
        let mut elements = Vec::with_capacity(members.len());
        for member in members {
            elements.push(self.eval(cx, *member)?);
        }
        Ok(Value::List(elements.into()))
    }

    fn object(&mut self, cx: Context<'_>, id: ExprId, entries: List<Entry>) -> Outcome<Value> {
        let entries = cx.tree().entries(entries);
        if entries.len() > super::MAX_ELEMENTS {
            return Err(EvalError::stop(cx.at(id), Fault::TooLarge(super::error::Size::Map)));
        }
        let mut map = Vec::with_capacity(entries.len());
        for entry in entries {
            let EntryValue::Set(value) = entry.value else { continue };
            let key = oal_syntax::key::text(entry.key.text(&cx.source.text));
            let value = self.eval(cx, value)?;
            map.push((Arc::from(&*key), value));
        }
        Ok(Value::Map(map.into()))
    }

    fn call(&mut self, cx: Context<'_>, id: ExprId, expr: Expr, args: List<Entry>) -> Outcome<Value> {
        match cx.names.exprs.get(id.0 as usize).copied().unwrap_or_default().into() {
            Res::Function(index) => match builtins::get(index) {
                Some(builtin) => self.call_builtin(cx, id, index, builtin, args),
                None => Ok(Value::Unknown),
            },
            Res::Variant(_) => {
                let mut fields = Vec::with_capacity(args.len());
                for (position, arg) in cx.tree().entries(args).iter().enumerate() {
                    let EntryValue::Set(value) = arg.value else { continue };
                    // Names of positional fields come with the type; until then they go by number, which no name can be.
                    let name = match arg.key.text(&cx.source.text) {
                        "" => Arc::from(position.to_string()),
                        name => Arc::from(name),
                    };
                    fields.push((name, self.eval(cx, value)?));
                }
                Ok(Value::Variant(Arc::from(expr.call_name().text(&cx.source.text)), fields.into()))
            }
            _ => Ok(Value::Unknown),
        }
    }

    fn call_builtin(
        &mut self,
        cx: Context<'_>,
        id: ExprId,
        index: u32,
        builtin: &'static Builtin,
        args: List<Entry>,
    ) -> Outcome<Value> {
        let mut values: Vec<Option<Value>> = vec![None; builtin.params.len()];
        for (position, arg) in cx.tree().entries(args).iter().enumerate() {
            let EntryValue::Set(expr) = arg.value else { continue };
            let name = arg.key.text(&cx.source.text);
            let value = self.eval(cx, expr)?;
            // Only functions on texts take what is not known.
            let value = if builtin.const_only { value } else { self.with_secrets(value) };
            let slot = if name.is_empty() {
                Some(position)
            } else {
                builtin.params.iter().position(|param| param.name == name)
            };
            match slot.and_then(|slot| values.get_mut(slot)) {
                Some(place) => *place = Some(value),
                None if builtin.variadic => values.push(Some(value)),
                None => return Ok(Value::Unknown),
            }
        }
        let done = builtins::compute(index, builtin, &values).map_err(|fault| EvalError::stop(cx.at(id), fault))?;
        self.charge(done.cost, cx, id)?;
        super::text::check_size(&done.value).map_err(|fault| EvalError::stop(cx.at(id), fault))?;
        Ok(done.value)
    }

    /// Operators of one precedence.
    fn chain(&mut self, cx: Context<'_>, id: ExprId, links: List<Link>) -> Outcome<Value> {
        let Some((first, rest)) = cx.tree().links(links).split_first() else { return Ok(Value::Unknown) };
        match rest.first().map(|link| link.op) {
            Some(Op::Or) => self.logic(cx, first, rest, true),
            Some(Op::And) => self.logic(cx, first, rest, false),
            Some(Op::Coalesce) => self.coalesce(cx, first, rest),
            Some(op @ (Op::Equal | Op::NotEqual)) => match rest {
                [second] => self.equality(cx, first.operand, second.operand, op == Op::Equal),
                _ => Ok(Value::Unknown),
            },
            _ => {
                let mut left = self.eval(cx, first.operand)?;
                for link in rest {
                    let right = self.eval(cx, link.operand)?;
                    left = super::number::operate(link.op, &left, &right)
                        .map_err(|fault| EvalError::stop(cx.at(id), fault))?;
                }
                Ok(left)
            }
        }
    }

    /// `and`, `or`: stops at the operand that decides.
    fn logic(&mut self, cx: Context<'_>, first: &Link, rest: &[Link], decides: bool) -> Outcome<Value> {
        let mut result = Value::Bool(!decides);
        for link in std::iter::once(first).chain(rest) {
            match self.eval(cx, link.operand)? {
                Value::Bool(value) if value == decides => return Ok(Value::Bool(value)),
                Value::Bool(_) => {}
                _ => result = Value::Unknown,
            }
        }
        Ok(result)
    }

    fn coalesce(&mut self, cx: Context<'_>, first: &Link, rest: &[Link]) -> Outcome<Value> {
        for link in std::iter::once(first).chain(rest) {
            if self.is_null(cx, link.operand)? != Some(true) {
                return self.eval(cx, link.operand);
            }
        }
        Ok(Value::Null)
    }

    fn equality(&mut self, cx: Context<'_>, left: ExprId, right: ExprId, wanted: bool) -> Outcome<Value> {
        let is_null = |id: ExprId| matches!(cx.tree().expr(id).kind, ExprKind::Null);
        if is_null(right) {
            return Ok(self.is_null(cx, left)?.map_or(Value::Unknown, |null| Value::Bool(null == wanted)));
        }
        if is_null(left) {
            return Ok(self.is_null(cx, right)?.map_or(Value::Unknown, |null| Value::Bool(null == wanted)));
        }
        let (left, right) = (self.eval(cx, left)?, self.eval(cx, right)?);
        Ok(match super::compare::equal(&left, &right) {
            Some(equal) => Value::Bool(equal == wanted),
            None => Value::Unknown,
        })
    }

    /// Whether an expression is `null`; `None` where it has no value. Of a field of the component at hand no more is looked at than
    /// needed: what is written there and has no value is not `null`.
    pub(crate) fn is_null(&mut self, cx: Context<'_>, id: ExprId) -> Outcome<Option<bool>> {
        let known = |value: Value| (!value.is_unknown()).then(|| value.is_null());
        let expr = cx.tree().expr(id);
        match expr.kind {
            ExprKind::Paren(inner) => self.is_null(cx, inner),
            ExprKind::Name => {
                if let (Res::Field(slot), Some(instance)) =
                    (cx.names.exprs.get(id.0 as usize).copied().unwrap_or_default().into(), cx.instance)
                {
                    return self.field_is_null(instance, u16::try_from(slot).unwrap_or(u16::MAX), cx.env).map(Some);
                }
                self.eval(cx, id).map(known)
            }
            _ if self.is_surely_there(cx.at(id)) => Ok(Some(false)),
            _ => self.eval(cx, id).map(known),
        }
    }

    fn matching(&mut self, cx: Context<'_>, subject: ExprId, first: u32, len: u16) -> Outcome<Value> {
        let value = self.eval(cx, subject)?;
        if value.is_unknown() {
            return Ok(Value::Unknown);
        }
        for arm in cx.tree().match_arms(first, len) {
            let depth = self.locals.len();
            if self.matches(cx, arm.pattern, &value)? {
                let result = self.eval(cx, arm.value);
                self.locals.truncate(depth);
                return result;
            }
            self.locals.truncate(depth);
        }
        Ok(Value::Unknown)
    }

    /// Whether a pattern fits; binds its names then.
    pub(crate) fn matches(&mut self, cx: Context<'_>, pattern: Pattern, value: &Value) -> Outcome<bool> {
        match pattern.kind {
            PatternKind::Any => Ok(true),
            PatternKind::Literal(expr) => {
                let wanted = self.eval(cx, expr)?;
                Ok(super::compare::equal(&wanted, value) == Some(true))
            }
            PatternKind::Variant { name, bindings } => {
                let name = name.text(&cx.source.text);
                let fields = match value {
                    Value::Variant(own, fields) if **own == *name => fields.clone(),
                    Value::Text(own) if **own == *name => no_fields(),
                    _ => return Ok(false),
                };
                for (index, _) in cx.tree().names(bindings).iter().enumerate() {
                    self.locals.push(fields.get(index).map_or(Value::Unknown, |(_, value)| value.clone()));
                }
                Ok(true)
            }
            PatternKind::Error => Ok(false),
        }
    }
}

impl Evaluator<'_> {
    /// Whether an expression is surely not `null`, as far as its form tells.
    pub(crate) fn is_surely_there(&self, at: ExprRef) -> bool {
        match self.program.project.file(at.file).parse.tree.expr(at.expr).kind {
            ExprKind::Name => matches!(
                self.program.res(at.file, at.expr),
                Res::Variant(_) | Res::Environment | Res::EnvironmentName(_) | Res::Port
            ),
            kind => never_null(kind),
        }
    }
}

/// Whether an expression of this form is surely not `null`.
const fn never_null(kind: ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Bool(_)
            | ExprKind::Number
            | ExprKind::Text
            | ExprKind::Template(_)
            | ExprKind::Call { .. }
            | ExprKind::List(_)
            | ExprKind::Object(_)
            | ExprKind::ListFor { .. }
            | ExprKind::MapFor { .. }
            | ExprKind::Not(_)
            | ExprKind::Negate(_)
            | ExprKind::Range { .. }
    )
}

/// A number as written; the parser has refused malformed ones.
pub(crate) fn number(text: &str) -> Value {
    match literal::number(text) {
        Ok(Number::Int(value)) => Value::Int(value),
        Ok(Number::Float(value)) => Value::Float(value),
        Ok(Number::Duration(value)) => Value::Duration(value),
        Ok(Number::Size(value)) => Value::Size(value),
        Ok(Number::Cpu(value)) => Value::Cpu(value),
        Ok(Number::Percent(value)) => Value::Percent(value),
        Err(_) => Value::Unknown,
    }
}
