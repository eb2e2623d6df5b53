//! Lines above declarations: the environments of a program, each with its IR, and how often a declaration is used.

use oal_check::Checked;
use oal_syntax::ast::{EntryValue, ItemKind};
use oal_syntax::{FileId, Parse, Span};

/// A line above a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// The name that it speaks of.
    pub span: Span,
    /// What it offers.
    pub offers: Offers,
}

/// What a lens offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offers {
    /// To show the IR of the program in an environment.
    Ir(String),
    /// To show what needs what in an environment.
    Graph(String),
    /// To show where the name is used; how often is counted when the line is seen.
    References,
}

/// The lenses of a file; what they say of references is still to be counted, by [`count`].
#[must_use]
pub fn lenses(checked: &Checked, file: FileId) -> Vec<Lens> {
    let source = checked.project().file(file);
    let mut found = Vec::new();
    let app = checked.program().app.as_ref().filter(|(_, item)| item.file == file);
    if let Some((_, item)) = app {
        let span = source.parse.tree.item(item.item).name;
        for name in checked.environments() {
            found.push(Lens { span, offers: Offers::Ir(name.to_owned()) });
        }
        if let Some(first) = checked.environments().next() {
            found.push(Lens { span, offers: Offers::Graph(first.to_owned()) });
        }
    }
    found.extend(declared(&source.parse).into_iter().map(|span| Lens { span, offers: Offers::References }));
    found
}

/// The names of the declarations of a file that others may use.
fn declared(parse: &Parse) -> Vec<Span> {
    let tree = &parse.tree;
    let mut found = Vec::new();
    for id in &tree.top {
        let item = tree.item(*id);
        match item.kind {
            ItemKind::Param { .. } | ItemKind::Let { .. } | ItemKind::Type(_) | ItemKind::Component { .. } => {
                found.push(item.name);
            }
            ItemKind::Kind { body, .. } => {
                found.push(item.name);
                let fields = tree.entries(body.entries).iter();
                found.extend(fields.filter(|entry| matches!(entry.value, EntryValue::Field(_))).map(|entry| entry.key));
            }
            _ => {}
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// How often the name at `offset` is used.
#[must_use]
pub fn count(checked: &Checked, file: FileId, offset: u32) -> Option<usize> {
    super::references::references(checked, file, offset, false).map(|found| found.len())
}

/// The words of a lens that counts.
#[must_use]
pub fn references_words(count: usize) -> String {
    if count == 1 { "1 reference".to_owned() } else { format!("{count} references") }
}
