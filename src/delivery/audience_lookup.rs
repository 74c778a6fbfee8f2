//! Audiences by name: TikTok knows them by id only, and lets names repeat.
//!
//! The oldest audience of a name is the one that is meant; whoever creates one looks again and gives way to an older,
//! so that creators who know nothing of each other end with the same audience. Knows nothing of events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use smallvec::SmallVec;
use tokio::time::Instant;

use super::session::{CallError, Session};
use crate::tiktok::wire::Audience;
use crate::tiktok::{AdvertiserId, AudienceId, Class, NO_SUCH_OBJECT, RequestId};

/// How long a name that was found is not looked up again.
const HIT_TTL: Duration = Duration::from_mins(5);
/// How long a name that was not found is not looked up again.
const MISS_TTL: Duration = Duration::from_mins(1);
/// How long a list of all audiences serves requests to erase: nobody who has just been added may be missed for it.
const LIST_TTL: Duration = Duration::from_secs(5);
/// How often a create is attempted.
const CREATE_ATTEMPTS: u32 = 3;
/// Wait before a create is attempted again.
const CREATE_PAUSE: Duration = Duration::from_millis(500);

/// The usable audiences of one advertiser by name, as they were at one time.
#[derive(Debug)]
struct Names {
    read_at: Instant,
    /// Those of one name, the oldest first.
    named: HashMap<String, SmallVec<[AudienceId; 1]>>,
    /// All of them, in order of age.
    all: Arc<[AudienceId]>,
}

/// What is known of a name without asking.
enum Known {
    There(AudienceId),
    NotThere,
    Nothing,
}

/// The audiences of every advertiser, as far as they were read.
#[derive(Debug, Default)]
pub struct AudienceLookup {
    /// Held for moments, never across a call.
    names: Mutex<HashMap<AdvertiserId, Names>>,
}

/// An audience that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ensured {
    /// Its id.
    pub audience: AudienceId,
    /// Whether it was created for this request.
    pub created: bool,
    /// The audience that was created and deleted again in favour of an older one.
    pub removed: Option<AudienceId>,
    /// TikTok's id of the create call.
    pub request_id: Option<RequestId>,
}

impl AudienceLookup {
    /// The oldest usable audience of a name.
    ///
    /// # Errors
    /// The list could not be read.
    pub async fn find(
        &self,
        session: &Session<'_>,
        advertiser: AdvertiserId,
        name: &str,
    ) -> Result<Option<AudienceId>, CallError> {
        match self.known(advertiser, name, Instant::now()) {
            Known::There(audience) => return Ok(Some(audience)),
            Known::NotThere => return Ok(None),
            Known::Nothing => {}
        }
        let audiences = self.read(session, advertiser).await?;
        Ok(oldest(&audiences, name, session.budget.wall).map(|audience| audience.audience_id))
    }

    /// The oldest usable audience of a name, created when there is none.
    ///
    /// # Errors
    /// The list could not be read, or the audience not be created.
    pub async fn find_or_create(
        &self,
        session: &Session<'_>,
        advertiser: AdvertiserId,
        name: &str,
    ) -> Result<Ensured, CallError> {
        match self.find(session, advertiser, name).await? {
            Some(audience) => Ok(Ensured { audience, created: false, removed: None, request_id: None }),
            None => self.create_unless_there(session, advertiser, name).await,
        }
    }

    /// Creates an audience, whatever others of its name there are.
    ///
    /// # Errors
    /// It could not be created; it may have been nevertheless when the answer was lost.
    pub async fn create(
        &self,
        session: &Session<'_>,
        advertiser: AdvertiserId,
        name: &str,
    ) -> Result<Ensured, CallError> {
        let deadline = session.budget.deadline;
        let created =
            session.call(async |token| session.client.create_audience(token, advertiser, name, deadline).await).await?;
        self.invalidate(advertiser);
        Ok(Ensured { audience: created.audience_id, created: true, removed: None, request_id: created.request_id })
    }

