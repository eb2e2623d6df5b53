//! Where the values of a component stand: the entry that gives each of them, layer over layer.

use super::Lowering;
use super::follow::{At, Settled};
use crate::diagnostic::Lines;
use crate::elaborate::InstanceId;
use crate::program::Place;
use crate::project::Project;
use crate::types::{Ty, TyData};
use crate::value::Value;
use oal_ir::v1::SourceText;
use oal_ir::{Pointer, canonical};
use oal_syntax::ast::{Entry, EntryValue, ExprId, ExprKind, List};
use oal_syntax::{FileId, Span};
use std::collections::BTreeMap;

/// How many references to other values are followed on the way to where one is written.
const MAX_HOPS: u8 = 100;

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// The entry that gives it.
    pub(super) place: Place,
    /// The file in which it is written out: the entry may only refer to it.
    pub(super) says: FileId,
}

/// Where the values of a component stand, by their pointers.
#[derive(Debug, Default)]
pub(super) struct Spots(BTreeMap<Pointer, Spot>);

impl Spots {
    /// The place of a value, or of the nearest one around it that stands somewhere.
    pub(super) fn nearest(&self, at: &Pointer) -> Option<Spot> {
        let mut at = at.clone();
        loop {
            match self.0.get(&at) {
                Some(spot) => return Some(*spot),
                None => at = at.parent()?,
            }
        }
    }

    fn set(&mut self, at: &Pointer, place: Place) {
        self.0.insert(at.clone(), Spot { place, says: place.file });
    }

    fn says(&mut self, at: &Pointer, file: FileId) {
        if let Some(spot) = self.0.get_mut(at) {
            spot.says = file;
        }
    }

    /// Forgets what lies inside a value.
    fn clear_inside(&mut self, at: &Pointer) {
        let first = at.join("");
        let inside = self.0.range(first.clone()..).take_while(|(key, _)| key.as_str().starts_with(first.as_str()));
        let inside: Vec<Pointer> = inside.map(|(key, _)| key.clone()).collect();
        for key in inside {
            self.0.remove(&key);
        }
    }

    /// Forgets a value and what lies inside.
    fn clear(&mut self, at: &Pointer) {
        self.0.remove(at);
        self.clear_inside(at);
    }

    /// As the document has them.
    pub(super) fn into_places(self, files: &mut Files<'_>) -> BTreeMap<Pointer, oal_ir::v1::Place> {
        self.0.into_iter().map(|(at, spot)| (at, files.place(spot.place.file, spot.place.span))).collect()
    }
}

/// The files of a program and their lines.
pub(super) struct Files<'p> {
    project: &'p Project,
    lines: Vec<Option<Lines<'p>>>,
}

impl<'p> Files<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        Self { project, lines: project.files().map(|_| None).collect() }
    }

    /// The files as the document lists them.
    pub(super) fn list(&self) -> Vec<SourceText> {
        let of = |source: &crate::project::SourceFile| SourceText {
            path: source.path.clone(),
            sha256: canonical::sha256(source.text.as_bytes()),
            size: source.text.len() as u64,
        };
        self.project.files().map(|(_, source)| of(source)).collect()
    }

    /// A place as the document has it.
    pub(super) fn place(&mut self, file: FileId, span: Span) -> oal_ir::v1::Place {
        let text = self.project.text(file);
        let found = self.lines.get_mut(file.0 as usize);
        let position = found.map(|lines| lines.get_or_insert_with(|| Lines::new(text)).position(span.start));
        let (line, column) = position.map_or((1, 1), |position| (position.line, position.column));
        oal_ir::v1::Place { file: file.0, start: span.start, end: span.end, line, column }
    }
}

/// A value and its place in the document.
#[derive(Clone, Copy)]
struct Held<'a> {
    ty: Ty,
    value: &'a Value,
    at: &'a Pointer,
}

impl<'p> Lowering<'p> {
    /// Notes where a field and all its parts stand.
    pub(super) fn place_field(
        &mut self,
        instance: InstanceId,
        slot: u16,
        value: &Value,
        at: &Pointer,
        spots: &mut Spots,
    ) {
        let ty = self.eval.field_info(instance, slot).map_or(Ty::UNKNOWN, |info| info.ty);
        self.place_layers(instance, slot, Held { ty, value, at }, true, 0, spots);
    }

