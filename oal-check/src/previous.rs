//! What a program must not take from what is deployed already: a comparison with an earlier document.

use crate::diagnostic::codes;
use crate::lower::{LowerError, lower};
use crate::value::Value;
use crate::{Checked, Diagnostic};
use oal_ir::diff::diff;
use oal_ir::{Ir, Pointer};
use oal_syntax::{FileId, Span};

/// What gives back storage that the component of the earlier document has: no disk can. Nothing where the program has errors, or is
/// not checked for that document's environment. Specification, 12.7.
///
/// # Errors
/// The program cannot be lowered, which the check should have said.
///
/// ```
/// use oal_check::{Options, Project, check, lower, shrunk};
///
/// let program = |size| format!("app shop {{}}\ndatabase orders {{ engine: postgres, version: 16, storage: {size} }}\n");
/// let checked = |size| check(&Project::single("app.oal", program(size)), &Options::default());
/// let before = lower(&checked("20GiB"), "default")?;
/// assert_eq!(shrunk(&checked("10GiB"), &before)?[0].message, "`orders` has 20GiB of storage and would get 10GiB");
/// assert!(shrunk(&checked("30GiB"), &before)?.is_empty());
/// # Ok::<(), oal_check::LowerError>(())
/// ```
pub fn shrunk(checked: &Checked, before: &Ir) -> Result<Vec<Diagnostic>, LowerError> {
    let environment = &*before.environment;
    let index = checked.environments().position(|known| known == environment);
    if checked.has_errors() || !index.is_some_and(|index| checked.world().selected.has(index)) {
        return Ok(Vec::new());
    }
    let after = lower(checked, environment)?;
    let mut found = Vec::new();
    for change in diff(before, &after).components {
        for field in &change.fields {
            let (Some(old), Some(new)) = (bytes(field.old.as_ref()), bytes(field.new.as_ref())) else { continue };
            if !matches!(field.at.as_str(), "/storage" | "/size") || new >= old {
                continue;
            }
            let Some((file, span)) = place(&after, &change.node, &field.at) else { continue };
            let (program, world) = (checked.program(), checked.world());
            let name = world
                .find(program, change.node.as_str())
                .map_or_else(|| change.node.to_string(), |instance| world.path(program, instance));
            let (old, new) = (Value::Size(old).source(), Value::Size(new).source());
            let message = format!("`{name}` has {old} of storage and would get {new}");
            let finding = Diagnostic::new(&codes::DATABASE_SHRINK, file, span, message)
                .label("less than is deployed")
                .help(format!("keep {old}, or declare a second one and move the data there"))
                .environment(environment);
            found.push(finding);
        }
    }
    Ok(found)
}

fn bytes(value: Option<&serde_json::Value>) -> Option<i64> {
    value?.as_i64()
}

/// Where a value of a component is written; where its declaration is, if that is nowhere.
fn place(ir: &Ir, node: &oal_ir::NodeId, at: &Pointer) -> Option<(FileId, Span)> {
    let source = ir.source_map.as_ref()?.nodes.get(node)?;
    let place = source.fields.get(at).unwrap_or(&source.at);
    Some((FileId(place.file), Span::new(place.start, place.end)))
}
