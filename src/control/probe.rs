//! `probe`: what is assumed of TikTok, observed on the real account, with invented people in an audience of its own.
//!
//! The audience is deleted at the end, also after a failure; what could not be deleted is named. No other audience is
//! touched.

mod body;
mod checks;
mod finding;

use serde::Serialize;

use crate::app::App;
use crate::delivery::session::{CallError, Session};
use crate::tiktok::{AdvertiserId, AudienceId, NO_SUCH_OBJECT, SendError};

use super::arguments::Arguments;
use super::{OperationError, json, target};
use checks::Probing;
use finding::Finding;

/// What `confirm` has to be.
const CONFIRM: &str = "probe";
/// TikTok cuts names of more than 70 characters to 67 and three dots.
const NAME_CHARS: usize = 75;

#[derive(Serialize)]
struct Probed {
    /// The ad account, once TikTok has taken it for one: what was given may be something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    advertiser_id: Option<AdvertiserId>,
    /// Whether everything was observed to be as assumed.
    as_assumed: bool,
    findings: Vec<Finding>,
    /// Audiences of this run that could not be deleted: `deleteAudience`, with `confirm` = their name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_behind: Vec<AudienceId>,
}

/// The operation.
pub(super) async fn run(app: &App, session: &Session<'_>, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    if arguments.required("confirm")? != CONFIRM {
        let message = "it creates an audience with invented people and deletes it again: confirm must be `probe`";
        return Err(OperationError::new("NOT_CONFIRMED", message));
    }
    let advertiser_id = target::advertiser(app, session, arguments.advertiser()?, None).await?;
    let mut probing = Probing { session, advertiser: advertiser_id, findings: Vec::new(), made: Vec::new() };
    probing.all(&name(session)).await;
    app.audience_lookup.invalidate(advertiser_id);
    let Probing { findings, made, .. } = probing;
    let advertiser_known = (!made.is_empty()).then_some(advertiser_id);
    let mut left_behind = Vec::new();
    for audience in made {
        if !is_deleted(session, advertiser_id, audience).await {
            left_behind.push(audience);
        }
    }
    let as_assumed = left_behind.is_empty() && findings.iter().all(|finding| finding.agrees != Some(false));
    json(&Probed { advertiser_id: advertiser_known, as_assumed, findings, left_behind })
}

/// A name that says what it is, and longer than TikTok keeps.
fn name(session: &Session<'_>) -> String {
    let name = format!("probe {} ", session.budget.wall);
    let missing = NAME_CHARS.saturating_sub(name.chars().count());
    name + &"x".repeat(missing)
}

async fn is_deleted(session: &Session<'_>, advertiser: AdvertiserId, audience: AudienceId) -> bool {
    let (client, deadline) = (session.client, session.budget.deadline);
    let answer = session.call(async |token| client.delete_audience(token, advertiser, audience, deadline).await).await;
    match answer {
        Ok(_accepted) => true,
        Err(CallError::Send(SendError::Api { code: NO_SUCH_OBJECT, .. })) => true,
        Err(_) => false,
    }
}
