//! Breaks one thing in a program that is well formed: there is then a finding, it stands in the declaration that was broken, and
//! all others keep theirs.

use crate::generate::Generated;
use crate::generate::choices::Choices;
use oal_check::program::{DefKind, Program, Target};
use oal_check::types::{Level, Ty, TyData};
use oal_check::{Checked, Project};
use oal_syntax::ast::{Body, Entry, EntryValue, ExprId, Guard, ItemId, ItemKind, Tree};
use oal_syntax::{FileId, Span};

/// A program with one thing broken.
pub(crate) struct Broken {
    /// What was done.
    pub(crate) what: &'static str,
    pub(crate) files: Vec<(String, String)>,
    /// Path of the file that was changed.
    pub(crate) path: String,
    /// The declaration that was broken, in the changed text: findings stand from its first to its last byte.
    pub(crate) home: Span,
}

impl Broken {
    /// All files in one text, for messages.
    pub(crate) fn listing(&self) -> String {
        self.files.iter().map(|(path, text)| format!("//# file: {path}\n{text}\n")).collect()
    }
}

/// One way to break it.
type Way = fn(&Scene<'_>, &mut Choices<'_>) -> Option<Edit>;

const WAYS: [(&str, Way); 17] = [
    ("an unknown field", unknown_field),
    ("an unknown name", unknown_name),
    ("a value of another type", wrong_type),
    ("a required field less", without_required),
    ("a secret in a command", secret_in_command),
    ("a field twice", field_twice),
    ("a name twice", name_twice),
    ("an unknown kind", unknown_kind),
    ("an unknown path", unknown_path),
    ("an assert that fails", failing_assert),
    ("a field without its value", without_value),
    ("a text that does not end", endless_text),
    ("a let of another type", let_of_wrong_type),
    ("a let that needs itself", let_of_itself),
    ("a file that is not there", missing_file),
    ("an unknown field of a kind", unknown_preset),
    ("an unknown type", unknown_type),
];

/// Names that no generated program has.
const UNKNOWN: &str = "zz_unknown";

struct Edit {
    /// What is replaced.
    span: Span,
    text: String,
    /// The declaration it stands in; `None` where it is one itself.
    item: Option<ItemId>,
}

/// The file that is to be broken.
struct Scene<'p> {
    program: &'p Program,
    file: FileId,
    tree: &'p Tree,
    text: &'p str,
}

/// Breaks one thing; `None` where the program has nothing of the kind.
pub(crate) fn broken(made: &Generated, checked: &Checked, c: &mut Choices<'_>) -> Option<Broken> {
    let project: &Project = checked.project();
    let files: Vec<FileId> = project.files().map(|(id, _)| id).collect();
    let file = files[c.below(files.len())];
    let source = project.file(file);
    let scene = Scene { program: checked.program(), file, tree: &source.parse.tree, text: &source.text };
    let first = c.below(WAYS.len());
    (0..WAYS.len()).find_map(|off| {
        let (what, way) = WAYS[(first + off) % WAYS.len()];
        let edit = way(&scene, c)?;
        let range = edit.span.range();
        let text = format!("{}{}{}", &source.text[..range.start], edit.text, &source.text[range.end..]);
        let home = match edit.item {
            Some(item) => {
                let span = scene.tree.item(item).span;
                let grown = u32::try_from(edit.text.len()).ok()?;
                Span::new(span.start, span.end + grown - (edit.span.end - edit.span.start))
            }
            None => Span::new(edit.span.start, edit.span.start + u32::try_from(edit.text.len()).ok()?),
        };
        let mut files = made.files.clone();
        let changed = files.iter_mut().find(|(path, _)| *path == source.path)?;
        changed.1 = text;
        Some(Broken { what, files, path: source.path.clone(), home })
    })
}

