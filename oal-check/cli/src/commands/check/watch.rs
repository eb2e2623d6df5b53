//! `oal check --watch`: checks again whenever a file changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::{Event, RecursiveMode, Watcher};
use oal_check::Options;

use super::programs::Round;
use super::{Args, print};
use crate::Verdict;
use crate::failure::Failure;
use crate::output::Output;

/// Editors save in several steps; this much silence ends them.
const SILENCE: Duration = Duration::from_millis(20);

/// Checks until Ctrl-C, or until nobody reads any more.
pub(super) fn run(args: &Args, options: &Options, output: &mut Output) -> miette::Result<Verdict> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(wrong_use("standard input cannot be watched", "name the file").into());
    }
    if !args.format.can_repeat() {
        return Err(
            wrong_use("this form holds one result, not several", "watch with `human`, `plain` or `short`").into()
        );
    }
    let (sender, events) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(sender).map_err(|error| cannot(&error))?;
    let mut watched = BTreeSet::new();
    let named = args.paths.iter().map(|path| if path.is_dir() { path.as_path() } else { parent(path) });
    watch(&mut watcher, &mut watched, named.map(Path::to_owned))?;
    loop {
        let started = Instant::now();
        let round = Round::new(args, options);
        if output.is_terminal() {
            output.text("\u{1b}[H\u{1b}[2J");
        }
        match round {
            Ok(round) => {
                print(args, &round, output);
                watch(&mut watcher, &mut watched, round.directories.iter().cloned())?;
                let line =
                    round.summary(started.elapsed(), output.colors()).unwrap_or_else(|| "nothing to check".into());
                output.line(&format!("{line} (watching, Ctrl-C ends)"));
            }
            Err(failure) => output.report(&failure.into()),
        }
        output.flush();
        if output.is_gone() || !wait(&events) {
            return Ok(Verdict::Clean);
        }
    }
}

/// Adds directories. One that went away meanwhile is left out: its parent's events will tell.
fn watch(
    watcher: &mut impl Watcher,
    watched: &mut BTreeSet<PathBuf>,
    directories: impl Iterator<Item = PathBuf>,
) -> Result<(), Failure> {
    // A directory that is removed takes its watch along; made again, it needs a new one.
    watched.retain(|directory| directory.is_dir());
    for directory in directories {
        let directory = if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory };
        let Ok(directory) = directory.canonicalize() else { continue };
        if watched.contains(&directory) {
            continue;
        }
        watcher.watch(&directory, RecursiveMode::NonRecursive).map_err(|error| cannot(&error))?;
        watched.insert(directory);
    }
    Ok(())
}

/// Waits until a change is over; `false` where there will be none any more.
fn wait(events: &mpsc::Receiver<notify::Result<Event>>) -> bool {
    loop {
        match events.recv() {
            Ok(event) if matters(&event) => break,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    loop {
        match events.recv_timeout(SILENCE) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Whether an event may change what is found: reading does not, and neither do the files of others.
fn matters(event: &notify::Result<Event>) -> bool {
    let Ok(event) = event else { return true };
    let ours = |path: &PathBuf| path.extension().is_none_or(|extension| extension == "oal");
    !event.kind.is_access() && (event.need_rescan() || event.paths.iter().any(ours))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

fn wrong_use(message: &str, help: &str) -> Failure {
    Failure::new("oal::usage::watch", message).help(help)
}

fn cannot(error: &notify::Error) -> Failure {
    Failure::new("oal::io::watch", format!("changes cannot be watched: {error}"))
}
