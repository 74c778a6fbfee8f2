//! Calls to outcomes: sent with bounded concurrency, and taken split when TikTok refuses them.
//!
//! A refusal is blamed on what its scope says and on nothing else. The account and the advertiser: nothing more is sent
//! for them, everything waits. The audience: the audiences of the call are halved until the offenders stand alone. A row:
//! the rows are, those of one audience side by side, since an audience may be what is wrong with all of its rows. The
//! size: halved.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::audience_lookup::AudienceLookup;
use super::bisection::{Bisection, Readiness, Suspect};
use super::planner::{Plan, push_request};
use super::session::{self, CallError, Session};
use super::split::{halves, halves_by_audience, has_one_audience, split_audiences};
use crate::batch::{Call, Task};
use crate::outcome::{Actor, Entry, Explanation, Outcome, Reason, Verdict};
use crate::tiktok::wire::{MappingBody, MappingRow, MappingRows, Misaligned};
use crate::tiktok::{
    Accepted, AdvertiserId, BuildError, Class, NO_PERMISSION, NO_SUCH_OBJECT, PARTIAL, Scope, SendError,
};

/// Calls under way at once, shared evenly among the advertisers that have any left: one whose calls wait for the end of
/// a throttle leaves the others theirs.
const CONCURRENCY: usize = 4;

/// Where that is less than a call for each advertiser, so many have one.
const MOST_UNDER_WAY: usize = 16;

/// A call that waits, and the bisection that it belongs to.
struct Job {
    call: Arc<Call>,
    bisection: Option<usize>,
}

impl Job {
    /// The first event in it, as the number of its task.
    fn first_task(&self) -> Option<u32> {
        self.call.carried_tasks().map(|(number, _)| number).min()
    }
}

/// For whom nothing more is sent in this invocation, and why.
#[derive(Default)]
struct Stopped {
    everybody: Option<Explanation>,
    advertisers: Vec<(AdvertiserId, Explanation)>,
}

impl Stopped {
    fn reason(&self, advertiser: AdvertiserId) -> Option<&Explanation> {
        let own = self.advertisers.iter().find(|(stopped, _)| *stopped == advertiser).map(|(_, reason)| reason);
        self.everybody.as_ref().or(own)
    }
}

/// A call that was answered for good, or given up, and how.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) call: Arc<Call>,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<Reason>,
    pub(super) request: Option<u32>,
}

/// What was sent.
#[derive(Debug)]
pub(super) struct Sent {
    /// The entries with the outcome of every task.
    pub(super) entries: Vec<Entry>,
    /// TikTok's ids of the calls.
    pub(super) requests: Vec<String>,
    /// The tasks, some of whose rows `closed` carries.
    pub(super) tasks: Arc<Vec<Task>>,
    /// The calls, where they are kept.
    pub(super) closed: Vec<Closed>,
}

/// Sends the calls of a plan, and keeps them where they are wanted afterwards.
pub(super) async fn send(
    session: &Session<'_>,
    audience_lookup: &AudienceLookup,
    plan: Plan,
    keeps_calls: bool,
) -> Sent {
    // Who overruled whom is the same whatever is answered.
    let Plan { entries, tasks, calls, requests, overruled: _ } = plan;
    let sending = Sending {
        session,
        audience_lookup,
        answered: vec![false; tasks.len()],
        tasks,
        entries,
        requests,
        waiting: calls.into_iter().map(|call| Job { call: Arc::new(call), bisection: None }).collect(),
        under_way: Vec::new(),
        bisections: Vec::new(),
        stopped: Stopped::default(),
        closed: keeps_calls.then(Vec::new),
    };
    sending.run().await
}

/// The sending of one invocation's calls.
struct Sending<'a, 's> {
    session: &'a Session<'s>,
    audience_lookup: &'a AudienceLookup,
    tasks: Arc<Vec<Task>>,
    /// The entries of the tasks, among others.
    entries: Vec<Entry>,
    /// Whether a call of the task was answered.
    answered: Vec<bool>,
    requests: Vec<String>,
    waiting: VecDeque<Job>,
    /// The advertiser of every call that is under way.
    under_way: Vec<AdvertiserId>,
    bisections: Vec<Bisection>,
    stopped: Stopped,
    /// The calls that are settled, where they are kept.
    closed: Option<Vec<Closed>>,
}

