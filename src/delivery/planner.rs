//! From operations to planned calls: the one way that delivery, `explain` and `testMapping` share.
//!
//! Pure but for the answers of a [`Resolver`]: what only TikTok and the secret know.

mod erased;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::actions::{AdvertiserRef, AudienceRef, Evaluated, Operation, PlannedOperation};
use crate::batch::{self, Call, Coalesced, Coalescence, Limits, Overruled, Rank, Rows, Task};
use crate::identity::Direction;
use crate::outcome::{Actor, Entry, Explanation, Reason, Verdict};
use crate::sorting::sort_by_key;
use crate::tiktok::{AdvertiserId, AudienceId};
use erased::{AllErased, erased, find_added};

/// The removes by which an invocation erases people, one per request and audience: each takes 300 bytes, and a queue's
/// batch may be of nothing else.
const MOST_ERASED: usize = 100_000;

/// An audience that `createAudience` found or made.
#[derive(Clone, Debug)]
pub(crate) struct FoundOrCreated {
    /// Its id.
    pub(crate) audience: AudienceId,
    /// Whether it was made for this event.
    pub(crate) is_new: bool,
    /// TikTok's id of the call that made it.
    pub(crate) request_id: Option<String>,
}

/// Answers what only TikTok and the secret know. Each question names the event that asks first.
pub(crate) trait Resolver {
    /// Reads the names of several ad accounts at once, as far as that saves time.
    async fn read_names(&mut self, names: &HashMap<AdvertiserId, HashSet<&str>>);
    /// The only ad account of the secret.
    async fn only_advertiser(&mut self) -> Result<AdvertiserId, Explanation>;
    /// The ad accounts of the secret that are not among `configured`.
    async fn other_advertisers(&mut self, configured: &[AdvertiserId]) -> Result<Vec<AdvertiserId>, Explanation>;
    /// The audience of a name; created for an add where the destination says so.
    async fn audience(
        &mut self,
        event_index: u32,
        advertiser: AdvertiserId,
        name: &str,
        direction: Direction,
    ) -> Result<AudienceId, Explanation>;
    /// All audiences of an ad account that people can be in.
    async fn audiences(&mut self, event_index: u32, advertiser: AdvertiserId)
    -> Result<Arc<[AudienceId]>, Explanation>;
    /// Finds or creates an audience; `allow_duplicate` creates without looking.
    async fn create(
        &mut self,
        event_index: u32,
        advertiser: AdvertiserId,
        name: &str,
        allow_duplicate: bool,
    ) -> Result<FoundOrCreated, Explanation>;
}

/// What is to be sent, and the entry of every action.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// One entry per action; those of tasks are retryable until their calls are answered.
    pub(crate) entries: Vec<Entry>,
    /// In order of their events. No row carries a task without rows: others took all of its cells.
    pub(crate) tasks: Arc<Vec<Task>>,
    /// In the order in which they are sent.
    pub(crate) calls: Vec<Call>,
    /// TikTok's ids of the calls that were made already.
    pub(crate) requests: Vec<String>,
    /// The events about whose people others decided otherwise.
    pub(crate) overruled: Vec<Overruled>,
}

/// Plans the calls for what was evaluated.
pub(crate) async fn plan(resolver: &mut impl Resolver, evaluated: Evaluated, limits: Limits) -> Plan {
    let Evaluated { entries, mut operations, .. } = evaluated;
    // A person who is to be erased may be in an audience that another event of the invocation creates.
    sort_by_key(&mut operations, |planned| match planned.operation {
        Operation::Create { .. } => 0,
        Operation::Members { .. } => 1,
        Operation::Erase { .. } => 2,
    });
    resolver.read_names(&names(&operations)).await;
    let mut planning = Planning { resolver, plan: Plan { entries, ..Plan::default() }, erased: 0 };
    let answers = planning.ask(&operations).await;
    let erasures = operations.split_off(operations.partition_point(|planned| !is_erasure(planned)));
    planning.plan.entries.reserve_exact(operations.len());
    let mut erased = erased(&erasures);
    let mut tasks = planning.tasks(operations, answers, &erased);
    find_added(&tasks, &mut erased);
    for planned in erasures {
        if let Operation::Erase { advertisers, rows, left_out } = planned.operation {
            let (first, first_entry) = (tasks.len(), planning.plan.entries.len());
            planning.erase(planned.rank, advertisers, &rows, &mut tasks).await;
            // Of the request, not of each audience: said once.
            if let Some(entry) = planning.plan.entries.get_mut(first_entry) {
                entry.left_out = left_out;
            }
            planning.erase_added(planned.rank, &rows, &erased, first, &mut tasks);
        }
    }
    finish(tasks, planning.plan, limits)
}

