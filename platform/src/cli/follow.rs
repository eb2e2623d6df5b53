//! Following a deployment to its end. A stream that is lost says nothing about the deployment: it is taken up again, and in the
//! end the deployment itself is asked how it stands.

use std::time::Duration;

use futures::StreamExt;
use helios_client::http::Follow;
use helios_client::{
    Approval, Cancellation, Client, Deployment, DeploymentEvent, DeploymentState, LogLine, Plan, Repeated, Step,
};
use uuid::Uuid;

use super::failure::exit_of;
use super::interrupt::Interrupt;
use super::progress::Progress;
use super::{Exit, Failure, Output, changes, table, terminal};

/// So many components of a plan are listed while a deployment is followed.
const MOST_LISTED: usize = 12;

/// How a deployment is followed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Options {
    /// Say yes to the plan with this digest, although it loses data
    #[arg(long, value_name = "DIGEST")]
    pub(super) approve: Option<String>,

    /// Print the lines of builds and jobs, too
    #[arg(long, short)]
    pub(super) verbose: bool,
}

/// Why following stopped.
pub(super) enum Followed {
    /// The deployment is at its end.
    Ended(Box<Deployment>),
    /// Ctrl-C: it goes on by itself.
    Interrupted,
    /// It waits for somebody to approve its plan.
    Unapproved(Box<Plan>),
}

