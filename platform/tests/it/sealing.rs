//! Laws of sealing.

use helios::sealing::{Keyring, Place, Sealed, SealingError};
use proptest::prelude::*;
use uuid::Uuid;

fn keys(lines: &[(&str, u8)]) -> Keyring {
    let text: Vec<String> =
        lines.iter().map(|(id, byte)| format!("{id} {}", format!("{byte:02x}").repeat(32))).collect();
    Keyring::parse(&text.join("\n")).unwrap()
}

fn place(name: &str) -> Place<'_> {
    Place { org: Uuid::from_u128(1), environment: Uuid::from_u128(2), name, version: 3 }
}

fn refused<T: std::fmt::Debug>(result: Result<T, SealingError>) {
    assert!(matches!(result, Err(SealingError::Refused)), "{result:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens_at_its_place_and_nowhere_else(
        value in proptest::collection::vec(any::<u8>(), 0..200),
        name in "[a-z/#]{0,12}", other in "[a-z/#]{0,12}",
        ids in any::<(u128, u128, u128, i64, i64)>(),
    ) {
        let keys = keys(&[("a", 1)]);
        let (org, environment, stranger, version, later) = ids;
        let here = Place { org: Uuid::from_u128(org), environment: Uuid::from_u128(environment), name: &name, version };
        let sealed = keys.seal(here, &value).unwrap();
        prop_assert_eq!(keys.open(here, &sealed).unwrap().to_vec(), value);
        prop_assert_eq!(Sealed::from_bytes(&sealed.to_bytes()).unwrap(), sealed.clone());
        let elsewhere = [
            Place { org: Uuid::from_u128(stranger), ..here },
            Place { environment: Uuid::from_u128(stranger), ..here },
            Place { name: &other, ..here },
            Place { version: later, ..here },
        ];
        for there in elsewhere.into_iter().filter(|there| *there != here) {
            refused(keys.open(there, &sealed));
            refused(keys.rewrap(there, &Sealed { key_id: String::from("a"), ..sealed.clone() }).and_then(|_| keys.open(there, &sealed)));
        }
    }

    #[test]
    fn a_changed_bit_is_noticed(value in proptest::collection::vec(any::<u8>(), 0..50), at in any::<prop::sample::Index>(), bit in 0..8u32) {
        let keys = keys(&[("a", 1)]);
        let sealed = keys.seal(place("x"), &value).unwrap();
        let (mut key, mut text) = (sealed.clone(), sealed);
        let position = at.index(key.wrapped_key.len());
        key.wrapped_key[position] ^= 1u8 << bit;
        refused(keys.open(place("x"), &key));
        let position = at.index(text.sealed.len());
        text.sealed[position] ^= 1u8 << bit;
        refused(keys.open(place("x"), &text));
    }

    #[test]
    fn short_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let keys = keys(&[("a", 1)]);
        refused(Sealed::from_bytes(&bytes).and_then(|sealed| keys.open(place("x"), &sealed)));
        refused(keys.open(place("x"), &Sealed { key_id: String::from("a"), wrapped_key: bytes.clone(), sealed: bytes }));
    }
}

#[test]
fn the_same_value_is_never_sealed_the_same_way() {
    let keys = keys(&[("a", 1)]);
    let (one, two) = (keys.seal(place("x"), b"v").unwrap(), keys.seal(place("x"), b"v").unwrap());
    assert_ne!(one.sealed, two.sealed);
    assert_ne!(one.wrapped_key, two.wrapped_key);
}

#[test]
fn a_new_master_key_wraps_anew_and_the_old_one_can_go() {
    let old = keys(&[("old", 1)]);
    let sealed = old.seal(place("x"), b"value").unwrap();
    let both = keys(&[("new", 2), ("old", 1)]);
    let again = both.rewrap(place("x"), &sealed).unwrap().unwrap();
    assert_eq!((&*again.key_id, &again.sealed), ("new", &sealed.sealed));
    assert!(both.rewrap(place("x"), &again).unwrap().is_none());
    let new = keys(&[("new", 2)]);
    assert_eq!(&**new.open(place("x"), &again).unwrap(), b"value");
    assert!(matches!(new.open(place("x"), &sealed), Err(SealingError::UnknownKey(id)) if id == "old"));
    refused(keys(&[("new", 9)]).open(place("x"), &again));
}

#[test]
fn a_hash_is_known_with_any_of_the_keys() {
    let old = keys(&[("old", 1)]);
    let hash = old.hash(b"body");
    assert!(keys(&[("new", 2), ("old", 1)]).is_hash(b"body", &hash));
    assert!(!keys(&[("new", 2)]).is_hash(b"body", &hash));
    assert!(!old.is_hash(b"bodY", &hash));
}

#[test]
fn a_file_of_keys_is_made_once_and_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("below/keys");
    let sealed = Keyring::open_or_make(&path).unwrap().seal(place("x"), b"v").unwrap();
    assert_eq!(&**Keyring::open_or_make(&path).unwrap().open(place("x"), &sealed).unwrap(), b"v");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_broken_file_of_keys_is_named_by_its_line() {
    let good = "ab".repeat(32);
    for (text, line) in [
        (format!("# one\na {good}\nb"), 3),
        (format!("a {good}\na {good}"), 2),
        (format!("a {}", "g".repeat(64)), 1),
        (format!("a {}", "é".repeat(32)), 1),
    ] {
        assert!(matches!(Keyring::parse(&text), Err(SealingError::Line(found)) if found == line), "{text}");
    }
    assert!(matches!(Keyring::parse("# none\n\n"), Err(SealingError::NoKey)));
    assert!(!format!("{:?}", keys(&[("a", 0xab)])).contains("abab"));
}