    /// All usable audiences of an advertiser, the oldest first; as they were a few seconds ago at most.
    ///
    /// # Errors
    /// The list could not be read.
    pub async fn usable(
        &self,
        session: &Session<'_>,
        advertiser: AdvertiserId,
    ) -> Result<Arc<[AudienceId]>, CallError> {
        if let Some(known) = self.all(advertiser, Instant::now()) {
            return Ok(known);
        }
        let audiences = self.read(session, advertiser).await?;
        Ok(usable(&audiences, session.budget.wall).iter().map(|audience| audience.audience_id).collect())
    }

    /// The younger usable audiences of a name, as of the last look; none where there was none.
    pub fn younger(&self, advertiser: AdvertiserId, name: &str) -> Vec<AudienceId> {
        let all = self.names();
        let of_name = all.get(&advertiser).and_then(|names| names.named.get(name));
        of_name.into_iter().flatten().skip(1).copied().collect()
    }

    /// Forgets what is known of an advertiser's audiences.
    pub fn invalidate(&self, advertiser: AdvertiserId) {
        self.names().remove(&advertiser);
    }

    /// Creates; after an answer that was lost the name is looked up before anything is repeated.
    async fn create_unless_there(
        &self,
        session: &Session<'_>,
        advertiser: AdvertiserId,
        name: &str,
    ) -> Result<Ensured, CallError> {
        let mut attempt = 1;
        loop {
            let failed = match self.create(session, advertiser, name).await {
                Ok(created) => return self.give_way(session, advertiser, name, created).await,
                Err(failed) => failed,
            };
            let CallError::Send(error) = &failed else { return Err(failed) };
            let is_passing = matches!(error.class(), Class::Transient | Class::Throttled);
            if !is_passing || attempt == CREATE_ATTEMPTS {
                return Err(failed);
            }
            // Beside an older audience a lost answer may leave a younger one of ours. It stays, and `check` names it: nothing
            // tells it from one that somebody has just made on purpose and puts people into.
            if error.reached()
                && let Some(found) = oldest(&self.read(session, advertiser).await?, name, session.budget.wall)
            {
                let request_id = error.request_id().cloned();
                return Ok(Ensured { audience: found.audience_id, created: true, removed: None, request_id });
            }
            tokio::time::sleep(CREATE_PAUSE * attempt).await;
            attempt += 1;
        }
    }

    /// Deletes what was just created when there is an older one of that name.
    async fn give_way(
        &self,
        session: &Session<'_>,
        advertiser: AdvertiserId,
        name: &str,
        mine: Ensured,
    ) -> Result<Ensured, CallError> {
        let audiences = self.read(session, advertiser).await?;
        let older = oldest(&audiences, name, session.budget.wall).map(|audience| audience.audience_id);
        let Some(older) = older.filter(|older| *older != mine.audience) else { return Ok(mine) };
        let (audience, deadline) = (mine.audience, session.budget.deadline);
        let deleted =
            session.call(async |token| session.client.delete_audience(token, advertiser, audience, deadline).await);
        match deleted.await {
            Ok(_) => {}
            // Gone already: an earlier attempt did it, and its answer was lost.
            Err(CallError::Send(error)) if error.code() == Some(NO_SUCH_OBJECT) => {}
            Err(error) => return Err(error),
        }
        Ok(Ensured { audience: older, created: false, removed: Some(audience), request_id: mine.request_id })
    }

    fn known(&self, advertiser: AdvertiserId, name: &str, now: Instant) -> Known {
        let all = self.names();
        let Some(names) = all.get(&advertiser) else { return Known::Nothing };
        let age = now.saturating_duration_since(names.read_at);
        match names.named.get(name).and_then(|all| all.first()) {
            Some(audience) if age < HIT_TTL => Known::There(*audience),
            None if age < MISS_TTL => Known::NotThere,
            Some(_) | None => Known::Nothing,
        }
    }

