//! What is wrong with a configuration, in words that let a person fix it.
//!
//! Knows where a problem is; knows nothing of what the configuration means, nor of terminals.

use std::fmt;

use super::at::At;
use crate::json::Document;
use crate::mapping::{self, Severity};

/// One thing that is wrong, or odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The environment variable, or the JSON path like `$.mappings[0].fields.email`.
    pub path: String,
    /// One sentence without the value itself, which may be personal data.
    pub message: String,
    /// Where it is in `destination.json`.
    pub place: Option<Place>,
}

/// A stretch of text on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// How many characters of the line belong to it, at least 1.
    pub width: usize,
}

impl Place {
    /// The place of the `length` bytes at `offset`, cut at the end of its line.
    pub(super) fn of(text: &str, offset: usize, length: usize) -> Self {
        let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        let marked = after.get(..length).unwrap_or(after);
        let width = marked.lines().next().unwrap_or_default().chars().count().max(1);
        Self { line, column, width }
    }
}

impl Problem {
    /// A problem with a variable.
    pub(super) fn variable(name: &str, message: impl Into<String>) -> Self {
        Self { path: name.to_owned(), message: message.into(), place: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)?;
        self.place.map_or(Ok(()), |place| write!(f, " (line {}, column {})", place.line, place.column))
    }
}

/// Everything that was found in one configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What makes it unusable.
    pub errors: Vec<Problem>,
    /// What works, but probably not as meant.
    pub warnings: Vec<Problem>,
}

impl Findings {
    /// A text that is not JSON from a byte on.
    pub(super) fn not_json(text: &str, offset: usize, message: String) -> Self {
        let place = Some(Place::of(text, offset, 1));
        Self { errors: vec![Problem { path: "$".to_owned(), message, place }], warnings: Vec::new() }
    }
}

/// Collects the findings of one text.
pub(super) struct Report<'d> {
    text: &'d str,
    document: &'d Document<'d>,
    findings: Findings,
    /// Whether errors are warnings for now.
    is_lenient: bool,
    demoted: usize,
}

impl<'d> Report<'d> {
    /// The document must be that of the text, and borrow it.
    pub(super) fn new(text: &'d str, document: &'d Document<'d>) -> Self {
        Self { text, document, findings: Findings::default(), is_lenient: false, demoted: 0 }
    }

    /// How many errors became warnings.
    pub(super) const fn demoted(&self) -> usize {
        self.demoted
    }

    /// Notes what is wrong with something that is switched off: it must not stop the rest.
    pub(super) fn leniently<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.is_lenient = true;
        let result = read(self);
        self.is_lenient = false;
        result
    }

    fn push_error(&mut self, mut problem: Problem) {
        if self.is_lenient {
            problem.message.push_str("; the mapping is disabled and left out");
            self.demoted += 1;
            self.findings.warnings.push(problem);
        } else {
            self.findings.errors.push(problem);
        }
    }

    /// The findings in the order of the text.
    pub(super) fn finish(mut self) -> Findings {
        let order = |problem: &Problem| problem.place.map(|place| (place.line, place.column));
        self.findings.errors.sort_by_key(order);
        self.findings.warnings.sort_by_key(order);
        self.findings
    }

    /// Notes what makes the configuration unusable.
    pub(super) fn error(&mut self, at: &At<'_>, message: impl Into<String>) {
        let problem = self.problem(at, message.into());
        self.push_error(problem);
    }

    /// Notes what works, but probably not as meant.
    pub(super) fn warning(&mut self, at: &At<'_>, message: impl Into<String>) {
        let problem = self.problem(at, message.into());
        self.findings.warnings.push(problem);
    }

    /// Notes what the language of fields finds wrong.
    pub(super) fn fields(&mut self, problem: mapping::MappingProblem) {
        let at = At { path: problem.path, value: self.document.value_at(problem.position) };
        match problem.severity {
            Severity::Error => self.error(&at, problem.message),
            Severity::Warning => self.warning(&at, problem.message),
        }
    }

    /// Notes what is wrong inside of a string's content, at its own line and column, counted from 1, and as many
    /// characters wide.
    pub(super) fn error_inside(&mut self, at: &At<'_>, inside: (usize, usize, usize), message: String) {
        let problem = self.problem_inside(at, inside, message);
        self.push_error(problem);
    }

    /// Notes what is probably not meant inside of a string's content.
    pub(super) fn warning_inside(&mut self, at: &At<'_>, inside: (usize, usize, usize), message: String) {
        let problem = self.problem_inside(at, inside, message);
        self.findings.warnings.push(problem);
    }

    fn problem_inside(&self, at: &At<'_>, (line, column, width): (usize, usize, usize), message: String) -> Problem {
        let content = at.value.as_str().unwrap_or_default();
        let lines_before = content.split('\n').take(line - 1).map(|line| line.chars().count() + 1).sum::<usize>();
        let raw = at.value.raw();
        let before = lines_before + column - 1;
        let start = written_length(raw, before);
        let length = written_length(raw, before + width) - start;
        Problem { path: at.path.clone(), message, place: Some(Place::of(self.text, self.offset(raw) + start, length)) }
    }

    fn problem(&self, at: &At<'_>, message: String) -> Problem {
        let raw = at.value.raw();
        let place = Place::of(self.text, self.offset(raw), raw.len());
        Problem { path: at.path.clone(), message, place: Some(place) }
    }

    /// Where a slice of the text begins.
    fn offset(&self, slice: &str) -> usize {
        slice.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }
}

/// How many bytes of a JSON string its quote and the first `count` characters of its content take.
fn written_length(raw: &str, count: usize) -> usize {
    let mut rest = raw.strip_prefix('"').unwrap_or_default();
    for _ in 0..count {
        rest = rest.get(first_character(rest)..).unwrap_or_default();
    }
    raw.len() - rest.len()
}

/// How many bytes the first character of a JSON string's content takes, escaped or not.
fn first_character(rest: &str) -> usize {
    let is_pair = || {
        matches!(rest.as_bytes(), [_, _, b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B', _, _, b'\\', b'u', ..])
    };
    let mut characters = rest.chars();
    match (characters.next(), characters.next()) {
        (Some('\\'), Some('u')) if is_pair() => 12,
        (Some('\\'), Some('u')) => 6,
        (Some('\\'), _) => 2,
        (Some(character), _) => character.len_utf8(),
        (None, _) => 0,
    }
}
