//! From intents to outcomes: names and advertisers are resolved, people are batched and sent, audiences created.
//!
//! Everything that waits for TikTok happens here, within the invocation's window.

mod apart;
mod forget;
mod send;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

use crate::actions::{Advertiser, Audience, Intent};
use crate::batch::{self, Coalesced, Limits, Task, Verb};
use crate::directory::{Directory, Ensured};
use crate::dispatch::{Dispatched, Wish};
use crate::outcome::{Entry, Explanation, Ledger, Reason, Verdict};
use crate::session::{self, Session};
use crate::tiktok::{AdvertiserId, AudienceId};

use forget::Forget;
use send::Sending;

pub use send::body;

/// The largest body of a call. Source: Tealium's documentation of its TikTok connector; TikTok states none.
pub const MAX_CALL_BYTES: usize = 1_000_000;

/// Advertisers whose names are read at once.
const LISTS: usize = 16;

/// What a delivery needs besides its session.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// The audiences by name.
    pub directory: &'a Directory,
    /// How large calls may be.
    pub limits: Limits,
    /// Whether an audience that is added to and not there is created.
    pub auto_create: bool,
}

/// Delivers what was dispatched of `events` events.
pub async fn deliver(means: Means<'_>, session: &Session<'_>, dispatched: Dispatched, events: usize) -> Ledger {
    let mut delivery = Delivery {
        means,
        session,
        look_up_by: look_up_by(session, &dispatched.wishes),
        entries: dispatched.entries,
        tasks: Vec::new(),
        task_entries: Vec::new(),
        requests: Vec::new(),
        only_advertiser: None,
        resolved: HashMap::new(),
        listed: HashMap::new(),
        unreadable: HashMap::new(),
    };
    // Whoever is to be forgotten may be in an audience that is only just created.
    let mut wishes = dispatched.wishes;
    wishes.sort_by_key(|wish| match wish.intent {
        Intent::Create { .. } => 0,
        Intent::Members { .. } => 1,
        Intent::Forget { .. } => 2,
    });
    delivery.read_names(&wishes).await;
    for wish in wishes {
        delivery.resolve(wish).await;
    }
    delivery.order_tasks();
    delivery.send().await;
    Ledger::close(events, delivery.entries, delivery.requests)
}

/// When names have to be looked up: half of the time is kept for people whose audience is known by its id, or is one of
/// another advertiser.
fn look_up_by(session: &Session<'_>, wishes: &[Wish]) -> Instant {
    let window = session.window;
    let is_known = |wish: &Wish| matches!(wish.intent, Intent::Members { audience: Audience::Known(_), .. });
    if wishes.iter().any(is_known) || names(wishes).len() > 1 {
        window.start + window.deadline.saturating_duration_since(window.start) / 2
    } else {
        window.deadline
    }
}

/// The names in use, by the advertiser that the event or the mapping says.
fn names(wishes: &[Wish]) -> HashMap<AdvertiserId, HashSet<&str>> {
    let mut names: HashMap<AdvertiserId, HashSet<&str>> = HashMap::new();
    for wish in wishes {
        if let Intent::Members { advertiser: Advertiser::Known(advertiser), audience: Audience::Named(name), .. } =
            &wish.intent
        {
            names.entry(*advertiser).or_default().insert(name);
        }
    }
    names
}

struct Delivery<'a, 's> {
    means: Means<'a>,
    session: &'a Session<'s>,
    look_up_by: Instant,
    entries: Vec<Entry>,
    tasks: Vec<Task>,
    /// Positions of the tasks' entries.
    task_entries: Vec<usize>,
    requests: Vec<String>,
    /// The secret's advertiser, once it was asked for: a secret that can't be read is not asked for by each event.
    only_advertiser: Option<Result<AdvertiserId, Explanation>>,
    /// Names that were resolved in this invocation, so that a thousand events ask once.
    resolved: HashMap<(AdvertiserId, String, Verb), Result<AudienceId, Explanation>>,
    /// All audiences of an advertiser that were listed in this invocation, for the same reason.
    listed: HashMap<AdvertiserId, Result<Arc<[AudienceId]>, Explanation>>,
    /// Advertisers whose audiences could not be listed, so that other names do not wait for the same.
    unreadable: HashMap<AdvertiserId, Explanation>,
}

