//! Writes the application that the benchmarks check, in OAL: N services with image, ports, variables, limits, health check, secret
//! and dependencies, one database for every ten of them, five secrets, three environments that set copies.
//!
//! It is the model that the peers get in their own idiom, byte for byte (`bench_model.rs` among the tests holds it to that).

use std::fmt::Write as _;

const LEVELS: [&str; 4] = ["debug", "info", "warn", "error"];
const REGIONS: [&str; 4] = ["eu_west", "eu_north", "us_east", "ap_south"];
const CPUS: [&str; 5] = ["100m", "250m", "500m", "1", "2"];
const MEMORIES: [&str; 5] = ["128MiB", "256MiB", "512MiB", "1GiB", "2GiB"];
const PATHS: [&str; 4] = ["/healthz", "/ready", "/live", "/api/health"];
const SECRETS: [&str; 5] = ["db-password", "api-token", "signing-key", "smtp-password", "tls-cert"];
/// Name, copies of a service where nothing else says so, and which services have their own number: every k-th.
const ENVIRONMENTS: [(&str, usize, usize); 3] = [("dev", 1, 10), ("staging", 2, 5), ("prod", 3, 2)];

const HEAD: &str = r#"app shop {
  owner: "team-shop@example.com"
}

type Level = debug | info | warn | error
type Region = eu_west | eu_north | us_east | ap_south

/// How many copies a service has where nothing else says so.
param default_replicas: Int where 0..=100 = 1

/// A service of the shop, with what every one of them needs.
kind shop_service extends service {
  field level: Level
  field region: Region
  field max_connections: Int where 1..=10000
  field cache_enabled: Bool
  field token: secret String

  replicas: default_replicas
  env: {
    LOG_LEVEL: "${level}"
    REGION: "${region}"
    MAX_CONNECTIONS: "${max_connections}"
    CACHE_ENABLED: "${cache_enabled}"
    TOKEN: token
  }
}

"#;

/// Small and fixed, so that the application never changes.
struct Random(u32);

impl Random {
    fn new(seed: usize) -> Self {
        let seed = seed as u64 * 2_654_435_761 + 12345;
        Self((seed & 0xffff_ffff) as u32)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_103_515_245).wrapping_add(12345) & 0x7fff_ffff;
        (self.0 >> 8) as usize % n
    }

    fn of(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }
}

/// The application of `n` services in one file.
#[must_use]
pub fn application(n: usize) -> String {
    let mut text = HEAD.to_owned();
    environments(&mut text, n);
    shared(&mut text, n);
    for at in 0..n {
        service(&mut text, at);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn environments(text: &mut String, n: usize) {
    for (name, default, every) in ENVIRONMENTS {
        let _ = writeln!(text, "environment {name} {{\n  default_replicas: {default}");
        for at in (0..n).step_by(every) {
            let _ = writeln!(text, "  svc_{at:05}.replicas: {}", 1 + (at + default) % 9);
        }
        text.push_str("}\n\n");
    }
}

fn shared(text: &mut String, n: usize) {
    for name in SECRETS {
        let _ = writeln!(text, "secret {} {{ description: \"{name} of the shop\" }}", name.replace('-', "_"));
    }
    text.push('\n');
    for at in 0..n.div_ceil(10).max(1) {
        let (engine, version, port) = [("postgres", 16, 5432), ("mysql", 8, 3306)][at % 2];
        let storage = 10 + 10 * (at % 9);
        let _ = writeln!(
            text,
            "database db_{at:05} {{\n  engine: {engine}\n  version: {version}\n  storage: {storage}GiB\n  port: {port}\n}}\n"
        );
    }
}

fn service(text: &mut String, at: usize) {
    let mut random = Random::new(at + 1);
    let upstream = (at > 0).then(|| at - 1 - random.below(at.min(50)));
    let (minor, patch) = (random.below(30), random.below(10));
    let (http, metrics) = (8000 + random.below(1000), 9000 + random.below(1000));
    let (level, region) = (random.of(&LEVELS), random.of(&REGIONS));
    let connections = 10 * (1 + random.below(50));
    let cache = random.below(2) == 1;
    let (cpu, memory) = (random.of(&CPUS), random.of(&MEMORIES));
    let replicas = 1 + random.below(5);
    let path = random.of(&PATHS);
    let (every, timeout) = (5 + 5 * random.below(6), 1 + random.below(4));
    let token = random.of(&SECRETS).replace('-', "_");
    let database = at / 10;
    let url = upstream.map_or_else(|| "\"http://localhost:80\"".to_owned(), |up| format!("svc_{up:05}.url"));
    let _ = write!(
        text,
        "shop_service svc_{at:05} {{
  image: \"registry.example.com/shop/svc-{at:05}:1.{minor}.{patch}\"
  ports: {{ http: {http}, metrics: {metrics} }}
  level: {level}
  region: {region}
  max_connections: {connections}
  cache_enabled: {cache}
  token: {token}
  env: {{
    DATABASE_URL: db_{database:05}.url
    UPSTREAM_URL: {url}
  }}
  resources: {{ cpu: {cpu}, memory: {memory} }}
  replicas: {replicas}
  health: http(path: \"{path}\", port: http, every: {every}s, timeout: {timeout}s)
"
    );
    if let Some(up) = upstream {
        let _ = writeln!(text, "  after: [svc_{up:05}]");
    }
    text.push_str("}\n\n");
}
