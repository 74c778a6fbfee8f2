//! One invocation's dealings with TikTok: its token, its clock, its deadline.
//!
//! Reloads the secret once when TikTok does not accept the token, so that a rotated token costs a repeated call and not
//! an event; notes in the metrics when there is no token to call it with. Knows nothing of events.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::batch::Call;
use crate::clock::TimeBudget;
use crate::metrics::Metrics;
use crate::outcome::{Explanation, Reason};
use crate::secrets::{Loaded, Secret, Secrets, SecretsError};
use crate::tiktok::{self, AccessToken, Class, Client, SendError};

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no token to make it with.
    #[error("the secret can't be used")]
    Secret(#[source] Arc<SecretsError>),
    /// TikTok, or the way to it.
    #[error("the call failed")]
    Send(#[source] SendError),
}

impl CallError {
    /// The failure as that of a list which events wait for: they had no part in the call, so none of them is refused by it.
    pub(super) fn of_list(self) -> Self {
        match self {
            Self::Send(error) => Self::Send(error.of_list()),
            Self::Secret(_) => self,
        }
    }

    /// The failure as the reason of an event that waits for this call; `None` where the call itself was wrong.
    pub fn explain(&self) -> Explanation {
        match self {
            Self::Secret(error) => secret_unavailable(error),
            Self::Send(error) => explain(error),
        }
    }
}

/// The reason of an event that waits for the secret.
pub fn secret_unavailable(error: &SecretsError) -> Explanation {
    Explanation::new(Reason::SecretUnavailable, error.to_string())
}

/// The reason of an event whose call failed.
pub fn explain(error: &SendError) -> Explanation {
    let reason = match error.class() {
        Class::Throttled => Reason::Throttled,
        Class::Unauthorized => Reason::Unauthorized,
        Class::Blocked => Reason::Blocked,
        Class::Busy => Reason::Busy,
        Class::Transient if matches!(error, SendError::NoTime) => Reason::OutOfTime,
        Class::Transient => Reason::Unavailable,
        Class::Permanent => Reason::Refused,
    };
    let detail = match error.code() {
        Some(code) => format!("{}: {}", reason.message(), tiktok::meaning(code)),
        None => error.to_string(),
    };
    Explanation::new(reason, detail).with_tiktok_code(error.code())
}

/// The token in use, and whether it was reloaded already.
#[derive(Debug, Default)]
struct InUse {
    loaded: Option<Arc<Loaded>>,
    was_reloaded: bool,
    has_failed: bool,
}

/// One invocation's dealings with TikTok.
#[derive(Debug)]
pub struct Session<'a> {
    /// The API.
    pub client: &'a Client,
    /// The invocation's time.
    pub budget: TimeBudget,
    secrets: &'a Secrets,
    metrics: &'a Metrics,
    /// Held for moments, never across a call.
    in_use: Mutex<InUse>,
}

impl<'a> Session<'a> {
    /// A session for one invocation.
    pub fn new(client: &'a Client, secrets: &'a Secrets, metrics: &'a Metrics, budget: TimeBudget) -> Self {
        Self { client, budget, secrets, metrics, in_use: Mutex::default() }
    }

    /// Counts the people and identifiers of a call that TikTok took.
    pub(super) fn delivered(&self, call: &Call) {
        self.metrics.taken(call);
    }

    /// Counts lines that the journal lacks.
    pub(super) fn journal_failed(&self, lines: usize) {
        self.metrics.journal_failed(lines);
    }

