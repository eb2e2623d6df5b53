//! Texts: escapes resolved, the indentation of `"""` texts taken off, and the way back from the result to the source.

use crate::span::Span;
use std::borrow::Cow;

/// How a quoted text is laid out: which of the three forms it has, and how much indentation comes off each line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    form: Form,
    /// Bytes of indentation that come off each line of a block text.
    indent: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Line,
    Block,
    Raw,
}

impl Layout {
    /// The layout of a whole text or template, quotes included.
    #[must_use]
    pub fn of(source: &str) -> Self {
        if source.starts_with("r\"") {
            Self { form: Form::Raw, indent: 0 }
        } else if source.starts_with("\"\"\"") {
            let last = source.rsplit('\n').next().unwrap_or_default();
            let indent = last.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            Self { form: Form::Block, indent: if source.contains('\n') { indent } else { 0 } }
        } else {
            Self { form: Form::Line, indent: 0 }
        }
    }

    /// Where the content of a whole text stands in it, quotes left out.
    fn content(self, source: &str) -> Span {
        let (open, close) = match self.form {
            Form::Line => (1, "\""),
            Form::Block => (3, "\"\"\""),
            Form::Raw => (2, "\""),
        };
        let end = if source.len() >= open + close.len() && source.ends_with(close) {
            source.len() - close.len()
        } else {
            source.len()
        };
        crate::lexer::span(open.min(end), end)
    }
}

/// What a whole text (quotes included, in any of its forms, without holes) says.
#[must_use]
pub fn text(source: &str) -> Cow<'_, str> {
    let layout = Layout::of(source);
    let content = layout.content(source);
    Pieces::new(source, content, layout, true, true).decode()
}

/// The content of a text or of one piece of a template, cut where the source does not stand for itself.
pub struct Pieces<'s> {
    source: &'s str,
    content: Span,
    layout: Layout,
    first: bool,
    last: bool,
}

impl<'s> Pieces<'s> {
    /// The content of a whole text, quotes included.
    #[must_use]
    pub fn text(source: &'s str) -> Self {
        let layout = Layout::of(source);
        Self::new(source, layout.content(source), layout, true, true)
    }

    /// One literal piece of a template. `template` is the text of the template with its quotes, `piece` where the piece stands in
    /// it, `layout` its layout.
    #[must_use]
    pub fn piece(template: &'s str, piece: Span, layout: Layout) -> Self {
        let content = layout.content(template);
        Self::new(template, piece, layout, piece.start <= content.start, piece.end >= content.end)
    }

    fn new(source: &'s str, content: Span, layout: Layout, first: bool, last: bool) -> Self {
        Self { source, content, layout, first, last }
    }

    /// What it says.
    #[must_use]
    pub fn decode(&self) -> Cow<'s, str> {
        let content = self.content.text(self.source);
        let plain = match self.layout.form {
            Form::Raw => true,
            Form::Line => !content.contains('\\'),
            Form::Block => false,
        };
        if plain {
            return Cow::Borrowed(content);
        }
        let mut decoded = String::with_capacity(content.len());
        self.each(&mut |said, _| decoded.push_str(said));
        Cow::Owned(decoded)
    }

    /// The offset in the source text given to [`Pieces::text`] or [`Pieces::piece`] of byte `at` of what it says; the end of the
    /// content for an offset beyond it.
    #[must_use]
    pub fn source_offset(&self, at: usize) -> usize {
        let (mut said_before, mut found) = (0, None);
        self.each(&mut |said: &str, written: Span| {
            let end = said_before + said.len();
            if found.is_none() && at < end {
                let stands_for_itself = said.len() == written.len() as usize;
                found = Some(written.start as usize + if stands_for_itself { at - said_before } else { 0 });
            }
            said_before = end;
        });
        found.unwrap_or(self.content.end as usize)
    }

    /// Calls `each` with every stretch: what it says and where it is written.
    fn each(&self, each: &mut impl FnMut(&str, Span)) {
        let bytes = self.source.as_bytes();
        let (mut at, end) = (self.content.start as usize, self.content.end as usize);
        let mut run = at;
        let block = self.layout.form == Form::Block;
        let flush = |from: usize, to: usize, each: &mut dyn FnMut(&str, Span)| {
            if from < to {
                let written = crate::lexer::span(from, to);
                each(written.text(self.source), written);
            }
        };
        if self.layout.form == Form::Raw {
            flush(at, end, each);
            return;
        }
        if block && self.first {
            // The line of the opening quotes says nothing.
            let line = bytes.get(at..end).and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
            at = line.map_or(at, |line| at + line + 1);
            at = self.past_indent(at, end);
            run = at;
        }
        while at < end {
            match bytes.get(at) {
                Some(b'\\') => {
                    flush(run, at, each);
                    let rest = self.source.get(at + 1..end).unwrap_or_default();
                    let (said, len) = escape(rest);
                    let written = crate::lexer::span(at, at + 1 + len);
                    match said {
                        Some(said) => each(said.encode_utf8(&mut [0; 4]), written),
                        None => each("", written),
                    }
                    at += 1 + len;
                    run = at;
                }
                Some(b'\n') if block => {
                    let cr = at > run && bytes.get(at - 1) == Some(&b'\r');
                    flush(run, if cr { at - 1 } else { at }, each);
                    let rest = bytes.get(at + 1..end).unwrap_or_default();
                    if self.last && rest.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
                        return;
                    }
                    each("\n", crate::lexer::span(at, at + 1));
                    at = self.past_indent(at + 1, end);
                    run = at;
                }
                _ => at += 1,
            }
        }
        flush(run, end, each);
    }

    /// The offset after the indentation that comes off a line starting at `at`.
    fn past_indent(&self, at: usize, end: usize) -> usize {
        let line = self.source.as_bytes().get(at..end.min(at + self.layout.indent)).unwrap_or_default();
        at + line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }
}

/// What the escape says whose text after the backslash starts `rest`, and the length of that text.
fn escape(rest: &str) -> (Option<char>, usize) {
    match rest.chars().next() {
        Some('n') => (Some('\n'), 1),
        Some('t') => (Some('\t'), 1),
        Some('r') => (Some('\r'), 1),
        Some('u') => unicode_escape(rest),
        Some(other) => (Some(other), other.len_utf8()),
        None => (None, 0),
    }
}

/// Reads `u{…}`: the character, and the length of what was read.
pub(crate) fn unicode_escape(rest: &str) -> (Option<char>, usize) {
    let Some(digits) = rest.strip_prefix("u{") else {
        return (None, 1);
    };
    let len = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
    if !digits.get(len..).is_some_and(|after| after.starts_with('}')) {
        return (None, 2 + len);
    }
    let digits = digits.get(..len).unwrap_or_default();
    let value = if digits.len() > 6 { None } else { u32::from_str_radix(digits, 16).ok() };
    (value.and_then(char::from_u32), 3 + len)
}
