//! The assumptions, one after the other.

use std::cmp::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::body::{cell, of, person, row};
use super::finding::Finding;
use crate::delivery::session::{CallError, Session};
use crate::identity::IdType;
use crate::tiktok::{AdvertiserId, AudienceId, Class, NO_SUCH_OBJECT, PARTIAL};

/// An id that no audience has: TikTok's have another first digit and are larger.
const UNKNOWN: &str = "1000000000000000001";
/// How long a new audience is waited for.
const WAITS: usize = 12;
const WAIT: Duration = Duration::from_secs(5);
/// Rows of a call that are tried, from few to many; the last has more than 1 MiB.
const SIZES: [usize; 5] = [100, 1_000, 5_000, 9_000, 10_000];
/// The function's default for `batch_rows`.
const DEFAULT_ROWS: usize = 1_000;

const EMAIL: &[IdType] = &[IdType::EmailSha256];

/// What TikTok said: nothing of a success, or its code.
type Said = Result<(), CallError>;

/// A run.
pub(super) struct Probing<'p, 's> {
    pub(super) session: &'p Session<'s>,
    pub(super) advertiser: AdvertiserId,
    pub(super) findings: Vec<Finding>,
    /// The audiences that were made and have to go.
    pub(super) made: Vec<AudienceId>,
}

impl Probing<'_, '_> {
    /// Checks everything that can be checked.
    pub(super) async fn all(&mut self, name: &str) {
        let Some(audience) = self.create(name).await else { return };
        self.name_is_cut(audience, name).await;
        if !self.takes_members(audience).await {
            return;
        }
        self.missing_cell(audience).await;
        self.repeats(audience).await;
        self.unknown_audience().await;
        self.bad_row(audience).await;
        self.sizes(audience).await;
        self.duplicate_name(name).await;
    }

    fn note(
        &mut self,
        (check, assumed): (&'static str, &'static str),
        observed: impl Into<String>,
        agrees: Option<bool>,
        consequence: impl Into<String>,
    ) {
        let (observed, consequence) = (observed.into(), consequence.into());
        self.findings.push(Finding { check, assumed, observed, agrees, consequence });
    }

    async fn make(&mut self, name: &str) -> Result<AudienceId, CallError> {
        let (client, deadline, advertiser) = (self.session.client, self.session.budget.deadline, self.advertiser);
        let made = self.session.call(async |token| client.create_audience(token, advertiser, name, deadline).await);
        let made = made.await?.audience_id;
        self.made.push(made);
        Ok(made)
    }

    async fn send(&self, action: &str, schema: &[IdType], rows: &[String]) -> Said {
        let (client, deadline) = (self.session.client, self.session.budget.deadline);
        let body = of(self.advertiser, action, schema, rows);
        self.session.call(async |token| client.map_raw(token, body.clone(), deadline).await).await.map(drop)
    }

    async fn create(&mut self, name: &str) -> Option<AudienceId> {
        let what = ("allow_list", "an app with scope 31 may create audiences without a further permission");
        match self.make(name).await {
            Ok(audience) => {
                self.note(what, "the audience was created", Some(true), "nothing");
                Some(audience)
            }
            Err(error) => {
                let consequence = "events wait as TIKTOK_BLOCKED: ask your TikTok representative to enable the audience \
                                   (Segment) API for the app, or grant scope 31 and connect again (authorizeUrl)";
                self.note(what, said(&Err(error)), Some(false), consequence);
                None
            }
        }
    }

    async fn name_is_cut(&mut self, audience: AudienceId, name: &str) {
        let what = ("name_length", "a name of more than 70 characters is cut to 67 and three dots");
        let (client, deadline, advertiser) = (self.session.client, self.session.budget.deadline, self.advertiser);
        let listed = self.session.call(async |token| client.list_audiences(token, advertiser, deadline).await).await;
        let kept = listed.ok().and_then(|all| all.into_iter().find(|each| each.audience_id == audience)?.name);
        let Some(kept) = kept else {
            return self.note(what, "the new audience is not in the list yet", None, "look again with listAudiences");
        };
        let is_cut = kept == crate::actions::kept_name(name);
        let observed = format!("the name has {} characters", kept.chars().count());
        let consequence = if is_cut { "nothing" } else { "keep the names of audiences within 70 characters" };
        self.note(what, observed, Some(is_cut), consequence);
    }

    /// Whether the audience takes members at last; the others have no sense without.
    async fn takes_members(&mut self, audience: AudienceId) -> bool {
        let what = ("editable", "a new audience takes people within a minute");
        let began = Instant::now();
        let mut said_last = Ok(());
        for _ in 0..WAITS {
            said_last = self.send("add", EMAIL, &[row(audience, 0)]).await;
            let is_busy = matches!(&said_last, Err(CallError::Send(error)) if error.class() == Class::Busy);
            if !is_busy || Instant::now() + WAIT >= self.session.budget.deadline {
                break;
            }
            tokio::time::sleep(WAIT).await;
        }
        let observed = format!("{} after {} s", said(&said_last), began.elapsed().as_secs());
        let consequence = "events for an audience that is not ready yet wait as AUDIENCE_BUSY and are sent again";
        self.note(what, observed, Some(said_last.is_ok()), consequence);
        said_last.is_ok()
    }