impl Scene<'_> {
    fn items(&self, fits: impl Fn(&ItemKind) -> bool) -> Vec<ItemId> {
        self.tree.top.iter().copied().filter(|id| fits(&self.tree.item(*id).kind)).collect()
    }

    fn item(&self, c: &mut Choices<'_>, fits: impl Fn(&ItemKind) -> bool) -> Option<ItemId> {
        let all = self.items(fits);
        (!all.is_empty()).then(|| all[c.below(all.len())])
    }

    fn component(&self, c: &mut Choices<'_>) -> Option<(ItemId, Body)> {
        let item = self.item(c, |kind| matches!(kind, ItemKind::Component { .. }))?;
        match self.tree.item(item).kind {
            ItemKind::Component { body, .. } => Some((item, body)),
            _ => None,
        }
    }

    /// An entry `key: value` of a component, with its index in the tree.
    fn entry(&self, c: &mut Choices<'_>) -> Option<(ItemId, usize, Entry, ExprId)> {
        let (item, body) = self.component(c)?;
        let all: Vec<_> = body
            .entries
            .indices()
            .filter_map(|index| {
                let entry = *self.tree.entries.get(index)?;
                match entry.value {
                    EntryValue::Set(value) => Some((item, index, entry, value)),
                    _ => None,
                }
            })
            .collect();
        (!all.is_empty()).then(|| all[c.below(all.len())])
    }

    fn at_start(&self, item: ItemId, body: Body, text: String) -> Edit {
        let _ = self;
        Edit { span: Span::empty(body.open + 1), text, item: Some(item) }
    }

    /// A new declaration behind all others.
    fn declared(&self, text: String) -> Edit {
        Edit { span: Span::empty(u32::try_from(self.text.len()).unwrap_or(u32::MAX)), text, item: None }
    }

    fn replaced(&self, item: ItemId, value: ExprId, text: &str) -> Edit {
        Edit { span: self.tree.expr(value).span, text: text.to_owned(), item: Some(item) }
    }
}

fn unknown_field(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, body) = scene.component(c)?;
    Some(scene.at_start(item, body, format!(" {UNKNOWN}: 1\n")))
}

fn unknown_name(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, _, _, value) = scene.entry(c)?;
    Some(scene.replaced(item, value, UNKNOWN))
}

fn wrong_type(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, index, _, value) = scene.entry(c)?;
    let slot = scene.program.slot(scene.file, index)?;
    let kind = scene.program.defs.iter().find(|def| def.item.file == scene.file && def.item.item == item)?.of?;
    let ty = scene.program.kind(kind)?.fields.get(usize::from(slot))?.ty;
    let is_size = matches!(scene.program.types.data(scene.program.types.bare(ty)), TyData::Size);
    Some(scene.replaced(item, value, if is_size { "[true]" } else { "3GiB" }))
}

fn without_required(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, index, entry, value) = scene.entry(c)?;
    let slot = scene.program.slot(scene.file, index)?;
    let at = scene.program.defs.iter().position(|def| def.item.file == scene.file && def.item.item == item)?;
    let def = &scene.program.defs[at];
    let field = scene.program.kind(def.of?)?.fields.get(usize::from(slot))?;
    let types = &scene.program.types;
    let optional = |ty: Ty| matches!(types.data(ty), TyData::Optional(_));
    let may_miss =
        optional(field.ty) || optional(types.split_level(field.ty).0) && types.split_level(field.ty).1 > Level::Const;
    // What an environment says may stand for it.
    let overridden = scene
        .program
        .overrides
        .iter()
        .any(|one| matches!(&one.target, Target::Field { component, .. } if component.0 as usize == at));
    if field.default.is_some() || field.preset || may_miss || overridden {
        return None;
    }
    let end = scene.tree.expr(value).span.end;
    Some(Edit { span: Span::new(entry.key.start, end), text: String::new(), item: Some(item) })
}

fn secret_in_command(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let secret = scene.program.defs.iter().find(|def| {
        let kind = def.of.and_then(|of| scene.program.kind(of));
        let plain = matches!(
            scene.tree.item(def.item.item).kind,
            ItemKind::Component { guard: Guard::None | Guard::If(_), .. }
        );
        def.item.file == scene.file
            && def.kind == DefKind::Component
            && kind.is_some_and(|kind| &*kind.name == "secret")
            && plain
            && def.only_in.is_none()
    })?;
    let name = secret.name.text(scene.text).to_owned();
    let (item, body) = scene.component(c)?;
    let ItemKind::Component { of, .. } = scene.tree.item(item).kind else { return None };
    let has_command = scene.tree.entries(body.entries).iter().any(|entry| entry.key.text(scene.text) == "command");
    if !matches!(of.text(scene.text), "service" | "job") || has_command {
        return None;
    }
    let form = if c.once_in(2) { format!("\"--key=${{{name}}}\"") } else { name };
    Some(scene.at_start(item, body, format!(" command: [\"login\", {form}]\n")))
}