    /// The secret: the one in use, else the cached or a fetched one.
    ///
    /// # Errors
    /// It can't be had.
    pub async fn secret(&self) -> Result<Arc<Loaded>, SecretsError> {
        let in_use = self.in_use().loaded.clone();
        if let Some(loaded) = in_use {
            return Ok(loaded);
        }
        let fetched = tokio::time::timeout_at(
            self.budget.deadline,
            self.secrets.current(self.budget.start, self.budget.deadline),
        );
        let fetched = fetched.await.unwrap_or_else(|_elapsed| Err(SecretsError::Timeout));
        let loaded = fetched.inspect_err(|error| self.has_no_token(error))?;
        self.in_use().loaded = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// The secret with a token in it: one that has none may have got it since, and is fetched once more.
    ///
    /// # Errors
    /// It can't be had, or nobody has connected an ad account yet.
    pub async fn connected(&self) -> Result<Arc<Loaded>, SecretsError> {
        let used = self.secret().await?;
        if used.secret.access_token.is_some() {
            return Ok(used);
        }
        let newer = self.newer_than(&used).await.filter(|newer| newer.secret.access_token.is_some());
        newer.ok_or(SecretsError::NoToken).inspect_err(|error| self.has_no_token(error))
    }

    /// A fresher secret than the one in use, when that is older than `if_older_than`; once per invocation.
    ///
    /// # Errors
    /// It can't be had.
    pub async fn fresher_secret(&self, if_older_than: Duration) -> Result<Option<Arc<Loaded>>, SecretsError> {
        let used = self.secret().await?;
        if self.in_use().was_reloaded || used.age(self.budget.start) < if_older_than {
            return Ok(None);
        }
        let loaded = self.reload(&used).await?;
        Ok((!Arc::ptr_eq(&loaded, &used)).then_some(loaded))
    }

    /// Makes a call, and once more with a reloaded token when TikTok does not accept the first, or there was none.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<T>(&self, call: impl AsyncFn(&AccessToken) -> Result<T, SendError>) -> Result<T, CallError> {
        let used = self.connected().await.map_err(secret_error)?;
        let refused = match call(token(&used.secret)?).await {
            Err(error) if error.class() == Class::Unauthorized => error,
            answer => return answer.map_err(CallError::Send),
        };
        let Some(newer) = self.newer_than(&used).await else { return Err(CallError::Send(refused)) };
        call(token(&newer.secret)?).await.map_err(CallError::Send)
    }

    /// Another copy of the secret than the one that can't be used, if there is any.
    async fn newer_than(&self, used: &Arc<Loaded>) -> Option<Arc<Loaded>> {
        let at_hand = self.in_use().loaded.clone().filter(|loaded| !Arc::ptr_eq(loaded, used));
        if at_hand.is_some() || self.in_use().was_reloaded {
            return at_hand;
        }
        self.reload(used).await.ok().filter(|loaded| !Arc::ptr_eq(loaded, used))
    }

    async fn reload(&self, used: &Arc<Loaded>) -> Result<Arc<Loaded>, SecretsError> {
        let reloaded = self.secrets.reload(used, Duration::ZERO, Instant::now(), self.budget.deadline).await;
        self.in_use().was_reloaded = true;
        let loaded = reloaded.inspect_err(|error| self.report(error))?;
        self.in_use().loaded = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Counts rows that are not written, since they are in shadow.
    pub(super) fn would_write(&self, rows: usize) {
        if rows > 0 {
            self.metrics.shadow_rows(rows);
        }
    }

    /// The metric shows this too: TikTok is not even asked.
    fn has_no_token(&self, error: &SecretsError) {
        self.metrics.token_refused();
        self.report(error);
    }

    /// Logs that the secret can't be had, once per invocation: every event that waits for it has its own line.
    fn report(&self, error: &SecretsError) {
        let was_reported = std::mem::replace(&mut self.in_use().has_failed, true);
        if !was_reported {
            tracing::error!(error = error as &dyn std::error::Error, "the secret can't be used");
        }
    }

    fn in_use(&self) -> std::sync::MutexGuard<'_, InUse> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token(secret: &Secret) -> Result<&AccessToken, CallError> {
    secret.token().map_err(secret_error)
}

fn secret_error(error: SecretsError) -> CallError {
    CallError::Secret(Arc::new(error))
}
