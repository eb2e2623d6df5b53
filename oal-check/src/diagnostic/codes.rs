//! The registry of everything the checker can say: one stable number for each mistake a user can make.
//! The rows are in `codes/table.rs`; numbers are ranged by stage and never used twice, not even after a code is gone.
//! There is no catch-all: a new mistake gets a row and a page (`oal-check/docs/errors/OALnnnn.md`).

#[expect(clippy::zero_prefixed_literal, reason = "numbers stand as they are printed: `0203` of `OAL0203`")]
mod table;

use std::sync::LazyLock;

use miniz_oxide::inflate;

use super::Severity;

pub use table::*;

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable number; the hundreds are the stage.
    pub number: u16,
    /// As it is written everywhere: `OAL0203`.
    pub id: &'static str,
    /// A readable name, `unknown_field`; for a lint also the name in `allow(…)` and `--deny`.
    pub slug: &'static str,
    /// How much it matters unless someone says otherwise.
    pub severity: Severity,
    /// The version of the checker that first had it.
    pub since: &'static str,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// The lint's name, where it is one: such a finding can be allowed, denied, or turned into a warning.
    pub lint: Option<&'static str>,
}

/// All pages, in order of number, each with a NUL behind it.
static PAGES: LazyLock<String> = LazyLock::new(|| {
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/pages"));
    inflate::decompress_to_vec(packed).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_default()
});

impl Code {
    /// Which stage raises it.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        match self.number / 100 {
            0 => "text",
            1 => "syntax",
            2 => "names",
            3 => "types",
            4 => "levels",
            5 => "environments",
            6 => "evaluation",
            7 => "checked texts",
            8 => "deployability",
            _ => "lints",
        }
    }

    /// The explanation, as Markdown: what, why, a failing and a fixed program.
    #[must_use]
    pub fn page(&self) -> &'static str {
        let is_this = |page: &&str| page.strip_prefix("# ").is_some_and(|title| title.starts_with(self.id));
        PAGES.split('\0').find(is_this).unwrap_or_default()
    }
}

/// The code a user means by `OAL0203`, `oal203`, `0203`, `203`, or its slug (which is a lint's name, too).
#[must_use]
pub fn lookup(text: &str) -> Option<&'static Code> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.strip_prefix("oal").unwrap_or(&text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let number = digits.parse::<u16>().ok()?;
        return ALL.binary_search_by_key(&number, |code| code.number).ok().and_then(|at| ALL.get(at)).copied();
    }
    let slug = text.replace('-', "_");
    ALL.iter().copied().find(|code| code.slug == slug)
}

/// The lint of this name, for `allow(…)`, `--deny`, `--warn` and `--allow`.
#[must_use]
pub fn lint(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.lint == Some(name))
}

/// All lint names, for suggestions.
pub fn lints() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter_map(|code| code.lint)
}
