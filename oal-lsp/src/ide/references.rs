//! Where else a name is mentioned: in the whole program, or in the file at hand.

use oal_check::Checked;
use oal_check::program::Place;
use oal_check::query;
use oal_syntax::{FileId, Span};

/// How a highlighted name is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Its value is read, or it is only named.
    Read,
    /// It is declared, or given a value.
    Write,
}

/// All places of the program that mean what the name at `offset` means; its declaration only where wanted.
#[must_use]
pub fn references(checked: &Checked, file: FileId, offset: u32, declaration: bool) -> Option<Vec<Place>> {
    let (symbol, _) = query::symbol_at(checked, file, offset)?;
    let all = query::mentions(checked, &symbol).into_iter();
    Some(all.filter(|mention| declaration || !mention.is_declaration).map(|mention| mention.place).collect())
}

/// The places of the file that mean what the name at `offset` means.
#[must_use]
pub fn highlights(checked: &Checked, file: FileId, offset: u32) -> Option<Vec<(Span, Use)>> {
    let (symbol, _) = query::symbol_at(checked, file, offset)?;
    let mentions = query::mentions_in(checked, file, &symbol).into_iter();
    Some(mentions.map(|mention| (mention.place.span, if mention.is_write { Use::Write } else { Use::Read })).collect())
}
