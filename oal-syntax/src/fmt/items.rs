//! Items, the entries of their bodies, and the order of a whole file.

use super::group::{BODY, NAMES};
use super::trivia::Edge;
use super::writer::{Before, INDENT, Laid, Stop, Writer, is_word};
use crate::ast::{Body, Entry, EntryValue, Guard, Item, ItemId, ItemKind};
use crate::lexer::Lexer;
use crate::span::Span;

/// What stood last in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Start,
    Comment,
    Doc,
    FileDoc,
    Item { tall: bool },
}

impl Writer<'_> {
    /// Writes the whole file.
    pub(super) fn file(&mut self) -> Laid {
        let tree = self.tree;
        let mut last = Piece::Start;
        for id in &tree.top {
            last = self.top_item(last, *id)?;
        }
        self.top_comments(last);
        if self.pos < self.src.len() {
            return Err(Stop::Lost);
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        Ok(())
    }

    /// Writes an item of the file with the comments before it. Behind an item of several lines (imports and asserts aside)
    /// stands exactly one blank line, before the comments that belong to the next.
    fn top_item(&mut self, last: Piece, id: ItemId) -> Result<Piece, Stop> {
        if let (Some(at), Piece::Item { tall: true }) = (self.top_comments(last), last) {
            self.out.insert(at, '\n');
            self.line += 1;
        }
        self.allows()?;
        let start = self.out.len();
        let item = self.tree.item(id);
        self.item(item)?;
        let tall = self.line > start && !matches!(item.kind, ItemKind::Use { .. } | ItemKind::Assert { .. });
        Ok(Piece::Item { tall })
    }

    /// Writes the comments before an item of the file, and the line end before it. Answers where a blank line goes, should
    /// one be needed; nowhere, if there is one or nothing stands before.
    fn top_comments(&mut self, mut last: Piece) -> Option<usize> {
        let mut newlines = self.skip_blank();
        let mut block = None;
        let mut behind_item = matches!(last, Piece::Item { .. });
        loop {
            let remark = self.remark();
            if remark.is_none() && self.pos >= self.src.len() {
                return None;
            }
            let blank = match (last, remark) {
                (Piece::Start, _) => false,
                (Piece::Doc, None) => false,
                (Piece::FileDoc, None) => true,
                (Piece::FileDoc, Some(remark)) => newlines > 1 || !remark.is_file_doc(),
                _ => newlines > 1,
            };
            let trailing = newlines == 0 && last != Piece::Start && remark.is_some_and(|remark| !remark.is_doc());
            if trailing {
                self.out.push(' ');
            } else if last != Piece::Start {
                if blank {
                    self.out.push('\n');
                    block = None;
                } else if behind_item {
                    block = Some(self.out.len());
                }
                behind_item = false;
                self.newline(0);
            }
            let Some(remark) = remark else { return block };
            self.out.push_str(remark.text);
            if !trailing {
                last = if remark.is_doc() {
                    Piece::Doc
                } else if remark.is_file_doc() {
                    Piece::FileDoc
                } else {
                    Piece::Comment
                };
            }
            newlines = self.skip_blank();
        }
    }

    /// Writes an item, the first word of which (or of an `allow` before it) is under the cursor.
    fn item(&mut self, item: &Item) -> Laid {
        self.allows()?;
        match item.kind {
            ItemKind::Use { path, names } => {
                self.expect("use")?;
                self.text(Before::Space, path)?;
                self.lead(Before::Space)?;
                let tree = self.tree;
                self.group(NAMES, tree.use_names(names), 0, |w, name, _| {
                    w.atom(Before::None, name.name)?;
                    if name.local == name.name {
                        return Ok(());
                    }
                    w.token(Before::Space, "as")?;
                    w.atom(Before::Space, name.local)
                })
            }
            ItemKind::UseAs { path } => {
                self.expect("use")?;
                self.text(Before::Space, path)?;
                self.token(Before::Space, "as")?;
                self.atom(Before::Space, item.name)
            }
            ItemKind::App(body) => self.headed("app", item, body),
            ItemKind::Environment(body) => self.headed("environment", item, body),
            ItemKind::Param { ty, default } => {
                self.expect("param")?;
                self.lead(Before::Space)?;
                self.key(item.name)?;
                self.ty(Before::Space, ty, 0)?;
                default.map_or(Ok(()), |value| self.default(value, 0))
            }
            ItemKind::Let { ty, value } => {
                self.expect("let")?;
                if let Some(ty) = ty {
                    self.lead(Before::Space)?;
                    self.key(item.name)?;
                    self.ty(Before::Space, ty, INDENT)?;
                    return self.default(value, 0);
                }
                self.atom(Before::Space, item.name)?;
                self.token(Before::Space, "=")?;
                self.expr(Before::Space, value, 0)
            }
            ItemKind::Type(ty) => {
                self.expect("type")?;
                self.atom(Before::Space, item.name)?;
                self.token(Before::Space, "=")?;
                self.ty(Before::Space, ty, 0)
            }
            ItemKind::Assert { condition, message } => {
                let write = |w: &mut Self| {
                    w.expect("assert")?;
                    w.expr(Before::Space, condition, 1)?;
                    if w.flat {
                        w.token(Before::None, ",")?;
                        return w.expr(Before::Space, message, 0);
                    }
                    let base = w.base;
                    w.between(Edge::Tight, base + INDENT);
                    w.base = base + INDENT;
                    w.expr(Before::None, message, 0)?;
                    w.base = base;
                    Ok(())
                };
                if self.flat || !self.attempt(0, write)? { write(self) } else { Ok(()) }
            }
            ItemKind::Kind { is_extern, base, body } => {
                if is_extern {
                    self.expect("extern")?;
                    self.lead(Before::Space)?;
                }
                self.expect("kind")?;
                self.atom(Before::Space, item.name)?;
                if !base.is_empty() {
                    self.token(Before::Space, "extends")?;
                    self.dotted(Before::Space, base)?;
                }
                self.body(body)
            }
            ItemKind::Component { of, guard, body } => {
                self.dotted(Before::None, of)?;
                self.atom(Before::Space, item.name)?;
                self.guarded(guard, body)
            }
            ItemKind::Error => Err(Stop::Lost),
        }
    }

    fn headed(&mut self, word: &'static str, item: &Item, body: Body) -> Laid {
        self.expect(word)?;
        self.atom(Before::Space, item.name)?;
        self.body(body)
    }

    /// Writes `if condition` or `for x in xs` and the body. A guard that does not fit on its line goes to one of its own, and the
    /// body's brace to the next; one that ends in brackets breaks inside them.
    fn guarded(&mut self, guard: Guard, body: Body) -> Laid {
        let bracketed = match guard {
            Guard::None => return self.body(body),
            Guard::If(condition) => self.is_bracketed(condition),
            Guard::For(head) => self.tree.loop_head(head).is_some_and(|head| self.is_bracketed(head.iterable)),
        };
        if self.attempt(INDENT, |w| w.guard(Before::Space, guard))? {
            return self.body(body);
        }
        let base = self.base;
        let brace;
        if bracketed {
            self.guard(Before::Space, guard)?;
            brace = self.brace();
        } else {
            self.base = base + INDENT;
            self.guard(Before::Line(base + INDENT), guard)?;
            self.base = base;
            brace = Before::Line(base);
        }
        self.lead(brace)?;
        let tree = self.tree;
        self.broken_group(BODY, tree.entries(body.entries), &Self::entry)
    }

    fn guard(&mut self, before: Before, guard: Guard) -> Laid {
        match guard {
            Guard::None => Ok(()),
            Guard::If(condition) => {
                self.token(before, "if")?;
                self.expr(Before::Space, condition, INDENT)
            }
            Guard::For(head) => {
                let head = self.tree.loop_head(head).ok_or(Stop::Lost)?;
                self.loop_head(before, head)
            }
        }
    }

    /// Where the brace of a body goes: behind a comment it stands below the item's first word.
    fn brace(&mut self) -> Before {
        if self.is_comment_next() { Before::Line(self.base) } else { Before::Space }
    }

    fn body(&mut self, body: Body) -> Laid {
        let brace = self.brace();
        self.lead(brace)?;
        let tree = self.tree;
        self.group(BODY, tree.entries(body.entries), 0, Self::entry)
    }

    /// Writes the `allow(…)`s under the cursor, each on a line of its own.
    fn allows(&mut self) -> Laid {
        while self.at_allow() {
            self.allow()?;
            self.lead(Before::Line(self.base))?;
        }
        Ok(())
    }

    fn allow(&mut self) -> Laid {
        if self.flat {
            return Err(Stop::TooWide);
        }
        self.expect("allow")?;
        self.token(Before::None, "(")?;
        self.word(Before::None)?;
        self.token(Before::None, ",")?;
        self.quoted(Before::Space)?;
        self.token(Before::None, ")")
    }

    /// Writes an entry of a body or an object, the first token of which is under the cursor.
    pub(super) fn entry(&mut self, entry: Entry, tail: usize) -> Laid {
        match entry.value {
            EntryValue::Set(value) => {
                self.key(entry.key)?;
                self.expr(Before::Space, value, tail)
            }
            EntryValue::Unset => {
                self.expect("unset")?;
                self.dotted(Before::Space, entry.key)
            }
            EntryValue::Field(member) => self.declared("field", member),
            EntryValue::Output(member) => self.declared("output", member),
            EntryValue::Item(id) => {
                let item = self.tree.item(id);
                self.item(item)
            }
            EntryValue::Allow(_) => self.allow(),
            EntryValue::Error => Err(Stop::Lost),
        }
    }

    fn declared(&mut self, word: &'static str, member: u32) -> Laid {
        self.allows()?;
        let member = self.tree.member(member).ok_or(Stop::Lost)?;
        self.expect(word)?;
        self.lead(Before::Space)?;
        self.field(member, 0)
    }

    /// Writes a key and its colon.
    pub(super) fn key(&mut self, span: Span) -> Laid {
        self.atom(Before::None, span)?;
        self.token(Before::None, ":")
    }

    /// Writes a path, less the white space in it.
    pub(super) fn dotted(&mut self, before: Before, span: Span) -> Laid {
        if !span.text(self.src).bytes().any(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'"')) {
            return self.atom(before, span);
        }
        let mut before = before;
        while self.pos < span.end as usize {
            self.lead(before)?;
            match self.byte() {
                b'.' => self.expect(".")?,
                b'[' => self.expect("[")?,
                b']' => self.expect("]")?,
                b'"' | b'r' if self.at_text() => self.quoted(Before::None)?,
                _ => self.word(Before::None)?,
            }
            before = Before::None;
        }
        Ok(())
    }

    /// Whether a quoted text starts here.
    fn at_text(&self) -> bool {
        self.byte() == b'"' || self.src.as_bytes().get(self.pos + 1) == Some(&b'"')
    }

    /// Writes the quoted text under the cursor, the end of which no node says.
    fn quoted(&mut self, before: Before) -> Laid {
        self.lead(before)?;
        let token = Lexer::<false>::new(self.src, self.pos).next().ok_or(Stop::Lost)?;
        self.verbatim(token.span.end as usize)
    }

    /// Whether an `allow(` starts here.
    fn at_allow(&self) -> bool {
        let rest = self.src.as_bytes().get(self.pos..).unwrap_or_default();
        rest.starts_with(b"allow") && !rest.get(5).is_some_and(|byte| is_word(*byte))
    }
}
