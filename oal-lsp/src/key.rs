//! What a document is known by: for a file its path, for anything else its URI, both decoded, so that two spellings of one name meet.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::sync::Arc;

use crate::library;

/// The name of a document: an absolute path with `/` between its parts, or a URI that is none of a file.
pub(crate) type Key = Arc<str>;

/// The scheme of the built-in library's files.
pub(crate) const STD: &str = "oal-std:/";

/// RFC 3986 section 2.3, and the separators of a path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The key of a URI.
pub(crate) fn of_uri(uri: &str) -> Key {
    let path = uri.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:")).and_then(|_| uri.get(5..));
    let path = path.map(|rest| match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        None => rest,
    });
    if let Some(path) = path.filter(|path| path.starts_with('/')) {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if let Ok(path) = percent_decode_str(path).decode_utf8() {
            let path = normal(&path);
            return library::key_of(&path).unwrap_or(path);
        }
    }
    percent_decode_str(uri).decode_utf8().map_or_else(|_| uri.into(), |decoded| (&*decoded).into())
}

/// The key of a path, without `.` and `..`.
pub(crate) fn normal(path: &str) -> Key {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match parts.first().and_then(|drive| drive.strip_suffix(':')) {
        // `/C:/x` and `/c:/x` are one file on Windows.
        Some(drive) if cfg!(windows) => joined.replacen(drive, &drive.to_ascii_lowercase(), 1).into(),
        _ if cfg!(windows) => joined.into(),
        _ => format!("/{joined}").into(),
    }
}

/// Whether it names a file, which may be on disk.
pub(crate) fn is_path(key: &str) -> bool {
    if cfg!(windows) { key.get(1..3) == Some(":/") } else { key.starts_with('/') }
}

/// The URI of a key, as the server writes it where no client has written one.
pub(crate) fn to_uri(key: &str) -> String {
    if !is_path(key) {
        let (scheme, rest) = key.split_once(':').unwrap_or(("untitled", key));
        return format!("{scheme}:{}", utf8_percent_encode(rest, ENCODED));
    }
    let slash = if key.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(key, ENCODED))
}

/// The directory of a key, ended by the separator.
pub(crate) fn directory(key: &str) -> &str {
    let end = key.rfind(['/', ':']).map_or(0, |at| at + 1);
    key.get(..end).unwrap_or_default()
}

#[cfg(test)]
#[cfg(not(windows))]
mod tests {
    use super::{directory, of_uri, to_uri};

    #[test]
    fn spellings_of_one_path_meet() {
        for uri in [
            "file:///a/b%20c.oal",
            "file:///a/b c.oal",
            "FILE:///a/./x/../b%20c.oal",
            "file://localhost/a//b c.oal",
            "file:/a/b%20c.oal",
        ] {
            assert_eq!(&*of_uri(uri), "/a/b c.oal", "{uri}");
        }
        assert_eq!(&*of_uri("file:///a/%C3%A9%25.oal"), "/a/é%.oal");
        assert_ne!(of_uri("file:///a/B.oal"), of_uri("file:///a/b.oal"));
    }

    #[test]
    fn a_path_becomes_its_uri() {
        for key in ["/a/b c.oal", "/é%/#?.oal", "/a:b/c.oal", "untitled:Untitled-1", "oal-std:/service.oal"] {
            assert_eq!(&*of_uri(&to_uri(key)), key);
        }
        assert_eq!(to_uri("/a b"), "file:///a%20b");
        assert_eq!(to_uri("oal-std:/service.oal"), "oal-std:/service.oal");
    }

    #[test]
    fn everything_has_a_key() {
        for (uri, key) in [
            ("untitled:Untitled-1", "untitled:Untitled-1"),
            ("git:/a%20b.oal?x", "git:/a b.oal?x"),
            ("file://host/a", "file://host/a"),
            ("file:///%ff", "file:///%ff"),
            ("", ""),
            ("é", "é"),
        ] {
            assert_eq!(&*of_uri(uri), key);
        }
        assert_eq!((directory("/a/b"), directory("untitled:x"), directory("x")), ("/a/", "untitled:", ""));
    }
}