    /// Notes what each layer of a field says; where another value only refers to the field, the place stays where it does.
    fn place_layers(
        &mut self,
        instance: InstanceId,
        slot: u16,
        target: Held<'_>,
        own: bool,
        hops: u8,
        spots: &mut Spots,
    ) {
        for layer in self.layers(instance, slot) {
            let mut at = target.at.clone();
            let (mut ty, mut value) = (target.ty, Some(target.value));
            for key in layer.path {
                at.push(key);
                ty = self.part_type(ty, None, key);
                value = value.and_then(|value| value.get(key));
            }
            match (layer.at, value.filter(|value| !self.is_left_out(ty, value))) {
                (Some(written), Some(value)) => {
                    if !self.merges(ty) {
                        spots.clear_inside(&at);
                    }
                    if own || !layer.path.is_empty() {
                        spots.set(&at, self.entry_place(written, layer.key));
                    }
                    self.place_parts(written, Held { ty, value, at: &at }, hops, spots);
                }
                _ if own || !layer.path.is_empty() => spots.clear(&at),
                _ => spots.clear_inside(&at),
            }
        }
    }

    /// Notes where the parts of a value stand that this expression gives.
    fn place_parts(&mut self, from: At<'p>, target: Held<'_>, hops: u8, spots: &mut Spots) {
        let from = match self.settle(from) {
            Settled::Field(..) if hops >= MAX_HOPS => from,
            Settled::Field(instance, slot) => return self.place_layers(instance, slot, target, false, hops + 1, spots),
            Settled::Implied(file) => return spots.says(target.at, file),
            Settled::Written(from) => from,
        };
        spots.says(target.at, from.cx.file);
        let tree = from.cx.tree();
        let data = self.program.types.data(self.program.types.bare(target.ty));
        match (tree.expr(from.expr).kind, data, target.value) {
            (ExprKind::Object(entries), TyData::Map(..) | TyData::Record(_), Value::Map(_)) => {
                self.place_entries(from, entries, target, None, hops, spots);
            }
            (ExprKind::Call { args, .. }, TyData::Union(_), Value::Variant(name, _))
                if *tree.expr(from.expr).call_name().text(&from.cx.source.text) == **name =>
            {
                let at = target.at.join(name);
                self.place_entries(from, args, Held { at: &at, ..target }, Some(name), hops, spots);
            }
            (ExprKind::List(members), TyData::List(element), Value::List(elements)) => {
                for ((index, &expr), value) in tree.exprs(members).iter().enumerate().zip(elements.iter()) {
                    let at = target.at.join(&index.to_string());
                    spots.set(&at, Place { file: from.cx.file, span: tree.expr(expr).span });
                    self.place_parts(At { expr, ..from }, Held { ty: *element, value, at: &at }, hops, spots);
                }
            }
            (_, TyData::Map(..) | TyData::Record(_), Value::Map(_)) => {
                // What it puts over other layers is not where those say.
                for (key, _) in self.evaluate(from).iter().flat_map(Value::entries) {
                    spots.clear(&target.at.join(key));
                }
            }
            _ => {}
        }
    }

    fn place_entries(
        &mut self,
        from: At<'p>,
        entries: List<Entry>,
        target: Held<'_>,
        variant: Option<&str>,
        hops: u8,
        spots: &mut Spots,
    ) {
        let source = &from.cx.source.text;
        for (index, entry) in from.cx.tree().entries(entries).iter().enumerate() {
            let EntryValue::Set(expr) = entry.value else { continue };
            let named = oal_syntax::key::text(entry.key.text(source));
            let by_order = target.value.entries().get(index).filter(|_| variant.is_some() && entry.key.is_empty());
            let key = by_order.map_or(&*named, |(key, _)| key);
            let at = target.at.join(key);
            let ty = self.part_type(target.ty, variant, key);
            let Some(value) = target.value.get(key).filter(|value| !self.is_left_out(ty, value)) else {
                spots.clear(&at);
                continue;
            };
            let written = At { expr, ..from };
            if !self.merges(ty) {
                spots.clear_inside(&at);
            }
            spots.set(&at, self.entry_place(written, entry.key));
            self.place_parts(written, Held { ty, value, at: &at }, hops, spots);
        }
    }

    /// From the key to the end of the value.
    fn entry_place(&self, at: At<'p>, key: Span) -> Place {
        let value = self.span(at.cx.file, at.expr);
        let start = if key.is_empty() { value.start } else { key.start.min(value.start) };
        Place { file: at.cx.file, span: Span::new(start, value.end.max(key.end)) }
    }

    fn span(&self, file: FileId, expr: ExprId) -> Span {
        self.program.project.file(file).parse.tree.expr(expr).span
    }

    /// Whether layers add to each other.
    fn merges(&self, ty: Ty) -> bool {
        matches!(self.program.types.data(self.program.types.bare(ty)), TyData::Map(..) | TyData::Record(_))
    }

    /// Whether the document leaves a value out: `null`, and empty lists and maps that are not optional.
    fn is_left_out(&self, ty: Ty, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::List(elements) => elements.is_empty() && !self.program.types.is_optional(ty),
            Value::Map(entries) => {
                let record = matches!(self.program.types.data(self.program.types.bare(ty)), TyData::Record(_));
                entries.is_empty() && !record && !self.program.types.is_optional(ty)
            }
            _ => false,
        }
    }
}
