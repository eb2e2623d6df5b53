//! A difference for people: one line for each component, its fields below, one line for all at the end.

use std::fmt::Write;

use oal_check::value::Value as Shown;
use oal_ir::diff::{Action, Change, Diff, Effect, FieldChange};
use oal_ir::v1::Template;
use oal_ir::{Ir, Pointer};
use serde_json::Value;

const PLAIN: &str = "\u{1b}[0m";

/// The most characters of a value that are shown.
const WIDTH: usize = 40;

/// The whole text, each line with its line feed.
pub(super) fn human(old: &Ir, new: &Ir, diff: &Diff, color: bool) -> String {
    let mut out = String::new();
    let app = &new.app.name;
    let from = if old.app.name == *app { String::new() } else { format!("{} → ", old.app.name) };
    let environment = match (&*old.environment, &*new.environment) {
        (old, new) if old == new => new.to_owned(),
        (old, new) => format!("{old} → {new}"),
    };
    if diff.is_empty() {
        return format!("{from}{app}, {environment}: nothing changes\n");
    }
    let _ = writeln!(out, "{from}{app}, {environment}:");
    if !diff.app.is_empty() {
        line(
            &mut out,
            color,
            Action::Change,
            "app",
            effect(diff.app.iter().fold(Effect::default(), |all, field| all.and(field.effect))),
        );
        fields(&mut out, &diff.app);
    }
    for change in &diff.components {
        line(&mut out, color, change.action, change.node.as_ref(), effect(change.effect));
        fields(&mut out, &change.fields);
        because(&mut out, change);
    }
    let _ = writeln!(out, "{}", summary(diff));
    out
}

fn line(out: &mut String, color: bool, action: Action, name: &str, effect: String) {
    let (sign, paint) = match action {
        Action::Create => ('+', "\u{1b}[32m"),
        Action::Change => ('~', "\u{1b}[33m"),
        Action::Remove => ('-', "\u{1b}[31m"),
    };
    let (paint, plain) = if color { (paint, PLAIN) } else { ("", "") };
    let gap = if effect.is_empty() { "" } else { "  " };
    let _ = writeln!(out, "{paint}{sign} {name}{plain}{gap}{effect}");
}

fn fields(out: &mut String, fields: &[FieldChange]) {
    for field in fields {
        let name = path(&field.at);
        let shown = |value: &Value| shown(&field.at, value);
        let what = match (&field.old, &field.new) {
            (Some(old), Some(new)) => format!("{name}: {} → {}", shown(old), shown(new)),
            (None, Some(new)) => format!("{name}: {} is new", shown(new)),
            (Some(old), None) => format!("{name}: {} goes", shown(old)),
            (None, None) => name,
        };
        let _ = writeln!(out, "    {what}");
    }
}

fn because(out: &mut String, change: &Change) {
    if !change.because_of.is_empty() {
        let names: Vec<String> = change.because_of.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "    takes over what changes in {}", names.join(", "));
    }
}

/// What a change means, in words; nothing where nothing stops and nobody notices.
fn effect(effect: Effect) -> String {
    let mut words = Vec::new();
    if effect.consequence != oal_ir::diff::Consequence::None {
        words.push(effect.consequence.name());
    }
    if effect.widens_access {
        words.push("widens access");
    }
    if effect.breaks {
        words.push("breaks who uses it from outside");
    }
    words.join(", ")
}

fn summary(diff: &Diff) -> String {
    let count = |action| diff.components.iter().filter(|change| change.action == action).count();
    let mut parts = Vec::new();
    for (action, one, many) in
        [(Action::Create, "is new", "are new"), (Action::Change, "changes", "change"), (Action::Remove, "goes", "go")]
    {
        match count(action) {
            0 => {}
            1 => parts.push(format!("1 component {one}")),
            more => parts.push(format!("{more} components {many}")),
        }
    }
    if parts.is_empty() {
        parts.push("no component changes".to_owned());
    }
    let all = effect(diff.effect());
    let all = if all.is_empty() { "nothing stops".to_owned() } else { all };
    format!("{}: {all}", parts.join(", "))
}

/// A place as a program would name it: `env.LOG_LEVEL`, `volumes["/data"].size`.
fn path(at: &Pointer) -> String {
    let mut path = String::new();
    for token in at.tokens() {
        let word = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !word {
            let _ = write!(path, "[\"{token}\"]");
        } else if path.is_empty() {
            path = token;
        } else {
            let _ = write!(path, ".{token}");
        }
    }
    path
}

/// A value as a program would write it, as far as the document still tells.
fn shown(at: &Pointer, value: &Value) -> String {
    let name = at.tokens().last().unwrap_or_default();
    let text = match (value, value.as_i64()) {
        (_, Some(number)) => match unit(at, &name) {
            Some(unit) => unit(number).source(),
            None => number.to_string(),
        },
        (Value::String(text), _) => format!("\"{text}\""),
        // A list of parts is a text with holes.
        (Value::Array(_), _) => match serde_json::from_value::<Template>(value.clone()) {
            Ok(template) if template.as_const().is_none() => format!("\"{template}\""),
            _ => value.to_string(),
        },
        _ => value.to_string(),
    };
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// In what a number is counted: documents hold bytes, milliseconds, thousandths of a core and hundredths of a percent.
fn unit(at: &Pointer, name: &str) -> Option<fn(i64) -> Shown> {
    let scales = at.tokens().next().as_deref() == Some("autoscale");
    Some(match name {
        "cpu" | "memory" if scales => |share| Shown::Percent(share as f64 / 100.0),
        "storage" | "memory" | "memory_request" | "swap" | "shared_memory" | "size" | "max_size" | "max_body" => {
            Shown::Size
        }
        "cpu" | "cpu_request" => Shown::Cpu,
        "timeout" | "every" | "start_period" | "delay" | "monitor" | "stop_grace" | "backoff" | "cool_down"
        | "expire" => Shown::Duration,
        "keep" if at.tokens().count() > 1 => Shown::Duration,
        _ => return None,
    })
}
