//! What the secret says.

use std::fmt;

use secrecy::SecretString;

use super::error::SecretsError;
use crate::tiktok::{AccessToken, AdvertiserId};

/// What the secret says.
#[derive(Clone, Default)]
pub struct Secret {
    /// TikTok's token; absent until OAuth has set it up.
    pub access_token: Option<AccessToken>,
    /// The advertisers that the token is for.
    pub advertiser_ids: Vec<AdvertiserId>,
    /// The app at TikTok, for OAuth.
    pub app_id: Option<String>,
    /// The app's own secret.
    pub app_secret: Option<SecretString>,
    /// Keys of `X-Signature`; several while one is being rotated.
    pub webhook_secrets: Vec<SecretString>,
    /// Keys of Basic auth and of `/webhook-audiences/{key}`.
    pub write_keys: Vec<SecretString>,
}

impl Secret {
    /// TikTok's token, or the error that says that there is none yet.
    pub fn token(&self) -> Result<&AccessToken, SecretsError> {
        self.access_token.as_ref().ok_or(SecretsError::NoToken)
    }
}

/// Prints how much there is, never what.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("access_token", &self.access_token.is_some())
            .field("advertiser_ids", &self.advertiser_ids.len())
            .field("app_id", &self.app_id.is_some())
            .field("app_secret", &self.app_secret.is_some())
            .field("webhook_secrets", &self.webhook_secrets.len())
            .field("write_keys", &self.write_keys.len())
            .finish()
    }
}
