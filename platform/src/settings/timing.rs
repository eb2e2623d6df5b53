//! How long the parts of the platform wait for one another. The defaults are for production; tests shorten what they wait for.

use std::time::Duration;

/// How long things take. Not shown in the help: nobody need change it, and all processes must agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct Timing {
    /// A worker that has not renewed its lease for so long may have lost its job to another; the bus delivers a message again of
    /// which nothing was heard for so long, and a job that nobody took is sent again.
    #[arg(long, env = "HELIOS_LEASE", value_name = "TIME", default_value = "30s", value_parser = duration, hide = true)]
    pub lease: Duration,
    /// How often a lease is renewed: several times before it runs out.
    #[arg(long, env = "HELIOS_RENEWAL", value_name = "TIME", default_value = "10s", value_parser = duration, hide = true)]
    pub renewal: Duration,
    /// How often leases and deadlines that have run out are looked for.
    #[arg(long, env = "HELIOS_SWEEP", value_name = "TIME", default_value = "1s", value_parser = duration, hide = true)]
    pub sweep: Duration,
    /// How long work may go on after it was told to stop because of a request or its deadline; then it is broken off.
    #[arg(long, env = "HELIOS_GRACE", value_name = "TIME", default_value = "60s", value_parser = duration, hide = true)]
    pub grace: Duration,
    /// The same when the process is to end.
    #[arg(long, env = "HELIOS_SHUTDOWN_GRACE", value_name = "TIME", default_value = "5s", value_parser = duration, hide = true)]
    pub shutdown_grace: Duration,
    /// The wait before the second attempt at a job; doubled for each one after it.
    #[arg(long, env = "HELIOS_RETRY", value_name = "TIME", default_value = "1s", value_parser = duration, hide = true)]
    pub retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            renewal: Duration::from_secs(10),
            sweep: Duration::from_secs(1),
            grace: Duration::from_secs(60),
            shutdown_grace: Duration::from_secs(5),
            retry: Duration::from_secs(1),
        }
    }
}

/// Reads `30s` or `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, of): (_, fn(u64) -> Duration) = match text.strip_suffix("ms") {
        Some(number) => (number, Duration::from_millis),
        None => (text.strip_suffix('s').unwrap_or_default(), Duration::from_secs),
    };
    match number.parse() {
        Ok(number) if number > 0 => Ok(of(number)),
        _ => Err("a number of seconds or milliseconds above zero, as `30s` or `500ms`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        timing: Timing,
    }

    #[test]
    fn what_is_not_said_is_as_in_production() {
        assert_eq!(Arguments::parse_from(["helios"]).timing, Timing::default());
    }

    #[test]
    fn times_have_a_unit() {
        let timing = Arguments::parse_from(["helios", "--lease=3s", "--renewal", "500ms"]).timing;
        assert_eq!((timing.lease, timing.renewal), (Duration::from_secs(3), Duration::from_millis(500)));
        for wrong in ["", "3", "s", "ms", "0s", "1h", "-1s", "1.5s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
