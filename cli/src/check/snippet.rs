//! A problem with the line that it is in and a mark under it; of a line that is wider than the terminal, the part around the mark.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use tiktok_audiences::config::{Place, Problem};

use crate::console;

/// The longest mark: what is wrong is often a whole object.
const LONGEST_MARK: usize = 60;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// The function does not start.
    Error,
    /// It starts, but probably not as meant.
    Warning,
}

/// The problem for a terminal.
pub(super) fn rendered(severity: Severity, problem: &Problem, hint: Option<&str>, name: &str, text: &str) -> String {
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = format!("{}: {}", problem.path, problem.message);
    let snippet = problem.place.map(|place| {
        let line = text.trim_start_matches('\u{feff}').lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
        let mark = AnnotationKind::Primary.span(span(line, place));
        Snippet::source(line).path(name).line_start(place.line).annotation(mark)
    });
    let mut group = level.primary_title(&title).elements(snippet);
    if let Some(hint) = hint {
        group = group.element(Level::HELP.message(hint));
    }
    Renderer::styled().term_width(usize::from(console::width())).render(&[group])
}

/// The bytes of a line that are marked.
fn span(line: &str, place: Place) -> std::ops::Range<usize> {
    let byte = |characters: usize| line.chars().take(characters).map(char::len_utf8).sum::<usize>();
    let from = place.column.saturating_sub(1);
    byte(from)..byte(from + place.width.min(LONGEST_MARK))
}