const fn is_erasure(planned: &PlannedOperation) -> bool {
    matches!(planned.operation, Operation::Erase { .. })
}

/// The names in use, by the ad account that the event or the mapping states.
pub(super) fn names(operations: &[PlannedOperation]) -> HashMap<AdvertiserId, HashSet<&str>> {
    let mut names: HashMap<AdvertiserId, HashSet<&str>> = HashMap::new();
    for planned in operations {
        if let Operation::Members {
            advertiser: AdvertiserRef::Known(advertiser),
            audience: AudienceRef::Named(name),
            ..
        } = &planned.operation
        {
            names.entry(*advertiser).or_default().insert(name);
        }
    }
    names
}

struct Planning<'r, R> {
    resolver: &'r mut R,
    plan: Plan,
    /// Removes by which people are erased, so far.
    erased: usize,
}

impl<R: Resolver> Planning<'_, R> {
    /// The entries of the operations that only the resolver can tell more of, in their order. One that has an audience,
    /// and no reason against it yet, is to be sent.
    async fn ask(&mut self, operations: &[PlannedOperation]) -> VecDeque<Entry> {
        let mut answers = VecDeque::new();
        for planned in operations {
            let unanswered = || Entry::new(planned.event_index, planned.mapping, Reason::OutOfTime.into());
            answers.push_back(match &planned.operation {
                Operation::Create { advertiser, name, allow_duplicate } => {
                    let mut entry = unanswered();
                    entry.verdict = match self.create(&mut entry, *advertiser, name, *allow_duplicate).await {
                        Ok(()) => Verdict::Delivered,
                        Err(explanation) => explanation.into(),
                    };
                    entry
                }
                Operation::Members { direction, advertiser, audience, .. }
                    if known_target(*advertiser, audience).is_none() =>
                {
                    let mut entry = unanswered();
                    if let Err(explanation) = self.target(&mut entry, *advertiser, audience, *direction).await {
                        entry.verdict = explanation.into();
                    }
                    entry
                }
                Operation::Members { .. } | Operation::Erase { .. } => continue,
            });
        }
        answers
    }

    /// The tasks of the operations but erasures, and the entries of all. A task needs less room than its operation, so
    /// that std puts it in its place ([`Vec`]'s collecting in place): both lists at once would be the most of all.
    fn tasks(
        &mut self,
        operations: Vec<PlannedOperation>,
        mut answers: VecDeque<Entry>,
        erased: &AllErased,
    ) -> Vec<Task> {
        let Plan { entries, overruled, .. } = &mut self.plan;
        let task = |planned| {
            let PlannedOperation { event_index, mapping, rank, operation, shadow: _ } = planned;
            let Operation::Members { direction, advertiser, audience, rows, left_out, note } = operation else {
                entries.extend(answers.pop_front());
                return None;
            };
            let mut entry = Entry::new(event_index, mapping, Reason::OutOfTime.into());
            if let Some((advertiser, audience)) = known_target(advertiser, &audience) {
                (entry.advertiser, entry.audience) = (Some(advertiser), Some(audience));
            } else if let Some(answer) = answers.pop_front() {
                entry = answer;
            }
            (entry.left_out, entry.note) = (left_out, note);
            let is_by_name = matches!(audience, AudienceRef::Named(_));
            let target = entry.advertiser.zip(entry.audience);
            let position = push(entries, entry);
            let Some((advertiser, audience)) = target else {
                // Once its audience is there, it would bring back whom the request erases now.
                if direction == Direction::Add && !erased.is_empty() {
                    let by = rows.iter().flatten().filter_map(|cell| erased.get(cell)).map(|erased| erased.by);
                    overruled.extend(by.map(|by| Overruled { event_index, by }));
                }
                return None;
            };
            Some(Task { event_index, rank, entry: position, advertiser, audience, is_by_name, direction, rows })
        };
        operations.into_iter().filter_map(task).collect()
    }

    async fn create(
        &mut self,
        entry: &mut Entry,
        advertiser: AdvertiserRef,
        name: &str,
        allow_duplicate: bool,
    ) -> Result<(), Explanation> {
        let advertiser = self.advertiser(advertiser).await?;
        entry.advertiser = Some(advertiser);
        let created = self.resolver.create(entry.event_index, advertiser, name, allow_duplicate).await?;
        entry.audience = Some(created.audience);
        entry.created = Some(created.is_new);
        entry.request = created.request_id.map(|id| push_request(&mut self.plan.requests, &id));
        Ok(())
    }

    /// The ad account and the audience of an operation, noted in its entry as far as they are known.
    async fn target(
        &mut self,
        entry: &mut Entry,
        advertiser: AdvertiserRef,
        audience: &AudienceRef,
        direction: Direction,
    ) -> Result<(), Explanation> {
        let advertiser = self.advertiser(advertiser).await?;
        entry.advertiser = Some(advertiser);
        let audience = match audience {
            AudienceRef::Known(audience) => *audience,
            AudienceRef::Named(name) => self.resolver.audience(entry.event_index, advertiser, name, direction).await?,
        };
        entry.audience = Some(audience);
        Ok(())
    }

    async fn advertiser(&mut self, advertiser: AdvertiserRef) -> Result<AdvertiserId, Explanation> {
        match advertiser {
            AdvertiserRef::Known(advertiser) => Ok(advertiser),
            AdvertiserRef::OnlyOfSecret => self.resolver.only_advertiser().await,
        }
    }

    /// A remove from every audience. An ad account whose audiences can't be listed holds up the request, not the others.
    async fn erase(&mut self, rank: Rank, configured: Vec<AdvertiserId>, rows: &Rows, tasks: &mut Vec<Task>) {
        let first = self.plan.entries.len();
        match self.known_advertisers(configured).await {
            Ok(advertisers) => {
                for advertiser in advertisers {
                    self.erase_at(rank, advertiser, rows, tasks).await;
                }
            }
            Err(explanation) => self.plan.entries.push(erasure(rank, None, explanation.into())),
        }
        if self.plan.entries.len() == first {
            self.plan.entries.push(erasure(rank, None, Reason::NothingToForget.into()));
        }
    }

    /// The ad accounts of the configuration and those of the secret.
    async fn known_advertisers(&mut self, mut configured: Vec<AdvertiserId>) -> Result<Vec<AdvertiserId>, Explanation> {
        configured.extend(self.resolver.other_advertisers(&configured).await?);
        if configured.is_empty() { Err(Reason::NoAdvertiser.into()) } else { Ok(configured) }
    }

    async fn erase_at(&mut self, rank: Rank, advertiser: AdvertiserId, rows: &Rows, tasks: &mut Vec<Task>) {
        match self.resolver.audiences(rank.position, advertiser).await {
            Ok(audiences) if self.erased > 0 && self.erased + audiences.len() > MOST_ERASED => {
                let message = "more people are to be erased than one invocation can do; the others follow";
                let later = Explanation::new(Reason::OutOfTime, message);
                self.plan.entries.push(erasure(rank, Some(advertiser), later.into()));
            }
            Ok(audiences) => {
                for audience in audiences.iter().copied() {
                    self.erase_from(rank, (advertiser, audience), true, rows, tasks);
                }
            }
            Err(explanation) => self.plan.entries.push(erasure(rank, Some(advertiser), explanation.into())),
        }
    }

    /// A remove from each audience to which other events of the invocation add the person, which need not be listed yet,
    /// nor be of an ad account that is known. The request's tasks so far begin at `first`.
    fn erase_added(&mut self, rank: Rank, rows: &Rows, erased: &AllErased, first: usize, tasks: &mut Vec<Task>) {
        let erased = rows.iter().flatten().filter_map(|cell| erased.get(cell));
        let mut targets: HashSet<_> = erased.flat_map(|erased| &erased.added_to).collect();
        if targets.is_empty() {
            return;
        }
        for task in tasks.iter().skip(first) {
            targets.remove(&(task.advertiser, task.audience));
        }
        let mut targets: Vec<_> = targets.into_iter().copied().collect();
        targets.sort_unstable();
        for target in targets {
            self.erase_from(rank, target, false, rows, tasks);
        }
    }

    fn erase_from(
        &mut self,
        rank: Rank,
        (advertiser, audience): (AdvertiserId, AudienceId),
        is_listed: bool,
        rows: &Rows,
        tasks: &mut Vec<Task>,
    ) {
        self.erased += 1;
        let entry = erasure(rank, Some(advertiser), Reason::OutOfTime.into());
        let entry = Entry { audience: Some(audience), ..entry };
        tasks.push(Task {
            event_index: rank.position,
            rank,
            entry: push(&mut self.plan.entries, entry),
            advertiser,
            audience,
            is_by_name: is_listed,
            direction: Direction::Remove,
            rows: rows.clone(),
        });
    }
}

