//! Answers that are JSON when they are made. The library's way leads through a tree of values, which for a long answer costs several times
//! what the answer itself does.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// That of the request which is being started.
    static CURRENT: RefCell<Reply> = RefCell::default();
}

/// Where the handler of a request may put its answer; the one that it returns is not sent then, if it is none of failure.
#[derive(Clone, Default)]
pub(crate) struct Reply(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    json: Option<Vec<u8>>,
    when_sent: Option<Box<dyn FnOnce() + Send>>,
}

impl Reply {
    /// The place for the answer to the request that is being started: ask before the first `await`.
    pub(crate) fn current() -> Self {
        CURRENT.with_borrow(Self::clone)
    }

    /// Puts the answer there, as JSON.
    pub(crate) fn put(&self, json: Vec<u8>) {
        self.kept().json = Some(json);
    }

    /// Does something when the answer is about to be sent: not where the request is cancelled before, or fails.
    pub(crate) fn when_sent(&self, work: impl FnOnce() + Send + 'static) {
        self.kept().when_sent = Some(Box::new(work));
    }

    /// Starts something that may ask for this place.
    pub(super) fn during<T>(&self, start: impl FnOnce() -> T) -> T {
        CURRENT.set(self.clone());
        let started = start();
        CURRENT.set(Self::default());
        started
    }

    /// What was put there.
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        self.kept().json.take()
    }

    /// The answer is about to be sent.
    pub(super) fn sent(&self) {
        let work = self.kept().when_sent.take();
        if let Some(work) = work {
            work();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
