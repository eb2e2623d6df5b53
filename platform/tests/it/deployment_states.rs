//! The laws of a deployment's way, over random runs of a world that answers, fails, dawdles and changes its mind.

use helios::domain::deployment::{ARROWS, Cancel, Decision, Planned, View, Why, Work, decide, is_arrow, time_limit};
use helios_client::DeploymentState;
use proptest::prelude::*;

/// What the world does between two looks of the driver.
#[derive(Debug, Clone, Copy)]
enum Event {
    Nothing,
    JobSucceeds,
    JobFails,
    OthersStop,
    Cancel(Cancel),
    Approve,
    Deadline,
    OtherEnds,
}

/// A deployment as the driver and its workers would move it.
#[derive(Debug)]
struct Run {
    view: View,
    /// Every state it was in.
    way: Vec<DeploymentState>,
    /// Jobs of an earlier state that have not ended.
    earlier_open: bool,
}

impl Run {
    fn new(needs_approval: bool, has_previous: bool, is_live_already: bool, another_active: bool) -> Self {
        let view = View {
            state: DeploymentState::Queued,
            another_active,
            work: Work::NotBegun,
            jobs_open: false,
            target_touched: false,
            cancel: None,
            plan: Some(Planned { awaits_approval: needs_approval }),
            is_live_already,
            deadline_passed: false,
            has_previous,
        };
        Self { view, way: vec![DeploymentState::Queued], earlier_open: false }
    }

    fn happen(&mut self, event: Event) {
        let open = self.view.work == Work::Open;
        match event {
            Event::JobSucceeds if open => self.view.work = Work::Succeeded,
            // Another job of the state may go on.
            Event::JobFails if open => {
                self.view.work = Work::Failed;
                self.earlier_open = self.view.state == DeploymentState::Building;
            }
            Event::OthersStop => self.earlier_open = false,
            Event::Cancel(cancel) if self.view.state.can_cancel() => {
                self.view.cancel = self.view.cancel.or(Some(cancel));
            }
            Event::Approve => self.view.plan = Some(Planned { awaits_approval: false }),
            Event::Deadline => self.view.deadline_passed = true,
            Event::OtherEnds => self.view.another_active = false,
            _ => {}
        }
        self.see_jobs();
    }

    /// Planning is the driver's own work, not a job.
    fn see_jobs(&mut self) {
        let own = self.view.work == Work::Open && self.view.state != DeploymentState::Planning;
        self.view.jobs_open = self.earlier_open || own;
    }

    /// One look of the driver; whether anything was done.
    fn step(&mut self) -> Result<bool, TestCaseError> {
        let before = self.view;
        match decide(&self.view) {
            Decision::Wait => return Ok(false),
            Decision::Begin => {
                prop_assert_eq!(before.work, Work::NotBegun);
                if is_undoing(before.state) {
                    prop_assert!(!before.jobs_open, "undoing began while something still ran: {:?}", self.way);
                }
                self.begin();
            }
            Decision::Go { to, why } => {
                prop_assert!(is_arrow(before.state, to), "{:?} -> {:?} is no arrow", before.state, to);
                self.check_arrow(to, why)?;
                self.earlier_open = before.jobs_open;
                self.view.state = to;
                self.view.work = Work::NotBegun;
                self.view.deadline_passed = false;
                self.way.push(to);
                if !is_undoing(to) && !to.is_terminal() {
                    self.begin();
                }
            }
        }
        self.see_jobs();
        Ok(true)
    }

    fn begin(&mut self) {
        use DeploymentState::{AwaitingApproval, Queued};
        if matches!(self.view.state, Queued | AwaitingApproval) {
            return;
        }
        self.view.work = Work::Open;
        self.view.target_touched |= self.view.state >= DeploymentState::Releasing;
    }

    fn check_arrow(&self, to: DeploymentState, why: Why) -> Result<(), TestCaseError> {
        use DeploymentState as S;
        let (from, way) = (self.view.state, &self.way);
        match to {
            S::Cancelled => {
                prop_assert!(self.view.cancel.is_some());
                prop_assert!(!self.view.jobs_open, "called cancelled while work went on: {way:?}");
                prop_assert!(!way.contains(&S::Shifting), "cancelled after traffic went over: {way:?}");
                prop_assert!(!self.view.target_touched || self.view.work == Work::Succeeded, "left behind: {way:?}");
            }
            S::Cancelling => prop_assert!(from.can_cancel() && self.view.cancel.is_some()),
            S::Superseded => prop_assert_eq!(from, S::Queued),
            S::RollingBack => prop_assert!(way.contains(&S::Shifting) && self.view.has_previous),
            S::RolledBack => prop_assert_eq!((from, self.view.work), (S::RollingBack, Work::Succeeded)),
            S::CleaningUp if way.contains(&S::Shifting) => prop_assert!(!self.view.has_previous),
            S::Failed if !self.view.deadline_passed && why != Why::Failed && from != S::CleaningUp => {
                return Err(TestCaseError::fail(format!("failed without a reason: {way:?} {why:?}")));
            }
            S::Building => prop_assert_eq!(self.view.plan, Some(Planned { awaits_approval: false })),
            S::Live if from != S::Draining => prop_assert!(self.view.is_live_already && !self.view.target_touched),
            S::Live => prop_assert_eq!(self.view.work, Work::Succeeded),
            S::Checking => prop_assert!(!self.view.another_active),
            _ => {}
        }
        Ok(())
    }
}