/// The entry of a part of a deletion request.
fn erasure(rank: Rank, advertiser: Option<AdvertiserId>, verdict: Verdict) -> Entry {
    Entry { advertiser, is_deletion: true, ..Entry::new(rank.position, None, verdict) }
}

/// Where the people of an operation go, if nobody has to be asked.
const fn known_target(advertiser: AdvertiserRef, audience: &AudienceRef) -> Option<(AdvertiserId, AudienceId)> {
    match (advertiser, audience) {
        (AdvertiserRef::Known(advertiser), AudienceRef::Known(audience)) => Some((advertiser, *audience)),
        (AdvertiserRef::OnlyOfSecret, _) | (_, AudienceRef::Named(_)) => None,
    }
}

/// Keeps an entry and returns where.
fn push(entries: &mut Vec<Entry>, entry: Entry) -> u32 {
    entries.push(entry);
    u32::try_from(entries.len() - 1).unwrap_or(u32::MAX)
}

/// Coalesces the tasks and plans the calls of what is left.
fn finish(mut tasks: Vec<Task>, mut plan: Plan, limits: Limits) -> Plan {
    sort_by_key(&mut tasks, |task| task.event_index);
    let Coalescence { verdicts, overruled } = batch::coalesce(&mut tasks);
    let is_conflict = |verdict: &Coalesced| matches!(verdict, Coalesced::Conflicting | Coalesced::ConflictingInPart);
    let conflicting: Vec<_> = tasks
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| is_conflict(verdict))
        .filter_map(|(task, _)| Some((task.event_index, plan.entries.get(task.entry as usize)?.mapping)))
        .collect();
    for (verdict, task) in verdicts.iter().zip(&tasks) {
        let Some(entry) = plan.entries.get_mut(task.entry as usize) else { continue };
        match verdict {
            Coalesced::Kept => {}
            Coalesced::ConflictingInPart => {
                let refused = Entry { verdict: conflict(task, &conflicting).into(), ..entry.clone() };
                plan.entries.push(refused);
            }
            Coalesced::Superseded => entry.verdict = Verdict::Superseded,
            Coalesced::Conflicting => entry.verdict = conflict(task, &conflicting).into(),
        }
    }
    plan.overruled.extend(overruled);
    plan.tasks = Arc::new(tasks);
    plan.calls = batch::plan(&plan.tasks, limits);
    plan
}

