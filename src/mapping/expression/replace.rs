//! `@replace`: a text with one or two patterns replaced.

use std::borrow::Cow;

use super::super::resolved::Resolved;
use super::compile::{Compiler, Options};
use super::{Expression, Outcome, ResolveError, Scope, javascript};
use crate::json::{Kind, Value};

/// The longest pattern and the longest replacement, in UTF-16 units: Segment's limits.
const MAX_LENGTH: usize = 10;

/// The argument of `@replace`.
#[derive(Debug, PartialEq)]
pub(super) struct Replace {
    value: Expression,
    first: Substitution,
    second: Option<Substitution>,
    ignore_case: bool,
    everywhere: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Substitution {
    /// Not empty.
    pattern: Vec<char>,
    replacement: Vec<Part>,
}

/// A part of a replacement, which JavaScript reads for `$` sequences.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(Box<str>),
    /// `$&`
    Match,
    /// `` $` ``
    Before,
    /// `$'`
    Behind,
}

impl Replace {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let known = ["pattern", "replacement", "pattern2", "replacement2", "ignorecase", "global", "value"];
        let options = compiler.options(json, at, &known)?;
        let first = match options.required("pattern", compiler) {
            Some((pattern, _)) if pattern.is_str("") => {
                compiler.problem(pattern, &options.at("pattern"), "is a text of 1 to 10 characters");
                None
            }
            Some(_) => Substitution::compile(&options, "pattern", "replacement", compiler),
            None => None,
        };
        let second = match options.value("pattern2") {
            Some(pattern) if !pattern.is_str("") => {
                Some(Substitution::compile(&options, "pattern2", "replacement2", compiler)?)
            }
            Some(_) | None => None,
        };
        let ignore_case = options.boolean("ignorecase", false, compiler);
        let everywhere = options.boolean("global", true, compiler);
        let (value, value_at) = options.required("value", compiler)?;
        let is_empty = value.is_str("");
        let value = compiler.directive_or_text(value, &value_at)?;
        let value = if is_empty { Expression::MISSING } else { value };
        Some(Self { value, first: first?, second, ignore_case: ignore_case?, everywhere: everywhere? })
    }

    /// What gives the text.
    pub(super) const fn value_mut(&mut self) -> &mut Expression {
        &mut self.value
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let value = self.value.in_scope(scope)?;
        let text = match value.kind() {
            None | Some(Kind::Array | Kind::Object) => return Ok(Resolved::Missing),
            Some(Kind::Null) => return Ok(Resolved::Null),
            Some(Kind::Bool | Kind::Number | Kind::String) => value.into_scalar_text().unwrap_or_default(),
        };
        let mut text = self.substitute(&self.first, text, scope)?;
        if let Some(second) = &self.second {
            text = self.substitute(second, text, scope)?;
        }
        Ok(Resolved::Text(text))
    }

    fn substitute<'e>(
        &self,
        substitution: &Substitution,
        text: Cow<'e, str>,
        scope: &Scope<'_, 'e>,
    ) -> Result<Cow<'e, str>, ResolveError> {
        let mut out = String::new();
        let mut copied = 0;
        let mut found = false;
        let mut from = 0;
        while let Some((start, end)) = substitution.find(&text, from, self.ignore_case) {
            found = true;
            out.push_str(text.get(copied..start).unwrap_or_default());
            for part in &substitution.replacement {
                let part = match part {
                    Part::Text(part) => part,
                    Part::Match => text.get(start..end).unwrap_or_default(),
                    Part::Before => text.get(..start).unwrap_or_default(),
                    Part::Behind => text.get(end..).unwrap_or_default(),
                };
                scope.spend(part.len())?;
                out.push_str(part);
            }
            copied = end;
            from = end;
            if !self.everywhere {
                break;
            }
        }
        if !found {
            return Ok(text);
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        scope.spend(text.len())?;
        Ok(Cow::Owned(out))
    }
}

impl Substitution {
    fn compile(options: &Options<'_>, pattern: &str, replacement: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let pattern = options.short_text(pattern, MAX_LENGTH, compiler);
        let replacement = match options.value(replacement) {
            Some(_) => options.short_text(replacement, MAX_LENGTH, compiler),
            None => Some(String::new()),
        };
        Some(Self { pattern: pattern?.chars().collect(), replacement: parts(&replacement?) })
    }

    /// The next place of the pattern, in bytes.
    fn find(&self, text: &str, from: usize, ignore_case: bool) -> Option<(usize, usize)> {
        let rest = text.get(from..)?;
        rest.char_indices().find_map(|(offset, _)| {
            let length = self.matches(rest.get(offset..)?, ignore_case)?;
            Some((from + offset, from + offset + length))
        })
    }

    /// The number of bytes that the pattern takes at the start of a text.
    fn matches(&self, text: &str, ignore_case: bool) -> Option<usize> {
        let mut chars = text.chars();
        for expected in &self.pattern {
            let found = chars.next()?;
            let same = found == *expected || (ignore_case && canonical(found) == canonical(*expected));
            if !same {
                return None;
            }
        }
        Some(text.len() - chars.as_str().len())
    }
}

/// A character as a JavaScript regular expression compares it when case is ignored: in upper case, where that is one
/// UTF-16 unit and does not turn a character beyond ASCII into ASCII.
fn canonical(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None)
            if upper.len_utf16() == 1 && char.len_utf16() == 1 && (char.is_ascii() || !upper.is_ascii()) =>
        {
            upper
        }
        _ => char,
    }
}

fn parts(replacement: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = replacement;
    while let Some((before, behind)) = rest.split_once('$') {
        text.push_str(before);
        let mut chars = behind.chars();
        let part = match chars.next() {
            Some('&') => Some(Part::Match),
            Some('`') => Some(Part::Before),
            Some('\'') => Some(Part::Behind),
            Some('$') => None,
            _ => {
                text.push('$');
                rest = behind;
                continue;
            }
        };
        match part {
            Some(part) => {
                parts.push(Part::Text(std::mem::take(&mut text).into()));
                parts.push(part);
            }
            None => text.push('$'),
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    parts.push(Part::Text(text.into()));
    parts
}

/// The text of an option, if it is no longer than `longest` UTF-16 units.
impl Options<'_> {
    fn short_text(&self, name: &str, longest: usize, compiler: &mut Compiler<'_>) -> Option<String> {
        let value = self.value(name)?;
        match value.as_str() {
            Some(text) if javascript::length(&text) <= longest => Some(text.into_owned()),
            _ => {
                compiler.problem(value, &self.at(name), &format!("is a text of at most {longest} characters"));
                None
            }
        }
    }
}
