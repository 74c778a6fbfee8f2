//! The calls about audiences themselves.

use serde::de::IgnoredAny;
use tokio::time::Instant;

use super::{ANSWER_BYTES, Accepted, Client};
use crate::tiktok::envelope::ApiReply;
use crate::tiktok::error::{RequestId, SendError};
use crate::tiktok::wire::{Audience, AudienceDetails, AudiencePage, AudienceRequest, CreatedAudience, ListQuery, path};
use crate::tiktok::{AccessToken, AdvertiserId, AudienceId};

/// Pages that are read at most: 400 audiences is the limit of an ad account, shared ones come on top.
const MOST_PAGES: u32 = 50;
/// A page of 100 audiences has about 50 KB.
const LIST_BYTES: usize = 8 * 1024 * 1024;

/// An audience that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub audience_id: AudienceId,
    /// TikTok's id of the request.
    pub request_id: Option<RequestId>,
}

impl Client {
    /// All audiences of an advertiser, its own and those shared with it, in TikTok's order and each once.
    pub async fn list_audiences(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        deadline: Instant,
    ) -> Result<Vec<Audience>, SendError> {
        let mut audiences: Vec<Audience> = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = ListQuery::page(advertiser, page);
            let request = self.get(path::AUDIENCE_LIST, token, &query.pairs())?;
            let reply: ApiReply<AudiencePage> = self.send_patiently(&request, LIST_BYTES, deadline).await?;
            // A page shifts when an audience is made meanwhile, so one may come twice.
            for audience in reply.data.list {
                if !audiences.iter().any(|known| known.audience_id == audience.audience_id) {
                    audiences.push(audience);
                }
            }
            if page >= reply.data.page_info.total_page {
                return Ok(audiences);
            }
        }
        Err(SendError::TooManyPages { pages: MOST_PAGES })
    }

    /// One audience, if the advertiser has it.
    pub async fn audience(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        audience: AudienceId,
        deadline: Instant,
    ) -> Result<Option<Audience>, SendError> {
        let ids = format!("[\"{audience}\"]");
        let advertiser = advertiser.text();
        let query = [("advertiser_id", &*advertiser), ("custom_audience_ids", ids.as_str())];
        let request = self.get(path::AUDIENCE_GET, token, &query)?;
        let reply: ApiReply<AudienceDetails> = self.send_patiently(&request, LIST_BYTES, deadline).await?;
        Ok(reply.data.into_audiences().find(|found| found.audience_id == audience))
    }

    /// Makes an audience, in one attempt: names may repeat, so a second attempt could make a second audience.
    ///
    /// After a failure that [reached](SendError::reached) TikTok the caller looks the name up before it repeats.
    pub async fn create_audience(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        name: &str,
        deadline: Instant,
    ) -> Result<Created, SendError> {
        let body = AudienceRequest::Create { advertiser_id: advertiser, custom_audience_name: name };
        let request = self.post_json(path::AUDIENCE, Some(token), &body)?;
        let reply: ApiReply<CreatedAudience> = self.send(&request, ANSWER_BYTES, deadline).await?;
        Ok(Created { audience_id: reply.data.audience_id, request_id: reply.request_id })
    }

    /// Deletes an audience; one that is gone already is refused with code 40007.
    pub async fn delete_audience(
        &self,
        token: &AccessToken,
        advertiser: AdvertiserId,
        audience: AudienceId,
        deadline: Instant,
    ) -> Result<Accepted, SendError> {
        let body = AudienceRequest::Delete { advertiser_id: advertiser, delete_audience_id: audience };
        let request = self.post_json(path::AUDIENCE, Some(token), &body)?;
        let reply: ApiReply<IgnoredAny> = self.send_patiently(&request, ANSWER_BYTES, deadline).await?;
        Ok(Accepted { request_id: reply.request_id })
    }
}
