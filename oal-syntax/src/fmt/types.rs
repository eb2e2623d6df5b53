//! Types: the layout of each on one line and on several.

use super::group::{ARGS, BODY};
use super::writer::{Before, INDENT, Laid, Stop, Writer};
use crate::ast::{ExprId, List, Member, Refinement, RefinementKind, Type, TypeId, TypeKind, Variant};
use crate::span::Span;

impl Writer<'_> {
    /// Writes a type; where it has the choice, it leaves `tail` columns free behind it.
    pub(super) fn ty(&mut self, before: Before, id: TypeId, tail: usize) -> Laid {
        let ty = self.tree.ty(id);
        if let TypeKind::Name = ty.kind {
            return self.dotted(before, ty.span);
        }
        if let TypeKind::Union(variants) = ty.kind {
            return self.union(before, variants, tail);
        }
        self.lead(before)?;
        if self.flat || !self.attempt(tail, |w| w.compound_type(&ty, tail))? {
            self.compound_type(&ty, tail)?;
        }
        Ok(())
    }

    fn compound_type(&mut self, ty: &Type, tail: usize) -> Laid {
        let tree = self.tree;
        match ty.kind {
            TypeKind::Apply { args, name_len } => {
                self.dotted(Before::None, Span::new(ty.span.start, ty.span.start + u32::from(name_len)))?;
                self.token(Before::None, "<")?;
                let mut first = true;
                for arg in tree.types(args) {
                    if !first {
                        self.token(Before::None, ",")?;
                    }
                    self.ty(if first { Before::None } else { Before::Space }, *arg, 1)?;
                    first = false;
                }
                self.drop_commas()?;
                self.token(Before::None, ">")
            }
            TypeKind::Record(fields) => self.group(BODY, tree.members(fields), tail, |w, field, _| w.field(&field, 0)),
            TypeKind::Optional(inner) => {
                self.ty(Before::None, inner, tail + 1)?;
                self.token(Before::None, "?")
            }
            TypeKind::Level(inner) => {
                self.word(Before::None)?;
                self.ty(Before::Space, inner, tail)
            }
            TypeKind::Where(inner, refinement) => self.refined(inner, refinement, tail),
            TypeKind::Paren(inner) => self.type_paren(inner),
            TypeKind::Name | TypeKind::Union(_) | TypeKind::Error => Err(Stop::Lost),
        }
    }

    fn refined(&mut self, inner: TypeId, refinement: u32, tail: usize) -> Laid {
        let refinement = *self.tree.refinement(refinement).ok_or(Stop::Lost)?;
        let start = self.out.len();
        self.ty(Before::None, inner, tail)?;
        // Behind a type of several lines it goes on at the closing bracket.
        let before = if self.flat || self.line > start { Before::Space } else { Before::Line(self.base + INDENT) };
        self.token(before, "where")?;
        self.refinement(&refinement)
    }

    fn refinement(&mut self, refinement: &Refinement) -> Laid {
        match refinement.kind {
            RefinementKind::Matches(text) => {
                self.token(Before::Space, "matches")?;
                self.text(Before::Space, text)
            }
            RefinementKind::Range { low, high, inclusive } => {
                let mut before = Before::Space;
                if !low.is_empty() {
                    self.bound(before, low)?;
                    before = Before::None;
                }
                self.token(before, if inclusive { "..=" } else { ".." })?;
                if high.is_empty() { Ok(()) } else { self.bound(Before::None, high) }
            }
            RefinementKind::Error => Err(Stop::Lost),
        }
    }

    /// Writes a number with its sign.
    fn bound(&mut self, before: Before, span: Span) -> Laid {
        self.lead(before)?;
        if self.byte() == b'-' {
            self.expect("-")?;
            self.lead(Before::None)?;
        }
        self.atom(Before::None, Span::new(u32::try_from(self.pos).unwrap_or(u32::MAX), span.end))
    }

    fn type_paren(&mut self, inner: TypeId) -> Laid {
        let hugged = !matches!(self.tree.ty(inner).kind, TypeKind::Where(..));
        if self.flat || hugged {
            self.expect("(")?;
            self.ty(Before::None, inner, 1)?;
            return self.token(Before::None, ")");
        }
        self.framed("(", ")", |w| w.ty(Before::None, inner, 0))
    }

    /// Writes `a | b(x: T)`, or one variant a line with a `|` before each.
    fn union(&mut self, before: Before, variants: List<Variant>, tail: usize) -> Laid {
        if self.flat {
            return self.flat_union(before, variants);
        }
        if self.attempt(tail, |w| w.flat_union(before, variants))? {
            return Ok(());
        }
        let tree = self.tree;
        let base = self.base;
        let line = Before::Line(base + INDENT);
        self.base = base + 2 * INDENT;
        for variant in tree.variants(variants) {
            self.lead(line)?;
            if self.byte() == b'|' {
                self.pos += 1;
            }
            self.put("|")?;
            self.variant(Before::Space, variant)?;
        }
        self.base = base;
        Ok(())
    }

    fn flat_union(&mut self, before: Before, variants: List<Variant>) -> Laid {
        let tree = self.tree;
        let variants = tree.variants(variants);
        let mut before = before;
        self.unbroken()?;
        self.skip_blank();
        if self.byte() == b'|' {
            if variants.len() > 1 {
                self.pos += 1;
            } else {
                // Of a single variant it is what tells it from a type's name.
                self.token(before, "|")?;
                before = Before::Space;
            }
            self.unbroken()?;
        }
        let mut first = true;
        for variant in variants {
            if first {
                self.variant(before, variant)?;
            } else {
                self.unbroken()?;
                self.token(Before::Space, "|")?;
                self.unbroken()?;
                self.variant(Before::Space, variant)?;
            }
            first = false;
        }
        Ok(())
    }

    /// Stops where the author broke the line here.
    fn unbroken(&mut self) -> Laid {
        if self.breaks_after(0) { Err(Stop::TooWide) } else { Ok(()) }
    }

    fn variant(&mut self, before: Before, variant: &Variant) -> Laid {
        self.atom(before, variant.name)?;
        if variant.fields.is_empty() && self.next_byte() != b'(' {
            return Ok(());
        }
        let tree = self.tree;
        self.lead(Before::None)?;
        self.group(ARGS, tree.members(variant.fields), 0, |w, field, tail| w.field(&field, tail))
    }

    /// Writes `name: Type = default`, the name under the cursor.
    pub(super) fn field(&mut self, member: &Member, tail: usize) -> Laid {
        if !self.flat && self.attempt(tail, |w| w.field_parts(member, tail))? {
            return Ok(());
        }
        self.field_parts(member, tail)
    }

    fn field_parts(&mut self, member: &Member, tail: usize) -> Laid {
        self.key(member.name)?;
        let Some(default) = member.default else { return self.ty(Before::Space, member.ty, tail) };
        self.ty(Before::Space, member.ty, INDENT)?;
        self.default(default, tail)
    }

    /// Writes ` = value` behind a type; a value that cannot be broken goes to the next line where this one is full.
    pub(super) fn default(&mut self, value: ExprId, tail: usize) -> Laid {
        let write = |w: &mut Self, before| {
            w.token(before, "=")?;
            w.expr(Before::Space, value, tail)
        };
        if self.flat {
            return write(self, Before::Space);
        }
        if self.attempt(tail, |w| write(w, Before::Space))? {
            return Ok(());
        }
        if self.is_bracketed(value) {
            return write(self, Before::Space);
        }
        let base = self.base;
        self.base = base + INDENT;
        write(self, Before::Line(base + INDENT))?;
        self.base = base;
        Ok(())
    }
}
