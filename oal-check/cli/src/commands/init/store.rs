//! What keeps data, told by its image: databases, caches, queues.

use super::draft::split_image;

/// Something that keeps data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Store {
    known: &'static Known,
    version: u32,
}

/// What is known of an engine.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    /// Last parts of the names of its images.
    images: &'static [&'static str],
    kind: &'static str,
    engine: &'static str,
    /// The version taken where the image has none.
    version: u32,
}

const KNOWN: [Known; 10] = [
    Known { images: &["postgres", "postgresql", "postgis"], kind: "database", engine: "postgres", version: 17 },
    Known { images: &["mysql", "mysql-server"], kind: "database", engine: "mysql", version: 8 },
    Known { images: &["mariadb"], kind: "database", engine: "mariadb", version: 11 },
    Known { images: &["mongo", "mongodb"], kind: "database", engine: "mongodb", version: 8 },
    Known { images: &["redis"], kind: "cache", engine: "redis", version: 7 },
    Known { images: &["valkey"], kind: "cache", engine: "valkey", version: 8 },
    Known { images: &["memcached"], kind: "cache", engine: "memcached", version: 1 },
    Known { images: &["nats"], kind: "queue", engine: "nats", version: 2 },
    Known { images: &["rabbitmq"], kind: "queue", engine: "rabbitmq", version: 4 },
    Known { images: &["kafka"], kind: "queue", engine: "kafka", version: 4 },
];

impl Store {
    /// The store that an image is.
    pub(super) fn of_image(image: &str) -> Option<Self> {
        let (name, tag) = split_image(image);
        let name = name.split('@').next().unwrap_or(name);
        let base = name.rsplit('/').next().unwrap_or(name);
        let known = KNOWN.iter().find(|known| known.images.contains(&base))?;
        let digits = |tag: &str| tag.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
        let version = tag.and_then(digits).filter(|version| *version > 0).unwrap_or(known.version);
        Some(Self { known, version })
    }

    /// Its kind.
    pub(super) fn kind(self) -> &'static str {
        self.known.kind
    }

    /// Its engine.
    pub(super) fn engine(self) -> &'static str {
        self.known.engine
    }

    /// A name for it where none is known.
    pub(super) fn usual_name(self) -> &'static str {
        match self.known.kind {
            "database" => "db",
            "cache" => "sessions",
            _ => "events",
        }
    }

    /// Its declaration.
    pub(super) fn declaration(self, name: &str) -> String {
        let Self { known, version } = self;
        format!("{} {name} {{ engine: {}, version: {version} }}\n", known.kind, known.engine)
    }
}

/// What a variable wants of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    /// The output.
    pub(super) output: &'static str,
    /// A kind or an engine.
    of: &'static str,
}

impl Use {
    /// Tells from the name of a variable: `DATABASE_URL`, `REDIS_HOST`.
    pub(super) fn of_variable(variable: &str) -> Option<Self> {
        const OUTPUTS: [(&str, &str); 4] = [("_URL", "url"), ("_URI", "url"), ("_DSN", "url"), ("_HOST", "host")];
        const STORES: [(&str, &str); 14] = [
            ("DATABASE", "database"),
            ("DB", "database"),
            ("POSTGRES", "postgres"),
            ("POSTGRESQL", "postgres"),
            ("PG", "postgres"),
            ("MYSQL", "mysql"),
            ("MARIADB", "mariadb"),
            ("MONGO", "mongodb"),
            ("MONGODB", "mongodb"),
            ("CACHE", "cache"),
            ("REDIS", "cache"),
            ("NATS", "nats"),
            ("RABBITMQ", "rabbitmq"),
            ("AMQP", "rabbitmq"),
        ];
        let (start, output) = OUTPUTS.iter().find_map(|(end, output)| Some((variable.strip_suffix(end)?, *output)))?;
        let (_, of) = STORES.iter().find(|(word, _)| *word == start)?;
        Some(Self { output, of })
    }

    /// Whether a store can give it.
    pub(super) fn fits(self, store: &Store) -> bool {
        self.of == store.kind() || self.of == store.engine()
    }
}
