//! What a process is told about its surroundings: by environment variables, all named `HELIOS_…` but those that others use, too.

mod timing;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::Ipv4Net;
pub use timing::Timing;

/// Addresses for networks unless others are named.
pub const SUBNETS: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 213, 0, 0), 16);

/// The program that runs (`proc(5)`).
pub const PROGRAM: &str = "/proc/self/exe";

/// Settings of `helios serve`, the same for every role; a role reads what it needs.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Directory for artifacts and run-time files.
    #[arg(long, env = "HELIOS_DATA", value_name = "DIR", default_value = "/var/lib/helios")]
    pub data: PathBuf,
    /// Directory in memory for files of copies.
    // A tmpfs: containers read their secrets from there, and no disk ever has them; Caddy reads there where they are.
    #[arg(long, env = "HELIOS_RUN", value_name = "DIR", default_value = "/dev/shm/helios")]
    pub run: PathBuf,
    /// PostgreSQL, as a URL.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: String,
    /// NATS, as a URL.
    #[arg(long, env = "NATS_URL", value_name = "URL", hide_env_values = true)]
    pub nats_url: String,
    /// Address the API listens on.
    #[arg(long, env = "HELIOS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:7070")]
    pub listen: SocketAddr,
    /// Proxies before the API whose `X-Forwarded-For` counts.
    // Networks; limits by address then go by who asked the proxy.
    #[arg(long = "trusted-proxy", env = "HELIOS_TRUSTED_PROXIES", value_name = "CIDR", value_delimiter = ',')]
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// File with the master keys that seal secrets.
    // Lines of `<id> <64 hexadecimal digits>`: the first one seals, all open.
    #[arg(long, env = "HELIOS_KEYS", value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Name of the target that the deploy agent serves.
    #[arg(long, env = "HELIOS_TARGET", value_name = "NAME", default_value = "docker")]
    pub target: String,
    /// Addresses of networks beyond Docker's own.
    // Docker has some thirty networks' worth of its own; an environment takes one at least.
    #[arg(long, env = "HELIOS_SUBNETS", value_name = "CIDR", default_value_t = SUBNETS)]
    pub subnets: Ipv4Net,
    /// Socket of the container engine.
    #[arg(long, env = "DOCKER_HOST", value_name = "URL", default_value = "unix:///var/run/docker.sock")]
    pub docker_host: String,
    /// Directory with what `docker login` keeps.
    // Credentials of registries, for all organisations; `~/.docker` if not given.
    #[arg(long, env = "DOCKER_CONFIG", value_name = "DIR")]
    pub docker_config: Option<PathBuf>,
    /// Caddy's admin interface.
    // `unix//PATH` or `http://HOST:PORT`.
    #[arg(long, env = "HELIOS_EDGE_ADMIN", value_name = "ADDRESS", default_value = "http://127.0.0.1:2019")]
    pub edge_admin: String,
    /// Port of the edge for HTTP.
    #[arg(long, env = "HELIOS_EDGE_HTTP_PORT", value_name = "PORT", default_value_t = 80)]
    pub edge_http_port: u16,
    /// Port of the edge for HTTPS.
    #[arg(long, env = "HELIOS_EDGE_HTTPS_PORT", value_name = "PORT", default_value_t = 443)]
    pub edge_https_port: u16,
    /// Address the edge listens on; all if not given.
    #[arg(long, env = "HELIOS_EDGE_ADDRESS", value_name = "IP")]
    pub edge_address: Option<std::net::IpAddr>,
    /// Image instead of an official one; may be repeated.
    // `postgres:16=registry.example/postgres:16`, for the images of managed kinds.
    #[arg(long = "image", env = "HELIOS_IMAGES", value_name = "NAME=IMAGE", value_delimiter = ',', value_parser = pair)]
    pub images: Vec<(String, String)>,
    /// Let programs reach the machine: its paths, devices, namespaces.
    // Whoever deploys is then as good as root on the machine of the deploy agent.
    #[arg(long, env = "HELIOS_HOST_ACCESS")]
    pub host_access: bool,
    /// Builds at a time in one build worker.
    #[arg(long, env = "HELIOS_BUILD_SLOTS", value_name = "N", default_value_t = 2)]
    pub build_slots: usize,
    /// BuildKit's builds: `never` or `when-needed`.
    // For what the classic builder cannot do; they have no caps on memory and processor, and share one cache of contents.
    #[arg(long, env = "HELIOS_BUILDKIT", value_name = "WHEN", default_value = "never", hide_possible_values = true)]
    pub buildkit: BuildKit,
    /// Releases kept of each environment, to go back to.
    #[arg(long, env = "HELIOS_KEEP_RELEASES", value_name = "N", default_value_t = 10)]
    pub keep_releases: u32,
    /// The program `helios`, for work in processes of its own.
    // The one that runs, even if another has taken its place on the disk.
    #[arg(long, env = "HELIOS_PROGRAM", value_name = "FILE", default_value = PROGRAM, hide = true)]
    pub program: PathBuf,
    /// Form of the log: `pretty` or `json`.
    #[arg(long, env = "HELIOS_LOG_FORMAT", value_name = "FORM", default_value = "pretty")]
    pub log_format: String,
    /// How long things take.
    #[command(flatten)]
    pub timing: Timing,
}

/// Which builds go to the engine's BuildKit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BuildKit {
    /// None; what only it can do is refused.
    Never,
    /// Those that the classic builder cannot do.
    WhenNeeded,
}

impl Settings {
    /// The image to run for the official one of that name.
    #[must_use]
    pub fn image(&self, official: &str) -> String {
        let images: BTreeMap<&str, &str> = self.images.iter().map(|(name, image)| (&**name, &**image)).collect();
        images.get(official).copied().unwrap_or(official).to_owned()
    }

    /// Where `docker login` keeps credentials of registries.
    #[must_use]
    pub fn credentials(&self) -> Option<PathBuf> {
        self.docker_config.clone().or_else(|| Some(std::env::home_dir()?.join(".docker")))
    }

    /// Where the artifact store lies.
    #[must_use]
    pub fn artifacts(&self) -> PathBuf {
        self.data.join("artifacts")
    }
}

/// Reads `NAME=IMAGE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, image) = text.split_once('=').ok_or("as NAME=IMAGE")?;
    Ok((name.to_owned(), image.to_owned()))
}