    async fn missing_cell(&mut self, audience: AudienceId) {
        let what = ("missing_cell", "{} stands for an identifier that a person lacks");
        let schema = [IdType::EmailSha256, IdType::IdfaSha256];
        let rows = [format!("[{},{{}}]", person(audience, 1)), format!("[{{}},{}]", person(audience, 2))];
        let answer = self.send("add", &schema, &rows).await;
        let consequence = if answer.is_ok() {
            "nothing"
        } else {
            "send one kind of identifier only (send_phone, send_advertising_id: false), and report this result"
        };
        self.note(what, said(&answer), Some(answer.is_ok()), consequence);
    }

    async fn repeats(&mut self, audience: AudienceId) {
        let what = ("repeat", "adding or removing somebody twice changes nothing and is no error");
        let mut answers = Vec::new();
        for action in ["add", "add", "delete", "delete"] {
            answers.push(self.send(action, EMAIL, &[row(audience, 3)]).await);
        }
        let refused = answers.iter().find(|answer| answer.is_err());
        let observed = refused.map_or_else(|| said(&Ok(())), said);
        let consequence = match refused {
            None => "nothing",
            Some(_) => "events that are sent again after a lost answer may be rejected although they were delivered",
        };
        self.note(what, observed, Some(refused.is_none()), consequence);
    }

    async fn unknown_audience(&mut self) {
        let what = ("unknown_audience", "an audience that does not exist is refused with code 40007");
        let Ok(unknown) = AudienceId::parse(UNKNOWN) else { return };
        let answer = self.send("add", EMAIL, &[row(unknown, 4)]).await;
        let is_known_code = code(&answer) == Some(NO_SUCH_OBJECT);
        let consequence = if is_known_code {
            "the events of that audience are rejected, its neighbours in the call are delivered"
        } else {
            "rows are searched one by one for what is wrong with the audience, which takes more calls; report this result"
        };
        self.note(what, said(&answer), Some(is_known_code), consequence);
    }

    async fn bad_row(&mut self, audience: AudienceId) {
        let what = ("bad_row", "one bad row refuses the whole call");
        let rows = [row(audience, 5), format!("[{}]", cell(audience, "not-a-hash"))];
        let answer = self.send("add", EMAIL, &rows).await;
        let (agrees, consequence) = match (&answer, code(&answer)) {
            (Ok(()), _) => (Some(false), "TikTok does not look at identifiers: nobody is told of one that is wrong"),
            (Err(_), Some(PARTIAL)) => {
                (Some(false), "the call is halved until the bad row stands alone; good rows are sent twice at most")
            }
            (Err(_), Some(_)) => (Some(true), "the call is halved until the bad row stands alone; it is rejected"),
            (Err(_), None) => (None, "probe again"),
        };
        self.note(what, said(&answer), agrees, consequence);
    }

    async fn sizes(&mut self, audience: AudienceId) {
        let what = ("limits", "a call takes 1,000 people and 1 MB");
        let (mut rows, mut taken, mut refusal) = (Vec::new(), None, None);
        for size in SIZES {
            rows.extend((rows.len()..size).map(|number| row(audience, number)));
            match self.send("add", EMAIL, &rows).await {
                Ok(()) => taken = Some((size, of(self.advertiser, "add", EMAIL, &rows).len())),
                refused => {
                    refusal = Some(format!("{size} people: {}", said(&refused)));
                    break;
                }
            }
        }
        let most = taken.map_or(0, |(size, _)| size);
        let largest = taken.map_or_else(
            || "none was taken".to_owned(),
            |(size, bytes)| format!("{size} people in {bytes} bytes were taken"),
        );
        let observed = refusal.map_or_else(|| largest.clone(), |refusal| format!("{largest}; {refusal}"));
        let consequence = match most.cmp(&DEFAULT_ROWS) {
            Ordering::Less => format!("set batch_rows to {} (larger calls are halved until then)", most.max(1)),
            Ordering::Greater => format!("batch_rows may be raised to {most}: fewer calls for large batches"),
            Ordering::Equal => "nothing".to_owned(),
        };
        self.note(what, observed, Some(most >= DEFAULT_ROWS), consequence);
    }

    async fn duplicate_name(&mut self, name: &str) {
        let what = ("duplicate_name", "names may repeat: a second audience of a name gets an id of its own");
        let answer = self.make(name).await.map(drop);
        let consequence = if answer.is_ok() {
            "the oldest audience of a name is the one that is used"
        } else {
            "nothing: audiences are looked up before they are created"
        };
        self.note(what, said(&answer), Some(answer.is_ok()), consequence);
    }
}

fn code(answer: &Said) -> Option<i64> {
    match answer {
        Err(CallError::Send(error)) => error.code(),
        Ok(()) | Err(CallError::Secret(_)) => None,
    }
}

/// What TikTok said, in words.
fn said(answer: &Said) -> String {
    match answer {
        Ok(()) => "accepted".to_owned(),
        Err(error) => match code(answer) {
            Some(code) => format!("refused with code {code}: {}", crate::tiktok::meaning(code)),
            None => error.explain().message().to_owned(),
        },
    }
}
