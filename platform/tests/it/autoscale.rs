//! How many copies a load asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use helios::domain::autoscale::{Sample, Watched};
use oal_ir::v1::{Autoscale, Resources, Spec};

use crate::target::world::lower;

fn service(autoscale: &str) -> (Autoscale, Resources) {
    let program = format!(
        "app shop {{}}\nservice web {{ image: \"busybox:1\", resources: {{ cpu: 500m, memory: 100MiB }}, autoscale: {{ {autoscale} }} }}\n"
    );
    let ir = lower(&program);
    match &ir.components.values().next().unwrap().spec {
        Spec::Service(service) => (service.autoscale.clone().unwrap(), service.resources.clone()),
        other => panic!("{other:?}"),
    }
}

/// Copies that use so many thousandths of a processor and so many mebibytes each, from second to second.
struct Load {
    watched: Watched,
    now: u64,
    computed: BTreeMap<String, Duration>,
}

impl Load {
    fn new() -> Self {
        Self { watched: Watched::default(), now: 0, computed: BTreeMap::new() }
    }

    fn seconds(&mut self, seconds: u64, copies: u32, processor: u64, memory: u64) {
        for _ in 0..seconds {
            self.now += 1;
            let samples = (0..copies).map(|copy| {
                let computed = self.computed.entry(copy.to_string()).or_default();
                *computed += Duration::from_millis(processor);
                (
                    copy.to_string(),
                    Sample { at: Duration::from_secs(self.now), computed: *computed, memory: memory << 20 },
                )
            });
            self.watched.add(samples.collect());
        }
    }

    fn decide(&mut self, (scale, resources): &(Autoscale, Resources), until_now: u32) -> Option<u32> {
        self.watched.decide(scale, resources, until_now, Duration::from_secs(self.now))
    }
}

#[test]
fn more_copies_are_wanted_at_once_and_only_as_many_as_are_allowed() {
    let service = service("min: 1, max: 4, cpu: 50%");
    let mut load = Load::new();
    load.seconds(10, 1, 500, 10);
    assert_eq!(load.decide(&service, 1), None, "it was not seen for long enough");
    load.seconds(10, 1, 500, 10);
    assert_eq!(load.decide(&service, 1), Some(2), "one uses all it may, so two would use half of it");
    assert_eq!(load.decide(&service, 2), None, "the second does not run yet");
    load.seconds(5, 2, 500, 10);
    assert_eq!(load.decide(&service, 2), None, "it was not seen for long enough");
    load.seconds(15, 2, 500, 10);
    assert_eq!(load.decide(&service, 2), Some(4));
    load.seconds(20, 4, 500, 10);
    assert_eq!(load.decide(&service, 4), None, "there are no more");
    let mut steady = Load::new();
    steady.seconds(20, 2, 250, 10);
    assert_eq!(steady.decide(&service, 2), None, "just as it should be");
}

#[test]
fn fewer_copies_are_wanted_when_they_would_have_done_all_the_time() {
    let service = service("min: 1, max: 4, cpu: 50%, cool_down: 1min");
    let mut load = Load::new();
    load.seconds(20, 4, 10, 10);
    assert_eq!(load.decide(&service, 4), None);
    load.seconds(40, 4, 10, 10);
    assert_eq!(load.decide(&service, 4), None, "it did not last");
    // Half of the processors of two, for a while.
    load.seconds(16, 4, 125, 10);
    assert_eq!(load.decide(&service, 4), None);
    load.seconds(60, 4, 10, 10);
    assert_eq!(load.decide(&service, 4), Some(2), "the most that were needed meanwhile");
    load.watched.changed();
    load.seconds(20, 2, 10, 10);
    assert_eq!(load.decide(&service, 2), None, "the time begins anew");
    load.seconds(61, 2, 10, 10);
    assert_eq!(load.decide(&service, 2), Some(1));
    load.watched.changed();
    load.seconds(200, 1, 0, 0);
    assert_eq!(load.decide(&service, 1), None, "there are no fewer");
}

#[test]
fn memory_counts_as_processors_do() {
    let service = service("min: 1, max: 9, cpu: 50%, memory: 40%");
    let mut load = Load::new();
    load.seconds(20, 2, 10, 90);
    assert_eq!(load.decide(&service, 2), Some(5), "180 MiB in parts of at most 40");
    // A copy that was started again is another one.
    let mut anew = Load::new();
    anew.seconds(20, 1, 10, 90);
    anew.watched.add(BTreeMap::from([(
        "0 anew".to_owned(),
        Sample { at: Duration::from_secs(21), computed: Duration::ZERO, memory: 90 << 20 },
    )]));
    assert_eq!(anew.decide(&service, 1), None);
}
