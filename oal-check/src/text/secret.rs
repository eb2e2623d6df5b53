//! Literals that look like secrets, for a lint: known forms of keys, passwords inside urls and connection strings,
//! names that promise a secret, and text too random to be written by hand. Tuned to stay silent on digests, tags,
//! UUIDs, hashes, paths and public keys; a lint that cries wolf is switched off.

use std::ops::Range;

use super::problem::span;

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

/// What may follow the prefix of a provider's key.
#[derive(Clone, Copy)]
enum Tail {
    /// At least so many letters, digits, `_`, `-`, `.`, `=`, `/`, `+`.
    Least(usize),
    /// Exactly so many capital letters and digits.
    Capitals(usize),
}

/// Prefixes, sorted by nothing but their first letter, for a quick look. Publishable keys are left out.
const PROVIDERS: &[(&str, Tail, &str)] = &[
    ("A3T", Tail::Capitals(17), "AWS access key"),
    ("AGE-SECRET-KEY-1", Tail::Least(50), "age secret key"),
    ("AIza", Tail::Least(35), "Google API key"),
    ("AKIA", Tail::Capitals(16), "AWS access key"),
    ("ASIA", Tail::Capitals(16), "AWS access key"),
    ("EAACEdEose0cBA", Tail::Least(10), "Facebook access token"),
    ("GOCSPX-", Tail::Least(20), "Google client secret"),
    ("NRAK-", Tail::Least(20), "New Relic key"),
    ("PMAK-", Tail::Least(30), "Postman key"),
    ("SG.", Tail::Least(40), "SendGrid key"),
    ("dapi", Tail::Least(32), "Databricks token"),
    ("dckr_pat_", Tail::Least(20), "Docker access token"),
    ("doo_v1_", Tail::Least(40), "DigitalOcean token"),
    ("dop_v1_", Tail::Least(40), "DigitalOcean token"),
    ("dp.pt.", Tail::Least(30), "Doppler token"),
    ("figd_", Tail::Least(20), "Figma token"),
    ("fly_", Tail::Least(40), "Fly.io token"),
    ("gho_", Tail::Least(30), "GitHub token"),
    ("ghp_", Tail::Least(30), "GitHub token"),
    ("ghr_", Tail::Least(30), "GitHub token"),
    ("ghs_", Tail::Least(30), "GitHub token"),
    ("ghu_", Tail::Least(30), "GitHub token"),
    ("github_pat_", Tail::Least(30), "GitHub token"),
    ("glpat-", Tail::Least(18), "GitLab token"),
    ("glsa_", Tail::Least(30), "Grafana token"),
    ("gsk_", Tail::Least(40), "Groq key"),
    ("hf_", Tail::Least(30), "Hugging Face token"),
    ("hvs.", Tail::Least(20), "Vault token"),
    ("key-", Tail::Least(32), "Mailgun key"),
    ("lin_api_", Tail::Least(30), "Linear key"),
    ("npm_", Tail::Least(30), "npm token"),
    ("nvapi-", Tail::Least(40), "NVIDIA key"),
    ("phx_", Tail::Least(30), "PostHog key"),
    ("pscale_tkn_", Tail::Least(30), "PlanetScale token"),
    ("pypi-", Tail::Least(50), "PyPI token"),
    ("r8_", Tail::Least(30), "Replicate token"),
    ("rk_live_", Tail::Least(10), "Stripe key"),
    ("rk_test_", Tail::Least(10), "Stripe key"),
    ("rubygems_", Tail::Least(40), "RubyGems key"),
    ("sbp_", Tail::Least(40), "Supabase token"),
    ("sgp_", Tail::Least(40), "Sourcegraph token"),
    ("shpat_", Tail::Least(30), "Shopify token"),
    ("shpca_", Tail::Least(30), "Shopify token"),
    ("shppa_", Tail::Least(30), "Shopify token"),
    ("shpss_", Tail::Least(30), "Shopify secret"),
    ("sk-ant-", Tail::Least(20), "Anthropic key"),
    ("sk-or-", Tail::Least(20), "OpenRouter key"),
    ("sk-proj-", Tail::Least(20), "OpenAI key"),
    ("sk-svcacct-", Tail::Least(20), "OpenAI key"),
    ("sk_live_", Tail::Least(10), "Stripe key"),
    ("sk_test_", Tail::Least(10), "Stripe key"),
    ("sntrys_", Tail::Least(30), "Sentry token"),
    ("sq0atp-", Tail::Least(20), "Square token"),
    ("sq0csp-", Tail::Least(40), "Square secret"),
    ("tskey-", Tail::Least(20), "Tailscale key"),
    ("whsec_", Tail::Least(20), "webhook secret"),
    ("xapp-", Tail::Least(20), "Slack token"),
    ("xoxa-", Tail::Least(10), "Slack token"),
    ("xoxb-", Tail::Least(10), "Slack token"),
    ("xoxe-", Tail::Least(10), "Slack token"),
    ("xoxp-", Tail::Least(10), "Slack token"),
    ("xoxr-", Tail::Least(10), "Slack token"),
    ("xoxs-", Tail::Least(10), "Slack token"),
    ("ya29.", Tail::Least(20), "Google token"),
];

/// Urls whose path is the secret.
const HOOKS: [(&str, &str); 4] = [
    ("https://hooks.slack.com/services/", "Slack webhook"),
    ("https://discord.com/api/webhooks/", "Discord webhook"),
    ("https://discordapp.com/api/webhooks/", "Discord webhook"),
    ("https://hooks.zapier.com/hooks/catch/", "Zapier webhook"),
];

