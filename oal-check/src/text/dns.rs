//! The DNS names of components: the name in OAL with hyphens for underscores, one label of RFC 1123, not a name that
//! every machine already gives a meaning.

use std::borrow::Cow;

use super::host::LABEL_MOST;
use super::problem::{quoted, quoted_char};

/// Names that resolvers and container engines answer themselves (RFC 6761, `/etc/hosts`).
const RESERVED: [&str; 8] = [
    "broadcasthost",
    "invalid",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-localhost",
    "ip6-loopback",
    "local",
    "localhost",
];

/// Why an OAL name gives no DNS name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsProblem {
    /// Longer than 63 bytes; the length.
    TooLong(usize),
    /// Starts with an underscore, so the label would start with a hyphen.
    LeadingHyphen,
    /// Ends with an underscore, so the label would end with a hyphen.
    TrailingHyphen,
    /// Two characters and `--`, which announces another encoding (`xn--`).
    Encoded,
    /// The name has a meaning on every machine.
    Reserved,
    /// A character that stands in no label, from a key.
    Character(char),
    /// Nothing is left.
    Empty,
}

impl DnsProblem {
    /// A sentence for the diagnostic: lower case, no final period.
    #[must_use]
    pub fn message(&self, name: &str) -> String {
        let shown = quoted(name);
        match self {
            Self::TooLong(len) => format!("the DNS name {shown} has {len} bytes, at most {LABEL_MOST} are allowed"),
            Self::LeadingHyphen => format!("the DNS name {shown} would start with a hyphen"),
            Self::TrailingHyphen => format!("the DNS name {shown} would end with a hyphen"),
            Self::Encoded => {
                format!("the DNS name {shown} has hyphens in third and fourth place, which only encoded names have")
            }
            Self::Reserved => format!("the DNS name {shown} already means something else on every machine"),
            Self::Character(c) => format!("the DNS name {shown} holds {}", quoted_char(*c)),
            Self::Empty => "the DNS name would be empty".to_owned(),
        }
    }
}

/// The DNS name of a component: `_` becomes `-`. No copy where there is none.
#[must_use]
pub fn name(oal: &str) -> Cow<'_, str> {
    if oal.contains('_') { Cow::Owned(oal.replace('_', "-")) } else { Cow::Borrowed(oal) }
}

/// The DNS name of one instance of a `for` component: `worker["eu"]` is `worker-eu`. Capital letters become small ones,
/// which DNS does not tell apart; what stands in no label stays, for [`check`] to find.
#[must_use]
pub fn instance_name(oal: &str, key: &str) -> String {
    let mut out = name(oal).into_owned();
    out.reserve(key.len() + 1);
    out.push('-');
    out.extend(key.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }));
    out
}

/// Checks a DNS name made by [`name`] or [`instance_name`].
///
/// # Errors
/// The first rule it breaks.
pub fn check(dns: &str) -> Result<(), DnsProblem> {
    if let Some(c) = dns.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && *c != '-') {
        return Err(DnsProblem::Character(c));
    }
    match dns.as_bytes() {
        [] => Err(DnsProblem::Empty),
        [b'-', ..] => Err(DnsProblem::LeadingHyphen),
        [.., b'-'] => Err(DnsProblem::TrailingHyphen),
        [_, _, b'-', b'-', ..] => Err(DnsProblem::Encoded),
        bytes if bytes.len() > LABEL_MOST => Err(DnsProblem::TooLong(bytes.len())),
        _ if RESERVED.contains(&dns) => Err(DnsProblem::Reserved),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_labels() {
        assert_eq!(name("api"), Cow::Borrowed("api"));
        assert_eq!(name("order_api"), "order-api");
        assert_eq!(instance_name("worker", "eu"), "worker-eu");
        assert_eq!(instance_name("web_worker", "EU_2"), "web-worker-eu-2");
    }

    #[test]
    fn labels_are_checked() {
        assert_eq!(check("order-api"), Ok(()));
        assert_eq!(check("-api"), Err(DnsProblem::LeadingHyphen));
        assert_eq!(check("api-"), Err(DnsProblem::TrailingHyphen));
        assert_eq!(check("xn--api"), Err(DnsProblem::Encoded));
        assert_eq!(check("localhost"), Err(DnsProblem::Reserved));
        assert_eq!(check(&"a".repeat(63)), Ok(()));
        assert_eq!(check(&"a".repeat(64)), Err(DnsProblem::TooLong(64)));
        assert_eq!(check("Api"), Err(DnsProblem::Character('A')));
        assert_eq!(check(&instance_name("worker", "eu west")), Err(DnsProblem::Character(' ')));
        assert_eq!(check(&instance_name("worker", "")), Err(DnsProblem::TrailingHyphen));
        assert_eq!(check(""), Err(DnsProblem::Empty));
    }
}
