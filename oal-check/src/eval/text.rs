//! Texts with holes, and how large values may be.

use crate::eval::error::{EvalError, Fault, Size};
use crate::eval::{Context, Evaluator, MAX_ELEMENTS, MAX_TEXT, Outcome};
use crate::value::{Part, Value};
use oal_syntax::Span;
use oal_syntax::ast::{Expr, ExprId, ExprKind, List};
use oal_syntax::literal::{Layout, Pieces};
use std::sync::Arc;

/// A text in the making: known parts grow together, others stand between them.
#[derive(Default)]
pub(crate) struct Builder {
    text: String,
    parts: Vec<Part>,
    /// Bytes of known text so far.
    len: usize,
}

impl Builder {
    /// Adds known text.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
        self.len += text.len();
    }

    /// Adds what stands in a hole. `false` where it has no text form.
    pub(crate) fn push(&mut self, value: &Value) -> bool {
        match value {
            Value::Text(text) => self.push_str(text),
            Value::Template(parts) => {
                for part in parts.iter() {
                    match part {
                        Part::Text(text) => self.push_str(text),
                        Part::Output(..) | Part::Secret(_) => self.push_part(part.clone()),
                    }
                }
            }
            other => match other.display() {
                Some(text) => self.push_str(&text),
                None => return false,
            },
        }
        true
    }

    /// Adds a part that is not known.
    pub(crate) fn push_part(&mut self, part: Part) {
        self.flush();
        self.parts.push(part);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(Arc::from(self.text.as_str())));
            self.text.clear();
        }
    }

    /// Whether it is within bounds.
    pub(crate) fn fits(&self) -> bool {
        self.len <= MAX_TEXT && self.parts.len() <= MAX_ELEMENTS
    }

    /// A text where all is known, else a template.
    pub(crate) fn finish(mut self) -> Value {
        if self.parts.is_empty() {
            return Value::Text(self.text.into());
        }
        self.flush();
        Value::Template(self.parts.into())
    }
}

impl Evaluator<'_> {
    /// `"… ${…} …"`
    pub(crate) fn template(&mut self, cx: Context<'_>, id: ExprId, expr: Expr, parts: List<ExprId>) -> Outcome<Value> {
        let tree = cx.tree();
        let written = expr.span.text(&cx.source.text);
        let layout = Layout::of(written);
        let mut builder = Builder::default();
        let mut known = true;
        for &part in tree.exprs(parts) {
            let piece = tree.expr(part);
            if matches!(piece.kind, ExprKind::Piece) {
                let start = expr.span.start;
                let inside = Span::new(piece.span.start.saturating_sub(start), piece.span.end.saturating_sub(start));
                builder.push_str(&Pieces::piece(written, inside, layout).decode());
            } else {
                let value = self.eval(cx, part)?;
                match value.as_component().and_then(|instance| self.secret_part(instance)) {
                    Some(secret) => builder.push_part(secret),
                    None => known &= builder.push(&value),
                }
            }
            if !builder.fits() {
                return Err(EvalError::stop(cx.at(id), Fault::TooLarge(Size::Text)));
            }
        }
        self.charge(builder.len as u64 / 16, cx, id)?;
        Ok(if known { builder.finish() } else { Value::Unknown })
    }

    /// Where texts are wanted, secrets stand for their values.
    pub(crate) fn with_secrets(&self, value: Value) -> Value {
        match &value {
            Value::Component(instance) => match self.secret_part(*instance) {
                Some(secret) => Value::Template([secret].into()),
                None => value,
            },
            Value::List(elements) if elements.iter().any(|element| element.as_component().is_some()) => {
                Value::List(elements.iter().map(|element| self.with_secrets(element.clone())).collect())
            }
            _ => value,
        }
    }
}

/// Whether a value that was made at once is within bounds.
pub(crate) fn check_size(value: &Value) -> Result<(), Fault> {
    match value {
        Value::Text(text) if text.len() > MAX_TEXT => Err(Fault::TooLarge(Size::Text)),
        Value::List(elements) if elements.len() > MAX_ELEMENTS => Err(Fault::TooLarge(Size::List)),
        Value::Map(entries) if entries.len() > MAX_ELEMENTS => Err(Fault::TooLarge(Size::Map)),
        _ => Ok(()),
    }
}
