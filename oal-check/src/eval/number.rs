//! Arithmetic and comparison of numbers and quantities, every step checked.

use crate::eval::compare;
use crate::eval::error::Fault;
use crate::value::Value;
use oal_syntax::ast::Op;
use oal_syntax::literal::MAX_QUANTITY;
use std::cmp::Ordering;

/// `left op right` for arithmetic, comparisons and `in`.
pub(crate) fn operate(op: Op, left: &Value, right: &Value) -> Result<Value, Fault> {
    match op {
        Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => Ok(compared(op, compare::order(left, right))),
        Op::In => Ok(compare::contains(right, left).map_or(Value::Unknown, Value::Bool)),
        Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Remainder => {
            arithmetic(op, left, right).map_err(|stop| match stop {
                Stop::DivisionByZero => Fault::DivisionByZero,
                Stop::TooLarge => Fault::Overflow(written(op, left, right)),
                Stop::Negative => Fault::NegativeQuantity(written(op, left, right)),
            })
        }
        _ => Ok(Value::Unknown),
    }
}

/// The calculation with its values, for messages.
fn written(op: Op, left: &Value, right: &Value) -> Box<str> {
    format!("{} {} {}", left.show(), op.text(), right.show()).into()
}

/// What can go wrong.
enum Stop {
    DivisionByZero,
    TooLarge,
    Negative,
}

