//! Laws of workers that are killed: a job outlives its worker's process, wherever that ends.

use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use helios::bus::Bus;
use helios::store::Store;
use helios::store::notices::Notices;
use helios_client::JobState;
use rustix::process::Signal;
use tokio_util::sync::CancellationToken;

use crate::support::World;
use crate::support::world::{Begun, Doer, Task, worker};

const DATABASE: &str = "HELIOS_TEST_WORKER_DATABASE";
const BUS: &str = "HELIOS_TEST_WORKER_BUS";

/// The worker's process: this test, run again with the services' addresses in its environment. Without them there is nothing
/// to do.
#[tokio::test(flavor = "multi_thread")]
async fn process_of_a_worker() {
    let (Ok(database), Ok(bus)) = (std::env::var(DATABASE), std::env::var(BUS)) else { return };
    let store = Store::connect(&database, 5).await.unwrap();
    let bus = Bus::connect(&bus, "worker").await.unwrap();
    let shutdown = CancellationToken::new();
    let notices = Notices::listen(&store, shutdown.clone());
    worker(&store, &bus, &notices, 2, &shutdown).run(Arc::new(Doer(Begun::default()))).await;
}

/// A worker's process, killed when dropped.
struct Process(Child);

impl Process {
    fn start(world: &World) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(std::env::current_exe().unwrap());
        command.args(["--exact", "kill::process_of_a_worker", "--quiet"]);
        command.env(DATABASE, &world.database.url).env(BUS, world.nats.url());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a job that ended well has in its log: the lines of its last attempt, all, in order, after any of earlier ones.
fn whole(lines: &[String], fence: usize, count: u32) -> bool {
    let last: Vec<String> = (0..count).map(|line| format!("{fence}:{line}")).collect();
    lines.ends_with(&last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_its_work_loses_neither_the_job_nor_its_log() {
    let world = World::new().await;
    let job = world.job(&Task::DieUntil { attempt: 3 }).await;
    let mut process = Process::start(&world);
    let mut killed = 0;
    let done = loop {
        if process.has_ended() {
            killed += 1;
            process = Process::start(&world);
        }
        let found = world.find(job).await;
        if found.state.is_terminal() {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((done.state, done.attempt, killed), (JobState::Done, 3, 2));
    assert_eq!(world.lines(job).await, ["1:0", "attempt 2", "2:0", "attempt 3", "3:0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_workers_is_given_up() {
    let world = World::new().await;
    world.at_most(3).await;
    let job = world.job(&Task::DieUntil { attempt: 100 }).await;
    let mut process = Process::start(&world);
    while !world.find(job).await.state.is_terminal() {
        if process.has_ended() {
            process = Process::start(&world);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let dead = world.find(job).await;
    assert_eq!((dead.state, dead.attempt), (JobState::Dead, 3));
    assert_eq!(world.dead_letters().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_the_result_and_the_acknowledgement_does_the_job_once() {
    let mut world = World::new().await;
    let process = Process::start(&world);
    let job = world.job(&Task::Insist { ms: 1_000 }).await;
    world.until(job, JobState::Running).await;
    world.nats.stop();
    world.until(job, JobState::Done).await;
    drop(process);
    world.nats.resume();
    let _process = Process::start(&world);
    let after = world.job(&Task::Say { lines: 1, pause_ms: 0 }).await;
    world.until(after, JobState::Done).await;
    assert_eq!(world.find(job).await.attempt, 1);
    // Delivered again once the wait for its acknowledgement is over.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while world.messages_left().await > 0 {
        assert!(tokio::time::Instant::now() < deadline);
    }
    assert_eq!(world.find(job).await.attempt, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_held_up_past_its_lease_writes_nothing_when_it_goes_on() {
    let world = World::new().await;
    let slow = Process::start(&world);
    let job = world.job(&Task::Say { lines: 30, pause_ms: 100 }).await;
    while world.lines(job).await.len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let pid = rustix::process::Pid::from_child(&slow.0);
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    let (_shutdown, _worker) = world.worker(1);
    while world.find(job).await.attempt < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Both are at it now, and the first one does not know.
    rustix::process::kill_process(pid, Signal::CONT).unwrap();
    let done = world.until(job, JobState::Done).await;
    assert_eq!(done.attempt, 2);
    let lines = world.lines(job).await;
    let changed = lines.iter().position(|line| line == "attempt 2").unwrap();
    assert!(whole(&lines, 2, 30) && lines[..changed].iter().all(|line| line.starts_with("1:")), "{lines:?}");
    assert!(lines[changed..].iter().all(|line| !line.starts_with("1:")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_killed_at_any_time_leave_every_job_done_with_its_whole_log() {
    const LINES: u32 = 10;
    let world = World::new().await;
    // A job that is unlucky seven times would be given up, as it should; not here.
    world.at_most(1_000).await;
    let mut jobs = Vec::new();
    for _ in 0..16 {
        jobs.push(world.job(&Task::Say { lines: LINES, pause_ms: 40 }).await);
    }
    let random = |below: u64| getrandom::u64().unwrap() % below;
    let mut processes: Vec<Process> = (0..2).map(|_| Process::start(&world)).collect();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(300 + random(500))).await;
        let victim = usize::from(random(2) == 1);
        processes[victim] = Process::start(&world);
    }
    for job in jobs {
        let done = world.until(job, JobState::Done).await;
        let lines = world.lines(job).await;
        assert!(whole(&lines, done.attempt as usize, LINES), "{lines:?}");
        let mut once = lines.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), lines.len(), "no line twice: {lines:?}");
    }
    drop(processes);
}