fn is_undoing(state: DeploymentState) -> bool {
    matches!(state, DeploymentState::Cancelling | DeploymentState::CleaningUp | DeploymentState::RollingBack)
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::Nothing),
        12 => Just(Event::JobSucceeds),
        2 => Just(Event::JobFails),
        4 => Just(Event::OthersStop),
        1 => Just(Event::Cancel(Cancel::Requested)),
        1 => Just(Event::Cancel(Cancel::Superseded)),
        2 => Just(Event::Approve),
        1 => Just(Event::Deadline),
        4 => Just(Event::OtherEnds),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever happens, in whatever order: no arrow outside the table, every arrow keeps its promise, and once every state's
    /// time has run out the deployment is at its end.
    #[test]
    fn every_run_ends(
        events in prop::collection::vec(event(), 0..80),
        (needs_approval, has_previous, is_live_already, another_active) in any::<(bool, bool, bool, bool)>(),
    ) {
        let mut run = Run::new(needs_approval, has_previous, is_live_already, another_active);
        for event in events {
            run.happen(event);
            while run.step()? {}
        }
        for _ in 0..2 * DeploymentState::ALL.len() {
            run.happen(Event::Deadline);
            while run.step()? {}
        }
        prop_assert!(run.view.state.is_terminal(), "hangs in {:?}: {:?}", run.view.state, run.way);
        prop_assert!(run.way.len() <= 16, "walks in circles: {:?}", run.way);
    }

    /// A world in which everything succeeds leads to `live`, and nothing but `live`.
    #[test]
    fn success_is_live(has_previous: bool, needs_approval: bool) {
        let mut run = Run::new(needs_approval, has_previous, false, true);
        for _ in 0..40 {
            for event in [Event::OtherEnds, Event::Approve, Event::JobSucceeds] {
                run.happen(event);
                run.step()?;
            }
        }
        prop_assert_eq!(run.view.state, DeploymentState::Live);
        let awaited = run.way.contains(&DeploymentState::AwaitingApproval);
        prop_assert!(awaited || run.way.len() == 10);
    }
}

/// The table speaks of every state, and only terminal ones have no way out.
#[test]
fn the_table_is_whole() {
    for state in DeploymentState::ALL {
        let out = ARROWS.iter().find(|(from, _)| from == state).map_or(0, |(_, to)| to.len());
        assert_eq!(out == 0, state.is_terminal(), "{state:?}");
        assert_eq!(time_limit(*state, None).is_none(), state.is_terminal(), "{state:?}");
        let reached = ARROWS.iter().any(|(_, to)| to.contains(state));
        assert!(reached || *state == DeploymentState::Queued, "{state:?}");
    }
}

/// What a program allows its own parts to take is added to the state in which they take it.
#[test]
fn a_state_may_take_what_the_program_allows() {
    let ir = crate::target::world::lower(
        "app demo {}\n\
         service api { image: \"a:1\", ports: { http: 80 }, replicas: 3, update: { delay: 10min }\n\
           health: http(path: \"/\", start_period: 20min) }\n\
         job prepare { on: release, image: \"a:1\", timeout: 40min, after: [api] }\n\
         service web { image: \"a:1\", after: [prepare] }\n",
    );
    let minutes = |state| time_limit(state, Some(&ir)).unwrap().as_secs() / 60;
    // Three copies one after the other, then the job that needs them.
    assert!(minutes(DeploymentState::Starting) >= 15 + 3 * 30 + 40);
    assert!(minutes(DeploymentState::Releasing) >= 15 + 40);
    assert!(minutes(DeploymentState::Checking) == 3);
}

/// A failure in `draining` goes back as one in `shifting` does; without a release to go back to, what was started is removed.
#[test]
fn after_the_shift_the_way_is_back() {
    for (state, has_previous, to) in [
        (DeploymentState::Shifting, true, DeploymentState::RollingBack),
        (DeploymentState::Draining, true, DeploymentState::RollingBack),
        (DeploymentState::Shifting, false, DeploymentState::CleaningUp),
    ] {
        let mut run = Run::new(false, has_previous, false, false);
        run.view = View { state, work: Work::Failed, target_touched: true, ..run.view };
        assert_eq!(decide(&run.view), Decision::Go { to, why: Why::Failed });
        run.view = View { cancel: Some(Cancel::Requested), work: Work::Open, ..run.view };
        assert_eq!(decide(&run.view), Decision::Wait, "too late to cancel");
    }
}
