//! What the process says of itself: lines for people or machines, numbers for Prometheus, traces for OpenTelemetry.

pub mod traces;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tracing_subscriber::EnvFilter;

use crate::store::measures::{BOUNDS, Durations, Measures};

/// Begins to write lines to standard error: as JSON where `format` is `json`, else for people. What is written is chosen by
/// `RUST_LOG`; without it, what matters to who runs the platform. Only the first call counts.
pub fn init(format: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,async_nats=warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match format {
        "json" => lines.json().flatten_event(true).with_current_span(true).try_init(),
        _ => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reaped {
    what: &'static str,
}

/// What is measured in this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    answered: Family<Answered, Histogram, fn() -> Histogram>,
    reaped: Family<Reaped, Counter>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram = || Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0]);
        let answered = Family::new_with_constructor(histogram as fn() -> Histogram);
        let mut registry = Registry::with_prefix("helios");
        registry.register_with_unit(
            "http_request_duration",
            "Time until a request was answered; of a stream, until it began",
            Unit::Seconds,
            answered.clone(),
        );
        let reaped = Family::<Reaped, Counter>::default();
        let help = "What the reaper did with jobs that nobody brought on";
        registry.register("jobs_reaped", help, reaped.clone());
        Self { registry: Arc::new(registry), answered, reaped }
    }
}

impl Metrics {
    /// Notes that a request was answered. `route` is the pattern it matched, so that there are few.
    pub fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let method = match *method {
            Method::GET | Method::PUT | Method::POST | Method::DELETE | Method::HEAD => method.as_str(),
            // whatever a caller thinks of is not a series of its own
            _ => "OTHER",
        };
        let labels = Answered { method: method.to_owned(), route: route.to_owned(), status: status.as_u16() };
        self.answered.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Notes what the reaper did with so many jobs: `lease_expired`, `ended`, `sent_again`, `message_lost`.
    pub fn reaped(&self, what: &'static str, count: u64) {
        if count > 0 {
            self.reaped.get_or_create(&Reaped { what }).inc_by(count);
        }
    }

    /// All numbers, with those of the database, as OpenMetrics text.
    #[must_use]
    pub fn write(&self, measures: Measures) -> String {
        let mut stored = Registry::with_prefix("helios");
        stored.register_collector(Box::new(Stored(measures)));
        let (mut text, mut own) = (String::new(), String::new());
        // writing to a text does not fail
        let _ = encode(&mut own, &self.registry);
        let _ = encode(&mut text, &stored);
        own.trim_end_matches("# EOF\n").to_owned() + &text
    }
}

/// What the database knows.
#[derive(Debug)]
struct Stored(Measures);

impl prometheus_client::collector::Collector for Stored {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Self(measures) = self;
        let gauges: [(&str, &str, f64); 4] = [
            ("outbox_age_seconds", "For how long the oldest message that is due has waited", measures.outbox_age),
            ("outbox_messages", "Messages that have not been published", as_float(measures.outbox_size)),
            ("dead_letters", "Jobs that were given up", as_float(measures.dead_letters)),
            ("open_deployments", "Deployments that are under way", as_float(measures.open_deployments)),
        ];
        for (name, help, value) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)?;
        }
        let mut backups =
            encoder.encode_descriptor("backups", "Copies of databases' data", None, MetricType::Counter)?;
        for (result, count) in [("done", measures.backups_done), ("failed", measures.backups_failed)] {
            let count = u64::try_from(count).unwrap_or_default();
            backups.encode_family(&[("result", result)])?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        let mut of_queues = |name: &str, help: &str, value: fn(&crate::store::measures::Queue) -> f64| {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for queue in &measures.queues {
                metric.encode_family(&[("kind", &*queue.kind)])?.encode_gauge(&value(queue))?;
            }
            fmt::Result::Ok(())
        };
        of_queues("jobs_waiting", "Jobs that no worker has", |queue| as_float(queue.waiting))?;
        of_queues("jobs_running", "Jobs that a worker has", |queue| as_float(queue.running))?;
        of_queues("queue_lag_seconds", "For how long the oldest job has waited for a worker", |queue| queue.lag)?;
        for (name, help, all) in [
            ("deployment_duration_seconds", "From the request to the end of a deployment", &measures.deployments),
            ("build_duration_seconds", "From the request to the end of a build", &measures.builds),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
            histograms(metric, all)?;
        }
        Ok(())
    }
}

fn histograms(mut metric: MetricEncoder<'_>, all: &[Durations]) -> fmt::Result {
    for durations in all {
        let counts = durations.classes.iter().map(|count| u64::try_from(*count).unwrap_or_default());
        let classes: Vec<(f64, u64)> = BOUNDS.into_iter().chain([f64::MAX]).zip(counts).collect();
        let count = classes.iter().map(|(_, count)| count).sum();
        let labels = [("state", &*durations.state)];
        metric.encode_family(&labels)?.encode_histogram::<NoLabelSet>(durations.sum, count, &classes, None)?;
    }
    Ok(())
}

/// Counts are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn as_float(count: i64) -> f64 {
    count as f64
}
