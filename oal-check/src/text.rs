//! Checked texts: types whose values are strings of a known form. Each has a file of its own with its standard;
//! here are only their names and the one way in. Nothing here knows of the rest of the checker.

pub mod confusables;
pub mod cron;
pub mod digest;
pub mod dns;
pub mod email;
pub mod env_name;
pub mod file_path;
pub mod host;
pub mod http_path;
pub mod image;
pub mod ip;
mod problem;
mod punycode;
pub mod regex;
pub mod secret;
mod stray;
mod uri;
pub mod url;

pub use problem::{ProblemKind, TextProblem};

/// A type whose values are checked texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextType {
    /// A host name or IPv4 address.
    Host,
    /// An absolute url.
    Url,
    /// The path of a request.
    HttpPath,
    /// The path of a file.
    FilePath,
    /// A container image.
    Image,
    /// A schedule.
    Cron,
    /// A pattern.
    Regex,
    /// A mail address.
    Email,
    /// The name of an environment variable.
    EnvName,
    /// A content digest.
    Digest,
    /// An IPv4 or IPv6 address.
    IpAddr,
}

impl TextType {
    /// Every checked text, in the order of the language's reference.
    pub const ALL: &'static [Self] = &[
        Self::Host,
        Self::Url,
        Self::HttpPath,
        Self::FilePath,
        Self::Image,
        Self::Cron,
        Self::Regex,
        Self::Email,
        Self::EnvName,
        Self::Digest,
        Self::IpAddr,
    ];

    /// The name of the type in programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::Url => "Url",
            Self::HttpPath => "HttpPath",
            Self::FilePath => "FilePath",
            Self::Image => "Image",
            Self::Cron => "Cron",
            Self::Regex => "Regex",
            Self::Email => "Email",
            Self::EnvName => "EnvName",
            Self::Digest => "Digest",
            Self::IpAddr => "IpAddr",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|ty| ty.name() == name)
    }

    /// One line for hover and docs.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Host => "a host name or IPv4 address (RFC 1123), without scheme, port or path",
            Self::Url => "an absolute url (RFC 3986): scheme, host, perhaps port, path, query and fragment",
            Self::HttpPath => "the path of a request (RFC 9110): starts with `/`, no query, no fragment",
            Self::FilePath => "the path of a file or directory (POSIX), absolute or relative",
            Self::Image => "a container image: registry, repository, tag, digest (OCI distribution)",
            Self::Cron => {
                "a schedule of five fields: minute, hour, day of month, month, weekday; or a word such as `@daily`"
            }
            Self::Regex => "a regular expression in the common syntax of RE2; matching takes linear time",
            Self::Email => "one mail address (RFC 5321)",
            Self::EnvName => "the name of an environment variable: letters, digits, `_` and `.`, a letter or `_` first",
            Self::Digest => "a content digest: `sha256:` and 64 hexadecimal digits",
            Self::IpAddr => "an IPv4 or IPv6 address, without port or prefix length",
        }
    }

    /// A value that checks.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::Host => "shop.example.com",
            Self::Url => "https://example.com/docs",
            Self::HttpPath => "/healthz",
            Self::FilePath => "/var/lib/data",
            Self::Image => "ghcr.io/acme/api:2.4.1",
            Self::Cron => "0 3 * * *",
            Self::Regex => "[a-z]+-[0-9]{3}",
            Self::Email => "team@example.com",
            Self::EnvName => "DATABASE_URL",
            Self::Digest => "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            Self::IpAddr => "10.0.0.7",
        }
    }
}

/// Checks a decoded text against a type. A text that passes costs one walk over its bytes and no allocation
/// (`Regex` excepted, which is parsed).
///
/// # Errors
/// The first thing wrong, placed inside the text.
pub fn check(ty: TextType, text: &str) -> Result<(), TextProblem> {
    match ty {
        TextType::Host => host::check(text),
        TextType::Url => url::check(text),
        TextType::HttpPath => http_path::check(text),
        TextType::FilePath => file_path::check(text),
        TextType::Image => image::check(text),
        TextType::Cron => cron::check(text),
        TextType::Regex => regex::check(text),
        TextType::Email => email::check(text),
        TextType::EnvName => env_name::check(text),
        TextType::Digest => digest::check(text),
        TextType::IpAddr => ip::check(text),
    }
}
