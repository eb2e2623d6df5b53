//! What a Dockerfile needs that only BuildKit knows.

use super::{Dockerfile, Instruction};

/// Something that the classic builder does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What it is, as `RUN --mount`.
    pub what: String,
    /// The line of the recipe, from 1.
    pub line: usize,
    /// The minor version of `docker/dockerfile:1` that brought it; the highest there is for what nobody here has heard of.
    pub since: u32,
}

/// The images that bring the language of Dockerfiles up to date.
const OFFICIAL: [&str; 2] = ["docker/dockerfile", "docker/dockerfile-upstream"];

impl Dockerfile {
    /// What it needs of BuildKit; of several things the one that came last.
    #[must_use]
    pub fn need(&self) -> Option<Need> {
        let mut need: Option<Need> = None;
        for line in &self.instructions {
            for (what, since) in line.needs() {
                if need.as_ref().is_none_or(|need| need.since < since) {
                    need = Some(Need { what, line: line.begin, since });
                }
            }
        }
        need
    }

    /// The frontend that it asks for, if that is not one of Docker's own for Dockerfiles.
    #[must_use]
    pub fn foreign_frontend(&self) -> Option<&str> {
        let (image, _) = self.syntax.as_ref()?;
        let name = image.split_whitespace().next().unwrap_or_default();
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        let name = name.split(['@', ':']).next().unwrap_or_default();
        (!OFFICIAL.contains(&name)).then_some(image)
    }
}

impl Instruction {
    fn needs(&self) -> Vec<(String, u32)> {
        let mut needs = Vec::new();
        if self.heredoc {
            needs.push(("a here-document".to_owned(), 4));
        }
        for flag in self.flags().0 {
            let (flag, value) = flag.split_once('=').unwrap_or((flag, ""));
            let since = match (&*self.name, flag) {
                // Values that only BuildKit gives.
                ("FROM", "--platform") if value.contains("BUILDPLATFORM") || value.contains("TARGETPLATFORM") => 0,
                ("COPY", "--from") | ("COPY" | "ADD", "--chown") => continue,
                ("RUN", "--mount" | "--network" | "--security") | ("COPY" | "ADD", "--chmod") => 2,
                ("COPY" | "ADD", "--link") => 4,
                ("ADD", "--checksum" | "--keep-git-dir") => 6,
                ("RUN" | "COPY" | "ADD", _) => u32::MAX,
                _ => continue,
            };
            needs.push((format!("{} {flag}", self.name), since));
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::Dockerfile;

    #[test]
    fn the_newest_thing_counts() {
        let need = |text: &str| Dockerfile::parse(text).need().map(|need| (need.what, need.line, need.since));
        assert_eq!(
            need("FROM --platform=x a\nCOPY --from=b --chown=1 a b\nHEALTHCHECK --interval=1s CMD x\nRUN --x"),
            Some(("RUN --x".to_owned(), 4, u32::MAX))
        );
        assert_eq!(need("FROM a\nCOPY --from=b --chown=1 a b\nHEALTHCHECK --interval=1s CMD x\nRUN x --mount=y"), None);
        let text = "FROM a\nRUN --mount=type=cache,target=/x \\\n  x\nCOPY --link a b\nCOPY --chmod=1 a b";
        assert_eq!(need(text), Some(("COPY --link".to_owned(), 4, 4)));
        assert_eq!(need("FROM a\nRUN <<X\nx\nX"), Some(("a here-document".to_owned(), 2, 4)));
    }

    #[test]
    fn frontends_of_others_are_told_apart() {
        let foreign = |name: &str| Dockerfile::parse(&format!("# syntax={name}\nFROM a")).foreign_frontend().is_some();
        for own in [
            "docker/dockerfile",
            "docker/dockerfile:1",
            "docker.io/docker/dockerfile:1.7-labs",
            "docker/dockerfile@sha256:00",
        ] {
            assert!(!foreign(own), "{own}");
        }
        for other in ["docker/dockerfiles:1", "registry.example/docker/dockerfile:1", "docker/dockerfile/x", "x"] {
            assert!(foreign(other), "{other}");
        }
    }
}
