//! What is printed, and where: what was asked for on standard output, everything else on standard error.
//!
//! Colour is there for a terminal only, and never where `NO_COLOR` is set; texts are styled as if it were there, and the
//! stream takes it out.

use std::io::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::error::SandboxError;

/// A heading.
pub(crate) const HEADING: Style = AnsiColor::Cyan.on_default().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What needs somebody.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What may need somebody.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
/// What is less important than the rest.
pub(crate) const DIM: Style = Style::new().dimmed();

/// A text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The style of an outcome, a status or a severity by its word.
pub(crate) fn style_of(word: &str) -> Style {
    match word {
        "delivered" | "accepted" | "ok" | "planned" | "yes" | "created" | "found" => GOOD,
        "rejected" | "problem" | "error" | "failed" => BAD,
        "retryable" | "warning" => WARN,
        "skipped" | "superseded" | "unknown" => DIM,
        _ => Style::new(),
    }
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All well.
    Well,
    /// Events were not delivered, or problems were found.
    Problems,
}

impl Verdict {
    /// Whether it is all well.
    pub(crate) const fn of(well: bool) -> Self {
        if well { Self::Well } else { Self::Problems }
    }

    /// The worse of two.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self::of(self == Self::Well && other == Self::Well)
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Well => Self::SUCCESS,
            Verdict::Problems => Self::from(1),
        }
    }
}

/// Who reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A person, at a terminal or not.
    Person,
    /// A program: one JSON document.
    Program,
}

/// Prints text for a person. Whoever has read enough, like `head`, does not end the command: it goes on to its verdict.
pub(crate) fn print(text: &str) -> Result<(), SandboxError> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints the one document of a command.
pub(crate) fn document(value: &Value) -> Result<(), SandboxError> {
    print(&format!("{value:#}\n"))
}

/// Says something that is no result.
pub(crate) fn note(text: &str) {
    // Where even standard error is closed, nobody listens.
    let _unheard = writeln!(anstream::stderr(), "{text}");
}

/// How wide a table may be: as the terminal is, or as a page is where there is none.
pub(crate) fn width() -> u16 {
    const PAGE: u16 = 120;
    terminal_size::terminal_size_of(std::io::stdout()).map_or(PAGE, |(width, _)| width.0.max(40))
}
