//! Types, as far as they are written.

use super::{Behind, Keys, KeysOf, Read, Reader, Want};
use oal_syntax::token::TokenKind as K;

impl Reader<'_, '_> {
    /// A type, or as much of one as there is.
    pub(super) fn ty(&mut self) -> Read<()> {
        self.deeper(|reader| reader.one_type())?;
        loop {
            match self.kind() {
                Some(K::Question | K::Coalesce) => self.pos += 1,
                Some(K::Bar) => {
                    self.pos += 1;
                    self.variant()?;
                }
                Some(K::Where) => {
                    self.pos += 1;
                    self.peek(|_| Want::Words(&["matches"]))?;
                    while matches!(
                        self.kind(),
                        Some(K::Int | K::Number | K::Minus | K::Range | K::RangeInclusive | K::Matches | K::Text)
                    ) {
                        self.pos += 1;
                    }
                }
                _ => {
                    if self.ends_on_line() {
                        self.site.behind = Some(Behind::Type);
                    }
                    return Ok(());
                }
            }
        }
    }

    fn one_type(&mut self) -> Read<()> {
        let token = self.peek(|_| Want::TypeName(None))?;
        match token.kind {
            K::Bar => {
                self.pos += 1;
                self.variant()
            }
            K::LBrace => {
                self.pos += 1;
                self.members(K::RBrace)
            }
            K::LParen => {
                self.pos += 1;
                self.ty()?;
                self.peek(|_| Want::Nothing)?;
                self.take(K::RParen);
                Ok(())
            }
            K::Name if matches!(self.text(token), "secret" | "deploy" | "const") => {
                self.pos += 1;
                // `secret` is a kind, too: a type of its own where no other follows.
                match self.next_token().map(|next| next.kind) {
                    None => self.peek(|_| Want::TypeName(None)).map(|_| ()),
                    Some(K::Upper | K::LParen | K::LBrace | K::Name) => self.deeper(|reader| reader.one_type()),
                    Some(_) => Ok(()),
                }
            }
            K::Name | K::Upper => {
                self.pos += 1;
                if self.take(K::Dot) {
                    let space = self.program.namespace(self.file, self.text(token));
                    self.peek(|_| space.map_or(Want::Nothing, |space| Want::TypeName(Some(space))))?;
                    self.pos += 1;
                }
                if self.take(K::Less) {
                    loop {
                        self.ty()?;
                        self.peek(|_| Want::Nothing)?;
                        if !self.take(K::Comma) {
                            break;
                        }
                    }
                    self.take(K::Greater);
                }
                if self.take(K::LParen) {
                    self.members(K::RParen)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A variant behind `|`: its name is new.
    fn variant(&mut self) -> Read<()> {
        let name = self.peek(|_| Want::Nothing)?;
        if matches!(name.kind, K::Name | K::Upper) {
            self.pos += 1;
        }
        if self.take(K::LParen) { self.deeper(|reader| reader.members(K::RParen)) } else { Ok(()) }
    }

    /// `name: Type = default` up to a closing bracket.
    fn members(&mut self, close: K) -> Read<()> {
        loop {
            let keys = Keys { of: KeysOf::New, given: Vec::new() };
            let token = self.peek(|_| Want::Keys(keys))?;
            self.pos += 1;
            match token.kind {
                kind if kind == close => return Ok(()),
                K::Key => {
                    self.ty()?;
                    if self.take(K::Assign) {
                        self.expr(None)?;
                    }
                }
                _ => {}
            }
        }
    }
}
