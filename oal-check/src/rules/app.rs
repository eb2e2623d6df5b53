//! What `app` says, for the rules that hold the program against it.

use super::Rules;
use super::reading::Groups;
use crate::program::ExprRef;
use crate::types::Ty;
use crate::value::Value;
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ItemKind};

/// A field of `app` as written.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    pub(super) key: Span,
    pub(super) value: ExprRef,
}

impl Rules<'_, '_> {
    /// A field that the body of `app` sets.
    pub(super) fn setting(&self, name: &str) -> Option<Setting> {
        let (_, item) = self.program.app.as_ref()?;
        let source = self.program.project.file(item.file);
        let ItemKind::App(body) = source.parse.tree.item(item.item).kind else { return None };
        source.parse.tree.entries(body.entries).iter().find_map(|entry| match entry.value {
            EntryValue::Set(expr) if entry.key.text(&source.text) == name => {
                Some(Setting { key: entry.key, value: ExprRef { file: item.file, expr } })
            }
            _ => None,
        })
    }

    /// What a field of `app` is worth.
    pub(super) fn setting_values(&mut self, setting: Setting, name: &str) -> Groups<Value> {
        let Some(ty) = self.setting_type(name) else { return Vec::new() };
        self.expression(setting.value, ty)
    }

    /// The type that the prelude's `App` gives the field.
    fn setting_type(&self, name: &str) -> Option<Ty> {
        let types = &self.program.types;
        let records = (0..).map_while(|number| types.record(number));
        let app = records.into_iter().find(|record| {
            record.name.as_deref() == Some("App")
                && record.fields.first().is_some_and(|field| crate::std::index(field.at.file).is_some())
        })?;
        app.fields.iter().find(|field| &*field.name == name).map(|field| field.ty)
    }
}
