//! One name in all programs. Whoever shares a file in which the name stands is asked, too, and so on: from the file at hand to the one
//! that declares it, and from there to every program that uses it.

use std::collections::BTreeSet;
use std::sync::Arc;

use oal_check::program::Place;
use oal_check::{Checked, query};
use oal_syntax::FileId;
use tower_lsp::jsonrpc::Result;

use super::view::{Held, View};
use crate::file::File;
use crate::key::Key;
use crate::program::Program;

/// Asks each program once, at a place where the name stands. The answer is where else it does; `None` where it means nothing in that
/// program.
///
/// # Errors
/// The first refusal.
pub(super) fn everywhere(
    view: &View,
    file: &File,
    offset: u32,
    mut ask: impl FnMut(&Arc<Program>, FileId, u32) -> Result<Option<Vec<Place>>>,
) -> Result<()> {
    let (mut asked, mut seen) = (BTreeSet::<Key>::new(), BTreeSet::<Key>::new());
    let mut waiting = vec![(Arc::clone(&file.key), offset)];
    while let Some((key, offset)) = waiting.pop() {
        for Held { program, id } in view.holders(&key) {
            if view.cancelled.is() {
                return Ok(());
            }
            let Some(root) = program.root().filter(|root| !asked.contains(*root)) else { continue };
            let Some(places) = ask(&program, id, offset)? else { continue };
            asked.insert(Arc::clone(root));
            for place in places {
                let file = program.file(place.file);
                if seen.insert(Arc::clone(&file.key)) {
                    waiting.push((Arc::clone(&file.key), place.span.start));
                }
            }
        }
    }
    Ok(())
}

/// Where else in a program the name at an offset stands; `None` where it means nothing there.
pub(super) fn places(checked: &Checked, file: FileId, offset: u32) -> Option<Vec<Place>> {
    let (symbol, _) = query::symbol_at(checked, file, offset)?;
    Some(query::mentions(checked, &symbol).into_iter().map(|mention| mention.place).collect())
}