fn field_twice(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, _, entry, value) = scene.entry(c)?;
    let span = Span::new(entry.key.start, scene.tree.expr(value).span.end);
    Some(Edit { span: Span::empty(span.end), text: format!("\n  {}", span.text(scene.text)), item: Some(item) })
}

fn name_twice(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let item = scene
        .item(c, |kind| matches!(kind, ItemKind::Component { .. } | ItemKind::Let { .. } | ItemKind::Param { .. }))?;
    let name = scene.tree.item(item).name.text(scene.text);
    Some(scene.declared(format!("\nlet {name} = 1\n")))
}

fn unknown_kind(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, _) = scene.component(c)?;
    let ItemKind::Component { of, .. } = scene.tree.item(item).kind else { return None };
    Some(Edit { span: of, text: UNKNOWN.to_owned(), item: Some(item) })
}

fn unknown_path(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let item = scene.item(c, |kind| matches!(kind, ItemKind::Environment(_)))?;
    let ItemKind::Environment(body) = scene.tree.item(item).kind else { return None };
    Some(scene.at_start(item, body, format!("\n{UNKNOWN}.replicas: 2\n")))
}

fn failing_assert(scene: &Scene<'_>, _: &mut Choices<'_>) -> Option<Edit> {
    Some(scene.declared("\nassert 1 + 1 == 3, \"no\"\n".to_owned()))
}

fn without_value(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, _, _, value) = scene.entry(c)?;
    Some(scene.replaced(item, value, ""))
}

fn endless_text(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let (item, _, _, value) = scene.entry(c)?;
    Some(scene.replaced(item, value, "\"no end"))
}

fn let_of_wrong_type(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let item = scene.item(c, |kind| matches!(kind, ItemKind::Let { ty: Some(_), .. }))?;
    let ItemKind::Let { ty: Some(ty), value } = scene.tree.item(item).kind else { return None };
    let is_size = scene.tree.ty(ty).span.text(scene.text).contains("Size");
    Some(scene.replaced(item, value, if is_size { "[[true]]" } else { "3GiB" }))
}

fn let_of_itself(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let item = scene.item(c, |kind| matches!(kind, ItemKind::Let { .. }))?;
    let ItemKind::Let { value, .. } = scene.tree.item(item).kind else { return None };
    let name = scene.tree.item(item).name.text(scene.text);
    Some(scene.replaced(item, value, name))
}

fn missing_file(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let item = scene.item(c, |kind| matches!(kind, ItemKind::Use { .. } | ItemKind::UseAs { .. }))?;
    let (ItemKind::Use { path, .. } | ItemKind::UseAs { path }) = scene.tree.item(item).kind else { return None };
    Some(Edit { span: path, text: "\"./nowhere/to_be_found.oal\"".to_owned(), item: Some(item) })
}

fn unknown_preset(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let item = scene.item(c, |kind| matches!(kind, ItemKind::Kind { .. }))?;
    let ItemKind::Kind { body, .. } = scene.tree.item(item).kind else { return None };
    Some(scene.at_start(item, body, format!(" {UNKNOWN}: 1\n")))
}

fn unknown_type(scene: &Scene<'_>, c: &mut Choices<'_>) -> Option<Edit> {
    let item = scene.item(c, |kind| matches!(kind, ItemKind::Param { .. } | ItemKind::Let { ty: Some(_), .. }))?;
    let ty = match scene.tree.item(item).kind {
        ItemKind::Param { ty, .. } | ItemKind::Let { ty: Some(ty), .. } => ty,
        _ => return None,
    };
    Some(Edit { span: scene.tree.ty(ty).span, text: "ZzUnknown".to_owned(), item: Some(item) })
}

/// Leaves out a token, doubles it, or puts another one of the text in its place.
pub(crate) fn scrambled(text: &mut String, c: &mut Choices<'_>) {
    let tokens = oal_syntax::lexer::tokens(text).tokens;
    if tokens.is_empty() {
        return;
    }
    let range = tokens[c.below(tokens.len())].span.range();
    let other = match c.below(3) {
        0 => String::new(),
        1 => format!("{0} {0}", &text[range.clone()]),
        _ => text[tokens[c.below(tokens.len())].span.range()].to_owned(),
    };
    text.replace_range(range, &other);
}
