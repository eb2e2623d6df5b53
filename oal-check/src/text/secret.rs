//! Literals that look like secrets, for a lint: known forms of keys, passwords inside urls and connection strings,
//! names that promise a secret, and text too random to be written by hand. Tuned to stay silent on digests, tags,
//! UUIDs, hashes, paths and public keys; a lint that cries wolf is switched off.

mod providers;

use std::ops::Range;

use super::problem::span;
use providers::provider;

/// Why a text looks like a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretReason {
    /// The form of a key of this provider.
    Provider(&'static str),
    /// A private key in PEM.
    PrivateKey,
    /// A signed JSON web token.
    Jwt,
    /// A password in the user part of a url.
    UrlPassword,
    /// `Password=…` in a connection string.
    ConnectionString,
    /// The name of the variable says so.
    Name,
    /// Random letters and digits.
    Random,
}

impl SecretReason {
    /// The reason as the end of "this text looks like a secret: it …". Never holds any of the text.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Provider(name) => format!("it has the form of a {name}"),
            Self::PrivateKey => "it holds a private key".to_owned(),
            Self::Jwt => "it has the form of a signed web token (JWT)".to_owned(),
            Self::UrlPassword => "a password stands in the url".to_owned(),
            Self::ConnectionString => "a password stands in the connection string".to_owned(),
            Self::Name => "its name says so".to_owned(),
            Self::Random => "it is random letters and digits".to_owned(),
        }
    }
}

/// A text that looks like a secret, and which part of it. The part is for the caret; it must never be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLike {
    /// Why.
    pub reason: SecretReason,
    /// The secret part, in bytes of the text.
    pub range: Range<u32>,
}

/// Whether a literal looks like a secret. `key` is the name it is given (an environment variable, a field), or empty.
/// Quick on ordinary texts: one walk over the bytes, and a look at the end of the name.
#[must_use]
pub fn secret_like(key: &str, text: &str) -> Option<SecretLike> {
    let bytes = Bytes::of(text);
    let (reason, start, end) = by_form(text, &bytes).or_else(|| {
        let named = match promise(key) {
            Promise::Secret => !is_setting(text),
            Promise::Key => looks_generated(text, &bytes) && !is_setting(text),
            Promise::Nothing => false,
        };
        if named && !is_public(key) {
            return Some((SecretReason::Name, 0, text.len()));
        }
        (bytes.is_random(text) && !is_public(key)).then_some((SecretReason::Random, 0, text.len()))
    })?;
    Some(SecretLike { reason, range: span(start, end) })
}

/// What the text itself shows, whatever its name.
fn by_form(text: &str, bytes: &Bytes) -> Option<(SecretReason, usize, usize)> {
    const SHORTEST: usize = 13;
    if bytes.at_sign
        && let Some((start, end)) = url_password(text)
    {
        return Some((SecretReason::UrlPassword, start, end));
    }
    if text.len() < SHORTEST {
        return None;
    }
    if bytes.equals
        && let Some((start, end)) = connection_password(text)
    {
        return Some((SecretReason::ConnectionString, start, end));
    }
    let reason = if let Some(name) = provider(text) {
        SecretReason::Provider(name)
    } else if text.starts_with("eyJ") && is_jwt(text) {
        SecretReason::Jwt
    } else if bytes.space && has_private_key(text) {
        SecretReason::PrivateKey
    } else {
        return None;
    };
    Some((reason, 0, text.len()))
}

/// What one walk over a text counts.
#[derive(Debug, Default)]
struct Bytes {
    at_sign: bool,
    equals: bool,
    /// Any white space.
    space: bool,
    /// Something else than letters, digits and the signs of base64.
    other: bool,
    lower: u32,
    upper: u32,
    digits: u32,
    /// How often the next byte is of another kind.
    changes: u32,
}

impl Bytes {
    fn of(text: &str) -> Self {
        let mut all = Self::default();
        let mut before = 0;
        for byte in text.bytes() {
            let kind = match byte {
                b'a'..=b'z' => {
                    all.lower += 1;
                    1
                }
                b'A'..=b'Z' => {
                    all.upper += 1;
                    2
                }
                b'0'..=b'9' => {
                    all.digits += 1;
                    3
                }
                b'+' | b'/' | b'_' | b'-' => 4,
                b'=' => {
                    all.equals = true;
                    4
                }
                _ => {
                    all.other = true;
                    all.at_sign |= byte == b'@';
                    all.space |= byte.is_ascii_whitespace();
                    5
                }
            };
            all.changes += u32::from(before != kind && before != 0);
            before = kind;
        }
        all
    }

    /// Random letters and digits: at least 24 of them in three kinds, changing kind at nearly every second step, with
    /// the entropy of base64. Hexadecimal texts, UUIDs, names, paths and versions stay below.
    fn is_random(&self, text: &str) -> bool {
        const LEAST: usize = 24;
        const MOST: usize = 512;
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mixed = !self.other && self.lower >= 3 && self.upper >= 3 && self.digits >= 2;
        mixed
            && (LEAST..=MOST).contains(&text.len())
            && self.changes * 20 >= len * 9
            && !["sha256-", "sha384-", "sha512-"].iter().any(|prefix| text.starts_with(prefix))
            && entropy(text) >= 4.0
    }
}

/// Header, payload and signature, the first two objects in base64.
fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let base64 = |t: &str| t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='));
    header.len() >= 10
        && payload.starts_with("eyJ")
        && signature.len() >= 20
        && [header, payload, signature].into_iter().all(base64)
}

fn has_private_key(text: &str) -> bool {
    let Some((_, after)) = text.split_once("-----BEGIN") else { return false };
    after.split_once("-----").is_some_and(|(title, _)| title.contains("PRIVATE KEY"))
}