impl Delivery<'_, '_> {
    /// Reads the names of several advertisers side by side, since one that does not answer shall not hold up the others.
    async fn read_names(&mut self, wishes: &[Wish]) {
        let by_advertiser = names(wishes);
        if by_advertiser.len() < 2 {
            return;
        }
        let look_ups = by_advertiser.into_iter().map(async |(advertiser, names)| {
            for name in names {
                self.find(advertiser, name).await.map_err(|explanation| (advertiser, explanation))?;
            }
            Ok(())
        });
        let failed: Vec<_> =
            stream::iter(look_ups).buffer_unordered(LISTS).filter_map(async |read| read.err()).collect().await;
        self.unreadable.extend(failed);
    }

    async fn find(&self, advertiser: AdvertiserId, name: &str) -> Result<Option<AudienceId>, Explanation> {
        let find = self.means.directory.find(self.session, advertiser, name);
        match timeout_at(self.look_up_by, find).await {
            Ok(found) => found.map_err(|error| error.explain()),
            Err(_elapsed) => Err(Reason::OutOfTime.into()),
        }
    }

    async fn resolve(&mut self, wish: Wish) {
        let Wish { slot, mapping, rank, intent } = wish;
        let mut entry = Entry::new(slot, mapping, Reason::OutOfTime.into());
        match intent {
            Intent::Create { advertiser, name, allow_duplicate } => {
                match self.advertiser(advertiser).await {
                    Ok(advertiser) => self.create(&mut entry, advertiser, &name, allow_duplicate).await,
                    Err(explanation) => entry.verdict = explanation.into(),
                }
                self.entries.push(entry);
            }
            Intent::Members { verb, advertiser, audience, rows, note } => {
                entry.note = note;
                match self.target(&mut entry, advertiser, &audience, verb).await {
                    Ok((advertiser, id)) => {
                        let is_by_name = matches!(audience, Audience::Named(_));
                        self.add(Task { slot, rank, advertiser, audience: id, is_by_name, verb, rows }, entry);
                    }
                    Err(explanation) => {
                        entry.verdict = explanation.into();
                        self.entries.push(entry);
                    }
                }
            }
            Intent::Forget { advertisers, rows } => self.forget(Forget { slot, rank, advertisers, rows }).await,
        }
    }

    fn add(&mut self, task: Task, entry: Entry) {
        self.tasks.push(task);
        self.task_entries.push(self.entries.len());
        self.entries.push(entry);
    }

    /// Puts the tasks into the order of their events, which what had to wait for others has disturbed.
    fn order_tasks(&mut self) {
        if self.tasks.is_sorted_by_key(|task| task.slot) {
            return;
        }
        let tasks = std::mem::take(&mut self.tasks).into_iter().zip(std::mem::take(&mut self.task_entries));
        let mut tasks: Vec<_> = tasks.collect();
        tasks.sort_by_key(|(task, _)| task.slot);
        (self.tasks, self.task_entries) = tasks.into_iter().unzip();
    }

    /// The advertiser and the audience of a wish, noted in its entry as far as they are known.
    async fn target(
        &mut self,
        entry: &mut Entry,
        advertiser: Advertiser,
        audience: &Audience,
        verb: Verb,
    ) -> Result<(AdvertiserId, AudienceId), Explanation> {
        let advertiser = self.advertiser(advertiser).await?;
        entry.advertiser = Some(advertiser);
        let audience = match audience {
            Audience::Known(audience) => *audience,
            Audience::Named(name) => self.named(advertiser, name, verb).await?,
        };
        entry.audience = Some(audience);
        Ok((advertiser, audience))
    }

