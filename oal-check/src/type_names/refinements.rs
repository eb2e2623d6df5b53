//! Refinements: what `where` may say of which type.

use crate::checker::Checker;
use crate::diagnostic::codes;
use crate::text::TextType;
use crate::types::{Bound, Refinement, RefinementInfo, Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::RefinementKind;
use oal_syntax::literal::{self, Number};

impl Checker<'_> {
    pub(super) fn refined(&mut self, base: Ty, refinement: u32) -> Ty {
        let Some(refinement) = self.at.tree.refinement(refinement).copied() else { return base };
        let text: Box<str> = self.text(refinement.span).into();
        let at = self.place(refinement.span);
        let (inner, level) = self.program.types.split_level(base);
        let (inner, optional) = self.program.types.split_optional(inner);
        let bare = self.program.types.bare(inner);
        let rule = match refinement.kind {
            RefinementKind::Error => return base,
            RefinementKind::Matches(quoted) => {
                if !matches!(self.program.types.data(bare), TyData::String | TyData::Text(_) | TyData::Unknown) {
                    self.report_refinement(refinement.span, base, "only a text can match a pattern");
                    return base;
                }
                let pattern = literal::text(quoted.text(self.at.source));
                if self.check_text_literal(TextType::Regex, quoted) {
                    Refinement::Matches(pattern.as_ref().into())
                } else {
                    return base;
                }
            }
            RefinementKind::Range { low, high, inclusive } => {
                let Some(rule) = self.range_rule(bare, low, high, inclusive, refinement.span, base) else {
                    return base;
                };
                rule
            }
        };
        let refined = self.program.types.add_refined(inner, RefinementInfo { rule, text, at });
        let refined = if optional { self.program.types.optional(refined) } else { refined };
        self.program.types.leveled(level, refined)
    }

    fn report_refinement(&mut self, at: Span, base: Ty, why: &str) {
        let ty = self.show(base);
        self.push(
            self.finding(&codes::REFINEMENT_NOT_APPLICABLE, at, format!("{ty} cannot have this refinement"))
                .label(why.to_owned())
                .help("a range is of values of the type before `where`; `matches` goes with texts"),
        );
    }

    fn range_rule(
        &mut self,
        bare: Ty,
        low: Span,
        high: Span,
        inclusive: bool,
        at: Span,
        base: Ty,
    ) -> Option<Refinement> {
        let data = *self.program.types.data(bare);
        let mut ends = [None, None];
        for (end, span) in ends.iter_mut().zip([low, high]) {
            if span.is_empty() {
                continue;
            }
            let written = self.text(span);
            let (negative, digits) =
                written.strip_prefix('-').map_or((false, written), |rest| (true, rest.trim_start()));
            let number = literal::number(digits).ok()?;
            let sign = if negative { -1 } else { 1 };
            let bound = match (&data, number) {
                (TyData::Float, Number::Float(f)) => Bound::Float((f64::from(sign) * f).to_bits()),
                #[expect(clippy::cast_precision_loss, reason = "a bound of floats is a float")]
                (TyData::Float, Number::Int(i)) => Bound::Float((f64::from(sign) * i as f64).to_bits()),
                (TyData::Percent, Number::Percent(f)) => Bound::Float((f64::from(sign) * f).to_bits()),
                (
                    TyData::Int | TyData::Port | TyData::String | TyData::Text(_) | TyData::List(_) | TyData::Map(..),
                    Number::Int(i),
                )
                | (TyData::Duration, Number::Duration(i))
                | (TyData::Size, Number::Size(i))
                | (TyData::Cpu, Number::Cpu(i)) => Bound::Int(i64::from(sign) * i),
                (TyData::Cpu, Number::Int(_) | Number::Float(_)) => {
                    Bound::Int(i64::from(sign) * crate::eval::number::cores(&crate::eval::expr::number(digits))?)
                }
                (TyData::Unknown, _) => return None,
                _ => {
                    let ty = self.show(base);
                    self.report_refinement(span, base, &format!("this is no bound of {ty}"));
                    return None;
                }
            };
            *end = Some(bound);
        }
        let [low_bound, mut high_bound] = ends;
        if !inclusive && let Some(bound) = high_bound {
            high_bound = Some(match bound {
                Bound::Int(i) => Bound::Int(i.checked_sub(1)?),
                Bound::Float(bits) => Bound::Float(f64::from_bits(bits).next_down().to_bits()),
            });
        }
        if let (Some(l), Some(h)) = (low_bound, high_bound)
            && l.as_f64() > h.as_f64()
        {
            self.push(
                self.finding(&codes::EMPTY_RANGE, at, "no value lies in this range")
                    .label("the lower end is above the upper one"),
            );
            return None;
        }
        Some(Refinement::Range { low: low_bound, high: high_bound })
    }
}
