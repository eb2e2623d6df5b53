//! How much a caller may: requests in a time, streams at once, bytes at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use super::refusal::{Answer, Refusal};

/// What callers are granted.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Requests a second with one token, on average.
    pub per_token: u32,
    /// Requests a second from one address, on average.
    pub per_address: u32,
    /// Requests a second from one address with a token that is none, on average.
    pub failures: u32,
    /// Streams at a time with one token.
    pub streams: usize,
    /// Bytes of a source bundle.
    pub source: u64,
    /// Bytes of the body of any other request.
    pub body: usize,
    /// How long a handler has, streams and uploads aside.
    pub time: Duration,
    /// How long a connection may take to send the headers of a request, and rest between two.
    pub headers: Duration,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            per_token: 400,
            per_address: 800,
            failures: 5,
            streams: 64,
            source: 256 * 1024 * 1024,
            body: 256 * 1024,
            time: Duration::from_secs(60),
            headers: Duration::from_secs(30),
        }
    }
}

/// Counts what callers take of their allowance.
pub struct Limits {
    allowance: Allowance,
    tokens: DefaultKeyedRateLimiter<Uuid>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    failures: DefaultKeyedRateLimiter<IpAddr>,
    streams: Arc<Mutex<HashMap<Uuid, usize>>>,
}

/// A right to one stream; given back when it is dropped.
#[derive(Debug)]
pub struct StreamSlot {
    token: Uuid,
    streams: Arc<Mutex<HashMap<Uuid, usize>>>,
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&self.token) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.token);
            }
        }
    }
}

/// As many a second on average, twice as many at once.
fn quota(a_second: u32) -> Quota {
    let a_second = NonZeroU32::new(a_second).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(a_second).allow_burst(a_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
}

fn take<K: Clone + std::hash::Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Answer<()> {
    limiter.check_key(key).map_err(|not_until| Refusal::TooMany {
        what: "requests",
        after: not_until.wait_time_from(DefaultClock::default().now()),
    })
}

impl Limits {
    /// Nothing taken yet.
    #[must_use]
    pub fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            tokens: RateLimiter::keyed(quota(allowance.per_token)),
            addresses: RateLimiter::keyed(quota(allowance.per_address)),
            failures: RateLimiter::keyed(quota(allowance.failures)),
            streams: Arc::default(),
        }
    }

    /// What callers are granted.
    #[must_use]
    pub const fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Counts a request with a token.
    ///
    /// # Errors
    /// [`Refusal::TooMany`].
    pub fn token(&self, token: Uuid) -> Answer<()> {
        take(&self.tokens, &token)
    }

    /// Counts a request from an address.
    ///
    /// # Errors
    /// [`Refusal::TooMany`].
    pub fn address(&self, address: IpAddr) -> Answer<()> {
        take(&self.addresses, &network(address))
    }

    /// Counts a request from an address whose token is none; guessing is to be slow.
    ///
    /// # Errors
    /// [`Refusal::TooMany`].
    pub fn failure(&self, address: IpAddr) -> Answer<()> {
        take(&self.failures, &network(address))
    }

    /// Takes a stream.
    ///
    /// # Errors
    /// [`Refusal::TooMany`].
    pub fn stream(&self, token: Uuid) -> Answer<StreamSlot> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let count = streams.entry(token).or_default();
        if *count >= self.allowance.streams {
            return Err(Refusal::TooMany { what: "streams at a time", after: Duration::from_secs(5) });
        }
        *count += 1;
        Ok(StreamSlot { token, streams: self.streams.clone() })
    }

    /// Forgets callers that have taken nothing for a while.
    pub fn forget_idle(&self) {
        self.tokens.retain_recent();
        self.addresses.retain_recent();
        self.failures.retain_recent();
    }
}

/// Who has one address of IPv6 has the 2^64 around it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}
