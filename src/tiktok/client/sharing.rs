//! The calls about who else uses an audience.

use serde::de::IgnoredAny;
use tokio::time::Instant;

use super::{ANSWER_BYTES, Accepted, Client};
use crate::tiktok::envelope::ApiReply;
use crate::tiktok::error::SendError;
use crate::tiktok::wire::{CancelRequest, Overlap, Share, ShareLog, ShareRequest, Use, UseLog, path};
use crate::tiktok::{AccessToken, AdvertiserId, AudienceId};

/// Uses on a page; more ad groups than that are not told apart.
const USES: &str = "100";

impl Client {
    /// Shares audiences with other ad accounts of the same Business Center; repeating it changes nothing.
    pub async fn share(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        audiences: &[AudienceId],
        with: &[AdvertiserId],
        deadline: Instant,
    ) -> Result<Accepted, SendError> {
        let body =
            ShareRequest { advertiser_id: advertiser, custom_audience_ids: audiences, shared_advertiser_ids: with };
        let request = self.post_json(path::SHARE, Some(token), &body)?;
        let reply: ApiReply<IgnoredAny> = self.send_patiently(&request, ANSWER_BYTES, deadline).await?;
        Ok(Accepted { request_id: reply.request_id })
    }

    /// Takes an audience back from one ad account.
    pub async fn unshare(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        audience: AudienceId,
        with: AdvertiserId,
        deadline: Instant,
    ) -> Result<Accepted, SendError> {
        let body =
            CancelRequest { advertiser_id: advertiser, custom_audience_id: audience, shared_advertiser_id: with };
        let request = self.post_json(path::SHARE_CANCEL, Some(token), &body)?;
        let reply: ApiReply<IgnoredAny> = self.send_patiently(&request, ANSWER_BYTES, deadline).await?;
        Ok(Accepted { request_id: reply.request_id })
    }

    /// The ad accounts that an audience is or was shared with.
    pub async fn shares(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        audience: AudienceId,
        deadline: Instant,
    ) -> Result<Vec<Share>, SendError> {
        let (advertiser, audience) = (advertiser.text(), audience.text());
        let query = [("advertiser_id", &*advertiser), ("custom_audience_id", &*audience)];
        let request = self.get(path::SHARE_LOG, token, &query)?;
        let reply: ApiReply<ShareLog> = self.send_patiently(&request, ANSWER_BYTES, deadline).await?;
        Ok(reply.data.list)
    }

    /// The ad groups that use an audience of this advertiser's own, a hundred at most.
    pub async fn uses(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        audience: AudienceId,
        deadline: Instant,
    ) -> Result<Vec<Use>, SendError> {
        let ids = format!("[\"{audience}\"]");
        let advertiser = advertiser.text();
        let query = [
            ("advertiser_id", &*advertiser),
            ("custom_audience_ids", ids.as_str()),
            ("page", "1"),
            ("page_size", USES),
        ];
        let request = self.get(path::APPLY_LOG, token, &query)?;
        let reply: ApiReply<UseLog> = self.send_patiently(&request, ANSWER_BYTES, deadline).await?;
        Ok(reply.data.list)
    }

    /// How much other audiences have in common with one.
    pub async fn overlap(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        benchmark: AudienceId,
        others: &[AudienceId],
        deadline: Instant,
    ) -> Result<Overlap, SendError> {
        let ids: Vec<_> = others.iter().map(|other| format!("\"{other}\"")).collect();
        let ids = format!("[{}]", ids.join(","));
        let (advertiser, benchmark) = (advertiser.text(), benchmark.text());
        let query = [
            ("advertiser_id", &*advertiser),
            ("benchmark_custom_audience_id", &*benchmark),
            ("comparison_custom_audience_ids", ids.as_str()),
        ];
        let request = self.get(path::OVERLAP, token, &query)?;
        let reply: ApiReply<Overlap> = self.send_patiently(&request, ANSWER_BYTES, deadline).await?;
        Ok(reply.data)
    }
}
