//! Changes that an editor offers at a place.

use oal_check::types::MemberInfo;

/// A pattern that a variant is matched by, with a name for each field.
pub(crate) fn pattern(name: &str, fields: &[MemberInfo]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    if names.is_empty() { name.to_owned() } else { format!("{name}({})", names.join(", ")) }
}
