//! Triggers of the kind `job`; its record is in `workload`.

use super::shape::shape;

shape! {
    /// What starts a job besides its schedule.
    pub enum Trigger {
        /// Nothing: a person does, with `run`.
        Manual,
        /// Every new release, before any of its services gets requests. When the job fails, so does the
        /// release, and the old one goes on.
        Release,
    }

    /// What to do when two runs of a job would overlap.
    pub enum Overlap {
        /// Leave the new one out.
        Skip,
        /// Start it when the old one has ended.
        Wait,
        /// Stop the old one.
        Replace,
        /// Let both run.
        Both,
    }
}
