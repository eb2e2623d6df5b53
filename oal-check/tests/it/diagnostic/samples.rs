//! Findings to show, as the checker would make them.

use oal_check::diagnostic::{Diagnostic, Fix};
use oal_check::diagnostic::{Sources, codes};
use oal_syntax::{FileId, Span};

/// A few files in memory, numbered in order.
pub(crate) struct Files(pub(crate) Vec<(&'static str, String)>);

impl Files {
    pub(crate) fn one(text: &str) -> Self {
        Self(vec![("app.oal", text.to_owned())])
    }

    /// The span of the `nth` (from 0) occurrence of `part`.
    pub(crate) fn find(&self, file: u32, part: &str, nth: usize) -> Span {
        let (at, _) = self.0[file as usize].1.match_indices(part).nth(nth).expect(part);
        Span::new(u32::try_from(at).unwrap(), u32::try_from(at + part.len()).unwrap())
    }
}

impl Sources for Files {
    fn name(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |(name, _)| name)
    }

    fn text(&self, file: FileId) -> &str {
        self.0.get(file.0 as usize).map_or("", |(_, text)| text)
    }
}

pub(crate) const APP: FileId = FileId(0);
pub(crate) const LIB: FileId = FileId(1);

/// A program in two files.
pub(crate) fn shop() -> Files {
    Files(vec![
        (
            "app.oal",
            r#"use "./lib/web.oal" { web }

app shop {}

environment staging {}
environment prod {}

secret stripe_key {}

service api {
  imag: "ghcr.io/acme/api:1.0.0"
  command: ["./api", "--key", stripe_key]
  resources: { memory: 512Mi }
  env: { PORT: 8080 }
}

web store {
  image: "ghcr.io/acme/store:1.0.0"
}
"#
            .to_owned(),
        ),
        (
            "lib/web.oal",
            "kind web extends service {\n  field domain: Host\n\n  route site { host: domain, to: http }\n}\n"
                .to_owned(),
        ),
    ])
}

/// What is wrong with it, and some more.
pub(crate) fn findings(files: &Files) -> Vec<Diagnostic> {
    let at = |part: &str, nth| files.find(0, part, nth);
    vec![
        Diagnostic::new(&codes::UNKNOWN_FIELD, APP, at("imag", 0), "`service` has no field `imag`")
            .label("not a field of `service`")
            .help("did you mean `image`?")
            .fix(Fix::sure("write `image`", APP, at("imag", 0), "image")),
        Diagnostic::new(
            &codes::SECRET_IN_COMMAND,
            APP,
            at("stripe_key", 1),
            "a secret reaches the command of `service/api`",
        )
        .label("this is secret")
        .secondary(APP, at("secret", 0), "`stripe_key` is declared secret here")
        .secondary(APP, at("command", 0), "a command can be read by everyone on the host")
        .help("pass the secret in `env`, and let the program read it from there")
        .environments(["staging", "prod"]),
        Diagnostic::new(&codes::FOREIGN_UNIT, APP, at("512Mi", 0), "`512Mi` is the Kubernetes spelling of a size")
            .label("`Mi` is not a unit")
            .help("sizes end in `B`, `KiB`, `MiB`, `GiB`, `TiB` or in `KB`, `MB`, `GB`, `TB`")
            .fix(Fix::sure("write `512MiB`", APP, at("512Mi", 0), "512MiB")),
        Diagnostic::new(&codes::NUMBER_FOR_TEXT, APP, at("8080", 0), "an environment variable is text, not a number")
            .label("a number")
            .fix(Fix::sure("put it into a text", APP, at("8080", 0), "\"${8080}\"")),
        Diagnostic::new(&codes::MISSING_FIELD, APP, at("web", 2), "`web store` lacks the field `domain`")
            .label("`domain` is required")
            .secondary(LIB, files.find(1, "domain", 0), "declared here, without a default")
            .note("expected  `Host`\nfound     nothing")
            .fix(Fix::sketch("add `domain`", APP, Span::empty(at("store:1.0.0\"", 0).end), "\n  domain: \"…\"")),
        Diagnostic::new(&codes::MISSING_EDITION, APP, at("app", 0), "app `shop` does not say its edition")
            .help("say `edition: 1`"),
        Diagnostic::new(&codes::UNUSED_SECRET, APP, at("stripe_key", 0), "secret `stripe_key` is not used")
            .label("nothing refers to it")
            .environment("prod"),
    ]
}
