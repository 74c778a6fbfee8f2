//! `check`: everything that could be wrong, before events find out.
//!
//! Reads, and writes nothing: the one call that could change something asks TikTok to delete an audience that cannot
//! exist. What can't be looked at is said to be so, and the rest is checked nevertheless.

mod access;
mod advertisers;
mod audiences;
mod setup;

use std::sync::Arc;

use serde::Serialize;

use crate::app::App;
use crate::delivery::session::Session;
use crate::secrets::Loaded;

use super::arguments::Arguments;
use super::error::OperationError;

/// How an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, but not as it should or not for long; or it could not be seen.
    Warning,
    /// Events are not delivered, or will not be.
    Problem,
}

/// One item and how it is.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub item: String,
    /// How it is.
    pub status: Status,
    /// What that means.
    pub message: String,
    /// What to do about it; nothing when it is fine.
    pub remedy: Option<String>,
}

/// The result of a check.
#[derive(Debug, Default, Serialize)]
pub struct Checked {
    /// Whether there is no problem.
    pub ok: bool,
    /// Whether TikTok accepts the token; unknown when it did not say.
    pub token_valid: Option<bool>,
    /// Usable audiences that expire within 60 days.
    pub audiences_expiring: usize,
    /// Everything that was looked at.
    pub items: Vec<Finding>,
}

impl Checked {
    fn ok(&mut self, item: impl Into<String>, message: impl Into<String>) {
        self.items.push(Finding { item: item.into(), status: Status::Ok, message: message.into(), remedy: None });
    }

    fn warning(&mut self, item: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(Status::Warning, item.into(), message.into(), remedy.into());
    }

    fn problem(&mut self, item: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(Status::Problem, item.into(), message.into(), remedy.into());
    }

    fn add(&mut self, status: Status, item: String, message: String, remedy: String) {
        self.items.push(Finding { item, status, message, remedy: Some(remedy) });
    }

    fn has_problem(&self) -> bool {
        self.items.iter().any(|finding| finding.status == Status::Problem)
    }
}

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
