//! The calls about who may do what.

use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use tokio::time::Instant;

use super::{ANSWER_BYTES, Client};
use crate::tiktok::AccessToken;
use crate::tiktok::envelope::ApiReply;
use crate::tiktok::error::SendError;
use crate::tiktok::wire::{Advertiser, AdvertiserList, ExchangeCode, Granted};

/// Tokens with thousands of advertisers exist.
const LIST_BYTES: usize = 8 * 1024 * 1024;

impl Client {
    /// Whether the token is alive: an error of class `Unauthorized` says that it is not.
    pub async fn check_token(&self, token: &AccessToken, deadline: Instant) -> Result<(), SendError> {
        let request = self.get("user/info/", token, &[])?;
        let _about_a_person: ApiReply<IgnoredAny> = self.send_patiently(&request, ANSWER_BYTES, deadline).await?;
        Ok(())
    }

    /// The advertisers that the token may act for.
    pub async fn list_advertisers(
        &self,
        token: &AccessToken,
        app_id: &str,
        app_secret: &SecretString,
        deadline: Instant,
    ) -> Result<Vec<Advertiser>, SendError> {
        let query = [("app_id", app_id), ("secret", app_secret.expose_secret())];
        let request = self.get("oauth2/advertiser/get/", token, &query)?;
        let reply: ApiReply<AdvertiserList> = self.send_patiently(&request, LIST_BYTES, deadline).await?;
        Ok(reply.data.list)
    }

    /// Exchanges the code of a consent for a token, in one attempt: a code works once.
    pub async fn exchange_code(
        &self,
        app_id: &str,
        app_secret: &SecretString,
        auth_code: &str,
        deadline: Instant,
    ) -> Result<Granted, SendError> {
        let body = ExchangeCode { app_id, secret: app_secret.expose_secret(), auth_code };
        let request = self.post_json("oauth2/access_token/", None, &body)?;
        let reply: ApiReply<Granted> = self.send(&request, LIST_BYTES, deadline).await?;
        Ok(reply.data)
    }
}
