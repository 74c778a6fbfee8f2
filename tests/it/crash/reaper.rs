//! Kills the binary at planned moments, and keeps count of which they were.

use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

use crate::support::server::{Listen, Stage, Watch};

/// When a process is to be killed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plan {
    /// So long after its start, whatever it does.
    After(Duration),
    /// So many requests, arrived or carried out, after its start, and so long after that.
    At {
        /// Requests seen before, each of them twice.
        sights: u32,
        /// From there.
        pause: Duration,
    },
    /// When it does this.
    On(&'static str),
    /// Not at all.
    Never,
}

#[derive(Debug)]
struct Doomed {
    child: Child,
    /// What it is used for at the moment.
    doing: &'static str,
    /// What it has done last.
    last: String,
    plan: Plan,
}

#[derive(Debug, Default)]
struct State {
    doomed: Option<Doomed>,
    /// Tells a process from the next, so that a late kill does not hit the wrong one.
    life: u64,
    kills: BTreeMap<String, u32>,
}

/// The killer of one process after another.
#[derive(Clone, Debug, Default)]
pub(super) struct Reaper {
    state: Arc<Mutex<State>>,
    dead: Arc<Notify>,
}

impl Reaper {
    /// A free port of loopback whose requests this reaper sees.
    pub(super) fn listen(&self) -> Listen {
        let reaper = self.clone();
        let watch = Watch::new(move |request, stage| reaper.see(request, stage));
        Listen { watch: Some(watch), ..Listen::default() }
    }

    /// Starts a process, none of whose requests is missed.
    pub(super) fn doom(&self, command: &mut Command, plan: Plan) {
        let mut state = self.state();
        let child = command.spawn().unwrap();
        state.life += 1;
        state.doomed = Some(Doomed { child, doing: "starting", last: String::new(), plan });
        let life = state.life;
        drop(state);
        if let Plan::After(pause) = plan {
            self.kill_later(life, pause);
        }
    }

    /// Notes what the process is used for from now on.
    pub(super) fn doing(&self, what: &'static str) {
        if let Some(doomed) = &mut self.state().doomed {
            doomed.doing = what;
        }
    }

    /// Waits until the process has been killed.
    pub(super) async fn dead(&self) {
        loop {
            let notified = self.dead.notified();
            if self.state().doomed.is_none() {
                return;
            }
            notified.await;
        }
    }

    /// Ends the process without counting it.
    pub(super) fn dismiss(&self) {
        let doomed = self.state().doomed.take();
        if let Some(mut doomed) = doomed {
            doomed.child.kill().unwrap();
            doomed.child.wait().unwrap();
        }
    }

    /// What is known of the process, for a test that fails.
    pub(super) fn describe(&self) -> String {
        let mut state = self.state();
        let doomed = state.doomed.as_mut();
        doomed.map_or_else(|| "killed".to_owned(), |doomed| format!("{:?} {doomed:?}", doomed.child.try_wait()))
    }

    /// How often it was killed at which moment.
    pub(super) fn kills(&self) -> BTreeMap<String, u32> {
        self.state().kills.clone()
    }

    fn see(&self, request: &str, stage: Stage) -> bool {
        let mut current = self.state();
        let life = current.life;
        let Some(doomed) = &mut current.doomed else { return false };
        // Both kinds of paths have what is asked at their ends: `/runtime/invocation/next`, `AmazonSQS.SendMessageBatch`.
        let name = request.trim_end_matches('/').rsplit(['/', '.']).next().unwrap_or_default();
        doomed.last = format!("{}: {name} {stage:?}", doomed.doing);
        let is_now = match &mut doomed.plan {
            Plan::At { sights, .. } if *sights > 0 => {
                *sights -= 1;
                false
            }
            Plan::At { pause, .. } if !pause.is_zero() => {
                self.kill_later(life, *pause);
                doomed.plan = Plan::Never;
                false
            }
            Plan::At { .. } => true,
            Plan::On(moment) => doomed.last == *moment,
            Plan::After(_) | Plan::Never => false,
        };
        if is_now {
            let moment = doomed.last.clone();
            self.kill(&mut current, moment);
        }
        !is_now
    }

    fn kill_later(&self, life: u64, pause: Duration) {
        let reaper = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(pause);
            let mut state = reaper.state();
            if let Some(doomed) = state.doomed.as_ref().filter(|_| state.life == life) {
                let moment = if doomed.last.is_empty() { "before anything" } else { "between two requests" };
                reaper.kill(&mut state, moment.to_owned());
            }
        });
    }

    /// `SIGKILL`: the process gets to do nothing more.
    fn kill(&self, state: &mut State, moment: String) {
        if let Some(mut doomed) = state.doomed.take() {
            doomed.child.kill().unwrap();
            doomed.child.wait().unwrap();
            *state.kills.entry(moment).or_default() += 1;
            self.dead.notify_waiters();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// A test that fails leaves no process behind.
impl Drop for State {
    fn drop(&mut self) {
        if let Some(doomed) = &mut self.doomed {
            let _ended = doomed.child.kill();
            let _reaped = doomed.child.wait();
        }
    }
}
