//! Types, variants and refinements.

use super::{Builder, Mark, Opened, list_of, next};
use crate::ast::{ExprId, List, Member, Refinement, RefinementKind, Type, TypeId, TypeKind, Variant};
use crate::error::SyntaxErrorKind;
use crate::span::Span;
use crate::token::{Token, TokenKind};

impl Builder<'_> {
    fn ty(&mut self, span: Span, kind: TypeKind) -> TypeId {
        let id = TypeId(next(&self.tree.types));
        self.tree.types.push(Type { span, kind });
        id
    }

    fn type_span(&self, ty: TypeId) -> Span {
        self.tree.ty(ty).span
    }

    pub(crate) fn type_name(&mut self, name: Span) -> TypeId {
        self.ty(name, TypeKind::Name)
    }

    pub(crate) fn error_type(&mut self, token: Token) -> TypeId {
        self.ty(token.span, TypeKind::Error)
    }

    pub(crate) fn level(&mut self, level: Token, ty: TypeId) -> TypeId {
        let span = level.span.cover(self.type_span(ty));
        self.ty(span, TypeKind::Level(ty))
    }

    pub(crate) fn optional(&mut self, ty: TypeId, sign: Token) -> TypeId {
        let inner = *self.tree.types.get(ty.0 as usize).unwrap_or(&Type { span: sign.span, kind: TypeKind::Error });
        let span = inner.span.cover(sign.span);
        let twice = matches!(inner.kind, TypeKind::Optional(_));
        if twice || sign.kind == TokenKind::Coalesce {
            let said = self
                .errors
                .last()
                .is_some_and(|last| last.kind == SyntaxErrorKind::DoubleOptional && last.span.end == inner.span.end);
            match self.errors.last_mut() {
                Some(last) if said => last.span.end = sign.span.end,
                _ => self.error(sign.span, SyntaxErrorKind::DoubleOptional),
            }
        }
        if !twice {
            return self.ty(span, TypeKind::Optional(ty));
        }
        if let Some(node) = self.tree.types.get_mut(ty.0 as usize) {
            node.span = span;
        }
        ty
    }

    pub(crate) fn apply(&mut self, name: Token, args: Mark, close: Token) -> TypeId {
        let args = list_of(args, &mut self.type_args, &mut self.tree.type_lists);
        let span = name.span.cover(close.span);
        match u16::try_from(name.span.len()) {
            Ok(name_len) => self.ty(span, TypeKind::Apply { args, name_len }),
            Err(_) => {
                self.error(name.span, SyntaxErrorKind::TooLong);
                self.ty(span, TypeKind::Error)
            }
        }
    }

    pub(crate) fn first_type_arg(&mut self, ty: TypeId) -> Mark {
        let mark = Mark(next(&self.type_args));
        self.type_args.push(ty);
        mark
    }

    pub(crate) fn type_arg(&mut self, ty: TypeId) {
        self.type_args.push(ty);
    }

    pub(crate) fn start_members(&mut self) -> Mark {
        Mark(next(&self.members))
    }

    pub(crate) fn member(&mut self, key: Token, ty: TypeId, default: Option<ExprId>) {
        self.declared(key.span);
        self.since_comma = true;
        self.members.push(Member { name: key.span, ty, default, allows: List::EMPTY });
    }

    pub(crate) fn member_comma(&mut self, mark: Mark, comma: Token) {
        self.comma(mark, next(&self.members), comma);
    }

    pub(crate) fn record(&mut self, open: Token, members: Mark, close: Token) -> TypeId {
        let members = list_of(members, &mut self.members, &mut self.tree.members);
        self.ty(open.span.cover(close.span), TypeKind::Record(members))
    }

    pub(crate) fn type_paren(&mut self, open: Token, ty: TypeId, close: Token) -> TypeId {
        self.ty(open.span.cover(close.span), TypeKind::Paren(ty))
    }

    pub(crate) fn where_type(&mut self, ty: TypeId, refinement: u32) -> TypeId {
        let end = self.tree.refinement(refinement).map_or(Span::empty(0), |refinement| refinement.span);
        let span = self.type_span(ty).cover(end);
        self.ty(span, TypeKind::Where(ty, refinement))
    }

    fn push_variant(&mut self, name: Span, fields: List<Member>, end: u32) -> Opened {
        let mark = Mark(next(&self.variants));
        self.variants.push(Variant { name, fields });
        self.union_end = end;
        Opened { mark, start: name.start }
    }

    pub(crate) fn variant(&mut self, name: Token) -> Opened {
        self.declared(name.span);
        self.push_variant(name.span, List::EMPTY, name.span.end)
    }

    pub(crate) fn type_as_variant(&mut self, name: Token) -> Opened {
        // Once for each union.
        let said = self.errors.last().is_some_and(|last| {
            let between = Span::new(last.span.end, name.span.start).text(self.source);
            last.kind == SyntaxErrorKind::TypeAsVariant && between.trim() == "|"
        });
        if said {
            if let Some(last) = self.errors.last_mut() {
                last.span.end = name.span.end;
            }
        } else {
            self.error(name.span, SyntaxErrorKind::TypeAsVariant);
        }
        self.push_variant(name.span, List::EMPTY, name.span.end)
    }

    pub(crate) fn call_variant(&mut self, name: Token, members: Mark, close: Token) -> Opened {
        self.declared(name.span);
        let fields = list_of(members, &mut self.members, &mut self.tree.members);
        self.member_commas(fields);
        self.push_variant(name.span, fields, close.span.end)
    }

    /// The parameters of a variant stand between parentheses, so commas are needed.
    fn member_commas(&mut self, fields: List<Member>) {
        let end = |member: &Member| match member.default {
            Some(value) => self.tree.expr(value).span.end,
            None => self.type_span(member.ty).end,
        };
        let pairs = self.tree.members(fields).windows(2);
        let missing = pairs.filter_map(|pair| match pair {
            [first, second] => {
                let gap = Span::new(end(first), second.name.start);
                (!gap.text(self.source).contains(',')).then_some(gap.start)
            }
            _ => None,
        });
        if let Some(place) = missing.min() {
            self.error(Span::empty(place), SyntaxErrorKind::MissingComma);
        }
    }

    pub(crate) fn union(&mut self, first: Opened) -> TypeId {
        let variants = list_of(first.mark, &mut self.variants, &mut self.tree.variants);
        self.ty(Span::new(first.start, self.union_end), TypeKind::Union(variants))
    }

    fn refinement(&mut self, span: Span, kind: RefinementKind) -> u32 {
        let index = next(&self.tree.refinements);
        self.tree.refinements.push(Refinement { span, kind });
        index
    }

    pub(crate) fn range_refinement(&mut self, low: Option<Span>, sign: Token, high: Option<Span>) -> u32 {
        let span = low.unwrap_or(sign.span).cover(high.unwrap_or(sign.span));
        let inclusive = sign.kind == TokenKind::RangeInclusive;
        let low = low.unwrap_or(Span::empty(span.start));
        let high = high.unwrap_or(Span::empty(span.end));
        if inclusive && high.is_empty() {
            self.error(sign.span, SyntaxErrorKind::BadRefinement);
            return self.refinement(span, RefinementKind::Error);
        }
        self.refinement(span, RefinementKind::Range { low, high, inclusive })
    }

    pub(crate) fn matches_refinement(&mut self, sign: Token, text: Token) -> u32 {
        self.refinement(sign.span.cover(text.span), RefinementKind::Matches(text.span))
    }

    pub(crate) fn number_span(&mut self, token: Token) -> Span {
        self.check_number(token.span);
        token.span
    }
}
