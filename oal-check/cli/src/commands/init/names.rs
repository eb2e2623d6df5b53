//! Names in a program: made of what others call things, allowed by the language, each only once.

use std::collections::BTreeSet;

/// The names of a program so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// A name as near to the wanted one as the language and the other names allow.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = identifier(wanted);
        if is_reserved(&name) {
            name = format!("the_{name}");
        }
        let free = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name}_{n}") });
        let name = free.into_iter().find(|name| !self.taken.contains(name)).unwrap_or(name);
        self.taken.insert(name.clone());
        name
    }
}

/// A text as a name: in lower case, with `_` for what names do not have, with a letter at its start and not too long to be
/// part of a host name.
pub(super) fn identifier(text: &str) -> String {
    const MOST: usize = 40;
    let mut name = String::new();
    for letter in text.chars().take(MOST) {
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    match name.bytes().next() {
        None => "app".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("app_{name}"),
        Some(_) => name.to_owned(),
    }
}

/// Whether it is a word of the language, or the name of a built-in kind.
fn is_reserved(name: &str) -> bool {
    let is_keyword = oal_syntax::lexer::tokens(name).tokens.first().is_some_and(|token| token.kind.is_keyword());
    is_keyword || oal_check::std::names().any(|kind| kind == name)
}
