//! Checked texts: what passes, what does not and what is said, and laws that hold for any text.

mod cron;
mod image;
mod laws;
mod regex;
mod secret;
mod suggest;
mod wrong;

use oal_check::text::{TextType, check};

/// Texts that are right.
const RIGHT: &[(TextType, &[&str])] = &[
    (
        TextType::Host,
        &[
            "a",
            "localhost",
            "example.com",
            "Shop.Example.COM",
            "a-b.c--d.e",
            "3com.com",
            "1.2.3.4.in-addr.arpa",
            "10.0.0.7",
            "xn--mller-kva.de",
            "host.docker.internal",
            "0x7f.1a",
        ],
    ),
    (
        TextType::Url,
        &[
            "http://a",
            "https://example.com",
            "https://example.com:8443/a/b;c?d=e&f=%20#g/h?i",
            "https://user:p%40ss@example.com/",
            "http://10.0.0.7:80",
            "http://[::1]:8080/x",
            "http://my_service:80",
            "postgres://app:secret@orders:5432/shop?sslmode=disable",
            "postgres:///shop",
            "redis://:pw@sessions:6379/0",
            "mongodb://a:27017,b:27017,c/shop?replicaSet=rs0",
            "mongodb+srv://cluster.example.net/x",
            "amqp://guest:guest@mq:5672/%2F",
            "nats://n1:4222,n2:4222",
            "unix:///run/app.sock",
            "file:///etc/app.conf",
            "jdbc:postgresql://db:5432/shop",
            "sqlite:data/app.db",
            "sqlite:///data/app.db",
            "mailto:team@example.com",
            "urn:isbn:0451450523",
            "postgres://%2Frun%2Fpostgresql/shop",
            "HTTP://EXAMPLE.COM",
            "s3://bucket/key",
            "grpc://api:50051",
            "tcp://mqtt:1883",
            "https://example.com?x",
            "https://example.com#x",
            "ws://a/b",
            "jdbc:sqlserver://db:1433;databaseName=shop",
            "https://example.com/a//b",
            "https://example.com/a/../b",
        ],
    ),
    (
        TextType::HttpPath,
        &[
            "/",
            "/healthz",
            "/a/b.c/d-e_f~g",
            "/api/v1/",
            "/a//b",
            "/%7Euser",
            "/a:b@c!$&'()*+,;=",
            "/.well-known/x",
            "/...",
        ],
    ),
    (
        TextType::FilePath,
        &[
            "/",
            ".",
            "..",
            "./api",
            "../shared/x",
            "/var/lib/data",
            "a b/c",
            "/data/ü",
            "Dockerfile",
            "/proc/1:2",
            "a$b",
            "C",
            "/etc/nginx/conf.d/default.conf",
            "a:b",
            "/run/$",
            "~user/x",
            "/a//b/",
            "日本/語",
        ],
    ),
    (
        TextType::Image,
        &[
            "nginx",
            "nginx:1.27-alpine",
            "library/nginx",
            "ghcr.io/acme/api:2.4.1",
            "localhost/api",
            "localhost:5000/api",
            "registry.example.com:5000/a/b/c:v1",
            "a.b/c",
            "a__b/c---d/e.f_g",
            "quay.io/x/y:_T.-1",
            "nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "ghcr.io/acme/api:1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "[::1]:5000/api",
            "10.0.0.7:5000/api",
            "node:20",
            "mcr.microsoft.com/azure-sql-edge:1.0.4",
            "3scale/api",
        ],
    ),
    (
        TextType::Cron,
        &[
            "* * * * *",
            "0 3 * * *",
            "*/5 * * * *",
            "0-30/10,45 8-18 1,15 JAN-MAR,DEC Mon-fri",
            "59 23 31 12 6",
            "0\t3  * * 0",
            "@daily",
            "@hourly",
            "@yearly",
            "0 0 29 2 *",
            "0 0 31 2 MON",
            "00 03 01 01 *",
            "0 0 30 2,4 *",
            "0 */12 * * 1",
            "*,5 * * * *",
        ],
    ),
    (
        TextType::Regex,
        &[
            "a",
            "^[a-z]+$",
            r"\d{3}-\w*",
            "(?i)x|y",
            "(?P<name>a)(?<other>b)",
            r"[[:alpha:]_][^\s]",
            r"\x41\x{1F600}",
            "é+",
            "a{1000}",
            "(?:a+)*",
            r"\bword\b",
            r"[\]\-&]",
            "^",
            "a|",
        ],
    ),
    (
        TextType::Email,
        &[
            "team@example.com",
            "a.b+c@x",
            "\"odd name\"@example.com",
            "x!#$%&'*/=?^_`{|}~-y@example.com",
            "user@10.0.0.7",
            "team-shop@EXAMPLE.com",
        ],
    ),
    (TextType::EnvName, &["A", "_", "DATABASE_URL", "lower", "X1", "__a__", "discovery.type", "a.b_c.1"]),
    (TextType::Digest, &["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]),
    (
        TextType::IpAddr,
        &["10.0.0.7", "0.0.0.0", "255.255.255.255", "::", "::1", "fd00::7", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.7"],
    ),
];

#[test]
fn right_texts_pass() {
    for (ty, texts) in RIGHT {
        for text in *texts {
            if let Err(problem) = check(*ty, text) {
                panic!("{} `{text}`: {}", ty.name(), problem.message);
            }
        }
    }
}

#[test]
fn limits_are_met_to_the_byte() {
    let label = "a".repeat(63);
    let name = |last: usize| [label.as_str(), &label, &label, &"b".repeat(last)].join(".");
    assert!(check(TextType::Host, &name(61)).is_ok());
    assert_eq!(name(61).len(), 253);
    assert!(check(TextType::Host, &name(62)).is_err());
    assert!(check(TextType::Host, &"a".repeat(64)).is_err());
    assert!(check(TextType::Image, &format!("x:{}", "1".repeat(128))).is_ok());
    assert!(check(TextType::Image, &format!("x:{}", "1".repeat(129))).is_err());
    assert!(check(TextType::Image, &"x".repeat(255)).is_ok());
    assert!(check(TextType::Image, &"x".repeat(256)).is_err());
    assert!(check(TextType::Email, &format!("{}@x.com", "a".repeat(64))).is_ok());
    assert!(check(TextType::Email, &format!("{}@x.com", "a".repeat(65))).is_err());
    assert!(check(TextType::FilePath, &"a".repeat(255)).is_ok());
    assert!(check(TextType::FilePath, &"a".repeat(256)).is_err());
    let deep = "/abcdefg".repeat(511);
    assert!(check(TextType::FilePath, &format!("{deep}/abcdef")).is_ok());
    assert!(check(TextType::FilePath, &format!("{deep}/abcdefg")).is_err());
    assert!(check(TextType::Regex, &"a".repeat(4096)).is_ok());
    assert!(check(TextType::Regex, &"a".repeat(4097)).is_err());
}

#[test]
fn types_are_found_by_name_and_pass_their_examples() {
    for ty in TextType::ALL {
        assert_eq!(TextType::from_name(ty.name()), Some(*ty));
        assert!(check(*ty, ty.example()).is_ok(), "{}", ty.name());
        assert!(!ty.description().ends_with('.'));
    }
    assert_eq!(TextType::from_name("Port"), None);
}

#[test]
fn paths_and_hosts_are_compared_by_parts() {
    use oal_check::text::{file_path, host, http_path, url};
    assert!(http_path::holds("/api", "/api/v1") && http_path::holds("/api/", "/api") && http_path::holds("/", "/x"));
    assert!(!http_path::holds("/api", "/apis") && !http_path::holds("/api/v1", "/api"));
    assert!(host::covers("*.example.com", "shop.example.com") && host::covers("A.b", "a.B"));
    assert!(!host::covers("*.example.com", "a.b.example.com") && !host::covers("*.example.com", "example.com"));
    assert!(file_path::escapes("a/../../b") && file_path::escapes("/etc") && file_path::escapes(".."));
    assert!(!file_path::escapes("./a/../b") && !file_path::escapes("."));
    assert_eq!(file_path::parent_step("a/../b"), Some(2..4));
    assert_eq!(file_path::parent_step("a/..b"), None);
    assert_eq!(url::userinfo("postgres://app:pw@db/x@y"), Some("app:pw"));
    assert_eq!(url::userinfo("https://example.com/a@b"), None);
}
