//! Waiting for a job that was asked for by itself: to run something, to take an environment down.

use std::time::Duration;

use futures::StreamExt;
use helios_client::{Client, Job, LogLine};

use super::interrupt::Interrupt;
use super::{Exit, Failure};

/// Waits for the end of a job; `line` gets what it writes. Ctrl-C leaves it running; a second one is not needed.
///
/// # Errors
/// The platform no longer answers; Ctrl-C.
pub(super) async fn wait(client: &Client, mut job: Job, mut line: impl FnMut(&LogLine)) -> Result<Job, Failure> {
    let id = job.id;
    let mut lines = client.job_logs(id, None);
    let (mut open, mut interrupt) = (true, Interrupt::new()?);
    while !job.state.is_terminal() || open {
        tokio::select! {
            next = lines.next(), if open => match next {
                Some(Ok((_, next))) => line(&next),
                // The lines say nothing about the job: it is asked itself.
                Some(Err(_)) | None => {
                    open = false;
                    job = ask(client, &job).await?;
                }
            },
            () = tokio::time::sleep(Duration::from_millis(300)), if !open => job = ask(client, &job).await?,
            () = interrupt.next() => {
                return Err(Failure::new(Exit::Unknown, format!("job {id} goes on by itself"))
                    .help(format!("see what it writes: helios logs --job {id}")));
            }
        }
    }
    Ok(job)
}

async fn ask(client: &Client, job: &Job) -> Result<Job, Failure> {
    client.job(job.id).await.map_err(|error| {
        let failure = Failure::from(error);
        Failure { message: format!("how job {} ends is not known: {}", job.id, failure.message), ..failure }
    })
}

/// The failure of a job that did not do what it should.
pub(super) fn failed(job: &Job, what: &str) -> Failure {
    match &job.failure {
        Some(failure) => {
            let mut report = Failure::of(failure, Exit::Deploy, what);
            if report.rendered.is_none() {
                report.message = format!("{what}\n  {}", report.message);
            }
            report
        }
        None => Failure::new(Exit::Deploy, what),
    }
}
