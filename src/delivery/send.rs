//! Calls to outcomes: sent with bounded concurrency, and taken apart when TikTok refuses them.
//!
//! A refusal is blamed on what its scope says and on nothing else. The account and the advertiser: nothing more is sent
//! for them, everything waits. The audience: the audiences of the call are halved until the offenders stand alone. A row:
//! the rows are, those of one audience side by side, since an audience may be what is wrong with all of its rows. The
//! size: halved.

use std::collections::{HashSet, VecDeque};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::apart::{halves, halves_by_audience, has_one_audience, split_audiences};
use super::push_request;
use crate::batch::{Call, CallRow, Task};
use crate::directory::Directory;
use crate::identity::IdType;
use crate::outcome::{Explanation, Reason, Verdict};
use crate::session::{self, CallError, Session};
use crate::tiktok::wire::{Action, Cell, Mapping, MappingBody, Misaligned, row_bytes};
use crate::tiktok::{Accepted, AdvertiserId, BuildError, Class, NO_PERMISSION, PARTIAL, Scope, SendError};

/// Calls under way at once, shared evenly among the advertisers that have any left: one whose calls wait for the end of
/// a throttle leaves the others theirs.
const CONCURRENCY: usize = 4;

/// Where that is less than a call for each advertiser, so many have one.
const MOST_UNDER_WAY: usize = 16;

/// Calls of a hunt under way at once until one succeeds: the two halves of a call. More would spend the hunt's budget
/// on its breadth and give up where halving further would have found good rows.
const HUNTING: u32 = 2;

/// How a task ended.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    pub(super) verdict: Verdict,
    /// Position of the deciding call's id.
    pub(super) request: Option<u32>,
}

/// A call that waits, and the hunt that it belongs to.
struct Job {
    call: Call,
    hunt: Option<usize>,
}

impl Job {
    /// The first event in it, as the number of its task.
    fn first_task(&self) -> Option<u32> {
        self.call.rows.iter().flat_map(|row| &row.tasks).copied().min()
    }
}

/// What a refused call is taken apart for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Culprit {
    Row,
    Audience,
}

/// The hunt for what one refused call was refused for.
struct Hunt {
    culprit: Culprit,
    /// Calls that are under way or were answered.
    started: u32,
    under_way: u32,
    /// When so many calls were refused and none succeeded, none will.
    budget: u32,
    succeeded: bool,
    /// What TikTok said of the whole call.
    reason: Explanation,
}

/// Whether a waiting call may go.
enum Turn {
    Now,
    /// Others of its hunt decide first.
    Later,
    Never(Explanation),
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

/// The sending of one invocation's calls.
pub(super) struct Sending<'a, 's> {
    session: &'a Session<'s>,
    directory: &'a Directory,
    tasks: &'a [Task],
    requests: &'a mut Vec<String>,
    fates: Vec<Option<Fate>>,
    waiting: VecDeque<Job>,
    /// The advertiser of every call that is under way.
    under_way: Vec<AdvertiserId>,
    hunts: Vec<Hunt>,
    stopped: Stopped,
}

impl<'a, 's> Sending<'a, 's> {
    pub(super) fn new(
        session: &'a Session<'s>,
        directory: &'a Directory,
        tasks: &'a [Task],
        requests: &'a mut Vec<String>,
    ) -> Self {
        Self {
            session,
            directory,
            tasks,
            requests,
            fates: vec![None; tasks.len()],
            waiting: VecDeque::new(),
            under_way: Vec::new(),
            hunts: Vec::new(),
            stopped: Stopped::default(),
        }
    }

    /// Sends the calls and returns the fate of every task that was in one.
    pub(super) async fn run(mut self, calls: Vec<Call>) -> Vec<Option<Fate>> {
        self.waiting = calls.into_iter().map(|call| Job { call, hunt: None }).collect();
        let session = self.session;
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < MOST_UNDER_WAY {
                let Some(job) = self.next() else { break };
                under_way.push(async move {
                    let answer = send(session, &job.call).await;
                    (job, answer)
                });
            }
            let Some((job, answer)) = under_way.next().await else { break };
            self.settle(&job, answer);
        }
        self.fates
    }

