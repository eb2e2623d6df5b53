//! Bundles that mean harm.

use std::io::Read;

use super::*;

/// An archive of these entries as their headers say, compressed.
struct Hostile(tar::Builder<GzEncoder<Vec<u8>>>);

impl Hostile {
    fn new() -> Self {
        Self(tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast())))
    }

    /// One with the bytes of `name` as they are; the library's own way refuses most of them.
    fn with(mut self, kind: u8, name: &[u8], target: &[u8], contents: &[u8]) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_mode(0o644);
        header.set_size(contents.len() as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
        header.set_cksum();
        self.0.append(&header, contents).unwrap();
        self
    }

    fn file(self, name: &str) -> Self {
        self.with(b'0', name.as_bytes(), b"", b"x")
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap().finish().unwrap()
    }

    /// What reading it says, in both ways; and nothing may be found outside of the directory it is unpacked to.
    fn refused(self) -> BundleError {
        let bytes = self.bytes();
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let error = bundle::unpack(&*bytes, &inner, &Limits::PROJECT).unwrap_err();
        let again = Sources::read(&*bytes, &Limits::PROJECT, u64::MAX, |_| true).unwrap_err();
        assert_eq!(error.to_string(), again.to_string());
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1, "something was written beside the directory");
        error
    }

    fn fault(self) -> Fault {
        match self.refused() {
            BundleError::Entry { fault, .. } => fault,
            other => panic!("{other}"),
        }
    }
}

#[test]
fn hostile_entries_are_refused_by_name() {
    let file = |name: &[u8]| Hostile::new().with(b'0', name, b"", b"x").fault();
    assert_eq!(file(b"/etc/passwd"), Fault::Absolute);
    assert_eq!(file(b"../x"), Fault::Parent);
    assert_eq!(file(b"a/../../x"), Fault::Parent);
    assert_eq!(file(b"a//b"), Fault::Step);
    assert_eq!(file(b"a/./b"), Fault::Step);
    assert_eq!(file(b"."), Fault::Step);
    assert_eq!(file(b""), Fault::Step);
    assert_eq!(file(b"a\0../x"), Fault::Control);
    assert_eq!(file(b"a\x1b[2Jb"), Fault::Control);
    assert_eq!(file(b"a\xff"), Fault::NotUtf8);
}

#[test]
fn hostile_kinds_are_refused() {
    let kind = |kind| Hostile::new().with(kind, b"x", b"y", b"").fault();
    assert_eq!(kind(b'1'), Fault::Kind("a hard link"));
    assert_eq!(kind(b'3'), Fault::Kind("a device"));
    assert_eq!(kind(b'4'), Fault::Kind("a device"));
    assert_eq!(kind(b'6'), Fault::Kind("a named pipe"));
    assert_eq!(kind(b'S'), Fault::Kind("a sparse file"));
    assert!(matches!(kind(b'x'), Fault::Kind(text) if text.contains("extended header")));
    assert!(matches!(kind(b'g'), Fault::Kind(text) if text.contains("extended header")));
    assert_eq!(kind(b'V'), Fault::Kind("of an unknown kind"));
    assert_eq!(Hostile::new().with(b'5', b"x", b"", b"contents of a directory").fault(), Fault::Header);
}

#[test]
fn hostile_links_are_refused() {
    let link = |name: &str, target: &[u8]| Hostile::new().with(b'2', name.as_bytes(), target, b"").fault();
    assert_eq!(link("x", b"/etc/passwd"), Fault::LeadsOut("/etc/passwd".to_owned()));
    assert_eq!(link("x", b".."), Fault::LeadsOut("..".to_owned()));
    assert_eq!(link("a/b/x", b"../../../y"), Fault::LeadsOut("../../../y".to_owned()));
    assert_eq!(link("a/x", b"b/.."), Fault::Winding("b/..".to_owned()));
    assert_eq!(link("x", b""), Fault::Step);
    // Out through a link that was put there before.
    let through = Hostile::new().with(b'2', b"x", b"a", b"").file("x/passwd").fault();
    assert_eq!(through, Fault::Through("x".to_owned()));
    let through = Hostile::new().with(b'2', b"x", b"a", b"").with(b'5', b"x/y", b"", b"").fault();
    assert_eq!(through, Fault::Through("x".to_owned()));
}

#[test]
fn entries_that_come_twice_are_refused() {
    assert_eq!(Hostile::new().file("x").file("x").fault(), Fault::Twice);
    assert_eq!(Hostile::new().file("x").file("X").fault(), Fault::Case("x".to_owned()));
    assert_eq!(Hostile::new().file("x").with(b'2', b"x", b"y", b"").fault(), Fault::Twice);
    assert_eq!(Hostile::new().file("x/y").file("x").fault(), Fault::Twice);
    assert_eq!(Hostile::new().file("x").file("x/y").fault(), Fault::Through("x".to_owned()));
    assert_eq!(Hostile::new().file("Dir/a").file("dir/b").fault(), Fault::Case("Dir".to_owned()));
    assert_eq!(Hostile::new().with(b'2', b"LINK", b"a", b"").file("link/b").fault(), Fault::Case("LINK".to_owned()));
}

