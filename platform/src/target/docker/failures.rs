//! What went wrong with a container, in terms of the program: kind, component, field, and the last lines it wrote.

use helios_client::{DeploymentState, Failure, FailureKind};
use oal_ir::NodeId;

use super::Docker;
use super::release::Unit;
use crate::domain::job::Phase;
use crate::domain::outputs::field;
use crate::engine::EngineError;
use crate::engine::containers::Container;

/// How many of a container's last lines a failure shows.
pub(super) const LAST_LINES: u32 = 20;

pub(super) fn of_engine(error: EngineError) -> Failure {
    Failure::new(FailureKind::Internal, "", error.to_string())
}

/// The name of the deployment's state that has this phase.
pub(super) fn stage(phase: Phase) -> &'static str {
    DeploymentState::ALL
        .iter()
        .find(|state| Phase::of(**state) == Some(phase))
        .map_or_else(|| phase.name(), |state| state.name())
}

/// Why a container could not be made or started, from the engine's words.
pub(super) fn start(node: &NodeId, unit: Option<&Unit>, error: EngineError) -> Result<Failure, EngineError> {
    if error.is_away() {
        return Err(error);
    }
    let text = error.message();
    let says = |part: &str| text.contains(part);
    let spec = unit.map(|unit| &unit.spec);
    let program = if spec.is_some_and(|spec| spec.entrypoint.is_some()) { "entrypoint" } else { "command" };
    let failure = |message: &str| Failure::new(FailureKind::Start, "", message.to_owned()).of(node.clone());
    Ok(if says("No such image") {
        Failure::new(FailureKind::ImagePull, "", format!("the image of `{node}` is no longer there"))
            .of(node.clone())
            .help("deploy again: that fetches or builds it anew, while a rollback takes the images that there were")
    } else if says("executable file not found") || says("no such file or directory") && says("exec") {
        failure(&format!("the program of `{node}` is not in its image: {}", innermost(text)))
            .at(field([program]))
            .help("look at the words of `command`: the first one is a program, and no shell takes part")
    } else if says("permission denied") && says("exec") {
        failure(&format!("the program of `{node}` may not be executed: {}", innermost(text)))
            .at(field([program]))
            .help("give the file the right to be executed, in the image")
    } else if says("port is already allocated") || says("address already in use") {
        failure(&format!("a port that `{node}` publishes is taken: {text}")).at(field(["publish"]))
    } else if says("unable to find user") || says("no matching entries in passwd") {
        failure(&format!("the user of `{node}` is not in its image: {}", innermost(text))).at(field(["user"]))
    } else if error.is_half_started() {
        failure(&format!("the engine was ended while it started `{node}`, and does not know whether it ran"))
            .help("deploy again")
    } else {
        failure(&format!("`{node}` could not be started: {text}"))
    })
}

/// The last clause of a runtime's chain of causes.
fn innermost(text: &str) -> &str {
    text.rsplit(": exec: ").next().unwrap_or(text).trim_end_matches(": unknown")
}

impl Docker {
    /// Why a container ended, or ends again and again.
    pub(super) async fn ended(&self, node: &NodeId, container: &Container) -> Failure {
        let (oom, code) = self.how_it_ended(container).await;
        let lines = self.engine.last_lines(&container.name, LAST_LINES).await;
        let failure = if oom {
            Failure::new(FailureKind::OutOfMemory, "", format!("`{node}` used more memory than it may and was ended"))
                .at(field(["resources", "memory"]))
                .help("raise `resources.memory`, or let the program use less")
        } else {
            let again =
                if container.restarts > 0 { format!(" {} times", container.restarts + 1) } else { String::new() };
            Failure::new(FailureKind::CrashLoop, "", format!("`{node}` ended{again} with {}", code_in_words(code)))
        };
        failure.of(node.clone()).log(lines)
    }

    /// Whether the kernel ended it, and its exit code: of the last run that ended. While the engine starts it again, what it
    /// says of the present run hides that.
    async fn how_it_ended(&self, container: &Container) -> (bool, i64) {
        if !container.is_running() && container.state != "restarting" {
            return (container.oom_killed, container.exit_code);
        }
        let since = container.started_at.unwrap_or_default() - chrono::TimeDelta::minutes(5);
        let events = self.engine.events_of(&container.name, since).await.unwrap_or_default();
        let last = events.iter().rposition(|event| event.action == "die");
        let code = last.and_then(|at| events.get(at)).and_then(|event| event.attributes.get("exitCode")?.parse().ok());
        let oom = container.oom_killed || events.iter().any(|event| event.action == "oom");
        (oom, code.unwrap_or(container.exit_code))
    }
}

/// An exit code, and what it stands for where the shell's conventions (POSIX, 2.8.2) say so.
fn code_in_words(code: i64) -> String {
    match code {
        0 => "exit code 0, as if its work were done".to_owned(),
        126 => "exit code 126: its program may not be executed".to_owned(),
        127 => "exit code 127: a program was not found".to_owned(),
        137 => "exit code 137: it was killed".to_owned(),
        139 => "exit code 139: it used memory that is not its own".to_owned(),
        143 => "exit code 143: it was told to end".to_owned(),
        code => format!("exit code {code}"),
    }
}
