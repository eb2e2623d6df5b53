//! Secrets at rest: each value is sealed with a key of its own (XChaCha20-Poly1305), which is wrapped by a master key.
//!
//! Both are bound to where they stand (organisation, environment, name, version): a row that is copied to another place does not
//! open there. Changing the master key re-wraps the small keys and leaves the values alone. The master keys are a file of lines
//! `<id> <64 hexadecimal digits>`: the first one seals, all open; to change it, put a new line first, re-wrap, remove the old.

use std::fmt;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a nonce; chosen at random, which at this length is safe for as many values as there will ever be.
const NONCE: usize = 24;

/// Why something cannot be sealed or opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum SealingError {
    /// The file with the master keys cannot be read or made.
    File(PathBuf, io::Error),
    /// A line of that file is no key.
    Line(usize),
    /// That file has no key.
    NoKey,
    /// The value was sealed with a master key that is not there.
    UnknownKey(String),
    /// The value does not open: it is not what was sealed, or not from this place, or the key is another of the same name.
    Refused,
    /// The operating system gives no random bytes.
    Random,
}

impl fmt::Display for SealingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "the master keys in {}: {error}", path.display()),
            Self::Line(line) => {
                write!(f, "line {line} of the master keys is no key: `<id> <64 hexadecimal digits>`, each id once")
            }
            Self::NoKey => f.write_str("there is no master key"),
            Self::UnknownKey(id) => write!(f, "the master key `{id}` is not there"),
            Self::Refused => {
                f.write_str("a sealed value does not open: it was changed, moved, or sealed with another key")
            }
            Self::Random => f.write_str("the operating system gives no random bytes"),
        }
    }
}

impl std::error::Error for SealingError {}

/// Where a sealed value stands. It opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The organisation.
    pub org: Uuid,
    /// The environment; nil for what belongs to none.
    pub environment: Uuid,
    /// The name of the secret.
    pub name: &'a str,
    /// Its version.
    pub version: i64,
}

impl Place<'_> {
    /// All of it as bytes, in one way only.
    fn bytes(&self, more: &[u8]) -> Vec<u8> {
        let mut bytes = b"helios-sealed-1".to_vec();
        bytes.extend_from_slice(self.org.as_bytes());
        bytes.extend_from_slice(self.environment.as_bytes());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&(self.name.len() as u64).to_be_bytes());
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.extend_from_slice(more);
        bytes
    }
}

/// A value nobody can read without a master key.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Sealed {
    /// The master key that wraps the value's own key.
    pub key_id: String,
    /// A nonce, then the wrapped key.
    pub wrapped_key: Vec<u8>,
    /// A nonce, then the sealed value.
    pub sealed: Vec<u8>,
}

impl Sealed {
    /// All of it as bytes, for where it has one column.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.key_id.as_bytes(), &self.wrapped_key] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes.extend_from_slice(&self.sealed);
        bytes
    }

    /// What [`Self::to_bytes`] gave.
    ///
    /// # Errors
    /// [`SealingError::Refused`]: it did not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealingError> {
        let part = |bytes: &[u8]| {
            let (length, rest) = bytes.split_first_chunk()?;
            let (part, rest) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
            Some((part.to_vec(), rest.to_vec()))
        };
        let (key_id, rest) = part(bytes).ok_or(SealingError::Refused)?;
        let (wrapped_key, sealed) = part(&rest).ok_or(SealingError::Refused)?;
        let key_id = String::from_utf8(key_id).map_err(|_| SealingError::Refused)?;
        Ok(Self { key_id, wrapped_key, sealed })
    }
}

struct MasterKey {
    id: String,
    bytes: Zeroizing<[u8; 32]>,
}

/// The master keys.
pub struct Keyring {
    first: MasterKey,
    others: Vec<MasterKey>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys().map(|key| &key.id)).finish()
    }
}