#[test]
fn long_names_are_bounded() {
    let long = |length: usize| Hostile::new().with(b'L', b"././@LongLink", b"", &vec![b'a'; length]).file("x");
    assert_eq!(long(2000).fault(), Fault::TooLong(1024));
    assert_eq!(long(300).fault(), Fault::TooLong(255));
    assert!(matches!(
        Hostile::new().with(b'L', b"././@LongLink", b"", &vec![b'a'; 5_000_000]).file("x").refused(),
        BundleError::Entry { fault: Fault::TooLong(1024), .. }
    ));
    let out_by_long_name = Hostile::new().with(b'L', b"././@LongLink", b"", b"../x\0").file("fine");
    assert_eq!(out_by_long_name.fault(), Fault::Parent);
    let two = Hostile::new().with(b'L', b"././@LongLink", b"", b"a").with(b'L', b"././@LongLink", b"", b"b").file("x");
    assert_eq!(two.fault(), Fault::Header);
    let deep = "d/".repeat(70) + "x";
    let deep = Hostile::new().with(b'L', b"././@LongLink", b"", deep.as_bytes()).file("x");
    assert_eq!(deep.fault(), Fault::TooDeep(64));
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    let refused = |bytes: &[u8]| Sources::read(bytes, &Limits::PROJECT, 0, |_| false).unwrap_err();
    for bytes in [&b""[..], b"hello", &[0x1f, 0x8b, 8, 0], b"PK\x03\x04"] {
        assert!(matches!(refused(bytes), BundleError::NotABundle(_)), "{bytes:?}");
    }
    let whole = Hostile::new().file("a").file("b").bytes();
    for length in 0..whole.len() {
        assert!(matches!(refused(&whole[..length]), BundleError::NotABundle(_)), "{length} of {} bytes", whole.len());
    }
}

/// 10 GB of zeros in 10 MB: stops long before, having written next to nothing.
#[test]
fn a_bomb_does_not_go_off() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let mut header = tar::Header::new_gnu();
    header.set_path("zeros").unwrap();
    header.set_mode(0o644);
    header.set_size(10_000_000_000);
    header.set_cksum();
    gzip.write_all(header.as_bytes()).unwrap();
    // The rest need not be there: it stops at some 16 MB.
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..64 {
        gzip.write_all(&zeros).unwrap();
    }
    let bytes = gzip.finish().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let error = bundle::unpack(&*bytes, dir.path(), &Limits::PROJECT).unwrap_err();
    assert!(matches!(error, BundleError::Limit { limit: Limit::Ratio, most: 200, .. }), "{error}");
    assert!(error.to_string().ends_with("reached at `zeros`"), "{error}");
    assert!(fs::metadata(dir.path().join("zeros")).unwrap().len() <= 2 * Limits::RATIO_FROM);
    let no_ratio = Limits { ratio: u64::MAX, unpacked: 1_000_000, ..Limits::PROJECT };
    let error = Sources::read(&*bytes, &no_ratio, 0, |_| false).unwrap_err();
    assert!(matches!(error, BundleError::Limit { limit: Limit::Unpacked, .. }), "{error}");
    let small = Limits { compressed: 10_000, ..no_ratio };
    let error = Sources::read(&*bytes, &small, 0, |_| false).unwrap_err();
    assert!(matches!(error, BundleError::Limit { limit: Limit::Compressed, .. }), "{error}");
}

/// A million files: stops at the limit, not at the end.
#[test]
fn a_million_files_are_too_many() {
    struct Endless(u32, Vec<u8>);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.1.is_empty() {
                let mut header = tar::Header::new_gnu();
                header.set_path(format!("f{}", self.0)).unwrap();
                header.set_size(0);
                header.set_mode(0o644);
                header.set_cksum();
                self.0 += 1;
                assert!(self.0 < 210_000, "it goes on reading");
                self.1.extend_from_slice(header.as_bytes());
            }
            let count = buffer.len().min(self.1.len());
            buffer[..count].copy_from_slice(&self.1[..count]);
            self.1.drain(..count);
            Ok(count)
        }
    }
    let endless = flate2::read::GzEncoder::new(Endless(0, Vec::new()), Compression::fast());
    let error = Sources::read(endless, &Limits::PROJECT, 0, |_| false).unwrap_err();
    assert!(matches!(error, BundleError::Limit { limit: Limit::Entries, most: 200_000, .. }), "{error}");
}

#[test]
fn a_directory_with_something_in_it_is_not_unpacked_to() {
    let dir = project(&[("there", "")]);
    assert!(bundle::unpack(&*Hostile::new().file("x").bytes(), dir.path(), &Limits::PROJECT).unwrap_err().is_io());
}
