//! What is wrong with a text: the bad part, a message, a way out. No rule lives here.

use std::ops::Range;

/// One thing wrong with a text, placed inside the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextProblem {
    /// Which rule is broken; the caller maps it to a diagnostic code.
    pub kind: ProblemKind,
    /// The bad part, in bytes of the decoded text, both ends on character boundaries. Empty only where the text is empty.
    pub range: Range<u32>,
    /// One sentence about the part: lower case, no final period, user text in backticks.
    pub message: String,
    /// What to do, where the message alone does not say it.
    pub help: Option<String>,
    /// Text that may replace `range`.
    pub fix: Option<String>,
}

impl TextProblem {
    pub(crate) fn new(kind: ProblemKind, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { kind, range: span(range.start, range.end), message: message.into(), help: None, fix: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same problem where the text checked begins `by` bytes into a longer one.
    pub(crate) fn shifted(mut self, by: usize) -> Self {
        let by = narrow(by);
        self.range = self.range.start.saturating_add(by)..self.range.end.saturating_add(by);
        self
    }

    /// The text with the fix in place of the bad part; `None` without a fix or for a text the problem is not of.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<String> {
        let fix = self.fix.as_deref()?;
        let before = text.get(..self.range.start as usize)?;
        let after = text.get(self.range.end as usize..)?;
        Some([before, fix, after].concat())
    }
}

/// Byte offsets as a range of a problem.
pub(crate) fn span(start: usize, end: usize) -> Range<u32> {
    narrow(start)..narrow(end)
}

/// Offsets fit: a source file is smaller than 4 GiB.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// The rule a text breaks. A kind belongs to the part, not to the whole: the host of a url that ends in a hyphen
        /// is `HostHyphen`, as in a text that is only a host.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ProblemKind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ProblemKind {
            /// Every kind, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

kinds! {
    /// Nothing between the quotes.
    Empty,
    /// White space before or after the text.
    Padding,
    /// A control character, a zero-width character, a non-breaking space.
    Invisible,
    /// A character of another script that looks like an ASCII one, in an otherwise ASCII word.
    LookAlike,

    /// A character no host name may hold.
    HostCharacter,
    /// An underscore, which DNS knows but host names do not have.
    HostUnderscore,
    /// A letter beyond ASCII; the punycode form is the name on the wire.
    HostNotAscii,
    /// Nothing before, between or after dots.
    HostLabelEmpty,
    /// A label that starts or ends with a hyphen.
    HostHyphen,
    /// A label beyond 63 bytes.
    HostLabelTooLong,
    /// A name beyond 253 bytes.
    HostTooLong,
    /// A last label of digits only, in a text that is no IPv4 address.
    HostNumeric,
    /// A url or path where only its host is wanted.
    HostUrl,
    /// A port after the host.
    HostPort,
    /// `*.` before a name that is otherwise right. Where wildcards have a meaning (routes), the caller lets it pass.
    HostWildcard,
    /// An IPv6 address.
    HostIpv6,

    /// No scheme before the first colon.
    UrlScheme,
    /// Not exactly `//` after the scheme.
    UrlSlashes,
    /// No host where the scheme needs one, or brackets that hold no IPv6 address.
    UrlHost,
    /// A port that is no number from 1 to 65535.
    UrlPort,
    /// A character that must be percent-encoded.
    UrlCharacter,
    /// `%` without two hexadecimal digits.
    UrlEscape,

    /// A request path that does not start with one `/`.
    PathStart,
    /// A character that must be percent-encoded.
    PathCharacter,
    /// `%` without two hexadecimal digits.
    PathEscape,
    /// A `.` or `..` segment.
    PathDots,
    /// A fragment, which clients never send.
    PathFragment,
    /// A query after a path that is otherwise right. Where a query has a meaning (probes), the caller lets it pass.
    PathQuery,

    /// A file path with a NUL or another control character.
    FileControl,
    /// A drive letter or backslashes.
    FileWindows,
    /// `~`, which only a shell expands.
    FileHome,
    /// `$NAME`, which only a shell expands.
    FileVariable,
    /// `from:to`, the short mount form of Compose.
    FileMount,
    /// A path beyond 4095 bytes, or a name in it beyond 255.
    FileTooLong,

    /// `https://` before an image.
    ImageScheme,
    /// A capital letter in the repository.
    ImageUpperCase,
    /// A registry that is no host with an optional port.
    ImageRegistry,
    /// A part of the repository that breaks the grammar.
    ImageName,
    /// A tag that breaks the grammar.
    ImageTag,
    /// A digest that breaks the grammar.
    ImageDigest,
    /// A repository beyond 255 bytes.
    ImageTooLong,

    /// Not five fields.
    CronFields,
    /// A sixth field, for seconds or a year.
    CronSeconds,
    /// A time zone in front.
    CronTimeZone,
    /// An `@word` that is none.
    CronMacro,
    /// A number outside its field's range.
    CronRange,
    /// Neither number nor name.
    CronValue,
    /// A range whose end comes before its start.
    CronOrder,
    /// A step of zero, beyond its field, or after a single value.
    CronStep,
    /// Syntax of another scheduler: `?`, `L`, `W`, `#`, `H`.
    CronForeign,
    /// Days that none of the months has, such as 31 February.
    CronNeverFires,

    /// A pattern that does not parse.
    RegexSyntax,
    /// Syntax that a linear-time matcher does not have, or that OAL leaves out.
    RegexUnsupported,
    /// A pattern beyond the limits on length, nesting or compiled size.
    RegexTooLarge,

    /// No `@`, or two.
    EmailAt,
    /// A local part that breaks the grammar.
    EmailLocal,
    /// `Name <address>` or `mailto:`.
    EmailDisplayName,
    /// An address beyond 254 bytes, or a local part beyond 64.
    EmailTooLong,

    /// A variable name that starts with a digit.
    EnvNameStart,
    /// A character no variable name may hold.
    EnvNameCharacter,

    /// Not `sha256:` in front.
    DigestAlgorithm,
    /// Not 64 hexadecimal digits.
    DigestLength,
    /// Something else than `0`–`9` and `a`–`f`.
    DigestCharacter,

    /// A part of an address that is no number in range.
    IpPart,
    /// Too few or too many parts.
    IpParts,
    /// A prefix length, as in `10.0.0.0/8`.
    IpPrefix,
    /// A port, a zone or brackets around the address.
    IpExtra,
    /// No address at all.
    IpSyntax,
}

/// User text for a message: in backticks, one line, clipped to 48 characters.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 48;
    let mut out = String::with_capacity(text.len().min(MOST) + 2);
    out.push('`');
    for (n, c) in text.chars().enumerate() {
        if n == MOST {
            out.push('…');
            break;
        }
        if c.is_control() {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out.push('`');
    out
}

/// A character for a message: in backticks, white space by name.
pub(crate) fn quoted_char(c: char) -> String {
    match c {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        c => quoted(c.encode_utf8(&mut [0; 4])),
    }
}

/// The character at byte `at` for a message.
pub(crate) fn quoted_at(text: &str, at: usize) -> String {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or_else(String::new, quoted_char)
}

/// `first`, `second`, … for messages that count parts from one.
pub(crate) fn ordinal(nth: usize) -> String {
    const WORDS: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
        "twelfth",
    ];
    match WORDS.get(nth.wrapping_sub(1)) {
        Some(word) => (*word).to_owned(),
        None => {
            let end = match (nth % 10, nth % 100) {
                (1, n) if n != 11 => "st",
                (2, n) if n != 12 => "nd",
                (3, n) if n != 13 => "rd",
                _ => "th",
            };
            format!("{nth}{end}")
        }
    }
}

/// The bytes `from..to` of a text; empty where they are none.
pub(crate) fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// The range of the character at byte `at`.
pub(crate) fn char_range(text: &str, at: usize) -> Range<usize> {
    let len = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    at..at + len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_words_then_digits() {
        assert_eq!(ordinal(1), "first");
        assert_eq!(ordinal(12), "twelfth");
        assert_eq!(ordinal(13), "13th");
        assert_eq!(ordinal(21), "21st");
        assert_eq!(ordinal(112), "112th");
    }

    #[test]
    fn quotes_one_short_line() {
        assert_eq!(quoted("a\nb"), "`a\\u{a}b`");
        assert_eq!(quoted(&"x".repeat(60)).chars().count(), 51);
    }
}