    /// All audiences, as far as none can have come to them unnoticed.
    fn all(&self, advertiser: AdvertiserId, now: Instant) -> Option<Arc<[AudienceId]>> {
        let all = self.names();
        let names = all.get(&advertiser)?;
        (now.saturating_duration_since(names.read_at) < LIST_TTL).then(|| Arc::clone(&names.all))
    }

    async fn read(&self, session: &Session<'_>, advertiser: AdvertiserId) -> Result<Vec<Audience>, CallError> {
        let deadline = session.budget.deadline;
        let listed = session.call(async |token| session.client.list_audiences(token, advertiser, deadline).await);
        let audiences = listed.await.map_err(CallError::of_list)?;
        let mut named: HashMap<String, SmallVec<[AudienceId; 1]>> = HashMap::new();
        let usable = usable(&audiences, session.budget.wall);
        for audience in &usable {
            if let Some(name) = &audience.name {
                named.entry(name.clone()).or_default().push(audience.audience_id);
            }
        }
        let all = usable.iter().map(|audience| audience.audience_id).collect();
        self.names().insert(advertiser, Names { read_at: Instant::now(), named, all });
        Ok(audiences)
    }

    fn names(&self) -> MutexGuard<'_, HashMap<AdvertiserId, Names>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether people can be added: made through the API, by this advertiser, and not expired.
pub fn is_usable(audience: &Audience, now: Timestamp) -> bool {
    let is_foreign = audience.is_creator == Some(false);
    audience.is_partner() && !is_foreign && !is_expired(audience, now)
}

/// Whether an audience has expired.
pub fn is_expired(audience: &Audience, now: Timestamp) -> bool {
    expires(audience).is_some_and(|expires| expires <= now)
}

/// When an audience expires, as far as TikTok says. Its times are GMT without saying so.
pub fn expires(audience: &Audience) -> Option<Timestamp> {
    let time: jiff::civil::DateTime = audience.expired_time.as_deref()?.parse().ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// Order of age: created first, then least id (as a number, hence by length first).
fn seniority(audience: &Audience) -> (Option<&str>, usize, AudienceId) {
    (audience.create_time.as_deref(), audience.audience_id.digits(), audience.audience_id)
}

/// The usable audiences, the oldest first.
fn usable(audiences: &[Audience], now: Timestamp) -> Vec<&Audience> {
    let mut usable: Vec<_> = audiences.iter().filter(|audience| is_usable(audience, now)).collect();
    usable.sort_by(|one, other| seniority(one).cmp(&seniority(other)));
    usable
}

/// The oldest usable audience of a name.
pub fn oldest<'a>(audiences: &'a [Audience], name: &str, now: Timestamp) -> Option<&'a Audience> {
    let named = audiences.iter().filter(|audience| audience.name.as_deref() == Some(name));
    named.filter(|audience| is_usable(audience, now)).min_by(|one, other| seniority(one).cmp(&seniority(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audience(id: &str, kind: &str, created: &str, expires: Option<&str>, is_creator: bool) -> Audience {
        let json = serde_json::json!({
            "audience_id": id, "name": "vip", "audience_type": kind, "create_time": created, "expired_time": expires,
            "is_creator": is_creator,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_oldest_usable_audience_of_a_name_is_meant() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let audiences = [
            audience("1", "Lookalike Audience", "2020-01-01 00:00:00", None, true),
            audience("2", "Partner", "2020-01-01 00:00:00", None, false),
            audience("3", "Partner", "2020-01-01 00:00:00", Some("2026-11-22 12:00:00"), true),
            audience("10", "PARTNER", "2024-01-01 00:00:00", Some("2026-11-22 12:00:01"), true),
            audience("9", "partner", "2024-01-01 00:00:00", None, true),
            audience("4", "Partner", "2024-01-01 00:00:01", None, true),
        ];
        let found = oldest(&audiences, "vip", now).map(|audience| audience.audience_id.to_string());
        assert_eq!(found.as_deref(), Some("9"));
        assert!(oldest(&audiences, "VIP", now).is_none());
    }
}
