//! The thread on which long texts are read and checked, one at a time: the memory that one check leaves serves the next, where that of
//! another thread would not.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};

use crate::lanes::STACK;

/// Texts of so many bytes are long.
pub(crate) const LEAST: usize = 256 * 1024;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Does some work on the thread and waits for its end. Work that is part of other such work is done at once.
pub(crate) fn run(work: impl FnOnce() + Send + 'static) {
    let Some(queue) = queue().filter(|_| !HERE.get()) else { return work() };
    let (done, wait) = sync_channel::<()>(1);
    let job = move || {
        work();
        let _ = done.send(());
    };
    let _ = queue.send(Box::new(job));
    // There is no word of work that failed; then this fails, too.
    if let Err(failed) = wait.recv() {
        resume_unwind(Box::new(failed));
    }
}

/// Frees something large once the work that was asked for before is done.
pub(crate) fn free(large: impl Any + Send) {
    if let Some(queue) = queue() {
        let _ = queue.send(Box::new(move || drop(large)));
    }
}

fn queue() -> Option<&'static Sender<Job>> {
    static QUEUE: OnceLock<Option<Sender<Job>>> = OnceLock::new();
    let start = || {
        let (sender, jobs) = channel();
        let thread = std::thread::Builder::new().name("oal-lsp long".to_owned()).stack_size(STACK);
        // Without a thread everyone does the work.
        thread.spawn(move || work(&jobs)).ok().map(|_| sender)
    };
    QUEUE.get_or_init(start).as_ref()
}

fn work(jobs: &Receiver<Job>) {
    HERE.set(true);
    for job in jobs {
        // What fails has been told to those who wait.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn work_may_be_part_of_work_and_may_fail() {
        let (say, said) = std::sync::mpsc::channel();
        let here = move || say.send(std::thread::current().id()).unwrap_or_default();
        let inner = here.clone();
        run(move || {
            here();
            run(here);
        });
        assert!(std::panic::catch_unwind(|| run(|| std::panic::resume_unwind(Box::new("the drill")))).is_err());
        run(inner);
        let threads: Vec<_> = said.iter().collect();
        let elsewhere = |id: &std::thread::ThreadId| *id != std::thread::current().id();
        assert!(threads.len() == 3 && threads.windows(2).all(|pair| pair.first() == pair.last()));
        assert!(threads.iter().all(elsewhere));
    }
}
