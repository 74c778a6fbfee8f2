//! The answers of TikTok and of the secret to what a plan asks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

use super::audience_lookup::{AudienceLookup, Ensured};
use super::planner::{FoundOrCreated, Resolver, names};
use super::session::{self, Session};
use crate::actions::{AdvertiserRef, AudienceRef, Operation, PlannedOperation};
use crate::identity::Direction;
use crate::outcome::{Explanation, Reason};
use crate::tiktok::{AdvertiserId, AudienceId};

/// Ad accounts whose names are read at once.
const LISTS: usize = 16;

/// Asks TikTok and the secret, each question once per invocation.
pub(super) struct OnlineResolver<'a, 's> {
    audience_lookup: &'a AudienceLookup,
    session: &'a Session<'s>,
    /// Names of audiences that are added to and may be created for that. Whom else such a one is asked for waits for it
    /// too: a remove that is refused meanwhile would leave the people in.
    created: HashSet<(AdvertiserRef, String)>,
    look_up_by: Instant,
    /// The secret's advertiser, once it was asked for: a secret that can't be read is not asked for by each event.
    only_advertiser: Option<Result<AdvertiserId, Explanation>>,
    /// Names that were resolved, so that a thousand events ask once.
    resolved: HashMap<(AdvertiserId, String), Result<AudienceId, Explanation>>,
    /// All audiences of an advertiser that were listed, for the same reason.
    listed: HashMap<AdvertiserId, Result<Arc<[AudienceId]>, Explanation>>,
    /// Advertisers whose audiences could not be listed, so that other names do not wait for the same.
    unreadable: HashMap<AdvertiserId, Explanation>,
}

impl<'a, 's> OnlineResolver<'a, 's> {
    /// A resolver for these operations.
    pub(super) fn new(
        audience_lookup: &'a AudienceLookup,
        session: &'a Session<'s>,
        auto_create: bool,
        operations: &[PlannedOperation],
    ) -> Self {
        Self {
            audience_lookup,
            session,
            created: if auto_create { added_to(operations) } else { HashSet::new() },
            look_up_by: look_up_by(session, operations),
            only_advertiser: None,
            resolved: HashMap::new(),
            listed: HashMap::new(),
            unreadable: HashMap::new(),
        }
    }

    async fn find(&self, advertiser: AdvertiserId, name: &str) -> Result<Option<AudienceId>, Explanation> {
        let find = self.audience_lookup.find(self.session, advertiser, name);
        match timeout_at(self.look_up_by, find).await {
            Ok(found) => found.map_err(|error| error.explain()),
            Err(_elapsed) => Err(Reason::OutOfTime.into()),
        }
    }

    /// Whether an event adds people to the audience of this name, and so creates it.
    async fn may_create(&mut self, advertiser: AdvertiserId, name: &str) -> bool {
        let [known, only] = [AdvertiserRef::Known(advertiser), AdvertiserRef::OnlyOfSecret]
            .map(|advertiser| self.created.contains(&(advertiser, name.to_owned())));
        known || only && self.only_advertiser().await.ok() == Some(advertiser)
    }

    async fn look_up(&mut self, advertiser: AdvertiserId, name: &str) -> Result<AudienceId, Explanation> {
        if let Some(explanation) = self.unreadable.get(&advertiser) {
            return Err(explanation.clone());
        }
        match self.find(advertiser, name).await {
            Ok(Some(audience)) => Ok(audience),
            Ok(None) if self.may_create(advertiser, name).await => {
                let ensured = self.audience_lookup.find_or_create(self.session, advertiser, name).await;
                ensured.map(|ensured| ensured.audience).map_err(|error| error.explain())
            }
            Ok(None) => Err(Reason::NoSuchAudience.into()),
            Err(explanation) => {
                self.unreadable.insert(advertiser, explanation.clone());
                Err(explanation)
            }
        }
    }
}