    /// The next call that may be sent; those that never may are settled on the way.
    fn next(&mut self) -> Option<Job> {
        let share = self.share();
        let mut position = 0;
        while let Some(job) = self.waiting.get(position) {
            match self.turn(job, share) {
                Turn::Later => position += 1,
                Turn::Now => return self.take(position),
                Turn::Never(reason) => {
                    if let Some(job) = self.waiting.remove(position) {
                        self.close(&job.call, &reason.into(), None);
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

    fn turn(&self, job: &Job, share: usize) -> Turn {
        if let Some(reason) = self.stopped.reason(job.call.advertiser) {
            return Turn::Never(reason.clone());
        }
        if self.under_way.iter().filter(|advertiser| **advertiser == job.call.advertiser).count() >= share {
            return Turn::Later;
        }
        match job.hunt.and_then(|hunt| self.hunts.get(hunt)).filter(|hunt| !hunt.succeeded) {
            Some(hunt) if hunt.started >= hunt.budget && hunt.under_way == 0 => Turn::Never(hunt.reason.clone()),
            Some(hunt) if hunt.started >= hunt.budget || hunt.under_way >= HUNTING => Turn::Later,
            Some(_) | None => Turn::Now,
        }
    }

    fn take(&mut self, position: usize) -> Option<Job> {
        let job = self.waiting.remove(position)?;
        self.under_way.push(job.call.advertiser);
        if let Some(hunt) = job.hunt.and_then(|hunt| self.hunts.get_mut(hunt)) {
            hunt.started += 1;
            hunt.under_way += 1;
        }
        Some(job)
    }

    fn settle(&mut self, job: &Job, answer: Result<Accepted, CallError>) {
        if let Some(position) = self.under_way.iter().position(|advertiser| *advertiser == job.call.advertiser) {
            self.under_way.swap_remove(position);
        }
        if let Some(hunt) = job.hunt.and_then(|hunt| self.hunts.get_mut(hunt)) {
            hunt.under_way -= 1;
            hunt.succeeded |= answer.is_ok() || is_partial(&answer);
            hunt.started -= u32::from(is_silent(&answer));
        }
        match answer {
            Ok(accepted) => {
                let request = accepted.request_id.map(|id| push_request(self.requests, id.as_str()));
                self.close(&job.call, &Verdict::Delivered, request);
            }
            Err(CallError::Secret(error)) => {
                let reason = session::secret_unavailable(&error);
                self.close(&job.call, &reason.clone().into(), None);
                self.stopped.everybody = Some(reason);
            }
            Err(CallError::Send(error)) => self.refused(job, &error),
        }
    }

    fn refused(&mut self, job: &Job, error: &SendError) {
        let reason = session::explain(error);
        let request = error.request_id().map(|id| push_request(self.requests, id.as_str()));
        match error.class() {
            Class::Throttled | Class::Unauthorized => {
                match error.scope() {
                    Scope::Advertiser => self.stopped.advertisers.push((job.call.advertiser, reason.clone())),
                    Scope::Account | Scope::Audience | Scope::Size | Scope::Row => {
                        self.stopped.everybody = Some(reason.clone());
                    }
                }
                self.close(&job.call, &reason.into(), request);
            }
            Class::Transient if matches!(error, SendError::NoTime) => {
                self.close(&job.call, &reason.clone().into(), request);
                self.stopped.everybody = Some(reason);
            }
            // Busy is the audience, and a permission may be missing for one audience only.
            Class::Busy => self.by_audience_or_close(job, reason, request),
            Class::Blocked if error.code() == Some(NO_PERMISSION) => self.by_audience_or_close(job, reason, request),
            Class::Blocked | Class::Transient => self.close(&job.call, &reason.into(), request),
            Class::Permanent => self.refused_for_good(job, error, reason, request),
        }
    }

    /// Tries the halves of its audiences, since what is wrong with one of them shall not hold up the others.
    fn by_audience_or_close(&mut self, job: &Job, reason: Explanation, request: Option<u32>) {
        match split_audiences(&job.call) {
            Some((calls, audiences)) => {
                let hunt = self.hunt(job, Culprit::Audience, audiences, reason);
                self.again(calls, Some(hunt));
            }
            None => self.close(&job.call, &reason.into(), request),
        }
    }

    fn refused_for_good(&mut self, job: &Job, error: &SendError, reason: Explanation, request: Option<u32>) {
        let parts = match error.scope() {
            Scope::Account | Scope::Advertiser => None,
            Scope::Size => halves(&job.call).map(|calls| (calls, job.hunt)),
            Scope::Audience => split_audiences(&job.call).map(|(calls, _)| (calls, None)),
            Scope::Row if has_one_audience(&job.call) => halves(&job.call)
                .map(|calls| (calls, Some(self.hunt(job, Culprit::Row, job.call.rows.len(), reason.clone())))),
            // Each audience has a hunt of its own: a bad one tells nothing about the others.
            Scope::Row => halves_by_audience(&job.call).map(|calls| (calls, None)),
        };
        match parts {
            Some((calls, hunt)) => self.again(calls, hunt),
            None => self.give_up(&job.call, error, reason, request),
        }
    }

    /// The hunt for such a culprit that a call belongs to, begun by it unless it is in one.
    fn hunt(&mut self, job: &Job, culprit: Culprit, suspects: usize, reason: Explanation) -> usize {
        let is_such = |hunt: &usize| self.hunts.get(*hunt).is_some_and(|hunt| hunt.culprit == culprit);
        match job.hunt.filter(is_such) {
            Some(hunt) => hunt,
            None => self.start_hunt(culprit, suspects, reason),
        }
    }

    /// The end of a call that can't be taken apart any further.
    fn give_up(&mut self, call: &Call, error: &SendError, mut reason: Explanation, request: Option<u32>) {
        if error.code() == Some(PARTIAL) {
            reason.reason = Reason::Partial;
        }
        if error.scope() != Scope::Audience {
            return self.close(call, &reason.into(), request);
        }
        // An audience that was found by name may have been deleted since, by whoever created an elder one.
        let tasks = call.rows.iter().flat_map(|row| &row.tasks);
        let is_by_name = tasks.filter_map(|task| self.tasks.get(*task as usize)).all(|task| task.is_by_name);
        if is_by_name {
            self.directory.forget(call.advertiser);
            reason.reason = Reason::AudienceGone;
        }
        self.close(call, &reason.into(), request);
    }

    /// Starts a hunt with the call that was refused as its first. Twice the halvings that it takes to single one out,
    /// and that call, are every call on the way down to one offender.
    fn start_hunt(&mut self, culprit: Culprit, suspects: usize, reason: Explanation) -> usize {
        let halvings = usize::BITS - suspects.saturating_sub(1).leading_zeros();
        let budget = 2 * halvings + 1;
        self.hunts.push(Hunt { culprit, started: 1, under_way: 0, budget, succeeded: false, reason });
        self.hunts.len() - 1
    }

    /// Puts the parts of a call in their place among those that wait, so that calls stay in order of their events.
    fn again(&mut self, parts: [Call; 2], hunt: Option<usize>) {
        for call in parts {
            let job = Job { call, hunt };
            let position = self.waiting.partition_point(|waiting| waiting.first_task() <= job.first_task());
            self.waiting.insert(position, job);
        }
    }

    /// Notes how a call ended for every task in it: the worst of its rows counts.
    fn close(&mut self, call: &Call, verdict: &Verdict, request: Option<u32>) {
        let mut seen = HashSet::new();
        for task in call.rows.iter().flat_map(|row| &row.tasks) {
            if !seen.insert(*task) {
                continue;
            }
            let Some(fate) = self.fates.get_mut(*task as usize) else { continue };
            let is_worse =
                fate.as_ref().is_none_or(|fate| verdict.outcome().severity() > fate.verdict.outcome().severity());
            if is_worse {
                *fate = Some(Fate { verdict: verdict.clone(), request });
            }
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

async fn send(session: &Session<'_>, call: &Call) -> Result<Accepted, CallError> {
    let deadline = session.window.deadline;
    session
        .call(async |token| {
            let body = body(call).map_err(|misaligned| SendError::Build(BuildError::Misaligned(misaligned)))?;
            session.client.map_users(token, body, deadline).await
        })
        .await
}

/// Writes the body of a call.
///
/// # Errors
/// A row has a cell outside of the call's schema, which no planned call has.
pub fn body(call: &Call) -> Result<MappingBody, Misaligned> {
    let schema = call.schema();
    let action = match call.verb {
        crate::batch::Verb::Add => Action::Add,
        crate::batch::Verb::Remove => Action::Delete,
    };
    let mapping = Mapping { advertiser: call.advertiser, action, schema: &schema };
    let bytes = call.rows.iter().map(|row| row_bytes(cells(row, &schema))).sum();
    let mut writer = mapping.writer(mapping.body_bytes(call.rows.len(), bytes));
    for row in &call.rows {
        writer.row(cells(row, &schema))?;
    }
    Ok(writer.finish())
}

/// A row's cells, one per column.
fn cells<'r>(row: &'r CallRow, schema: &'r [IdType]) -> impl Iterator<Item = Cell<'r>> {
    schema.iter().map(|column| {
        let cell = row.cells.iter().find(|cell| cell.id_type() == *column);
        cell.map(|cell| (cell, row.audiences.as_slice()))
    })
}
