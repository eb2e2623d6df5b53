//! Versions: what is known is brought to the newest, what is not is said to be so.

use oal_ir::{AnyIr, Limits, NEWEST_VERSION, read};

use crate::sample::shop;

#[test]
fn a_document_keeps_its_version_until_upgraded() {
    let bytes = shop().to_canonical().unwrap();
    let any = AnyIr::read(&bytes, &Limits::default()).unwrap();
    assert_eq!(any.version(), 1);
    assert_eq!(any.upgrade(), shop());
    assert_eq!(NEWEST_VERSION, 1);
}

#[test]
fn the_committed_document_of_version_1_stays_readable() {
    let bytes = std::fs::read(crate::sample::data("shop.json")).unwrap();
    assert_eq!(read(&bytes).unwrap(), shop());
}
