//! `check`: everything that could be wrong, before events find out.
//!
//! Reads, and writes nothing: the one call that could change something asks TikTok to delete an audience that cannot
//! exist. What can't be looked at is said to be so, and the rest is checked nevertheless.

mod access;
mod advertisers;
mod audiences;
mod finding;
mod setup;

use std::sync::Arc;

use crate::app::App;
use crate::delivery::session::Session;
use crate::secrets::Loaded;

use super::arguments::Arguments;
use super::error::OperationError;

pub use finding::{Checked, Status};

/// The argument that narrows a check, and the one thing that it may be narrowed to.
pub(super) const ONLY: &str = "only";
/// What is configured: nobody is asked, neither TikTok nor for the secret.
pub(super) const CONFIGURATION: &str = "configuration";

/// Checks everything, or what is configured only. A failure is no error, since it is what a check looks for.
///
/// # Errors
/// It is to be narrowed to something else.
pub(super) async fn run(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<Checked, OperationError> {
    let mut checked = Checked::default();
    match arguments.text(ONLY)?.as_deref() {
        None => access(app, session, &mut checked).await,
        Some(CONFIGURATION) => {}
        Some(_) => return Err(OperationError::new("INVALID_FIELD", format!("{ONLY} must be `{CONFIGURATION}`"))),
    }
    setup::check(app, &mut checked);
    checked.ok = !checked.has_problem();
    for finding in checked.items.iter().filter(|finding| finding.status == Status::Problem) {
        tracing::warn!(item = finding.item, detail = finding.message, "check found a problem");
    }
    Ok(checked)
}

async fn access(app: &App, session: &Session<'_>, checked: &mut Checked) {
    match access::secret(session, checked).await {
        Some(loaded) => with_secret(app, session, &loaded, checked).await,
        None => not_looked_at(checked, "the secret can't be read"),
    }
}

async fn with_secret(app: &App, session: &Session<'_>, loaded: &Arc<Loaded>, checked: &mut Checked) {
    access::callers(&loaded.secret, checked);
    access::token(session, checked).await;
    if checked.token_valid == Some(false) {
        app.metrics.token_refused();
        access::app_is_named(&loaded.secret, checked);
        return not_looked_at(checked, "there is no token that TikTok accepts");
    }
    let granted = access::granted(session, &loaded.secret, checked).await;
    let reached = advertisers::check(app, session, &loaded.secret, granted.as_ref(), checked).await;
    audiences::check(app, session, &loaded.secret, &reached, checked);
    if !reached.is_empty() {
        app.metrics.audiences_expiring(checked.audiences_expiring);
    }
}

fn not_looked_at(checked: &mut Checked, because: &str) {
    let message = format!("not looked at: {because}");
    checked.warning("advertisers and audiences", message, "settle the problems above, then run check again");
}