fn compared(op: Op, order: Option<Ordering>) -> Value {
    let Some(order) = order else { return Value::Unknown };
    Value::Bool(match op {
        Op::Less => order.is_lt(),
        Op::LessEqual => order.is_le(),
        Op::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// Makes a quantity of an amount in its smallest unit.
type Make = fn(i64) -> Value;

/// The amount of a quantity in its smallest unit, and how to make one.
fn quantity(value: &Value) -> Option<(i64, Make)> {
    Some(match value {
        Value::Duration(amount) => (*amount, Value::Duration),
        Value::Size(amount) => (*amount, Value::Size),
        Value::Cpu(amount) => (*amount, Value::Cpu),
        _ => return None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "an integer beside a float counts as a float")]
fn arithmetic(op: Op, left: &Value, right: &Value) -> Result<Value, Stop> {
    use Value::{Float, Int, Percent};
    match (left, right) {
        (Int(a), Int(b)) => whole(op, *a, *b).map(Int),
        (Float(a), Float(b)) => fraction(op, *a, *b).map(Float),
        (Int(a), Float(b)) => fraction(op, *a as f64, *b).map(Float),
        (Float(a), Int(b)) => fraction(op, *a, *b as f64).map(Float),
        (Percent(a), Percent(b)) if op == Op::Divide => truncated(fraction(op, *a, *b)?).map(Int),
        (Percent(a), Percent(b)) => percent(fraction(op, *a, *b)?),
        (Percent(a), Int(b)) => percent(fraction(op, *a, *b as f64)?),
        (Int(a), Percent(b)) => percent(fraction(op, *a as f64, *b)?),
        (Percent(a), Float(b)) | (Float(b), Percent(a)) => percent(fraction(op, *a, *b)?),
        _ => match (quantity(left), quantity(right)) {
            (Some((a, make)), Some((b, _))) if std::mem::discriminant(left) == std::mem::discriminant(right) => {
                let result = whole(op, a, b)?;
                if op == Op::Divide { Ok(Int(result)) } else { amount(result).map(make) }
            }
            (Some((a, make)), None) => match scaled(op, a, left, right)? {
                Some(result) => amount(result).map(make),
                None => Ok(Value::Unknown),
            },
            (None, Some((b, make))) if op == Op::Multiply => match scaled(op, b, right, left)? {
                Some(result) => amount(result).map(make),
                None => Ok(Value::Unknown),
            },
            (None, Some((_, make))) => match beside(left, right) {
                Some(a) => arithmetic(op, &make(a), right),
                None => Ok(Value::Unknown),
            },
            _ => Ok(Value::Unknown),
        },
    }
}

/// No quantity is below zero, or so large that not every reader of the IR holds it exactly.
const fn amount(amount: i64) -> Result<i64, Stop> {
    match amount {
        ..0 => Err(Stop::Negative),
        0..=MAX_QUANTITY => Ok(amount),
        _ => Err(Stop::TooLarge),
    }
}

/// A percentage, rounded toward zero to hundredths of a percent. Binary fractions are not exact, so what is next to a hundredth
/// counts as one.
#[expect(clippy::cast_precision_loss, reason = "no quantity has more digits than a float")]
fn percent(share: f64) -> Result<Value, Stop> {
    let scaled = share * 100.0;
    let near = (scaled - scaled.round()).abs() < 1e-6;
    let hundredths = amount(truncated(if near { scaled.round() } else { scaled })?)?;
    Ok(Value::Percent(hundredths as f64 / 100.0))
}

/// A quantity (of which `left` is the value and `amount` the amount) with a plain number or a percentage.
#[expect(clippy::cast_precision_loss, reason = "an integer beside a float counts as a float")]
fn scaled(op: Op, amount: i64, left: &Value, right: &Value) -> Result<Option<i64>, Stop> {
    match (op, right) {
        (Op::Multiply | Op::Divide, Value::Int(factor)) => whole(op, amount, *factor).map(Some),
        (Op::Multiply | Op::Divide, Value::Float(factor)) => truncated(fraction(op, amount as f64, *factor)?).map(Some),
        (Op::Multiply, Value::Percent(share)) => truncated(fraction(op, amount as f64, share / 100.0)?).map(Some),
        (Op::Add | Op::Subtract | Op::Remainder, _) => match beside(right, left) {
            Some(other) => whole(op, amount, other).map(Some),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// The amount of a plain number beside a quantity that it may stand for: cores, or nothing at all (the sum of an empty list).
fn beside(plain: &Value, quantity: &Value) -> Option<i64> {
    match (plain, quantity) {
        (Value::Int(0), _) => Some(0),
        (Value::Int(_) | Value::Float(_), Value::Cpu(_)) => cores(plain),
        _ => None,
    }
}

/// A plain number of cores in thousandths.
pub(crate) fn cores(plain: &Value) -> Option<i64> {
    match plain {
        Value::Int(count) => count.checked_mul(1_000),
        // A decimal literal is exact to the thousandth, which its binary form is not.
        Value::Float(count) => truncated((count * 1_000.0).round()).ok(),
        Value::Cpu(amount) => Some(*amount),
        _ => None,
    }
    .filter(|amount| *amount <= MAX_QUANTITY)
}

fn whole(op: Op, left: i64, right: i64) -> Result<i64, Stop> {
    if right == 0 && matches!(op, Op::Divide | Op::Remainder) {
        return Err(Stop::DivisionByZero);
    }
    match op {
        Op::Add => left.checked_add(right),
        Op::Subtract => left.checked_sub(right),
        Op::Multiply => left.checked_mul(right),
        Op::Divide => left.checked_div(right),
        // The one case that does not fit is `MIN % -1`, which is 0.
        _ => Some(left.checked_rem(right).unwrap_or(0)),
    }
    .ok_or(Stop::TooLarge)
}

fn fraction(op: Op, left: f64, right: f64) -> Result<f64, Stop> {
    if right == 0.0 && matches!(op, Op::Divide | Op::Remainder) {
        return Err(Stop::DivisionByZero);
    }
    let result = match op {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::Divide => left / right,
        _ => left % right,
    };
    if result.is_finite() { Ok(result) } else { Err(Stop::TooLarge) }
}

/// The whole part.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked first")]
fn truncated(value: f64) -> Result<i64, Stop> {
    const LIMIT: f64 = 9_223_372_036_854_775_807.0;
    if value.abs() < LIMIT { Ok(value as i64) } else { Err(Stop::TooLarge) }
}

/// `-value`
pub(crate) fn negate(value: &Value) -> Result<Value, Fault> {
    let text = || format!("-{}", value.show()).into();
    match value {
        Value::Int(amount) => amount.checked_neg().map(Value::Int).ok_or_else(|| Fault::Overflow(text())),
        Value::Float(amount) => Ok(Value::Float(-amount)),
        Value::Duration(0) | Value::Size(0) | Value::Cpu(0) => Ok(value.clone()),
        Value::Duration(_) | Value::Size(_) | Value::Cpu(_) | Value::Percent(_) => Err(Fault::NegativeQuantity(text())),
        _ => Ok(Value::Unknown),
    }
}

/// All values added up.
pub(crate) fn sum(values: &[Value]) -> Result<Value, Fault> {
    let mut total = Value::Int(0);
    for value in values {
        total = operate(Op::Add, &total, value)?;
    }
    Ok(total)
}
