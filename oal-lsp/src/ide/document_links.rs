//! Texts that name a file: the paths of `use`, and those of build contexts and of mounted files.

use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemId, ItemKind, Tree};
use oal_syntax::visit::{Node, walk};
use oal_syntax::{Parse, Span, key, literal};

/// A text that names a file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The text without its quotes.
    pub span: Span,
    /// What it says: a path from the directory of this file on, or from `base`, or `std:name.oal`.
    pub path: String,
    /// The directory that `path` starts from, where it is not that of the file.
    pub base: Option<String>,
}

/// Keys and parameters whose text is a path on the machine that deploys.
const FIELDS: [&str; 4] = ["context", "dockerfile", "env_files", "init"];

/// All links of a file, in order. Whether there is such a file is not known here.
#[must_use]
pub fn links(source: &str, parse: &Parse) -> Vec<Link> {
    let mut found = Vec::new();
    for item in &parse.tree.top {
        within(source, &parse.tree, *item, &mut found);
    }
    found.retain(|link| !link.path.is_empty());
    found
}

/// The links of one declaration, those without a word in them, too.
pub(super) fn within(source: &str, tree: &Tree, item: ItemId, found: &mut Vec<Link>) {
    walk(tree, Node::Item(item), &mut |node| {
        match node {
            Node::Item(id) => {
                if let ItemKind::Use { path, .. } | ItemKind::UseAs { path } = tree.item(id).kind {
                    found.extend(link(source, path, None));
                }
            }
            Node::Entry(at) => {
                if let Some(entry) = tree.entries.get(at as usize)
                    && let EntryValue::Set(value) = entry.value
                {
                    let name = key::segments(entry.key.text(source)).last().map(|last| last.text.into_owned());
                    if name.as_deref().is_some_and(|name| FIELDS.contains(&name)) {
                        texts(source, tree, value, None, found);
                    }
                    if name.as_deref() == Some("build") {
                        build(source, tree, value, found);
                        return false;
                    }
                }
            }
            Node::Expr(id) if tree.expr(id).call_name().text(source) == "file" => {
                if let ExprKind::Call { args, .. } = tree.expr(id).kind {
                    for entry in tree.entries(args) {
                        if let ("path", EntryValue::Set(value)) = (entry.key.text(source), entry.value) {
                            texts(source, tree, value, None, found);
                        }
                    }
                }
            }
            _ => {}
        }
        true
    });
}

/// The paths of `build: { context: …, dockerfile: … }`: the second one starts from the first one.
fn build(source: &str, tree: &Tree, value: ExprId, found: &mut Vec<Link>) {
    let ExprKind::Object(fields) = tree.expr(value).kind else { return };
    let field = |name: &str| {
        tree.entries(fields).iter().find_map(|entry| match entry.value {
            EntryValue::Set(value) if entry.key.text(source) == name => Some(value),
            _ => None,
        })
    };
    let before = found.len();
    let context = field("context");
    if let Some(context) = context {
        texts(source, tree, context, None, found);
    }
    let base = found.get(before).map(|link| link.path.clone());
    if let Some(dockerfile) = field("dockerfile")
        && (base.is_some() || context.is_none())
    {
        texts(source, tree, dockerfile, base.as_deref(), found);
    }
    found.get_mut(before..).unwrap_or_default().sort_by_key(|link| link.span.start);
}

/// The texts of a value: itself, or the members of a list.
fn texts(source: &str, tree: &Tree, value: ExprId, base: Option<&str>, found: &mut Vec<Link>) {
    let expr = tree.expr(value);
    match expr.kind {
        ExprKind::Text => found.extend(link(source, expr.span, base)),
        ExprKind::List(members) => {
            tree.exprs(members).iter().for_each(|member| texts(source, tree, *member, base, found));
        }
        _ => {}
    }
}

fn link(source: &str, quoted: Span, base: Option<&str>) -> Option<Link> {
    let written = quoted.text(source);
    if written.starts_with("\"\"\"") || !written.ends_with('"') || written.len() < 2 {
        return None;
    }
    let path = literal::text(written).into_owned();
    let remote = path.contains("://") || path.starts_with("git@");
    let raw = u32::from(written.starts_with('r'));
    (!remote).then(|| Link {
        span: Span::new(quoted.start + 1 + raw, quoted.end - 1),
        path,
        base: base.map(str::to_owned),
    })
}
