//! A delivery without the network: the same plan, and nothing sent.
//!
//! Names and ad accounts that only TikTok and the secret know are taken to be right; operations on one batch are about
//! one audience, so that one stand-in serves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::planner::{self, FoundOrCreated, Resolver};
use crate::actions::Evaluated;
use crate::batch::{Call, Limits};
use crate::identity::Direction;
use crate::outcome::{Explanation, Ledger, Reason, Verdict};
use crate::tiktok::{AdvertiserId, AudienceId};

/// What stands for an id that is not known.
const STAND_IN: &str = "1";

/// What would become of `events` events if TikTok took everything.
pub async fn rehearse(evaluated: Evaluated, events: usize, limits: Limits) -> Ledger {
    let mut plan = planner::plan(&mut StandIn, evaluated, limits).await;
    for (_, task) in plan.calls.iter().flat_map(Call::carried_tasks) {
        if let Some(entry) = plan.entries.get_mut(task.entry as usize) {
            entry.verdict = Verdict::Delivered;
        }
    }
    Ledger::close(events, plan.entries, Vec::new())
}

/// Knows everything, and asks nobody.
#[derive(Debug)]
pub(super) struct StandIn;

impl StandIn {
    fn audience() -> Result<AudienceId, Explanation> {
        AudienceId::parse(STAND_IN).map_err(|_impossible| Reason::BadAudienceId.into())
    }
}

impl Resolver for StandIn {
    async fn read_names(&mut self, _names: &HashMap<AdvertiserId, HashSet<&str>>) {}

    async fn only_advertiser(&mut self) -> Result<AdvertiserId, Explanation> {
        AdvertiserId::parse(STAND_IN).map_err(|_impossible| Reason::BadAdvertiserId.into())
    }

    async fn other_advertisers(&mut self, _configured: &[AdvertiserId]) -> Result<Vec<AdvertiserId>, Explanation> {
        Ok(Vec::new())
    }

    async fn audience(
        &mut self,
        _event_index: u32,
        _advertiser: AdvertiserId,
        _name: &str,
        _direction: Direction,
    ) -> Result<AudienceId, Explanation> {
        Self::audience()
    }

    async fn audiences(
        &mut self,
        _event_index: u32,
        _advertiser: AdvertiserId,
    ) -> Result<Arc<[AudienceId]>, Explanation> {
        Ok(Arc::default())
    }

    async fn create(
        &mut self,
        _event_index: u32,
        _advertiser: AdvertiserId,
        _name: &str,
        _allow_duplicate: bool,
    ) -> Result<FoundOrCreated, Explanation> {
        Ok(FoundOrCreated { audience: Self::audience()?, is_new: true, request_id: None })
    }
}