/// Whether a literal looks like a secret. `key` is the name it is given (an environment variable, a field), or empty.
/// Quick on ordinary texts: most leave after a look at the name and the first bytes.
#[must_use]
pub fn secret_like(key: &str, text: &str) -> Option<SecretLike> {
    if text.is_empty() {
        return None;
    }
    let found = |reason, start, end| Some(SecretLike { reason, range: span(start, end) });
    let all = |reason| found(reason, 0, text.len());
    if let Some((start, end)) = url_password(text) {
        return found(SecretReason::UrlPassword, start, end);
    }
    if text.len() >= 13 {
        if let Some(name) = provider(text) {
            return all(SecretReason::Provider(name));
        }
        if text.starts_with("eyJ") && is_jwt(text) {
            return all(SecretReason::Jwt);
        }
        if text.contains("-----BEGIN") && has_private_key(text) {
            return all(SecretReason::PrivateKey);
        }
        if let Some((start, end)) = connection_password(text) {
            return found(SecretReason::ConnectionString, start, end);
        }
    }
    match promise(key) {
        Promise::Secret if !is_setting(text) => return all(SecretReason::Name),
        Promise::Key if !is_setting(text) && looks_generated(text) => return all(SecretReason::Name),
        Promise::Public => return None,
        _ => {}
    }
    if is_random(text) { all(SecretReason::Random) } else { None }
}

fn provider(text: &str) -> Option<&'static str> {
    let first = text.bytes().next()?;
    if first == b'h' && text.starts_with("https://") {
        let hook = HOOKS.iter().find(|(prefix, _)| text.strip_prefix(prefix).is_some_and(|rest| rest.len() > 16));
        return hook.map(|(_, name)| *name);
    }
    let wordy = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'=' | b'/' | b'+');
    for (prefix, tail, name) in PROVIDERS.iter().filter(|(prefix, ..)| prefix.as_bytes().first() == Some(&first)) {
        let Some(rest) = text.strip_prefix(prefix) else { continue };
        let fits = match tail {
            Tail::Least(len) => rest.len() >= *len && rest.bytes().all(wordy),
            Tail::Capitals(len) => {
                rest.len() == *len && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            }
        };
        if fits {
            return Some(name);
        }
    }
    // the older keys of OpenAI
    let old = text.strip_prefix("sk-").is_some_and(|t| t.len() >= 40 && t.bytes().all(|b| b.is_ascii_alphanumeric()));
    old.then_some("OpenAI key")
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
    if !text.contains(';') && !text.contains("assword=") {
        return None;
    }
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
    /// A value that may be random and public.
    Public,
    Nothing,
}

fn promise(key: &str) -> Promise {
    if key.len() < 3 {
        return Promise::Nothing;
    }
    let is = |word: &str| ends_with_word(key, word);
    let last = key.as_bytes().last().map_or(0, u8::to_ascii_uppercase);
    // the last letters of the words below
    if !matches!(last, b'D' | b'N' | b'T' | b'Y' | b'S' | b'E') {
        return if has_word(key, "public") { Promise::Public } else { Promise::Nothing };
    }
    if has_word(key, "public") || has_word(key, "publishable") {
        return Promise::Public;
    }
    let secret = ["password", "passwd", "passphrase", "pass", "token", "secret", "credentials", "apikey"];
    if secret.into_iter().any(is) {
        return Promise::Secret;
    }
    if !is("key") {
        let public = ["id", "digest", "checksum", "fingerprint", "hash", "version", "revision", "commit"];
        return if public.into_iter().any(is) { Promise::Public } else { Promise::Nothing };
    }
    let strong =
        ["api", "access", "secret", "private", "encryption", "signing", "master", "auth", "license", "jwt", "hmac"];
    if strong.into_iter().any(|word| has_word(key, word)) { Promise::Secret } else { Promise::Key }
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
fn looks_generated(text: &str) -> bool {
    text.len() >= 16
        && !text.contains(char::is_whitespace)
        && text.bytes().filter(u8::is_ascii_digit).count() >= 2
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Random letters and digits: at least 24 of them in three kinds, changing kind at nearly every second step, with the
/// entropy of base64. Hexadecimal texts, UUIDs, names, paths and versions stay below.
fn is_random(text: &str) -> bool {
    const LEAST: usize = 24;
    const MOST: usize = 512;
    if !(LEAST..=MOST).contains(&text.len()) {
        return false;
    }
    let mut counts = [0u16; 128];
    let (mut lower, mut upper, mut digits, mut changes) = (0u32, 0u32, 0u32, 0u32);
    let mut before = 0;
    for byte in text.bytes() {
        let class = match byte {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'0'..=b'9' => 3,
            b'+' | b'/' | b'=' | b'_' | b'-' => 4,
            _ => return false,
        };
        match class {
            1 => lower += 1,
            2 => upper += 1,
            3 => digits += 1,
            _ => {}
        }
        changes += u32::from(before != 0 && class != before);
        before = class;
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    if lower < 3 || upper < 3 || digits < 2 || changes * 5 < len * 2 {
        return false;
    }
    if text.starts_with("sha256-") || text.starts_with("sha384-") || text.starts_with("sha512-") {
        return false;
    }
    entropy(&counts, len) >= 4.0
}

/// Bits a character.
fn entropy(counts: &[u16], len: u32) -> f64 {
    let total = f64::from(len);
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total).map(|p| -p * p.log2()).sum()
}