impl Resolver for OnlineResolver<'_, '_> {
    /// Side by side, so that one ad account that does not answer does not hold up the others.
    async fn read_names(&mut self, names: &HashMap<AdvertiserId, HashSet<&str>>) {
        if names.len() < 2 {
            return;
        }
        let this = &*self;
        let look_ups = names.iter().map(async |(advertiser, names)| {
            for name in names {
                this.find(*advertiser, name).await.map_err(|explanation| (*advertiser, explanation))?;
            }
            Ok(())
        });
        let failed: Vec<_> =
            stream::iter(look_ups).buffer_unordered(LISTS).filter_map(async |read| read.err()).collect().await;
        self.unreadable.extend(failed);
    }

    async fn only_advertiser(&mut self) -> Result<AdvertiserId, Explanation> {
        if let Some(known) = &self.only_advertiser {
            return known.clone();
        }
        let only = only_of_secret(self.session).await;
        self.only_advertiser = Some(only.clone());
        only
    }

    async fn other_advertisers(&mut self, configured: &[AdvertiserId]) -> Result<Vec<AdvertiserId>, Explanation> {
        let loaded = self.session.connected().await.map_err(|error| session::secret_unavailable(&error))?;
        let others = loaded.secret.advertiser_ids.iter().filter(|id| !configured.contains(id));
        Ok(others.copied().collect())
    }

    async fn audience(
        &mut self,
        _event_index: u32,
        advertiser: AdvertiserId,
        name: &str,
        _direction: Direction,
    ) -> Result<AudienceId, Explanation> {
        let key = (advertiser, name.to_owned());
        if let Some(known) = self.resolved.get(&key) {
            return known.clone();
        }
        let found = self.look_up(advertiser, name).await;
        self.resolved.insert(key, found.clone());
        found
    }

    async fn audiences(
        &mut self,
        _event_index: u32,
        advertiser: AdvertiserId,
    ) -> Result<Arc<[AudienceId]>, Explanation> {
        if let Some(known) = self.listed.get(&advertiser) {
            return known.clone();
        }
        let found = self.audience_lookup.usable(self.session, advertiser).await.map_err(|error| error.explain());
        self.listed.insert(advertiser, found.clone());
        found
    }

    async fn create(
        &mut self,
        _event_index: u32,
        advertiser: AdvertiserId,
        name: &str,
        allow_duplicate: bool,
    ) -> Result<FoundOrCreated, Explanation> {
        let ensured = if allow_duplicate {
            self.audience_lookup.create(self.session, advertiser, name).await
        } else {
            self.audience_lookup.find_or_create(self.session, advertiser, name).await
        };
        let Ensured { audience, created, request_id, .. } = ensured.map_err(|error| error.explain())?;
        Ok(FoundOrCreated { audience, is_new: created, request_id: request_id.map(|id| id.as_str().to_owned()) })
    }
}

/// The names of audiences that people are added to, but in shadow, by what is known of their ad accounts.
fn added_to(operations: &[PlannedOperation]) -> HashSet<(AdvertiserRef, String)> {
    let added = operations.iter().filter(|planned| !planned.shadow).filter_map(|planned| match &planned.operation {
        Operation::Members { direction: Direction::Add, advertiser, audience: AudienceRef::Named(name), .. } => {
            Some((*advertiser, name.clone()))
        }
        Operation::Members { .. } | Operation::Create { .. } | Operation::Erase { .. } => None,
    });
    added.collect()
}

/// When names have to be looked up: half of the time is kept for people whose audience is known by its id, or is one of
/// another advertiser.
fn look_up_by(session: &Session<'_>, operations: &[PlannedOperation]) -> Instant {
    let budget = session.budget;
    let is_known = |planned: &PlannedOperation| {
        matches!(planned.operation, Operation::Members { audience: AudienceRef::Known(_), .. })
    };
    if operations.iter().any(is_known) || names(operations).len() > 1 {
        budget.start + budget.deadline.saturating_duration_since(budget.start) / 2
    } else {
        budget.deadline
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