/// The range of the password of `scheme://user:password@host`.
fn url_password(text: &str) -> Option<(usize, usize)> {
    let start = text.find("://")? + 3;
    let rest = text.get(start..)?;
    let authority = rest.get(..rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let userinfo = authority.get(..authority.rfind('@')?)?;
    let colon = userinfo.find(':')?;
    let password = userinfo.get(colon + 1..)?;
    if password.is_empty() || is_placeholder(password) {
        return None;
    }
    Some((start + colon + 1, start + userinfo.len()))
}

/// `Server=db;User Id=sa;Password=…` and `AccountKey=…`.
fn connection_password(text: &str) -> Option<(usize, usize)> {
    let mut start = 0;
    for pair in text.split([';', '&', '?', ' ']) {
        if let Some((name, value)) = pair.split_once('=') {
            let name = name.trim();
            let known = ["password", "pwd", "accountkey", "sharedaccesskey"];
            if known.iter().any(|known| name.eq_ignore_ascii_case(known)) && !value.is_empty() && !is_placeholder(value)
            {
                let end = start + pair.len();
                return Some((end - value.len(), end));
            }
        }
        start += pair.len() + 1;
    }
    None
}

/// Text that stands for a secret to be filled in: `<password>`, `${…}`, `$NAME`, `***`, `{{ … }}`.
fn is_placeholder(text: &str) -> bool {
    text.starts_with(['<', '$', '{', '%', '['])
        || text.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'_' | b'-'))
}

/// What a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// A secret, whatever the text.
    Secret,
    /// A key, which may be one of a table or a cache.
    Key,
    Nothing,
}

fn promise(key: &str) -> Promise {
    // the last letters of the words below
    if !key
        .as_bytes()
        .last()
        .is_some_and(|last| matches!(last.to_ascii_uppercase(), b'D' | b'N' | b'T' | b'Y' | b'S' | b'E'))
    {
        return Promise::Nothing;
    }
    let is = |word: &str| ends_with_word(key, word);
    let secret = ["password", "passwd", "passphrase", "pass", "token", "secret", "credentials", "apikey"];
    if secret.into_iter().any(is) {
        return Promise::Secret;
    }
    if !is("key") {
        return Promise::Nothing;
    }
    let strong =
        ["api", "access", "secret", "private", "encryption", "signing", "master", "auth", "license", "jwt", "hmac"];
    if strong.into_iter().any(|word| has_word(key, word)) { Promise::Secret } else { Promise::Key }
}

/// Whether the name is one of a value that may be random and still be seen.
fn is_public(key: &str) -> bool {
    let ends = ["id", "digest", "checksum", "fingerprint", "hash", "version", "revision", "commit"];
    ["public", "publishable"].into_iter().any(|word| has_word(key, word))
        || ends.into_iter().any(|word| ends_with_word(key, word))
}

/// Whether a name ends with a word, after a separator, a small letter before a capital, or nothing: `DB_PASSWORD`,
/// `dbPassword`, `PGPASSWORD`.
fn ends_with_word(key: &str, word: &str) -> bool {
    let Some(at) = key.len().checked_sub(word.len()) else { return false };
    let Some(tail) = key.get(at..) else { return false };
    if !tail.eq_ignore_ascii_case(word) {
        return false;
    }
    // long words stand out even without a separator
    let before = key.as_bytes().get(at.wrapping_sub(1)).copied();
    word.len() > 5 || before.is_none_or(|b| !b.is_ascii_alphanumeric() || is_hump(b, tail))
}

fn is_hump(before: u8, tail: &str) -> bool {
    before.is_ascii_lowercase() && tail.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Whether one of the words of a name is this one.
fn has_word(key: &str, word: &str) -> bool {
    let mut rest = key;
    while let Some(at) = find_ignoring_case(rest, word) {
        let end = at + word.len();
        let before = rest.as_bytes().get(at.wrapping_sub(1)).copied().filter(|_| at > 0);
        let after = rest.as_bytes().get(end).copied();
        let tail = rest.get(at..).unwrap_or_default();
        let opens = before.is_none_or(|b| !b.is_ascii_alphanumeric() || is_hump(b, tail));
        let closes = after
            .is_none_or(|b| !b.is_ascii_lowercase() || rest.get(at..end).is_some_and(|w| w == w.to_ascii_uppercase()));
        if opens && closes {
            return true;
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    false
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// Texts that are settings about a secret, not the secret: `MYSQL_ALLOW_EMPTY_PASSWORD: "yes"`, a path, a number, a hole.
fn is_setting(text: &str) -> bool {
    let words =
        ["true", "false", "yes", "no", "on", "off", "none", "null", "required", "optional", "disabled", "enabled"];
    text.trim().is_empty()
        || words.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.starts_with(['/', '<', '$'])
        || text.starts_with("./")
        || text.contains("://")
        || (text.len() < 4 && text.bytes().all(|b| b.is_ascii_digit()))
}

/// Long enough and mixed enough not to be a word: for names such as `APP_KEY`, which may also be `users` or `app:cache`.
const fn looks_generated(text: &str, bytes: &Bytes) -> bool {
    text.len() >= 16 && !bytes.space && bytes.digits >= 2 && bytes.lower + bytes.upper > 0
}

/// Bits a character, of ASCII text.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 128];
    let mut total = 0;
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
            total += 1;
        }
    }
    let share = |count: &u32| f64::from(*count) / f64::from(total);
    counts.iter().filter(|count| **count > 0).map(share).map(|p| -p * p.log2()).sum()
}