/// Why neither of a task's directions can be right. Only a list both adds and removes by one mapping: then the event
/// contradicts itself, and no trigger is at fault.
fn conflict(task: &Task, conflicting: &[(u32, Option<u16>)]) -> Explanation {
    let first = conflicting.partition_point(|(event_index, _)| *event_index < task.event_index);
    let of_event = conflicting.iter().skip(first).take_while(|(event_index, _)| *event_index == task.event_index);
    let mut mappings = of_event.map(|(_, mapping)| mapping);
    let by_first = mappings.next();
    if mappings.all(|mapping| Some(mapping) == by_first) {
        let detail = "the event's lists `add` and `remove` name the same person";
        return Explanation::new(Reason::ConflictingMappings, detail).with_actor(Actor::Sender);
    }
    Reason::ConflictingMappings.into()
}

/// Keeps TikTok's id of a call and returns where.
pub(super) fn push_request(requests: &mut Vec<String>, id: &str) -> u32 {
    requests.push(id.to_owned());
    u32::try_from(requests.len() - 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use smallvec::smallvec;

    use super::*;
    use crate::batch::CallRow;
    use crate::delivery::rehearsal::StandIn;

    /// What only std promises, and not firmly; memory above a large payload depends on it.
    #[test]
    fn tasks_take_the_memory_of_their_operations_whole() {
        let mut evaluated = Evaluated::default();
        evaluated.reserve(1_000);
        for event_index in 0..1_000 {
            let members = Operation::Members {
                direction: Direction::Add,
                advertiser: AdvertiserRef::OnlyOfSecret,
                audience: AudienceRef::Named("vip".to_owned()),
                rows: smallvec![],
                left_out: None,
                note: None,
            };
            evaluated.sink(Rank { position: event_index, ..Rank::default() }, Some(0)).operation(members);
        }
        let (start, capacity) = (evaluated.operations.as_ptr().addr(), evaluated.operations.capacity());
        let mut planning = Planning { resolver: &mut StandIn, plan: Plan::default(), erased: 0 };
        let answers = planning.ask(&evaluated.operations).now_or_never().unwrap();
        let tasks = planning.tasks(evaluated.operations, answers, &AllErased::new());
        assert_eq!(tasks.len(), 1_000);
        assert_eq!(tasks.as_ptr().addr(), start);
        assert_eq!(tasks.capacity() * size_of::<Task>(), capacity * size_of::<PlannedOperation>());
    }

    /// A large array has thousands of each at once; what grows here is multiplied by them.
    #[test]
    fn what_every_event_has_one_of_stays_small() {
        let sizes = [size_of::<PlannedOperation>(), size_of::<Task>(), size_of::<CallRow>(), size_of::<Entry>()];
        assert_eq!(sizes, [216, 184, 24, 88]);
    }
}
