//! How many copies of a service are wanted by the load they are under.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use oal_ir::v1::{Autoscale, Resources};

use super::container::DEFAULT_MEMORY;

/// The time that a load is the average of. One that has been seen for less says nothing yet.
pub const WINDOW: Duration = Duration::from_secs(15);

/// What the engine has counted of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When, since some beginning.
    pub at: Duration,
    /// The time its programs have computed since it was started.
    pub computed: Duration,
    /// Bytes it holds, without what the kernel could give up at once.
    pub memory: u64,
}

/// What is known of a service's copies, and since when fewer of them would do.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    copies: BTreeMap<String, VecDeque<Sample>>,
    /// Since when, and the most that were needed meanwhile.
    fewer: Option<(Duration, u32)>,
}

impl Watched {
    /// Adds what was counted of each copy that runs, by the container's identifier; others are forgotten.
    pub fn add(&mut self, samples: BTreeMap<String, Sample>) {
        self.copies.retain(|container, _| samples.contains_key(container));
        for (container, sample) in samples {
            let known = self.copies.entry(container).or_default();
            // What is older than needed for the window goes, but for the youngest of it.
            while known.get(1).is_some_and(|second| second.at + WINDOW <= sample.at) {
                known.pop_front();
            }
            known.push_back(sample);
        }
    }

    /// The share that the copies use of their limits on average, in hundredths of a percent: of the processors and of memory.
    /// None before each of them was seen for the whole window.
    fn load(&self, resources: &Resources) -> Option<(Option<u64>, u64)> {
        let (mut computed, mut memory) = (0_u128, 0_u128);
        for samples in self.copies.values() {
            let (first, last) = (samples.front()?, samples.back()?);
            let seen = last.at.checked_sub(first.at).filter(|seen| *seen >= WINDOW)?;
            // Thousandths of a processor.
            computed += last.computed.saturating_sub(first.computed).as_nanos() * 1000 / seen.as_nanos().max(1);
            memory += u128::from(last.memory);
        }
        let copies = u128::try_from(self.copies.len()).ok().filter(|copies| *copies > 0)?;
        let share = |used: u128, limit: u64| {
            u64::try_from(used * 10_000 / (copies * u128::from(limit.max(1)))).unwrap_or(u64::MAX)
        };
        let processors = resources.cpu.map(|limit| share(computed, limit.0));
        Some((processors, share(memory, resources.memory.map_or(DEFAULT_MEMORY, |limit| limit.0))))
    }

    /// How many copies are wanted from now on, where so many were until now; none if that is right, or not known yet. More are
    /// wanted at once, fewer only when they would have done for the whole of `cool_down`.
    pub fn decide(&mut self, scale: &Autoscale, resources: &Resources, until_now: u32, now: Duration) -> Option<u32> {
        let running = u32::try_from(self.copies.len()).unwrap_or(u32::MAX);
        // What is being added or taken away changes the load.
        let load = self.load(resources).filter(|_| running == until_now)?;
        let needed = [(scale.cpu, load.0), (scale.memory, Some(load.1))]
            .into_iter()
            .filter_map(|(most, used)| Some(needed(running, used?, most?.0)))
            .max()?;
        let wanted = within(scale, needed);
        if wanted >= until_now {
            self.fewer = None;
            return (wanted > until_now).then_some(wanted);
        }
        let (since, most) = self.fewer.map_or((now, wanted), |(since, most)| (since, most.max(wanted)));
        self.fewer = Some((since, most));
        if now.saturating_sub(since) < Duration::from_millis(scale.cool_down.0) {
            return None;
        }
        Some(most)
    }

    /// Another number is wanted from now on: how many would do is watched anew.
    pub fn changed(&mut self) {
        self.fewer = None;
    }
}

/// So many copies would use no more than `most` each of what `running` copies use.
fn needed(running: u32, used: u64, most: u64) -> u32 {
    u32::try_from((u64::from(running) * used).div_ceil(most.max(1))).unwrap_or(u32::MAX)
}

/// The number nearest to that one that the program allows.
#[must_use]
pub fn within(scale: &Autoscale, copies: u32) -> u32 {
    let bound = |bound: u64| u32::try_from(bound).unwrap_or(u32::MAX);
    copies.min(bound(scale.max)).max(bound(scale.min))
}
