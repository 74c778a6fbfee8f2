//! Shadow: everything that delivery does but the write, for a migration side by side with another connector.
//!
//! Reads stay: names are looked up and audiences listed. What would be created is not, and counts as pretended.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::planner::{self, FoundOrCreated, Resolver};
use crate::actions::Evaluated;
use crate::batch::Limits;
use crate::identity::Direction;
use crate::outcome::{Entry, Explanation, Reason};
use crate::tiktok::{AdvertiserId, AudienceId};

/// What would have been done.
#[derive(Debug, Default)]
pub(super) struct Pretended {
    /// The entries of the actions, in no order.
    pub(super) entries: Vec<Entry>,
    /// The rows of the calls that would have been sent.
    pub(super) rows: usize,
}

/// What is written, and the operations that are not.
pub(super) fn apart(evaluated: Evaluated) -> (Evaluated, Evaluated) {
    if !evaluated.operations.iter().any(|planned| planned.shadow) {
        return (evaluated, Evaluated::default());
    }
    let (shadowed, live) = evaluated.operations.into_iter().partition(|planned| planned.shadow);
    (Evaluated { operations: live, ..evaluated }, Evaluated { operations: shadowed, ..Evaluated::default() })
}

/// Plans the calls as if they were to be sent.
pub(super) async fn pretend(
    resolver: &mut impl Resolver,
    shadowed: Evaluated,
    limits: Limits,
    auto_create: bool,
) -> Pretended {
    if shadowed.operations.is_empty() {
        return Pretended::default();
    }
    // Boxed, so that deliveries without shadow do not carry the room for it.
    let mut plan = Box::pin(planner::plan(&mut ReadOnly { resolver, auto_create }, shadowed, limits)).await;
    for task in plan.tasks.iter().filter(|task| !task.rows.is_empty()) {
        if let Some(entry) = plan.entries.get_mut(task.entry as usize) {
            entry.verdict = Reason::Shadow.into();
        }
    }
    let rows = plan.calls.iter().map(|call| call.rows.len()).sum();
    Pretended { entries: plan.entries, rows }
}

/// Another resolver without what it would write.
struct ReadOnly<'r, R> {
    resolver: &'r mut R,
    auto_create: bool,
}

impl<R: Resolver> Resolver for ReadOnly<'_, R> {
    async fn read_names(&mut self, names: &HashMap<AdvertiserId, HashSet<&str>>) {
        self.resolver.read_names(names).await;
    }

    async fn only_advertiser(&mut self) -> Result<AdvertiserId, Explanation> {
        self.resolver.only_advertiser().await
    }

    async fn other_advertisers(&mut self, configured: &[AdvertiserId]) -> Result<Vec<AdvertiserId>, Explanation> {
        self.resolver.other_advertisers(configured).await
    }

    /// As for a remove, which never creates.
    async fn audience(
        &mut self,
        event_index: u32,
        advertiser: AdvertiserId,
        name: &str,
        direction: Direction,
    ) -> Result<AudienceId, Explanation> {
        let found = self.resolver.audience(event_index, advertiser, name, Direction::Remove).await;
        let would_create = self.auto_create && direction == Direction::Add;
        found.map_err(|explanation| {
            let would_create = would_create && explanation.reason == Reason::NoSuchAudience;
            if would_create { Reason::Shadow.into() } else { explanation }
        })
    }

    async fn audiences(
        &mut self,
        event_index: u32,
        advertiser: AdvertiserId,
    ) -> Result<Arc<[AudienceId]>, Explanation> {
        self.resolver.audiences(event_index, advertiser).await
    }

    async fn create(
        &mut self,
        _event_index: u32,
        _advertiser: AdvertiserId,
        _name: &str,
        _allow_duplicate: bool,
    ) -> Result<FoundOrCreated, Explanation> {
        Err(Reason::Shadow.into())
    }
}
