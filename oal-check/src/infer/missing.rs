//! Fixes that write what is missing: fields in braces, arguments in parentheses.

use crate::checker::Checker;
use crate::diagnostic::Fix;
use crate::types::Ty;
use oal_syntax::Span;

impl Checker<'_> {
    /// What is missing, written behind the opening brace or parenthesis at `open` in the shape that stands there. `lines`: braces with
    /// nothing in them get a line for each, as the body of a component does.
    pub(crate) fn add_missing(&self, open: u32, missing: &[(&str, Ty)], lines: bool) -> Fix {
        let inside = self.at.source.get(open as usize + 1..).unwrap_or_default();
        let rest = inside.trim_start();
        let gap = inside.get(..inside.len() - rest.len()).unwrap_or_default();
        let start = open + 1;
        let end = start + u32::try_from(gap.len()).unwrap_or(0);
        let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
        let values: Vec<String> =
            missing.iter().map(|(name, ty)| format!("{name}: {}", self.placeholder(*ty))).collect();
        let (span, text) = match rest.chars().next() {
            Some('}') | None if lines => {
                let line_end = if self.at.source.contains("\r\n") { "\r\n" } else { "\n" };
                let each: String = values.iter().map(|value| format!("{line_end}  {value}")).collect();
                (Span::new(start, end), format!("{each}{line_end}"))
            }
            Some('}') | None => (Span::new(start, end), format!(" {} ", values.join(", "))),
            Some(')') => (Span::new(start, end), values.join(", ")),
            // As what follows stands: on lines of their own, or in one.
            _ if gap.contains('\n') => {
                (Span::empty(start), values.iter().map(|value| format!("{gap}{value}")).collect())
            }
            _ => (Span::empty(start), values.iter().map(|value| format!(" {value},")).collect()),
        };
        Fix::sketch(format!("add {}", names.join(", ")), self.at.file, span, text)
    }

    /// The same in the parentheses of a call that ends at `end`: behind what is given, which may go by its place.
    pub(crate) fn add_missing_arguments(&self, open: u32, end: u32, missing: &[(&str, Ty)]) -> Fix {
        let inside = Span::new(open + 1, end.saturating_sub(1).max(open + 1));
        let given = self.text(inside).trim_end();
        if given.is_empty() {
            return self.add_missing(open, missing, false);
        }
        let mut fix = self.add_missing(open, missing, false);
        let values: Vec<String> =
            missing.iter().map(|(name, ty)| format!("{name}: {}", self.placeholder(*ty))).collect();
        let comma = if given.ends_with(',') { " " } else { ", " };
        for edit in &mut fix.edits {
            edit.span = Span::empty(inside.start + u32::try_from(given.len()).unwrap_or(0));
            edit.text = format!("{comma}{}", values.join(", "));
        }
        fix
    }
}
