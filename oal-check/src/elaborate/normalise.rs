//! Values made to fit their places: plain numbers become cores where cores are wanted, left-out fields get their defaults, a
//! secret becomes its value. Whether the value may stand there at all is `misfit`.

use crate::eval::error::{EvalError, Fault};
use crate::eval::{Context, Evaluator, Outcome, number};
use crate::program::ExprRef;
use crate::types::{MemberInfo, Ty, TyData};
use crate::value::{Value, no_fields};
use std::sync::Arc;

impl Evaluator<'_> {
    /// The value as its type has it, with everything filled in.
    pub(crate) fn normalise(&mut self, cx: Context<'_>, value: Value, ty: Ty, at: ExprRef) -> Outcome<Value> {
        self.fit(cx, value, ty, at, true)
    }

    /// As [`Evaluator::normalise`], but parts of records that are left out stay so, for other layers to give them.
    pub(crate) fn localise(&mut self, cx: Context<'_>, value: Value, ty: Ty, at: ExprRef) -> Outcome<Value> {
        match self.program.types.data(self.program.types.bare(ty)) {
            TyData::Map(..) | TyData::Record(_) | TyData::Endpoint => self.fit(cx, value, ty, at, false),
            _ => Ok(value),
        }
    }

    fn fit(&mut self, cx: Context<'_>, value: Value, ty: Ty, at: ExprRef, fill: bool) -> Outcome<Value> {
        self.fit_depth += 1;
        let fitted = self.fit_kind(cx, value, ty, at, fill);
        self.fit_depth -= 1;
        fitted
    }

    fn fit_kind(&mut self, cx: Context<'_>, value: Value, ty: Ty, at: ExprRef, fill: bool) -> Outcome<Value> {
        let program = self.program;
        let types = &program.types;
        let bare = types.bare(ty);
        Ok(match (types.data(bare), value) {
            (_, value @ (Value::Unknown | Value::Null)) => value,
            (TyData::Cpu, value @ (Value::Int(_) | Value::Float(_))) => match number::cores(&value) {
                Some(amount @ 0..) => Value::Cpu(amount),
                Some(_) => return Err(EvalError::stop(at, Fault::NegativeQuantity(value.show().into()))),
                None => return Err(EvalError::stop(at, Fault::Overflow(format!("{} cores", value.show()).into()))),
            },
            #[expect(clippy::cast_precision_loss, reason = "a whole number where a float is wanted")]
            (TyData::Float, Value::Int(value)) => Value::Float(value as f64),
            (TyData::Duration, Value::Int(0)) => Value::Duration(0),
            (TyData::Size, Value::Int(0)) => Value::Size(0),
            (TyData::Percent, Value::Int(0)) => Value::Percent(0.0),
            (TyData::String | TyData::Text(_), Value::Component(instance)) => match self.secret_part(instance) {
                Some(part) => Value::Template(Arc::from([part])),
                None => Value::Unknown,
            },
            (TyData::Endpoint, Value::Variant(port, _) | Value::Text(port)) => match cx.instance {
                Some(instance) => Value::Endpoint(instance, port),
                None => Value::Unknown,
            },
            (TyData::PortName | TyData::Environment, Value::Text(name)) => Value::Variant(name, no_fields()),
            (TyData::Union(number), Value::Text(name)) => self.fit_variant(cx, *number, name, &no_fields(), at)?,
            (TyData::Union(number), Value::Variant(name, fields)) => {
                self.fit_variant(cx, *number, name, &fields, at)?
            }
            (TyData::List(element), Value::List(elements)) => {
                let mut fitted = Vec::with_capacity(elements.len());
                for value in elements.iter() {
                    fitted.push(self.fit(cx, value.clone(), *element, at, true)?);
                }
                Value::List(fitted.into())
            }
            (TyData::Map(_, element), Value::Map(entries)) => {
                let mut fitted = Vec::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    fitted.push((key.clone(), self.fit(cx, value.clone(), *element, at, fill)?));
                }
                Value::Map(fitted.into())
            }
            (TyData::Record(number), Value::Map(entries)) => {
                let Some(record) = types.record(*number) else { return Ok(Value::Unknown) };
                let mut fitted = Vec::with_capacity(record.fields.len());
                for member in &record.fields {
                    let given = entries.iter().find(|(key, _)| **key == *member.name).map(|(_, value)| value.clone());
                    if let Some(value) = self.fit_member(cx, member, given, at, fill)? {
                        fitted.push((Arc::from(&*member.name), value));
                    }
                }
                Value::Map(fitted.into())
            }
            // A value of another type has been told of, and says nothing to anyone.
            (data, value) if !self.keeps_misfits && !is_like(data, &value) => Value::Unknown,
            (_, value) => value,
        })
    }

    fn fit_variant(
        &mut self,
        cx: Context<'_>,
        union: u32,
        name: Arc<str>,
        fields: &[(Arc<str>, Value)],
        at: ExprRef,
    ) -> Outcome<Value> {
        let union = self.program.types.union(union);
        let variant = union.and_then(|union| union.variants.iter().find(|variant| *variant.name == *name));
        let Some(variant) = variant else { return Ok(Value::Variant(name, fields.into())) };
        if variant.fields.is_empty() {
            return Ok(Value::Variant(name, no_fields()));
        }
        let mut fitted = Vec::with_capacity(variant.fields.len());
        for (index, member) in variant.fields.iter().enumerate() {
            let given = fields
                .iter()
                .find(|(key, _)| **key == *member.name || key.parse() == Ok(index))
                .map(|(_, value)| value.clone());
            // A variant is never merged, so its fields are always filled in.
            let value = self.fit_member(cx, member, given, at, true)?.unwrap_or(Value::Unknown);
            fitted.push((Arc::from(&*member.name), value));
        }
        Ok(Value::Variant(name, fitted.into()))
    }

    /// A field of a record or variant: as given, else its default; `None` where it is left for another layer to give.
    fn fit_member(
        &mut self,
        cx: Context<'_>,
        member: &MemberInfo,
        given: Option<Value>,
        at: ExprRef,
        fill: bool,
    ) -> Outcome<Option<Value>> {
        if let Some(value) = given {
            return self.fit(cx, value, member.ty, at, fill).map(Some);
        }
        if !fill {
            return Ok(None);
        }
        match member.default {
            Some(default) => {
                let inner = self.context(default.file, None, cx.env);
                let value = self.eval(inner, default.expr)?;
                self.fit(inner, value, member.ty, default, true).map(Some)
            }
            None if self.program.types.is_optional(member.ty) => Ok(Some(Value::Null)),
            None => {
                // Deeper ones are seen when the types are looked at: no other layer can give them.
                if self.fit_depth == 1 {
                    self.left_out.push(member.name.clone());
                }
                Ok(Some(Value::Unknown))
            }
        }
    }
}

/// Whether a value has the form that values of a type have.
const fn is_like(data: &TyData, value: &Value) -> bool {
    match data {
        TyData::Bool => matches!(value, Value::Bool(_)),
        TyData::Int => matches!(value, Value::Int(_)),
        TyData::Float => matches!(value, Value::Float(_)),
        TyData::String | TyData::Text(_) => matches!(value, Value::Text(_) | Value::Template(_)),
        TyData::Port => matches!(value, Value::Int(_) | Value::Template(_)),
        TyData::Duration => matches!(value, Value::Duration(_)),
        TyData::Size => matches!(value, Value::Size(_)),
        TyData::Cpu => matches!(value, Value::Cpu(_)),
        TyData::Percent => matches!(value, Value::Percent(_)),
        TyData::List(_) => matches!(value, Value::List(_)),
        TyData::Map(..) | TyData::Record(_) => matches!(value, Value::Map(_)),
        TyData::Union(_) | TyData::PortName | TyData::Environment => matches!(value, Value::Variant(..)),
        _ => true,
    }
}