impl Sending<'_, '_> {
    async fn run(mut self) -> Sent {
        let session = self.session;
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < MOST_UNDER_WAY {
                let Some(job) = self.next() else { break };
                under_way.push(async move {
                    let answer = send_call(session, &job.call).await;
                    (job, answer)
                });
            }
            let Some((job, answer)) = under_way.next().await else { break };
            self.settle(job, answer);
        }
        let Self { entries, requests, tasks, closed, .. } = self;
        Sent { entries, requests, tasks, closed: closed.unwrap_or_default() }
    }

    /// The next call that may be sent; those that never may are settled on the way.
    fn next(&mut self) -> Option<Job> {
        let share = self.share();
        let mut position = 0;
        while let Some(job) = self.waiting.get(position) {
            match self.readiness(job, share) {
                Readiness::Later => position += 1,
                Readiness::Now => return self.take(position),
                Readiness::Never(reason) => {
                    if let Some(job) = self.waiting.remove(position) {
                        self.close(job.call, &reason.into(), None);
                    }
                }
            }
        }
        None
    }

    /// How many calls each advertiser may have under way.
    fn share(&self) -> usize {
        let waiting = self.waiting.iter().map(|job| job.call.advertiser);
        let advertisers: HashSet<_> = waiting.chain(self.under_way.iter().copied()).collect();
        (CONCURRENCY / advertisers.len().max(1)).max(1)
    }

    fn readiness(&self, job: &Job, share: usize) -> Readiness {
        if let Some(reason) = self.stopped.reason(job.call.advertiser) {
            return Readiness::Never(reason.clone());
        }
        if self.under_way.iter().filter(|advertiser| **advertiser == job.call.advertiser).count() >= share {
            return Readiness::Later;
        }
        let bisection = job.bisection.and_then(|bisection| self.bisections.get(bisection));
        bisection.map_or(Readiness::Now, Bisection::readiness)
    }

    fn take(&mut self, position: usize) -> Option<Job> {
        let job = self.waiting.remove(position)?;
        self.under_way.push(job.call.advertiser);
        if let Some(bisection) = job.bisection.and_then(|bisection| self.bisections.get_mut(bisection)) {
            bisection.start();
        }
        Some(job)
    }

    fn settle(&mut self, job: Job, answer: Result<Accepted, CallError>) {
        if let Some(position) = self.under_way.iter().position(|advertiser| *advertiser == job.call.advertiser) {
            self.under_way.swap_remove(position);
        }
        if let Some(bisection) = job.bisection.and_then(|bisection| self.bisections.get_mut(bisection)) {
            bisection.answered(answer.is_ok() || is_partial(&answer), is_silent(&answer));
        }
        match answer {
            Ok(accepted) => {
                let request = accepted.request_id.map(|id| push_request(&mut self.requests, id.as_str()));
                self.session.delivered(&job.call);
                self.close(job.call, &Verdict::Delivered, request);
            }
            Err(CallError::Secret(error)) => {
                let reason = session::secret_unavailable(&error);
                self.close(job.call, &reason.clone().into(), None);
                self.stopped.everybody = Some(reason);
            }
            Err(CallError::Send(error)) => self.refused(job, &error),
        }
    }

    fn refused(&mut self, job: Job, error: &SendError) {
        let reason = session::explain(error);
        let request = error.request_id().map(|id| push_request(&mut self.requests, id.as_str()));
        if let Some(scope) = error.ends_sending_for() {
            match scope {
                Scope::Advertiser => self.stopped.advertisers.push((job.call.advertiser, reason.clone())),
                Scope::Account | Scope::Audience | Scope::Size | Scope::Row => {
                    self.stopped.everybody = Some(reason.clone());
                }
            }
            return self.close(job.call, &reason.into(), request);
        }
        match error.class() {
            // Busy is the audience, and a permission may be missing for one audience only.
            Class::Busy => self.by_audience_or_close(job, reason, request),
            Class::Blocked if error.code() == Some(NO_PERMISSION) => self.by_audience_or_close(job, reason, request),
            Class::Blocked | Class::Transient | Class::Throttled | Class::Unauthorized => {
                self.close(job.call, &reason.into(), request);
            }
            Class::Permanent => self.refused_for_good(job, error, reason, request),
        }
    }

    /// Tries the halves of its audiences, so that one bad audience does not hold up the others.
    fn by_audience_or_close(&mut self, job: Job, reason: Explanation, request: Option<u32>) {
        match split_audiences(&job.call) {
            Some((calls, audiences)) => {
                let bisection = self.bisection(&job, Suspect::Audience, audiences, reason);
                self.again(calls, Some(bisection));
            }
            None => self.close(job.call, &reason.into(), request),
        }
    }

    fn refused_for_good(&mut self, job: Job, error: &SendError, reason: Explanation, request: Option<u32>) {
        let parts = match error.scope() {
            Scope::Account | Scope::Advertiser => None,
            Scope::Size => halves(&job.call).map(|calls| (calls, job.bisection)),
            Scope::Audience => split_audiences(&job.call).map(|(calls, _)| (calls, None)),
            Scope::Row if has_one_audience(&job.call) => halves(&job.call)
                .map(|calls| (calls, Some(self.bisection(&job, Suspect::Row, job.call.rows.len(), reason.clone())))),
            // Each audience has a bisection of its own: a bad one tells nothing about the others.
            Scope::Row => halves_by_audience(&job.call).map(|calls| (calls, None)),
        };
        match parts {
            Some((calls, bisection)) => self.again(calls, bisection),
            None => self.give_up(job.call, error, reason, request),
        }
    }

    /// The bisection for such a suspect that a call belongs to, begun by it unless it is in one.
    fn bisection(&mut self, job: &Job, suspect: Suspect, suspects: usize, reason: Explanation) -> usize {
        let is_such =
            |bisection: &usize| self.bisections.get(*bisection).is_some_and(|bisection| bisection.is_for(suspect));
        if let Some(bisection) = job.bisection.filter(is_such) {
            bisection
        } else {
            self.bisections.push(Bisection::new(suspect, suspects, reason));
            self.bisections.len() - 1
        }
    }

    /// The end of a call that can't be split any further.
    fn give_up(&mut self, call: Arc<Call>, error: &SendError, mut reason: Explanation, request: Option<u32>) {
        if error.code() == Some(PARTIAL) {
            reason.reason = Reason::Partial;
        }
        if error.scope() == Scope::Row {
            reason = reason.with_actor(Actor::Person);
        }
        if error.scope() != Scope::Audience {
            return self.close(call, &reason.into(), request);
        }
        // An audience that was found by name may have been deleted since, by the creator of an older one.
        if call.carried_tasks().all(|(_, task)| task.is_by_name) {
            self.audience_lookup.invalidate(call.advertiser);
            reason.reason = Reason::AudienceGone;
        }
        if error.code() == Some(NO_SUCH_OBJECT) {
            // Another event named it, wrongly: nobody is in there who is to be erased.
            let (erasures, others): (Vec<_>, _) = call.rows.iter().cloned().partition(|row| {
                let task = call.carried_by(row).tasks().next();
                task.is_some_and(|(_, task)| !task.is_by_name && self.is_deletion(task))
            });
            if !erasures.is_empty() {
                self.close(Arc::new(call.with_rows(erasures)), &Verdict::Delivered, request);
                if !others.is_empty() {
                    self.close(Arc::new(call.with_rows(others)), &reason.into(), request);
                }
                return;
            }
        }
        self.close(call, &reason.into(), request);
    }

    /// Whether a task is one of a deletion request.
    fn is_deletion(&self, task: &Task) -> bool {
        self.entries.get(task.entry as usize).is_some_and(|entry| entry.is_deletion)
    }

    /// Puts the parts of a call in their place among those that wait, so that calls stay in order of their events.
    fn again(&mut self, parts: [Call; 2], bisection: Option<usize>) {
        for call in parts {
            let job = Job { call: Arc::new(call), bisection };
            let position = self.waiting.partition_point(|waiting| waiting.first_task() <= job.first_task());
            self.waiting.insert(position, job);
        }
    }

    /// Notes how a call ended for every task in it: the worst of its rows counts.
    fn close(&mut self, call: Arc<Call>, verdict: &Verdict, request: Option<u32>) {
        for (number, task) in call.carried_tasks() {
            let entry = self.entries.get_mut(task.entry as usize);
            let (Some(entry), Some(is_answered)) = (entry, self.answered.get_mut(number as usize)) else { continue };
            if !*is_answered || verdict.outcome().severity() > entry.verdict.outcome().severity() {
                entry.verdict = verdict.clone();
                entry.request = request;
            }
            *is_answered = true;
        }
        if let Some(closed) = &mut self.closed {
            let reason = verdict.explanation().map(|explanation| explanation.reason);
            closed.push(Closed { call, outcome: verdict.outcome(), reason, request });
        }
    }
}

