//! Conditions as text in one canonical form, which reads back as the same condition.

use std::fmt::{self, Display, Formatter, Write};

use super::subject::Subject;
use super::{Check, Comparison, Condition, Test, Trigger};

impl Display for Trigger {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => group(f, parts, " and "),
            Self::Any(parts) => group(f, parts, " or "),
            Self::Not(part) => write!(f, "!({part})"),
            Self::Test(test) => test.fmt(f),
        }
    }
}

fn group(f: &mut Formatter<'_>, parts: &[Condition], connector: &str) -> fmt::Result {
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            f.write_str(connector)?;
        }
        match part {
            Condition::All(_) | Condition::Any(_) => write!(f, "({part})")?,
            Condition::Not(_) | Condition::Test(_) => part.fmt(f)?,
        }
    }
    Ok(())
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.check {
            Check::Is(text) => write!(f, "{subject} = {}", Quoted(text)),
            Check::IsNot(text) => write!(f, "{subject} != {}", Quoted(text)),
            Check::Number(comparison, number) => write!(f, "{subject} {comparison} {number}"),
            Check::Exists => write!(f, "{subject} != null"),
            Check::Absent => write!(f, "{subject} = null"),
            Check::IsBoolean(expected) => write!(f, "{subject} = {expected}"),
            Check::IsNotBoolean(expected) => write!(f, "{subject} != {expected}"),
            Check::Contains(part, wanted) => {
                write!(f, "{}contains({subject}, {})", negation(*wanted), Quoted(part))
            }
            Check::Matches(glob, wanted) => {
                write!(f, "{}match({subject}, {})", negation(*wanted), Quoted(glob.as_str()))
            }
        }
    }
}

const fn negation(wanted: bool) -> &'static str {
    if wanted { "" } else { "!" }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (word, keys) = self.parts();
        f.write_str(word)?;
        for key in keys {
            f.write_char('.')?;
            escape(f, key)?;
        }
        Ok(())
    }
}

/// A text in quotes; one that has both kinds of quotes as a word with escapes.
struct Quoted<'t>(&'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.0.contains('"'), self.0.contains('\'')) {
            (false, _) => write!(f, "\"{}\"", self.0),
            (true, false) => write!(f, "'{}'", self.0),
            (true, true) => escape(f, self.0),
        }
    }
}

/// Writes a word so that no character of it ends it or makes it a word of the language.
fn escape(f: &mut Formatter<'_>, word: &str) -> fmt::Result {
    let reserved = ["and", "or", "null"].contains(&word);
    for (number, char) in word.chars().enumerate() {
        let plain = char.is_ascii_alphabetic() || char == '_' || (number > 0 && (char.is_ascii_digit() || char == '-'));
        if !plain || (number == 0 && reserved) {
            f.write_char('\\')?;
        }
        f.write_char(char)?;
    }
    Ok(())
}