    async fn advertiser(&mut self, advertiser: Advertiser) -> Result<AdvertiserId, Explanation> {
        match (advertiser, &self.only_advertiser) {
            (Advertiser::Known(advertiser), _) => Ok(advertiser),
            (Advertiser::OnlyOfSecret, Some(only)) => only.clone(),
            (Advertiser::OnlyOfSecret, None) => {
                let only = only_of_secret(self.session).await;
                self.only_advertiser = Some(only.clone());
                only
            }
        }
    }

    async fn named(&mut self, advertiser: AdvertiserId, name: &str, verb: Verb) -> Result<AudienceId, Explanation> {
        let key = (advertiser, name.to_owned(), verb);
        if let Some(known) = self.resolved.get(&key) {
            return known.clone();
        }
        let found = self.look_up(advertiser, name, verb).await;
        self.resolved.insert(key, found.clone());
        found
    }

    async fn look_up(&mut self, advertiser: AdvertiserId, name: &str, verb: Verb) -> Result<AudienceId, Explanation> {
        if let Some(explanation) = self.unreadable.get(&advertiser) {
            return Err(explanation.clone());
        }
        let (directory, session) = (self.means.directory, self.session);
        match self.find(advertiser, name).await {
            Ok(Some(audience)) => Ok(audience),
            Ok(None) if self.means.auto_create && verb == Verb::Add => {
                let ensured = directory.find_or_create(session, advertiser, name).await;
                ensured.map(|ensured| ensured.audience).map_err(|error| error.explain())
            }
            Ok(None) => Err(Reason::NoSuchAudience.into()),
            Err(explanation) => {
                self.unreadable.insert(advertiser, explanation.clone());
                Err(explanation)
            }
        }
    }

    async fn create(&mut self, entry: &mut Entry, advertiser: AdvertiserId, name: &str, allow_duplicate: bool) {
        entry.advertiser = Some(advertiser);
        let (directory, session) = (self.means.directory, self.session);
        let ensured = if allow_duplicate {
            directory.create(session, advertiser, name).await
        } else {
            directory.find_or_create(session, advertiser, name).await
        };
        match ensured {
            Ok(Ensured { audience, created, request_id, .. }) => {
                entry.verdict = Verdict::Delivered;
                entry.audience = Some(audience);
                entry.created = Some(created);
                entry.request = request_id.map(|id| push_request(&mut self.requests, id.as_str()));
            }
            Err(error) => entry.verdict = error.explain().into(),
        }
    }

    async fn send(&mut self) {
        let verdicts = batch::coalesce(&mut self.tasks);
        for (verdict, position) in verdicts.iter().zip(&self.task_entries) {
            let Some(entry) = self.entries.get_mut(*position) else { continue };
            match verdict {
                Coalesced::Kept => {}
                Coalesced::Superseded => entry.verdict = Verdict::Superseded,
                Coalesced::Conflicting => entry.verdict = Reason::ConflictingMappings.into(),
            }
        }
        let calls = batch::plan(&self.tasks, self.means.limits);
        let fates = Sending::new(self.session, self.means.directory, &self.tasks, &mut self.requests).run(calls).await;
        for (fate, position) in fates.into_iter().zip(&self.task_entries) {
            if let (Some(fate), Some(entry)) = (fate, self.entries.get_mut(*position)) {
                entry.verdict = fate.verdict;
                entry.request = fate.request;
            }
        }
    }
}

/// The secret's only ad account; a secret without a token gets its ad accounts together with it.
async fn only_of_secret(session: &Session<'_>) -> Result<AdvertiserId, Explanation> {
    let loaded = session.connected().await.map_err(|error| session::secret_unavailable(&error))?;
    match loaded.secret.advertiser_ids.as_slice() {
        [only] => Ok(*only),
        _ => Err(Reason::NoAdvertiser.into()),
    }
}

/// Keeps TikTok's id of a call and returns where.
fn push_request(requests: &mut Vec<String>, id: &str) -> u32 {
    requests.push(id.to_owned());
    u32::try_from(requests.len() - 1).unwrap_or(u32::MAX)
}
