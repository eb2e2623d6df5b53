//! Editions of the language, and fields on their way out.

use super::Rules;
use super::reading::at;
use crate::diagnostic::{Fix, codes};
use crate::program::{DefKind, KindId, Place, Target};
use crate::value::Value;
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ItemKind};
use oal_syntax::trivia::CommentKind;
use std::sync::OnceLock;

/// The editions that this checker knows.
const EDITIONS: std::ops::RangeInclusive<i64> = 1..=1;

/// What the doc comment of a field on its way out begins a line with.
const MARK: &str = "deprecated:";

/// A field on its way out.
struct Deprecated {
    kind: KindId,
    slot: u16,
    /// What its doc comment says of it.
    advice: String,
    /// The field to use instead, if the advice names one.
    instead: Option<String>,
}

impl Rules<'_, '_> {
    /// Whether `app` says its edition, and one that there is.
    pub(super) fn edition(&mut self) {
        let Some((name, item)) = &self.program.app else { return };
        let newest = EDITIONS.end();
        let Some(setting) = self.setting("edition") else {
            if !self.advice {
                return;
            }
            let tree = &self.program.project.file(item.file).parse.tree;
            let app = tree.item(item.item);
            let ItemKind::App(body) = app.kind else { return };
            let text = if tree.entries(body.entries).is_empty() {
                format!(" edition: {newest} ")
            } else {
                format!("\n  edition: {newest}")
            };
            let place = Place { file: item.file, span: app.name };
            let finding = at(&codes::MISSING_EDITION, place, format!("app `{name}` does not say its edition"))
                .label(format!("means edition {newest}, the newest that this checker knows"))
                .help(format!("write `edition: {newest}`, so that it means the same to every later checker"))
                .fix(Fix::sure(format!("write `edition: {newest}`"), item.file, Span::empty(body.open + 1), text));
            self.findings.push(finding);
            return;
        };
        for (envs, value) in self.setting_values(setting, "edition") {
            let Value::Int(edition) = value else { continue };
            if EDITIONS.contains(&edition) {
                continue;
            }
            let place = self.span_of(setting.value);
            let title = format!("this checker does not know edition {edition}");
            let finding =
                at(&codes::UNKNOWN_EDITION, place, title).label("unknown edition").help(if edition > *newest {
                    format!("the newest one it knows is {newest}; a newer `oal` may know this one")
                } else {
                    format!("editions are counted from {}", EDITIONS.start())
                });
            self.report(envs, finding);
        }
    }

    /// Fields that are set although they are on their way out.
    pub(super) fn deprecated(&mut self) {
        let fields = self.deprecated_fields();
        if fields.is_empty() {
            return;
        }
        let mut uses: Vec<(Place, usize)> = Vec::new();
        for (number, field) in fields.iter().enumerate() {
            let concerned = |kind: KindId| self.program.extends(kind, field.kind);
            for def in self.program.defs.iter().filter(|def| def.kind == DefKind::Component) {
                if def.of.is_some_and(concerned) {
                    uses.extend(self.entry_key(def.item, field.slot).map(|place| (place, number)));
                }
            }
            for (kind, info) in (0u32..).map(KindId).zip(&self.program.kinds) {
                if concerned(kind) {
                    let own = info.presets.iter().filter(|preset| preset.slot == field.slot);
                    uses.extend(own.map(|preset| (Place { file: preset.value.file, span: preset.key }, number)));
                }
                let nested =
                    info.nested.iter().filter(|nested| nested.owner == kind && nested.of.is_some_and(concerned));
                uses.extend(
                    nested.filter_map(|nested| self.entry_key(nested.item, field.slot)).map(|place| (place, number)),
                );
            }
            for one in &self.program.overrides {
                let Target::Field { slot, .. } = &one.target else { continue };
                let target = self.eval.targets(one).first().map(|target| self.eval.world.kind(*target));
                if *slot == field.slot && target.is_some_and(concerned) {
                    uses.push((one.at, number));
                }
            }
        }
        for (place, number) in uses {
            let Some(field) = fields.get(number).filter(|_| crate::std::index(place.file).is_none()) else { continue };
            let name = self.field_name(field);
            let kind = self.program.kind(field.kind).map_or("", |kind| &kind.name);
            let mut finding =
                at(&codes::DEPRECATED_FIELD, place, format!("field `{name}` of kind `{kind}` will be removed"))
                    .label("on its way out")
                    .help(field.advice.clone());
            // A path or another shape of value is for a person to write.
            if let Some(instead) =
                field.instead.as_ref().filter(|_| self.program.project.slice(place.file, place.span) == name)
            {
                finding =
                    finding.fix(Fix::maybe(format!("write `{instead}`"), place.file, place.span, instead.clone()));
            }
            self.findings.push(finding);
        }
    }

    fn field_name(&self, field: &Deprecated) -> String {
        let info = self.program.kind(field.kind).and_then(|kind| kind.fields.get(usize::from(field.slot)));
        info.map_or_else(String::new, |info| info.name.to_string())
    }

    /// The key of the entry by which the body of an item sets a field.
    fn entry_key(&self, item: crate::program::ItemRef, slot: u16) -> Option<Place> {
        let tree = &self.program.project.file(item.file).parse.tree;
        let ItemKind::Component { body, .. } = tree.item(item.item).kind else { return None };
        let slots = self.program.resolved(item.file).slots.get(body.entries.indices())?;
        let found = slots.iter().position(|found| *found == slot.saturating_add(1))?;
        let entry = tree.entries(body.entries).get(found)?;
        matches!(entry.value, EntryValue::Set(_)).then_some(Place { file: item.file, span: entry.key })
    }

    fn deprecated_fields(&self) -> Vec<Deprecated> {
        let mut found = Vec::new();
        for (kind, info) in (0u32..).map(KindId).zip(&self.program.kinds) {
            let Some(item) = info.item else { continue };
            let in_std = crate::std::index(item.file).is_some();
            if in_std && !std_has_marks() {
                continue;
            }
            let source = self.program.project.file(item.file);
            let marked = |comment: &oal_syntax::trivia::Comment| {
                comment.kind == CommentKind::Doc && comment.span.text(&source.text).contains(MARK)
            };
            if !source.parse.comments.iter().any(marked) {
                continue;
            }
            for (slot, field) in (0u16..).zip(&info.fields) {
                if field.owner != kind {
                    continue;
                }
                let word = source.text.get(..field.at.span.start as usize).and_then(|text| text.rfind("field"));
                let start = word.and_then(|word| u32::try_from(word).ok());
                let doc = start.and_then(|start| oal_syntax::doc::doc_before(&source.parse, &source.text, start));
                let advice = doc.as_deref().and_then(|doc| doc.lines().find_map(|line| line.trim().strip_prefix(MARK)));
                if let Some(advice) = advice {
                    let instead = advice.split('`').nth(1).map(str::to_owned);
                    found.push(Deprecated { kind, slot, advice: advice.trim().to_owned(), instead });
                }
            }
        }
        found
    }
}

/// Whether anything in the prelude is on its way out.
fn std_has_marks() -> bool {
    static MARKS: OnceLock<bool> = OnceLock::new();
    *MARKS.get_or_init(|| {
        let mark = format!("/// {MARK}");
        (0..crate::std::len()).any(|index| crate::std::text(index).1.contains(&mark))
    })
}
