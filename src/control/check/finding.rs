//! What a check finds.

use serde::Serialize;

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
    pub(super) fn ok(&mut self, item: impl Into<String>, message: impl Into<String>) {
        self.items.push(Finding { item: item.into(), status: Status::Ok, message: message.into(), remedy: None });
    }

    pub(super) fn warning(&mut self, item: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(Status::Warning, item.into(), message.into(), remedy.into());
    }

    pub(super) fn problem(&mut self, item: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(Status::Problem, item.into(), message.into(), remedy.into());
    }

    fn add(&mut self, status: Status, item: String, message: String, remedy: String) {
        self.items.push(Finding { item, status, message, remedy: Some(remedy) });
    }

    pub(super) fn has_problem(&self) -> bool {
        self.items.iter().any(|finding| finding.status == Status::Problem)
    }
}
