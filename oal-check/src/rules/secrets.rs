//! Lint: texts that look like secrets. Asked of every literal while its type is looked at, when its name is at hand.

use crate::checker::Checker;
use crate::diagnostic::{Applicability, Diagnostic, Fix, codes};
use crate::resolve::Found;
use crate::text::secret::{SecretLike, SecretReason, secret_like};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, List};
use oal_syntax::literal::{Layout, Pieces};

impl Checker<'_> {
    /// Looks at a text that any text may stand for; one with a grammar of its own, such as an image, holds no secret.
    pub(crate) fn look_for_secret(&mut self, span: Span) {
        if crate::std::index(self.at.file).is_some() {
            return;
        }
        let pieces = Pieces::text(self.text(span));
        let text = pieces.decode();
        let name = if self.is_whole_value(span) { self.at.sink.name.trim_matches('"') } else { "" };
        if let Some(found) = secret_like(name, &text).filter(|found| !self.is_prose(found)) {
            let start = found.range.start as usize;
            let end = found.range.end as usize;
            let whole = start == 0 && end == text.len();
            let at = if whole { span } else { within(&pieces, span, start, end) };
            let finding = self.secret_in_text(at, &found);
            let finding = match self.move_to_secret(span).filter(|_| whole) {
                Some(fix) => finding.fix(fix),
                None => finding,
            };
            self.push(finding);
        }
    }

    /// The same for the known parts of a text with holes, each by itself: `"postgres://app:hunter2@${orders.host}"`.
    pub(crate) fn look_for_secrets(&mut self, template: Span, parts: List<ExprId>) {
        let tree = self.at.tree;
        if crate::std::index(self.at.file).is_some() {
            return;
        }
        let written = self.text(template);
        for part in tree.exprs(parts) {
            let expr = tree.expr(*part);
            if !matches!(expr.kind, ExprKind::Piece) || expr.span.len() < 8 {
                continue;
            }
            let place = Span::new(expr.span.start - template.start, expr.span.end - template.start);
            let pieces = Pieces::piece(written, place, Layout::of(written));
            let text = pieces.decode();
            // Its name speaks of the whole text, which has another part that may be the secret.
            if let Some(found) = secret_like("", &text) {
                let at = within(&pieces, template, found.range.start as usize, found.range.end as usize);
                let finding = self.secret_in_text(at, &found);
                self.push(finding);
            }
        }
    }

    /// Whether the text is the value of the name at hand, or one of those that it may have: not an index, an argument, or the
    /// other side of a comparison.
    fn is_whole_value(&self, span: Span) -> bool {
        let before = self.at.source.get(..span.start as usize).unwrap_or_default().trim_end();
        [":", "=", "=>", "??", "then", "else"].iter().any(|word| before.ends_with(word))
            && !["==", "!=", "<=", ">="].iter().any(|compared| before.ends_with(compared))
    }

    /// Whether it only shows what an address looks like.
    fn is_prose(&self, found: &SecretLike) -> bool {
        self.at.sink.name == "description"
            && matches!(found.reason, SecretReason::UrlPassword | SecretReason::ConnectionString)
    }

    fn secret_in_text(&self, at: Span, found: &SecretLike) -> Diagnostic {
        let title = format!("this text looks like a secret: {}", found.reason.describe());
        self.finding(&codes::SECRET_IN_PLAIN_TEXT, at, title).label("everyone who has the program can read it").help(
            "declare a `secret` and write its name here; what stood in a file is no secret any more, so change it",
        )
    }

    /// For an environment variable: a `secret` of its name at the end of the file, and that name here.
    fn move_to_secret(&self, span: Span) -> Option<Fix> {
        let sink = self.at.sink;
        let name = sink.name.to_ascii_lowercase();
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if sink.of != "env" || !plain || self.lookup_quiet(&name) != Found::None {
            return None;
        }
        let end = Span::empty(u32::try_from(self.at.source.len()).ok()?);
        let line = if self.at.source.ends_with('\n') { "" } else { "\n" };
        let fix = Fix::new(format!("declare `secret {name}`"), Applicability::MaybeIncorrect);
        Some(fix.edit(self.at.file, span, name.clone()).edit(
            self.at.file,
            end,
            format!("{line}\nsecret {name} {{}}\n"),
        ))
    }
}

/// A part of a text as it stands in the source.
fn within(pieces: &Pieces<'_>, whole: Span, start: usize, end: usize) -> Span {
    let offset = |at: usize| whole.start + u32::try_from(pieces.source_offset(at)).unwrap_or(0);
    Span::new(offset(start), offset(end))
}
