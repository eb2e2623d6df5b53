//! The trace that the present task works for (W3C Trace Context): from the request that caused it, by the rows it leaves, to the
//! jobs of it.

tokio::task_local! {
    static CURRENT: Option<String>;
}

/// The `traceparent` of the trace that the present task works for.
#[must_use]
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Works for a trace, or for none.
pub fn within<F: Future>(traceparent: Option<String>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(traceparent, work)
}