/// Follows a deployment until it ends, or until Ctrl-C.
///
/// # Errors
/// The platform no longer answers.
pub(super) async fn follow(
    client: &Client,
    id: Uuid,
    options: &Options,
    interrupt: &mut Interrupt,
    output: &mut Output,
) -> Result<Followed, Failure> {
    let mut shown = Shown { progress: Progress::new(output), last: None, plan: None };
    let (mut events, mut logs): (Follow<DeploymentEvent>, Follow<LogLine>) =
        (client.events(id, None), client.deployment_logs(id, None));
    let (mut logs_open, mut last) = (true, None);
    loop {
        tokio::select! {
            event = events.next() => {
                if let Some(Ok((_, event))) = event {
                    last = Some(event.id);
                    if let Some(step) = event.step() {
                        if step.from == Some(DeploymentState::Planning) && let Ok(deployment) = client.deployment(id).await {
                            shown.plan = deployment.plan;
                        }
                        let waits = step.to == DeploymentState::AwaitingApproval;
                        shown.step(&step);
                        if waits && let Some(end) = approve(client, id, options, interrupt, &mut shown).await? {
                            return Ok(end);
                        }
                    }
                    continue;
                }
                if let Some(Err(error)) = &event && error.status().is_some_and(|status| (400..500).contains(&status)) {
                    // What the deployment itself is asked gives the better answer.
                    tracing::debug!("events: {error}");
                }
                let deployment = client.deployment(id).await.map_err(|error| lost(error.into(), id))?;
                if deployment.state.is_terminal() {
                    if options.verbose && logs_open {
                        rest(&mut logs, &mut shown).await;
                    }
                    shown.end(&deployment);
                    return Ok(Followed::Ended(Box::new(deployment)));
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                events = client.events(id, last);
            }
            line = logs.next(), if logs_open => match line {
                Some(Ok((_, line))) => shown.log(&line, options.verbose),
                _ => logs_open = false,
            },
            () = interrupt.next() => return Ok(Followed::Interrupted),
        }
    }
}

/// The lines that are still on their way when the deployment has ended.
async fn rest(logs: &mut Follow<LogLine>, shown: &mut Shown) {
    while let Ok(Some(Ok((_, line)))) = tokio::time::timeout(Duration::from_secs(2), logs.next()).await {
        shown.log(&line, true);
    }
}

fn lost(failure: Failure, id: Uuid) -> Failure {
    if failure.exit != Exit::Unknown {
        return failure;
    }
    let message = format!("how deployment {id} ends is not known: {}", failure.message);
    Failure::new(Exit::Unknown, message).help(format!("it goes on by itself; follow it: helios deploy --follow {id}"))
}

/// Says yes to a plan that loses data, if somebody does.
async fn approve(
    client: &Client,
    id: Uuid,
    options: &Options,
    interrupt: &mut Interrupt,
    shown: &mut Shown,
) -> Result<Option<Followed>, Failure> {
    let plan = match shown.plan.take() {
        Some(plan) => plan,
        None => client.deployment(id).await?.plan.unwrap_or_default(),
    };
    let yes = if options.approve.as_deref() == Some(&plan.digest) {
        true
    } else if terminal::can_ask() {
        shown.progress.clear();
        let asked = tokio::task::spawn_blocking(|| terminal::confirm("This loses data. Go on?"));
        tokio::select! {
            answer = asked => answer.map_err(|error| Failure::new(Exit::Unknown, error.to_string()))??,
            () = interrupt.next() => return Ok(Some(Followed::Interrupted)),
        }
    } else {
        return Ok(Some(Followed::Unapproved(Box::new(plan))));
    };
    if yes {
        let digest = plan.digest.parse().map_err(|error| Failure::new(Exit::Unknown, format!("the plan: {error}")))?;
        client.approve(id, &Approval { plan: digest }).await?;
    } else {
        client.cancel(id, None, &Cancellation { reason: Some(String::from("its plan was not approved")) }).await?;
    }
    Ok(None)
}

/// What of a deployment is on the screen.
struct Shown {
    progress: Progress,
    last: Option<Step>,
    plan: Option<Plan>,
}

impl Shown {
    /// The deployment goes from one state to the next.
    fn step(&mut self, step: &Step) {
        self.leave(step);
        if step.to == DeploymentState::AwaitingApproval && self.plan.is_some() && !self.progress.moves() {
            self.list();
        }
        if !step.to.is_terminal() {
            let (doing, _) = words(step.to);
            use DeploymentState::{Cancelling, CleaningUp, RollingBack};
            // Else the reason is that what came before is done.
            let word = match step.to {
                Cancelling | CleaningUp | RollingBack => {
                    format!("{}: {}", step.to.name(), terminal::safe(&step.reason))
                }
                state => state.name().to_owned(),
            };
            self.progress.begin(doing, &word, step.at);
        }
        self.last = Some(step.clone());
    }

    /// What was done in the state that is left.
    fn leave(&mut self, step: &Step) {
        use DeploymentState::{
            Cancelled, Cancelling, CleaningUp, Failed, Planning, Queued, RolledBack, RollingBack, Superseded,
        };
        let Some(last) = self.last.take() else { return };
        let took = step.at - last.at;
        let (_, done) = words(last.to);
        match step.to {
            Failed | Cancelled | RolledBack if matches!(last.to, Cancelling | CleaningUp | RollingBack) => {
                self.progress.done(done, Some(took));
            }
            Cancelling | CleaningUp | RollingBack | Failed | Cancelled | RolledBack | Superseded => {
                self.progress.failed(words(last.to).0);
            }
            _ if last.to == Queued && took.num_milliseconds() < 500 => {}
            _ if last.to == Planning => {
                let summary = self.plan.as_ref().map(changes::summary).unwrap_or_default();
                if summary.is_empty() {
                    self.progress.done(done, Some(took));
                } else {
                    self.progress.done(&format!("{done}: {summary}"), Some(took));
                    self.list();
                }
            }
            _ => self.progress.done(done, Some(took)),
        }
    }

    /// What the plan changes, below the line that says so.
    fn list(&mut self) {
        let Some(plan) = &self.plan else { return };
        let text = changes::text(plan, super::output::Paint::new(self.progress.colors()));
        let lines: Vec<&str> = text.lines().collect();
        let Some((_, lines)) = lines.split_last() else { return };
        let more = lines.len().saturating_sub(MOST_LISTED);
        let mut shown: Vec<String> = lines.iter().take(MOST_LISTED).map(|line| format!("      {line}")).collect();
        if more > 0 {
            shown.push(format!("      and {more} more lines: `helios plan` shows them all"));
        }
        if !shown.is_empty() {
            self.progress.print(&shown.join("\n"));
        }
    }

    fn log(&mut self, line: &LogLine, verbose: bool) {
        let name = match &line.node {
            Some(node) => node.to_string(),
            None => line.stage.clone().unwrap_or_default(),
        };
        if verbose {
            self.progress.print(&format!("      {name} | {}", terminal::safe(&line.line)));
        } else {
            self.progress.below(&name, &line.line);
        }
    }

    fn end(&mut self, deployment: &Deployment) {
        if deployment.state == DeploymentState::Live
            && let Some(last) = self.last.take()
            && !last.to.is_terminal()
        {
            self.progress.done(words(last.to).1, None);
        }
        self.progress.clear();
    }
}

/// What goes on in a state, and what was done when it is left.
const fn words(state: DeploymentState) -> (&'static str, &'static str) {
    use DeploymentState as S;
    match state {
        S::Queued => ("waiting for the deployment before", "waited for the deployment before"),
        S::Checking => ("checking the program", "checked the program"),
        S::Planning => ("planning", "planned"),
        S::AwaitingApproval => ("waiting for approval", "approved"),
        S::Building => ("building images", "images are ready"),
        S::Releasing => ("preparing the release: data stores, jobs", "prepared the release"),
        S::Starting => ("starting containers", "started containers"),
        S::Verifying => ("waiting until everything is healthy", "everything is healthy"),
        S::Shifting => ("moving traffic over", "traffic is moved over"),
        S::Draining => ("letting old containers finish", "old containers are gone"),
        S::Live => ("live", "live"),
        S::Cancelling => ("cancelling", "cancelled"),
        S::CleaningUp => ("removing what was started", "removed what was started"),
        S::Cancelled => ("cancelled", "cancelled"),
        S::RollingBack => ("rolling back", "rolled back"),
        S::RolledBack => ("rolled back", "rolled back"),
        S::Failed => ("failed", "failed"),
        S::Superseded => ("superseded", "superseded"),
    }
}

/// Says how a deployment ended: on standard output where it is live, else as a failure.
///
/// # Errors
/// It is not live.
pub(super) async fn report(client: &Client, deployment: &Deployment, output: &mut Output) -> Result<Exit, Failure> {
    let name = deployment.name();
    let paint = output.paint();
    if deployment.state == DeploymentState::Live {
        let release = deployment.release.map(|number| format!("release {number}")).unwrap_or_default();
        if deployment.plan.as_ref().is_some_and(Plan::is_empty) && ran_before(client, deployment).await {
            output.line(&format!("nothing to do: {name} runs {release} already"));
        } else {
            let took = table::took(deployment.finished_at.unwrap_or(deployment.updated_at) - deployment.created_at);
            output.line(&format!("{}{name} is live{}: {release}, after {took}", paint.green, paint.plain));
        }
        if let Some(repeats) = &deployment.repeats {
            output.line(&format!("  as {}", repeated(repeats, &deployment.environment)));
        }
        for url in &deployment.urls {
            output.line(&format!("  {}{url}{}", paint.cyan, paint.plain));
        }
        return Ok(Exit::Live);
    }
    let what = match deployment.state {
        DeploymentState::RolledBack => format!("{name} was rolled back: the release before runs again"),
        DeploymentState::Cancelled => format!("the deployment of {name} was cancelled; what ran before still runs"),
        DeploymentState::Superseded => format!("a newer deployment of {name} took the place of this one"),
        _ => match &deployment.failure {
            Some(failure) => format!("{name} was not deployed: it failed while {}", failure.stage.replace('_', " ")),
            None => format!("{name} was not deployed"),
        },
    };
    match &deployment.failure {
        Some(failure) if deployment.state != DeploymentState::Cancelled => {
            let mut report = Failure::of(failure, exit_of(failure), &what);
            if report.rendered.is_none() {
                report.message = format!("{what}\n  {}", report.message);
            }
            Err(report)
        }
        _ => Err(Failure::new(Exit::Deploy, what)),
    }
}

/// A release that is run again, as it is called in `environment`.
pub(super) fn repeated(release: &Repeated, environment: &str) -> String {
    let Repeated { number, created_at, by, .. } = release;
    let of = if release.environment == environment { String::new() } else { format!(" of {}", release.environment) };
    let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    terminal::safe(&format!("release {number}{of}, made {}{by}", table::ago(*created_at)))
}

/// Whether the release is one that an earlier deployment made.
async fn ran_before(client: &Client, deployment: &Deployment) -> bool {
    let (Some(number), Ok(app), Ok(environment)) =
        (deployment.release, deployment.app.parse(), deployment.environment.parse())
    else {
        return false;
    };
    client.release(&app, &environment, number).await.is_ok_and(|release| release.deployment != deployment.id)
}

/// What is to be said where a deployment is left alone before its end.
pub(super) fn left(followed: &Followed, id: Uuid) -> Failure {
    match followed {
        Followed::Unapproved(plan) => {
            Failure::new(Exit::Unknown, "the plan loses data, and waits for somebody to approve it").help(format!(
                "approve it: helios deploy --follow {id} --approve {}\n          or give it up: helios deploy --cancel {id}",
                plan.digest
            ))
        }
        _ => Failure::new(Exit::Unknown, format!("deployment {id} goes on by itself")).help(format!(
            "follow it: helios deploy --follow {id}\n          or cancel it: helios deploy --cancel {id}"
        )),
    }
}