impl Keyring {
    /// The keys that a text has.
    ///
    /// # Errors
    /// A line is no key; there is none.
    pub fn parse(text: &str) -> Result<Self, SealingError> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = || SealingError::Line(number + 1);
            let (id, digits) = line.split_once(char::is_whitespace).ok_or_else(wrong)?;
            let bytes = hex(digits.trim()).ok_or_else(wrong)?;
            if keys.iter().any(|key| key.id == id) {
                return Err(wrong());
            }
            keys.push(MasterKey { id: id.to_owned(), bytes });
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(SealingError::NoKey)?;
        Ok(Self { first, others: keys.collect() })
    }

    /// The keys of a file; if it is not there, it is made with a new key, for its owner's eyes only.
    ///
    /// # Errors
    /// The file; a line is no key; there is none.
    pub fn open_or_make(path: &Path) -> Result<Self, SealingError> {
        let failed = |error| SealingError::File(path.to_owned(), error);
        match std::fs::read_to_string(path) {
            Ok(text) => return Self::parse(&Zeroizing::new(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        file.write_all(Self::new_line()?.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        // another process may have been faster, and then its key counts
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error.error)),
            _ => {}
        }
        Self::parse(&Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?))
    }

    /// A line with a new key, for the file of keys. Its id is the day and a random part.
    ///
    /// # Errors
    /// No random bytes.
    pub fn new_line() -> Result<Zeroizing<String>, SealingError> {
        let key = random::<32>()?;
        let digits =
            Zeroizing::new(key.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}")));
        let tail: String = random::<4>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Zeroizing::new(format!("{}-{tail} {}\n", chrono::Utc::now().format("%Y%m%d"), &*digits)))
    }

    fn keys(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn key(&self, id: &str) -> Result<&MasterKey, SealingError> {
        self.keys().find(|key| key.id == id).ok_or_else(|| SealingError::UnknownKey(id.to_owned()))
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.first.id
    }

    /// Seals a value for a place.
    ///
    /// # Errors
    /// No random bytes.
    pub fn seal(&self, place: Place<'_>, value: &[u8]) -> Result<Sealed, SealingError> {
        let key = random::<32>()?;
        let sealed = encrypt(&key, &place.bytes(&[]), value)?;
        Ok(Sealed { key_id: self.first.id.clone(), wrapped_key: self.wrap(place, &*key)?, sealed })
    }

    fn wrap(&self, place: Place<'_>, key: &[u8]) -> Result<Vec<u8>, SealingError> {
        encrypt(&self.first.bytes, &place.bytes(self.first.id.as_bytes()), key)
    }

    fn unwrap_key(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<[u8; 32]>, SealingError> {
        let master = self.key(&sealed.key_id)?;
        let bytes = decrypt(&master.bytes, &place.bytes(master.id.as_bytes()), &sealed.wrapped_key)?;
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(SealingError::Refused);
        }
        key.copy_from_slice(&bytes);
        Ok(key)
    }

    /// Opens a value at its place.
    ///
    /// # Errors
    /// The master key is not there; the value was changed or moved.
    pub fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        decrypt(&*self.unwrap_key(place, sealed)?, &place.bytes(&[]), &sealed.sealed)
    }

    /// The same value with its key wrapped by the master key that seals now; none if it is already.
    ///
    /// # Errors
    /// The master key is not there; the value was changed or moved; no random bytes.
    pub fn rewrap(&self, place: Place<'_>, sealed: &Sealed) -> Result<Option<Sealed>, SealingError> {
        if sealed.key_id == self.first.id {
            return Ok(None);
        }
        let key = self.unwrap_key(place, sealed)?;
        let wrapped_key = self.wrap(place, &*key)?;
        Ok(Some(Sealed { key_id: self.first.id.clone(), wrapped_key, sealed: sealed.sealed.clone() }))
    }

    /// A hash of bytes that only who has the keys can compute (HMAC, RFC 2104).
    #[must_use]
    pub fn hash(&self, bytes: &[u8]) -> Vec<u8> {
        mac(&self.first, bytes).finalize().into_bytes().to_vec()
    }

    /// Whether [`Self::hash`] gave this for the bytes, now or with an earlier key. In constant time.
    #[must_use]
    pub fn is_hash(&self, bytes: &[u8], hash: &[u8]) -> bool {
        self.keys().any(|key| mac(key, bytes).verify_slice(hash).is_ok())
    }
}

fn mac(key: &MasterKey, bytes: &[u8]) -> Hmac<Sha256> {
    // a block of HMAC-SHA256 has 64 bytes; the key with zeros behind it is the same key
    let mut block = [0; 64];
    if let Some(start) = block.first_chunk_mut() {
        *start = *key.bytes;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    block.zeroize();
    mac.update(b"helios-hash-1");
    mac.update(bytes);
    mac
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, SealingError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|_| SealingError::Random)?;
    Ok(bytes)
}

fn encrypt(key: &[u8; 32], place: &[u8], value: &[u8]) -> Result<Vec<u8>, SealingError> {
    let nonce: [u8; NONCE] = *random()?;
    let payload = Payload { msg: value, aad: place };
    let text = XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(nonce), payload);
    let text = text.map_err(|_| SealingError::Refused)?;
    Ok([&nonce[..], &text].concat())
}

fn decrypt(key: &[u8; 32], place: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
    let (nonce, text) = bytes.split_first_chunk::<NONCE>().ok_or(SealingError::Refused)?;
    let payload = Payload { msg: text, aad: place };
    let value = XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload);
    value.map(Zeroizing::new).map_err(|_| SealingError::Refused)
}

fn hex(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