/// Whether TikTok took a part of a call: then a search among its rows can't be in vain.
fn is_partial(answer: &Result<Accepted, CallError>) -> bool {
    matches!(answer, Err(CallError::Send(error)) if error.code() == Some(PARTIAL) && error.scope() == Scope::Row)
}

/// Whether an answer says nothing of a call's rows and audiences: then it is no step of a search among them.
fn is_silent(answer: &Result<Accepted, CallError>) -> bool {
    match answer {
        Ok(_) => false,
        Err(CallError::Secret(_)) => true,
        Err(CallError::Send(error)) => match error.class() {
            Class::Transient | Class::Throttled | Class::Unauthorized => true,
            Class::Blocked | Class::Busy | Class::Permanent => false,
        },
    }
}

async fn send_call(session: &Session<'_>, call: &Arc<Call>) -> Result<Accepted, CallError> {
    let deadline = session.budget.deadline;
    let body =
        body(call).map_err(|misaligned| CallError::Send(SendError::Build(BuildError::Misaligned(misaligned))))?;
    session.call(async |token| session.client.map_users(token, &body, deadline).await).await
}

/// The body of a call.
///
/// # Errors
/// A row has two cells of a column, or not in order, which no planned call has.
pub fn body(call: &Arc<Call>) -> Result<MappingBody, Misaligned> {
    MappingBody::new(call.advertiser, call.direction, call.schema(), Arc::<Call>::clone(call))
}

impl MappingRows for Call {
    fn row(&self, number: usize) -> Option<MappingRow<'_>> {
        let row = Self::row(self, number)?;
        let audiences = match row.tasks().next() {
            Some((_, task)) if !row.has_several_audiences() => Cow::Borrowed(std::slice::from_ref(&task.audience)),
            Some(_) | None => row.audiences().collect(),
        };
        Some(MappingRow { cells: row.cells(), audiences })
    }
}
