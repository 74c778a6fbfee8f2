//! What is wrong with a trigger's text, and where.

use std::fmt;

use crate::did_you_mean::nearest;

/// A text that is not a trigger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}{}", hint(suggestion.as_deref()))]
pub struct TriggerError {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// What is wrong, one sentence in lower case and without a full stop.
    pub message: String,
    /// What to write instead.
    pub suggestion: Option<String>,
    /// Number of characters of the line that the sentence is about; none at the end of the text.
    pub width: usize,
}

/// Something that was understood, but is probably not what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// Number of characters of the line that the sentence is about; none at the end of the text.
    pub width: usize,
    /// One sentence, in lower case and without a full stop.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map(|suggestion| format!("; write `{suggestion}`")).unwrap_or_default()
}

/// A stretch of the trigger's text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// Its characters up to the end of its first line.
    fn width(self, text: &str) -> usize {
        let marked = text.get(self.start..self.end).unwrap_or_default();
        marked.lines().next().unwrap_or_default().chars().count()
    }
}

/// A failure before its place is turned into line and column.
#[derive(Debug)]
pub(super) struct Failure {
    span: Span,
    message: String,
    suggestion: Option<String>,
}

impl Failure {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), suggestion: None }
    }

    /// Says what to write instead.
    pub(super) fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Suggests the known word that is nearest, if one is near.
    pub(super) fn nearest<'c>(mut self, word: &str, known: impl IntoIterator<Item = &'c str>) -> Self {
        self.suggestion = nearest(word, known).map(str::to_owned);
        self
    }

    pub(super) fn in_text(self, text: &str) -> TriggerError {
        let (line, column) = place(text, self.span.start);
        TriggerError { line, column, message: self.message, suggestion: self.suggestion, width: self.span.width(text) }
    }
}

/// A remark at a place of the text.
pub(super) fn remark(text: &str, span: Span, message: impl Into<String>) -> Remark {
    let (line, column) = place(text, span.start);
    Remark { line, column, width: span.width(text), message: message.into() }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}
