//! Stands in for what of the library is not there yet.

use oal_check::Checked;

/// Will be `oal_check::lower`.
pub(crate) fn lower(_: &Checked, _: &str) -> Result<oal_ir::Ir, String> {
    Err("not yet".to_owned())
}
