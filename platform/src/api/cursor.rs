//! Cursors: opaque texts that say where a page of a list ended.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use helios_client::{Page, PageQuery};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::refusal::{Answer, Refusal};

/// Which page is wanted, read.
#[derive(Debug, Clone)]
pub struct Wanted<K> {
    /// What the page before ended with.
    pub after: Option<K>,
    limit: u32,
}

/// Reads which page is wanted.
///
/// # Errors
/// [`Refusal::Invalid`]: the cursor is none of this list, or the limit is out of bounds.
pub fn wanted<K: DeserializeOwned>(query: &PageQuery) -> Answer<Wanted<K>> {
    let limit = query.limit.unwrap_or(PageQuery::USUAL);
    if !(1..=PageQuery::MOST).contains(&limit) {
        return Err(Refusal::Invalid(format!("`limit` is at least 1 and at most {}", PageQuery::MOST)));
    }
    let read = |text: &String| {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let key: K = serde_json::from_slice(&bytes).ok()?;
        (!bytes.windows(6).any(|part| part == b"\\u0000")).then_some(key)
    };
    let after = match &query.cursor {
        Some(text) => {
            Some(read(text).ok_or_else(|| Refusal::Invalid(String::from("`cursor` is not one of this list")))?)
        }
        None => None,
    };
    Ok(Wanted { after, limit })
}

impl<K: Serialize> Wanted<K> {
    /// How many rows to ask for: one more than the page has, to know whether another follows.
    #[must_use]
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page made of these rows.
    #[must_use]
    pub fn page<R, T>(&self, mut rows: Vec<R>, key: impl Fn(&R) -> K, show: impl Fn(R) -> T) -> Page<T> {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more).map(|row| serde_json::to_vec(&key(row)).unwrap_or_default());
        Page { next: last.map(|key| URL_SAFE_NO_PAD.encode(key)), items: rows.into_iter().map(show).collect() }
    }
}
