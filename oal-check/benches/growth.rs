//! How the cost of a check grows from 1,000 to 100,000 services: the exponent is 1 where it is linear. And what the first check of
//! a process costs, with the prelude that it has to parse.
//! `cargo bench -p oal-check --bench growth`
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a benchmark is no part of the library"
)]

#[allow(unreachable_pub, reason = "shared with a test")]
mod model;

use oal_check::{Options, Project, check};
use std::time::{Duration, Instant};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let sizes: &[usize] = if std::env::args().any(|arg| arg == "--bench") { &SIZES } else { &[1, 10] };
    let first = once(model::application(0));
    println!("first check of a process {:>9.3} ms, the second {:.3} ms", millis(first), millis(least(0)));
    let mut before: Option<(usize, Duration)> = None;
    for &services in sizes {
        let text = model::application(services);
        let bytes = text.len();
        let time = least(services);
        let growth =
            before.map_or_else(String::new, |before| format!("  exponent {:.3}", exponent(before, (services, time))));
        println!(
            "{services:>7} services {:>9.3} ms {:>6.1} MB/s{growth}",
            millis(time),
            bytes as f64 / time.as_secs_f64() / 1e6
        );
        before = Some((services, time));
    }
    if let ([from, .., to], Some(last)) = (sizes, before) {
        println!("exponent from {from} to {to}: {:.3}", exponent((*from, least(*from)), last));
    }
}

fn exponent(from: (usize, Duration), to: (usize, Duration)) -> f64 {
    (to.1.as_secs_f64() / from.1.as_secs_f64()).ln() / (to.0 as f64 / from.0 as f64).ln()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The best of several runs: what the machine does besides only ever adds.
fn least(services: usize) -> Duration {
    let text = model::application(services);
    let runs = (200_000 / services.max(1)).clamp(5, 50);
    (0..runs).map(|_| once(text.clone())).min().unwrap_or_default()
}

fn once(text: String) -> Duration {
    let start = Instant::now();
    let project = Project::single("app.oal", text);
    let checked = check(&project, &Options::default());
    let time = start.elapsed();
    assert!(!checked.has_errors(), "the application is well formed");
    time
}
