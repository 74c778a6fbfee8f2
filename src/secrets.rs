//! The destination's secret in Secrets Manager: fetched on first need, kept for a while, replaced as a whole.
//!
//! It knows nothing of TikTok's calls or of who presents a credential. Nothing that it prints or returns as an error
//! holds any of the secret's text.

mod error;
mod parse;
mod secret;
mod service;

pub use error::{SecretsClass, SecretsError, SecretsRefusal};
pub use secret::Secret;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};

use crate::net::aws::{AwsError, AwsSettings};
use crate::net::https::Tls;
use crate::tiktok::{AccessToken, AdvertiserId};
use service::SecretsManager;

/// A copy this fresh is not fetched again for a credential or a state that does not fit: guessing must not cost calls.
pub(crate) const FRESH: Duration = Duration::from_secs(10);

/// The age of whatever an invocation did not fetch itself. Operations are rare, and mostly follow a change of the secret:
/// an older copy would answer with what has been fixed since.
pub const FETCHED_BEFORE: Duration = Duration::from_nanos(1);

/// After a failed refresh the older copy serves this long before the next one.
const REFRESH_PAUSE: Duration = Duration::from_secs(30);

/// A refresh that takes longer would use up the time of an invocation that its older copy can serve.
const REFRESH_PATIENCE: Duration = Duration::from_secs(1);

/// The secret as it was at one time.
#[derive(Debug)]
pub struct Loaded {
    /// What it says.
    pub secret: Secret,
    fetched_at: Instant,
}

impl Loaded {
    /// How long ago it was fetched.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.fetched_at)
    }
}

/// The cached copy, and when it may be refreshed again.
#[derive(Debug, Default)]
struct Cache {
    loaded: Option<Arc<Loaded>>,
    refresh_after: Option<Instant>,
    failing: bool,
}

/// The secret, fetched when needed.
///
/// Copies are handed out as `Arc`: calls in flight keep the copy that they started with while another is fetched.
#[derive(Debug)]
pub struct Secrets {
    service: SecretsManager,
    id: String,
    ttl: Duration,
    /// Held for moments, never across a call.
    cache: Mutex<Cache>,
    /// Held across the fetch, and guarding no data, so that callers who need a fetch at once share one.
    fetching: tokio::sync::Mutex<()>,
}

impl Secrets {
    /// The secret of that name or ARN, refreshed once it is older than `ttl`; nothing is fetched yet.
    ///
    /// `endpoint` replaces AWS's own address.
    ///
    /// # Errors
    /// Region or credentials are missing, or the address is none.
    pub fn new(
        settings: &AwsSettings,
        endpoint: Option<&Url>,
        tls: &Tls,
        id: String,
        ttl: Duration,
    ) -> Result<Self, AwsError> {
        Ok(Self {
            service: SecretsManager::new(settings, endpoint, tls)?,
            id,
            ttl,
            cache: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// The secret, at most `ttl` old; or an older copy if it cannot be refreshed.
    pub async fn current(&self, now: Instant, deadline: Instant) -> Result<Arc<Loaded>, SecretsError> {
        if let Some(fresh) = self.fresh(now) {
            return Ok(fresh);
        }
        let has_older_copy = self.cache().loaded.is_some();
        let deadline = if has_older_copy { deadline.min(Instant::now() + REFRESH_PATIENCE) } else { deadline };
        match self.refresh(now, deadline).await {
            Ok(loaded) => Ok(loaded),
            Err(error) => self.older_copy(now, error),
        }
    }

    /// Fetches the secret again, because `used` did not work: a revoked token, an unknown signature.
    ///
    /// Callers that used the same copy share one fetch. Nothing is fetched, and the copy at hand returned, if it is
    /// another than `used` already, or no older than `if_older_than`. Unlike [`Secrets::current`] this fails when the
    /// fetch does.
    pub async fn reload(
        &self,
        used: &Arc<Loaded>,
        if_older_than: Duration,
        now: Instant,
        deadline: Instant,
    ) -> Result<Arc<Loaded>, SecretsError> {
        let _one_at_a_time = self.turn(deadline).await?;
        let at_hand = self.cache().loaded.clone();
        match at_hand {
            Some(loaded) if !Arc::ptr_eq(&loaded, used) || loaded.age(now) < if_older_than => Ok(loaded),
            Some(_) | None => self.fetch(deadline).await,
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The copy at hand, if it need not or must not be refreshed yet.
    fn fresh(&self, now: Instant) -> Option<Arc<Loaded>> {
        let cache = self.cache();
        let loaded = cache.loaded.as_ref()?;
        let waiting = cache.refresh_after.is_some_and(|at| now < at);
        (loaded.age(now) <= self.ttl || waiting).then(|| Arc::clone(loaded))
    }

    /// After a failed refresh: the older copy, if there is one. Logs the first failure of a row of them.
    fn older_copy(&self, now: Instant, error: SecretsError) -> Result<Arc<Loaded>, SecretsError> {
        let mut cache = self.cache();
        let Some(loaded) = cache.loaded.clone() else { return Err(error) };
        if !cache.failing {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                age_seconds = loaded.age(now).as_secs(),
                "the secret cannot be refreshed; its older copy stays in use"
            );
        }
        cache.failing = true;
        cache.refresh_after = Some(now + REFRESH_PAUSE);
        Ok(loaded)
    }

    /// Puts a new token into the secret and keeps its other keys, as they are just before the write.
    ///
    /// For OAuth only; the function's role may write the secret in Control alone. A secret that was a bare token
    /// becomes an object. The token that is replaced has to be that of `judged`: whoever stored another one since knows
    /// what it is good for, and the new one was not compared with it.
    pub async fn store_token(
        &self,
        token: &AccessToken,
        advertisers: &[AdvertiserId],
        judged: &Secret,
        deadline: Instant,
    ) -> Result<Arc<Loaded>, SecretsError> {
        let _one_at_a_time = self.turn(deadline).await?;
        let found = self.service.get(&self.id, deadline).await?;
        let replaced = parse::secret(found.expose_secret())?.access_token;
        if replaced.as_ref().map(AccessToken::expose) != judged.access_token.as_ref().map(AccessToken::expose) {
            return Err(SecretsError::Changed);
        }
        let text = parse::with_token(&found, token, advertisers)?;
        self.service.put(&self.id, &text, deadline).await?;
        Ok(self.keep(parse::secret(text.expose_secret())?))
    }

    /// Fetches, unless another caller has just done so.
    async fn refresh(&self, now: Instant, deadline: Instant) -> Result<Arc<Loaded>, SecretsError> {
        let _one_at_a_time = self.turn(deadline).await?;
        match self.fresh(now) {
            Some(fresh) => Ok(fresh),
            None => self.fetch(deadline).await,
        }
    }

    /// Waits until no other fetch is under way.
    async fn turn(&self, deadline: Instant) -> Result<tokio::sync::MutexGuard<'_, ()>, SecretsError> {
        timeout_at(deadline, self.fetching.lock()).await.map_err(|_deadline| SecretsError::Timeout)
    }

    async fn fetch(&self, deadline: Instant) -> Result<Arc<Loaded>, SecretsError> {
        let text = self.service.get(&self.id, deadline).await?;
        Ok(self.keep(parse::secret(text.expose_secret())?))
    }

    fn keep(&self, secret: Secret) -> Arc<Loaded> {
        let loaded = Arc::new(Loaded { secret, fetched_at: Instant::now() });
        *self.cache() = Cache { loaded: Some(Arc::clone(&loaded)), refresh_after: None, failing: false };
        loaded
    }
}
