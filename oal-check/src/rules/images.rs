//! Lints about images: which one runs must not depend on the day.

use super::reading::at;
use super::shape::Watch;
use super::{Rules, Visit};
use crate::diagnostic::{Diagnostic, codes};
use crate::eval::reach;
use crate::program::{EnvSet, ExprRef, Place, Res, Target};
use crate::text::image;
use crate::value::Value;
use oal_syntax::ast::{ExprKind, StepKind};

/// What a reference says about which image it means.
#[derive(PartialEq, Eq)]
enum Fixed {
    /// Not even a tag.
    No,
    /// The tag `latest`.
    Latest,
    /// A tag that can be moved.
    Tag,
    /// A digest.
    Digest,
}

impl<'p> Rules<'_, 'p> {
    /// The image that a component's body names.
    pub(super) fn image(&mut self, visit: &Visit<'p>) {
        if !visit.own.has(Watch::Image) {
            // A literal of a kind is looked at once, in the kind.
            if visit.other.has(Watch::Image) {
                self.image_of_kind(visit);
            }
            return;
        }
        let expr = visit.source.parse.tree.expr(visit.value(Watch::Image));
        if matches!(expr.kind, ExprKind::Text) {
            let written = expr.span.text(&visit.source.text);
            // An image has no escapes in it, so that its end can be seen as it stands.
            match fixed(written.strip_suffix('"').unwrap_or(written)) {
                Fixed::Digest => {}
                Fixed::Tag if !self.advice => {}
                _ => {
                    let text = oal_syntax::literal::text(written);
                    self.loose(Place { file: visit.file, span: expr.span }, &text, self.every);
                }
            }
        } else {
            let at = ExprRef { file: visit.file, expr: visit.value(Watch::Image) };
            self.computed_image(visit, Place { file: visit.file, span: expr.span }, at);
        }
    }

    /// An image that is put together, or comes from elsewhere.
    fn computed_image(&mut self, visit: &Visit<'p>, place: Place, value: ExprRef) {
        let source = self.program.project.file(value.file);
        let tree = &source.parse.tree;
        // What is said of another component is said there.
        if let ExprKind::Path { head, first, len } = tree.expr(value.expr).kind
            && matches!(self.program.res(value.file, head), Res::Def(_))
            && let Some(step) = tree.path_steps(first, len).last()
            && matches!(step.kind, StepKind::Field | StepKind::OptionalField)
            && step.name().text(&source.text) == Watch::Image.name()
        {
            return;
        }
        for (envs, image) in self.values(visit.id, Watch::Image) {
            let Value::Text(text) = image else { continue };
            // One of several literals is the one that is meant.
            let mut at = place;
            reach::each(tree, value.expr, &mut |id| {
                let expr = tree.expr(id);
                let same = || *oal_syntax::literal::text(expr.span.text(&source.text)) == *text;
                if place.file == value.file && matches!(expr.kind, ExprKind::Text) && same() {
                    at.span = expr.span;
                }
            });
            self.loose(at, &text, envs);
        }
    }

    fn image_of_kind(&mut self, visit: &Visit<'p>) {
        let Some(slot) = self.slot(visit.id, Watch::Image) else { return };
        let preset = self.eval.kinds(visit.id).find_map(|kind| self.eval.preset(kind, slot));
        let Some(preset) = preset else { return };
        let kind = self.expr(preset.value).kind;
        if !matches!(kind, ExprKind::Text | ExprKind::Null) {
            self.computed_image(visit, self.site(visit.id), preset.value);
        }
    }

    /// Images that kinds and environments name.
    pub(super) fn images_elsewhere(&mut self) {
        let mut found: Vec<(ExprRef, EnvSet)> = Vec::new();
        for (kind, shape) in self.program.kinds.iter().zip(&self.shapes) {
            let presets = kind.presets.iter().filter(|preset| shape.watch(preset.slot) == Some(Watch::Image));
            found.extend(presets.map(|preset| (preset.value, self.every)));
        }
        for one in &self.program.overrides {
            let (Target::Field { slot, .. }, Some(value)) = (&one.target, one.value) else { continue };
            // Slots of images are few; which kind it is tells whether this is one.
            let is_image = || {
                let target = self.eval.targets(one).first().copied()?;
                self.shape(target)?.watch(*slot).filter(|watch| *watch == Watch::Image && one.path.is_empty())
            };
            if self.image_slots().any(|image| image == *slot) && is_image().is_some() {
                found.push((value, EnvSet::only(usize::from(one.environment))));
            }
        }
        for (value, envs) in found {
            let source = self.program.project.file(value.file);
            let expr = source.parse.tree.expr(value.expr);
            if crate::std::index(value.file).is_none() && matches!(expr.kind, ExprKind::Text) {
                let text = oal_syntax::literal::text(expr.span.text(&source.text));
                self.loose(Place { file: value.file, span: expr.span }, &text, envs);
            }
        }
    }

    fn image_slots(&self) -> impl Iterator<Item = u16> {
        self.shapes.iter().filter_map(|shape| shape.slot(Watch::Image))
    }

    /// Says what an image leaves open.
    fn loose(&mut self, place: Place, text: &str, envs: EnvSet) {
        // What is no reference at all has been said.
        if fixed(text) == Fixed::Digest || image::check(text).is_err() {
            return;
        }
        let finding = match fixed(text) {
            Fixed::No => at(&codes::UNPINNED_IMAGE, place, format!("image `{text}` has no tag"))
                .label("means `latest`, whatever that is on the day")
                .help(format!("say which version is meant: `{text}:VERSION`, best with its digest")),
            Fixed::Latest => at(&codes::LATEST_TAG, place, format!("image `{text}` is another one after each release"))
                .label("the tag moves")
                .help("name a version instead of `latest`, best with its digest"),
            _ if self.advice => missing_digest(place, text),
            _ => return,
        };
        self.report(envs, finding);
    }
}

fn missing_digest(place: Place, text: &str) -> Diagnostic {
    at(&codes::MISSING_DIGEST, place, format!("image `{text}` has no digest"))
        .label("the tag can be moved to another image")
        .help(format!("add `@sha256:…`, as `docker buildx imagetools inspect {text}` shows it"))
}

/// What a reference fixes; looks at its end only.
fn fixed(text: &str) -> Fixed {
    let bytes = text.as_bytes();
    let Some(at) = bytes.iter().rposition(|byte| matches!(byte, b':' | b'/' | b'@')) else { return Fixed::No };
    let (before, after) = (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default());
    match bytes.get(at) {
        Some(b':') if before.contains(&b'@') => Fixed::Digest,
        Some(b':') if after == b"latest" => Fixed::Latest,
        Some(b':') => Fixed::Tag,
        Some(b'@') => Fixed::Digest,
        _ => Fixed::No,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fixed, fixed};

    #[test]
    fn the_end_of_a_reference_tells() {
        assert!(fixed("busybox") == Fixed::No);
        assert!(fixed("localhost:5000/busybox") == Fixed::No);
        assert!(fixed("busybox:latest") == Fixed::Latest);
        assert!(fixed("localhost:5000/busybox:1.37") == Fixed::Tag);
        assert!(fixed("busybox:latest@sha256:ab") == Fixed::Digest);
    }
}
