//! Threads on which requests are answered: some for what a person waits for while typing, some for the rest, so that the one
//! never waits for the other.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use futures::channel::oneshot;

use crate::snapshot::lock;

/// How soon an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// While a person types or points.
    Interactive,
    /// Soon: what an editor shows beside the text, and asks for on every key.
    Display,
    /// When there is time.
    Background,
}

type Job = Box<dyn FnOnce() + Send>;

/// The threads.
#[derive(Debug)]
pub(crate) struct Lanes {
    interactive: Sender<Job>,
    display: Sender<Job>,
    background: Sender<Job>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The work failed.
    Panicked,
    /// The threads have ended.
    Ended,
}

/// Tells work that nobody waits for it any more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    /// Whether the work can be left.
    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says so.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Cancels when the one who waits is gone.
struct Waiting(Cancelled);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// The checker's recursion is limited, the stack of a thread by default more so.
pub(crate) const STACK: usize = 16 << 20;

impl Lanes {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where there can be none.
    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self {
            interactive: start("interactive", 2)?,
            display: start("display", 2)?,
            background: start("background", 1)?,
        })
    }

    /// Does some work and waits for its result. Work that nobody waits for is not begun.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&Cancelled) -> T + Send + 'static,
    ) -> Result<T, Lost> {
        let cancelled = Cancelled::default();
        let _waiting = Waiting(cancelled.clone());
        let (sender, receiver) = oneshot::channel();
        let job = move || {
            if !cancelled.is() {
                let result = catch_unwind(AssertUnwindSafe(|| work(&cancelled)));
                let _ = sender.send(result.map_err(|_| Lost::Panicked));
            }
        };
        self.spawn(lane, job);
        receiver.await.unwrap_or(Err(Lost::Ended))
    }

    /// Does some work for which nobody waits.
    pub(crate) fn spawn(&self, lane: Lane, job: impl FnOnce() + Send + 'static) {
        let queue = match lane {
            Lane::Interactive => &self.interactive,
            Lane::Display => &self.display,
            Lane::Background => &self.background,
        };
        // Fails when the threads have ended, at the end of the process.
        let _ = queue.send(Box::new(job));
    }
}

fn start(name: &str, count: usize) -> io::Result<Sender<Job>> {
    let (sender, receiver) = channel::<Job>();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..count {
        let receiver: Arc<Mutex<Receiver<Job>>> = Arc::clone(&receiver);
        std::thread::Builder::new().name(format!("oal-lsp {name}")).stack_size(STACK).spawn(move || {
            loop {
                let job = lock(&receiver).recv();
                let Ok(job) = job else { break };
                // A job that fails has said so; the thread goes on with the next.
                let _ = catch_unwind(AssertUnwindSafe(job));
            }
        })?;
    }
    Ok(sender)
}
