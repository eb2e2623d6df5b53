//! What looks like a secret, and what must not.

use oal_check::text::secret::{SecretReason, secret_like};
use proptest::prelude::*;

fn reason(key: &str, text: &str) -> Option<SecretReason> {
    secret_like(key, text).map(|found| found.reason)
}

/// Made-up keys are put together here, so that no scanner of this repository takes them for real ones.
fn key(parts: &[&str]) -> String {
    parts.concat()
}

#[test]
fn secrets_are_found() {
    let provider = SecretReason::Provider;
    let thirty = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    let table = [
        ("", key(&["AKIA", "IOSFODNN7EXAMPLE"]), provider("AWS access key")),
        ("", key(&["ghp_", thirty]), provider("GitHub token")),
        ("X", key(&["sk_", "live_", "4eC39HqLyjWDarjtT1zdp7dc"]), provider("Stripe key")),
        ("", key(&["xoxb-", "1234567890-abcdefghij"]), provider("Slack token")),
        ("", key(&["https://hooks.slack.com/", "services/T00000000/B00000000/XXXXXXXX"]), provider("Slack webhook")),
        ("", key(&["AIza", thirty]), provider("Google API key")),
        ("", key(&["sk-", "proj-", thirty]), provider("OpenAI key")),
        ("", key(&["glpat-", "abcdefghij0123456789"]), provider("GitLab token")),
        (
            "",
            key(&["eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxIn0.", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"]),
            SecretReason::Jwt,
        ),
        ("TLS", key(&["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE\n"]), SecretReason::PrivateKey),
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/shop".into(), SecretReason::UrlPassword),
        ("", "redis://:hunter2@sessions:6379".into(), SecretReason::UrlPassword),
        ("DB", "Server=db;User Id=sa;Password=Your_password123;".into(), SecretReason::ConnectionString),
        ("DB", "jdbc:mysql://db/x?user=app&password=hunter2".into(), SecretReason::ConnectionString),
        ("POSTGRES_PASSWORD", "example".into(), SecretReason::Name),
        ("PGPASSWORD", "x".into(), SecretReason::Name),
        ("dbPassword", "hunter2".into(), SecretReason::Name),
        ("MYSQL_ROOT_PASSWORD", "somewordpress".into(), SecretReason::Name),
        ("API_TOKEN", "abc".into(), SecretReason::Name),
        ("apiKey", "abc".into(), SecretReason::Name),
        ("client_secret", "abc".into(), SecretReason::Name),
        ("DB_PASS", "abc".into(), SecretReason::Name),
        ("JWT_SIGNING_KEY", "abc".into(), SecretReason::Name),
        ("AWS_SECRET_ACCESS_KEY", "abc".into(), SecretReason::Name),
        ("APP_KEY", "base64:2fl+Ktvkfl+Fuz4Qp/A75G2RTiWVA/ZoKZvp6fiiM10=".into(), SecretReason::Name),
        ("WHATEVER", "wJalrXUtnFEMI9K7MDENGbPxRfiCY2EX4M".into(), SecretReason::Random),
    ];
    for (name, text, expected) in table {
        assert_eq!(reason(name, &text), Some(expected), "{name}: {text}");
    }
}

#[test]
fn ordinary_texts_are_left_alone() {
    let table = [
        ("", ""),
        ("LOG_LEVEL", "info"),
        ("DATABASE_URL", "postgres://orders:5432/shop"),
        ("DATABASE_URL", "postgres://app@orders/shop"),
        ("DATABASE_URL", "postgres://app:<password>@orders/shop"),
        ("PUBLIC_URL", "https://example.com/a:b@c"),
        ("POSTGRES_PASSWORD", ""),
        ("POSTGRES_PASSWORD_FILE", "/run/secrets/db-password"),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),
        ("MYSQL_RANDOM_ROOT_PASSWORD", "1"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("TOKEN_TTL", "3600"),
        ("MAX_TOKENS", "4096"),
        ("CACHE_KEY", "users"),
        ("SORT_KEY", "created_at"),
        ("PRIMARY_KEY", "id"),
        ("KEYBOARD", "de"),
        ("MONKEY", "see"),
        ("COMPASS", "north"),
        ("BYPASS", "true"),
        ("PWD", "/srv/app"),
        ("STRIPE_PUBLIC_KEY", "wJalrXUtnFEMI9K7MDENGbPxRfiCY2EX4M"),
        ("NEXT_PUBLIC_MAP_TOKEN", "wJalrXUtnFEMI9K7MDENGbPxRfiCY2EX4M"),
        ("GIT_COMMIT", "3f786850e387550fdab836ed7e6dc881de23001b"),
        ("DIGEST", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("ID", "123e4567-e89b-12d3-a456-426614174000"),
        ("IMAGE", "ghcr.io/acme/storefront:2.4.1-alpine3.20-20260101T000000Z"),
        ("INTEGRITY", "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"),
        ("X", "com.example.application.ServiceFactoryImplementation2"),
        ("X", "MyVeryLongCamelCaseServiceNameForProductionV2"),
        ("X", "HelloWorldThisIsATest123456"),
        ("X", "/usr/local/share/ca-certificates/Example_Root_CA_2026.crt"),
        ("X", "arn:aws:iam::123456789012:role/ServiceRole"),
        ("X", "The quick brown fox jumps over the lazy dog 12 TIMES"),
        ("X", "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE\n-----END CERTIFICATE-----"),
        ("X", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEF\n-----END PUBLIC KEY-----"),
        ("X", "orders-service-7d9f8b6c5d-x2x4k"),
        ("X", "eyJ"),
        ("X", "key-value"),
        ("X", "AKIA"),
        ("JAVA_OPTS", "-Xmx512m -Djava.security.egd=file:/dev/./urandom"),
    ];
    for (name, text) in table {
        assert_eq!(reason(name, text), None, "{name}: {text}");
    }
}

#[test]
fn the_secret_part_is_placed_and_never_told() {
    let text = "postgres://app:hunter2@db/shop";
    let found = secret_like("", text).unwrap();
    assert_eq!(&text[found.range.start as usize..found.range.end as usize], "hunter2");
    let text = "Server=db;Password=hunter2;Encrypt=true";
    let found = secret_like("", text).unwrap();
    assert_eq!(&text[found.range.start as usize..found.range.end as usize], "hunter2");
    assert_eq!(SecretReason::UrlPassword.describe(), "a password stands in the url");
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_are_inside(key in "[A-Za-z_é]{0,12}", text in "([a-zA-Z0-9:/@;=?&. é-]{0,40}|.{0,20})") {
        if let Some(found) = secret_like(&key, &text) {
            let part = text.get(found.range.start as usize..found.range.end as usize);
            prop_assert!(part.is_some_and(|part| !part.is_empty()));
            prop_assert!(!found.reason.describe().ends_with('.'));
        }
    }

    #[test]
    fn hexadecimal_texts_are_not_random(text in "[0-9a-f]{24,80}|[0-9A-F]{24,80}") {
        prop_assert_eq!(reason("X", &text), None);
    }

    #[test]
    fn most_random_keys_are_found(text in prop::collection::vec(prop::collection::vec(prop::sample::select(LETTERS), 40), 20)) {
        let text = text.iter().map(|letters| letters.iter().map(|b| char::from(*b)).collect::<String>());
        let found = text.filter(|text| reason("X", text).is_some()).count();
        prop_assert!(found >= 15, "{} of 20", found);
    }
}
