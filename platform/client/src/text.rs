//! Texts that are not just any text: each is checked where it comes in, so that nothing behind it has to.

use serde::{Deserialize, Serialize};

/// Why a text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// What it should be.
    pub expected: &'static str,
}

impl std::fmt::Display for TextError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for TextError {}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $pattern:literal, $min:literal..=$max:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What it matches, as ECMA-262 has it.
            pub const PATTERN: &str = $pattern;

            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                let length = text.chars().count();
                let check: fn(&str) -> bool = $check;
                if ($min..=$max).contains(&length) && check(&text) {
                    Ok(Self(text))
                } else {
                    Err(TextError { expected: $expected })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some($expected))
                    .pattern(Some($pattern))
                    .min_length(Some($min))
                    .max_length(Some($max))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

text! {
    /// The name of an application or an environment: a name of the language.
    Name, "a name: letters a to z, digits and `_`, a letter or `_` first, at most 63", "^[a-z_][a-z0-9_]*$", 1..=63, |text| {
        text.starts_with(|c: char| c == '_' || c.is_ascii_lowercase())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    }
}

text! {
    /// The SHA-256 of bytes.
    Digest, "a digest: `sha256:` and 64 lower-case hexadecimal digits", "^sha256:[0-9a-f]{64}$", 71..=71, |text| {
        text.strip_prefix("sha256:").is_some_and(|digits| digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
    }
}

text! {
    /// What people call a thing of theirs.
    Label, "a label: at most 100 characters, none of them a control character", "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", 1..=100,
    |text| !text.chars().any(char::is_control)
}

text! {
    /// What a secret is called: the id of its component in the program, such as `secret/session`, or that of a managed component
    /// and the name of a credential it has, such as `database/visits#password`.
    SecretName, "the name of a secret, such as `secret/session` or `database/visits#password`",
    "^[a-z_][a-z0-9_]*(/[a-z_][a-z0-9_]*)+(\\[[a-zA-Z0-9_.-]+\\])?(#[a-z_][a-z0-9_]*)?$", 3..=200, |text| {
        let word = |word: &str| {
            word.starts_with(|c: char| c == '_' || c.is_ascii_lowercase())
                && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        };
        let (text, good) = match text.split_once('#') {
            Some((node, credential)) => (node, word(credential)),
            None => (text, true),
        };
        let (node, key) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((node, key)) => {
                let bare = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
                (node, !key.is_empty() && key.bytes().all(bare))
            }
            None => (text, true),
        };
        good && key && node.contains('/') && node.split('/').all(word)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_of_secrets_are_ids_of_components() {
        for good in ["secret/session", "database/visits#password", "web/shop/secret/key[eu-1]", "secret/key[a.b]#x"] {
            assert!(good.parse::<SecretName>().is_ok(), "{good}");
        }
        for bad in
            ["secret", "Secret/a", "secret/", "/a", "secret/a#", "secret/a[]", "secret/a]", "a/b\0", "a/b;c", "a/b#c#d"]
        {
            assert!(bad.parse::<SecretName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_and_digests_are_checked_as_they_are_read() {
        assert!(serde_json::from_str::<Name>("\"guest_book\"").is_ok());
        for bad in ["\"\"", "\"9a\"", "\"a b\"", "\"A\"", "\"../a\"", "\"a\\u0000\""] {
            assert!(serde_json::from_str::<Name>(bad).is_err(), "{bad}");
        }
        assert!(format!("sha256:{}", "a".repeat(64)).parse::<Digest>().is_ok());
        assert!(format!("sha256:{}", "A".repeat(64)).parse::<Digest>().is_err());
    }
}
