//! Deletion requests to removes: from every audience of every known ad account.

use std::sync::Arc;

use crate::batch::{Rank, Rows, Task, Verb};
use crate::outcome::{Entry, Explanation, Reason};
use crate::session;
use crate::tiktok::{AdvertiserId, AudienceId};

use super::Delivery;

/// People to be removed wherever they could be.
pub(super) struct Forget {
    pub(super) slot: u32,
    pub(super) rank: Rank,
    /// The ad accounts that the configuration names.
    pub(super) advertisers: Vec<AdvertiserId>,
    pub(super) rows: Rows,
}

impl Delivery<'_, '_> {
    /// Makes one task per audience. An ad account whose audiences can't be listed holds up the request, not the others.
    pub(super) async fn forget(&mut self, forget: Forget) {
        let slot = forget.slot;
        let first = self.entries.len();
        match self.known_advertisers(&forget.advertisers).await {
            Ok(advertisers) => {
                for advertiser in advertisers {
                    self.forget_at(&forget, advertiser).await;
                }
            }
            Err(explanation) => self.entries.push(Entry::new(slot, None, explanation.into())),
        }
        if self.entries.len() == first {
            self.entries.push(Entry::new(slot, None, Reason::NothingToForget.into()));
        }
    }

    /// The advertisers of the configuration and those of the secret.
    async fn known_advertisers(&self, configured: &[AdvertiserId]) -> Result<Vec<AdvertiserId>, Explanation> {
        let loaded = self.session.connected().await.map_err(|error| session::secret_unavailable(&error))?;
        let mut known = configured.to_vec();
        known.extend(loaded.secret.advertiser_ids.iter().filter(|id| !configured.contains(id)));
        if known.is_empty() { Err(Reason::NoAdvertiser.into()) } else { Ok(known) }
    }

    async fn forget_at(&mut self, forget: &Forget, advertiser: AdvertiserId) {
        let &Forget { slot, rank, ref rows, .. } = forget;
        let entry = |verdict| Entry { advertiser: Some(advertiser), ..Entry::new(slot, None, verdict) };
        match self.listed(advertiser).await {
            Ok(audiences) => {
                for audience in audiences.iter().copied() {
                    let rows = rows.clone();
                    let task = Task { slot, rank, advertiser, audience, is_by_name: true, verb: Verb::Remove, rows };
                    self.add(task, Entry { audience: Some(audience), ..entry(Reason::OutOfTime.into()) });
                }
            }
            Err(explanation) => self.entries.push(entry(explanation.into())),
        }
    }

    async fn listed(&mut self, advertiser: AdvertiserId) -> Result<Arc<[AudienceId]>, Explanation> {
        if let Some(known) = self.listed.get(&advertiser) {
            return known.clone();
        }
        let found = self.means.directory.usable(self.session, advertiser).await.map_err(|error| error.explain());
        self.listed.insert(advertiser, found.clone());
        found
    }
}
