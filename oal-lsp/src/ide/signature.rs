//! What the call around the cursor takes: a variant with its fields, or a built-in function.

use super::completion::site::{self, Argument, Callee};
use super::completion::{Docs, documentation};
use oal_check::Checked;
use oal_check::builtins::{Builtin, Shape};
use oal_check::types::MemberInfo;
use oal_syntax::{FileId, Parse, Span};

/// What a call takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// All of it in one line.
    pub label: String,
    /// What it does, as Markdown.
    pub docs: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The one at the cursor, by its index.
    pub active: Option<usize>,
}

/// A parameter of a [`Signature`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Where it stands in the label, in bytes.
    pub span: Span,
    /// What it means, as Markdown.
    pub docs: Option<String>,
}

/// The signature of the innermost call around the cursor. `source` and `parse` are the file as it is now, `checked` is the last check.
#[must_use]
pub fn signature(checked: &Checked, file: FileId, source: &str, parse: &Parse, offset: u32) -> Option<Signature> {
    let site = site::find(checked.program(), file, source, parse, offset)?;
    let (callee, argument) = site.call?;
    match callee {
        Callee::Function(function) => Some(of_function(function, &argument)),
        Callee::Variant(ty, name) => {
            let variant = ty.variants()?.iter().find(|variant| *variant.name == *name)?;
            let mut label = format!("{name}(");
            let mut parameters = Vec::new();
            for (at, field) in variant.fields.iter().enumerate() {
                label.push_str(if at > 0 { ", " } else { "" });
                let start = label.len();
                label.push_str(&format!("{}: {}", field.name, ty.with(field.ty).show()));
                if let Some(default) = default(ty.program, field) {
                    label.push_str(&format!(" = {default}"));
                }
                let docs = documentation(checked, &Docs::Above(field.at.file, field.at.span.start));
                parameters.push(Parameter { span: span(start, label.len()), docs });
            }
            label.push(')');
            let active = match argument {
                Argument::Named(name) => variant.fields.iter().position(|field| *field.name == *name),
                Argument::Position(at) => Some(at).filter(|at| *at < parameters.len()),
            };
            let docs = documentation(checked, &Docs::Above(variant.at.file, variant.at.span.start));
            Some(Signature { label, docs, parameters, active })
        }
        Callee::Unknown => None,
    }
}

/// A field's default as it is written.
fn default<'p>(program: &'p oal_check::program::Program, field: &MemberInfo) -> Option<&'p str> {
    let at = field.default?;
    let file = program.project.file(at.file);
    Some(file.parse.tree.expr(at.expr).span.text(&file.text))
}

fn of_function(function: &'static Builtin, argument: &Argument) -> Signature {
    let mut label = format!("{}(", function.name);
    let mut parameters = Vec::new();
    for (at, param) in function.params.iter().enumerate() {
        label.push_str(if at > 0 { ", " } else { "" });
        let start = label.len();
        let optional = if at >= function.required { "?" } else { "" };
        let many = if function.variadic && at + 1 == function.params.len() { "…" } else { "" };
        label.push_str(&format!("{}{optional}: {}{many}", param.name, words(param.shape)));
        parameters.push(Parameter { span: span(start, label.len()), docs: None });
    }
    label.push_str(&format!(") -> {}", words(function.result)));
    let last = parameters.len().saturating_sub(1);
    let active = match argument {
        Argument::Named(name) => function.params.iter().position(|param| param.name == name),
        Argument::Position(at) if function.variadic => Some((*at).min(last)),
        Argument::Position(at) => Some(*at).filter(|at| *at <= last),
    };
    let docs = Some(super::completion::of_function(function));
    Signature { label, docs, parameters, active }
}

/// A shape as a type would be written.
fn words(shape: Shape) -> String {
    match shape {
        Shape::Any => "value".to_owned(),
        Shape::Text => "String".to_owned(),
        Shape::Bool => "Bool".to_owned(),
        Shape::Int => "Int".to_owned(),
        Shape::Var(0, _) => "T".to_owned(),
        Shape::Var(..) => "U".to_owned(),
        Shape::List(inner) => format!("List<{}>", words(*inner)),
        Shape::Map(key, value) => format!("Map<{}, {}>", words(*key), words(*value)),
        Shape::Sized => "String | List | Map".to_owned(),
        Shape::ElementOf(_) => "element".to_owned(),
    }
}

fn span(start: usize, end: usize) -> Span {
    Span::new(crate::ide::offset(start), crate::ide::offset(end))
}
