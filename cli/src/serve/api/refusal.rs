//! Why the page's API refuses: a status, a sentence, and the problems of a configuration.

use serde_json::{Value, json};

use crate::support::server::Answer;

/// A refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    message: String,
    problems: Vec<Value>,
}

impl Refusal {
    /// With this HTTP status and sentence.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), problems: Vec::new() }
    }

    /// What was asked for is not there.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, format!("there is no {what}"))
    }

    /// The function has gone, which only happens while the sandbox stops.
    pub(crate) fn gone() -> Self {
        Self::new(503, "the sandbox is stopping")
    }

    /// The same with what is wrong with the configuration.
    pub(crate) fn with_problems(mut self, problems: Vec<Value>) -> Self {
        self.problems = problems;
        self
    }

    pub(crate) fn answer(&self) -> Answer {
        let mut body = json!({ "error": self.message });
        if !self.problems.is_empty() {
            body["problems"] = self.problems.clone().into();
        }
        Answer::new(self.status, "application/json", format!("{body}\n"))
    }
}
