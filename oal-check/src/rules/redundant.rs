//! Advice: an environment sets a field to the value that it has anyway.

use super::Rules;
use super::reading::{At, at};
use crate::diagnostic::{Fix, codes};
use crate::elaborate::InstanceId;
use crate::program::{EnvSet, ExprRef, Override, Target};
use crate::value::Value;
use oal_syntax::Span;
use oal_syntax::ast::ExprKind;

impl Rules<'_, '_> {
    pub(super) fn redundant_overrides(&mut self) {
        let program = self.program;
        for one in &program.overrides {
            let (Target::Field { slot, .. }, Some(value)) = (&one.target, one.value) else { continue };
            let env = usize::from(one.environment);
            let targets = self.eval.targets(one);
            let mut targets =
                targets.into_iter().filter(|target| self.eval.world.presence(*target).has(env)).peekable();
            let Some(first) = targets.peek().copied() else { continue };
            if targets.collect::<Vec<_>>().into_iter().all(|target| self.is_the_same(one, target, *slot, value)) {
                self.report_redundant(one, first, *slot);
            }
        }
    }

    /// Whether the field, or the part of it, is worth the same without the override.
    fn is_the_same(&mut self, one: &Override, target: InstanceId, slot: u16, value: ExprRef) -> bool {
        let below = self.eval.top_layer(target, slot).filter(|_| one.path.is_empty());
        // Different plain numbers and texts need no more than a glance; `60s` and `1min` do.
        if let Some(below) = below
            && let (Some(set), Some(known)) = (self.digits(value), self.digits(below))
        {
            return set == known;
        }
        let with = self.eval.run(|eval| eval.make_field(target, slot, one.environment));
        let without = self.eval.run(|eval| eval.field_without(target, slot, one));
        match (with, without) {
            (Ok(with), Ok(without)) => {
                let part =
                    |value: &Value| one.path.iter().try_fold(value.clone(), |value, key| value.get(key).cloned());
                let (with, without) = (part(&with), part(&without));
                with == without && with.is_some_and(|value| !value.holds_unknown())
            }
            _ => false,
        }
    }

    /// A whole number that is written out in digits.
    fn digits(&self, at: ExprRef) -> Option<&str> {
        let expr = self.expr(at);
        let written = self.program.project.slice(at.file, expr.span);
        let plain = matches!(expr.kind, ExprKind::Number) && written.bytes().all(|byte| byte.is_ascii_digit());
        plain.then_some(written)
    }

    fn report_redundant(&mut self, one: &Override, target: InstanceId, slot: u16) {
        let path = self.program.project.slice(one.at.file, one.at.span).to_owned();
        let value = one.value.map_or(one.at.span, |value| self.expr(value).span);
        let finding = at(&codes::REDUNDANT_OVERRIDE, one.at, format!("`{path}` has this value anyway"))
            .label("changes nothing")
            .help("remove the line; or keep it as it is, if the value is to stay when the program's changes")
            .fix(Fix::maybe("remove it", one.at.file, self.line_around(one.at.file, one.at.span.cover(value)), ""));
        let path: Vec<&str> = one.path.iter().map(|key| &**key).collect();
        let layer = match self.eval.own_entry(target, slot) {
            Some(own) => Some(self.part(own.value, own.key, &path)),
            None => self.eval.top_layer(target, slot).map(|at| self.span_of(at)),
        };
        let finding = match layer.filter(|place| crate::std::index(place.file).is_none()) {
            Some(place) => finding.also(place, "set here for all"),
            None => finding.note("it is the default"),
        };
        self.report(EnvSet::only(usize::from(one.environment)), finding);
    }

    /// An entry with the white space before it, if nothing else stands on its lines.
    fn line_around(&self, file: oal_syntax::FileId, entry: Span) -> Span {
        let text = self.program.project.text(file);
        let before = text.get(..entry.start as usize).unwrap_or_default();
        let after = text.get(entry.end as usize..).unwrap_or_default();
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let alone = before.trim_end_matches([' ', '\t']).ends_with('\n') && after.starts_with(['\n', '\r']);
        let start = if alone { before.len() - indent - 1 } else { entry.start as usize };
        Span::new(u32::try_from(start).unwrap_or(entry.start), entry.end)
    }
}
