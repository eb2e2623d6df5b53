//! A text on one line and the same one over several lines.

use super::{Action, ActionKind, Ground};
use oal_syntax::ast::ExprKind;
use oal_syntax::literal;

impl Ground<'_> {
    pub(super) fn rewrite_text(&self, found: &mut Vec<Action>) {
        let Some(id) = self.selected() else { return };
        let expr = self.tree.expr(id);
        if expr.kind != ExprKind::Text {
            return;
        }
        let written = self.text(expr.span);
        let value = literal::text(written);
        let (title, text) = if written.starts_with("\"\"\"") {
            ("Write on one line", line(&value))
        } else if value.contains('\n') {
            ("Write over several lines", self.block(&value, expr.span.start))
        } else if written.starts_with('r') {
            ("Write in plain quotes", line(&value))
        } else {
            return;
        };
        // Some texts can be written in one way only.
        if literal::text(&text) != value || !oal_syntax::parse(&format!("let a = {text}\n")).errors.is_empty() {
            return;
        }
        found.push(Action {
            title: title.to_owned(),
            kind: ActionKind::Rewrite,
            edits: vec![self.edit(expr.span, text)],
            findings: Vec::new(),
            preferred: false,
        });
    }

    /// The value between `"""`, two columns further in than the line it starts on.
    fn block(&self, value: &str, at: u32) -> String {
        let (end, indent) = (self.line_end(), self.indent(at));
        let mut text = format!("\"\"\"{end}");
        for line in value.split('\n') {
            if !line.is_empty() {
                let escaped = line.replace('\\', "\\\\").replace("${", "\\${").replace("\"\"\"", "\\\"\"\"");
                text.push_str(&format!("{indent}  {escaped}"));
            }
            text.push_str(end);
        }
        text.push_str(&format!("{indent}  \"\"\""));
        text
    }
}

/// The value between `"`.
fn line(value: &str) -> String {
    let mut text = "\"".to_owned();
    for letter in value.chars() {
        match letter {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '"' | '\\' => {
                text.push('\\');
                text.push(letter);
            }
            '$' => text.push_str("\\$"),
            _ => text.push(letter),
        }
    }
    text.push('"');
    text
}
