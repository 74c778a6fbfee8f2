//! `@template`: a text with values of the event in it.

use std::borrow::Cow;

use super::super::path::Path;
use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::{Expression, Outcome, ResolveError, Scope, javascript};
use crate::json::Value;

/// The argument of `@template`.
#[derive(Debug, PartialEq)]
pub(super) enum AnyTemplate {
    /// A template of the mapping.
    Fixed(Template),
    /// A template that an expression gives.
    Computed(Box<Expression>),
}

/// A template: texts, and the paths between them.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(Box<str>),
    Path(Path),
}

impl AnyTemplate {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        if let Some(text) = json.as_str() {
            return Some(Self::Fixed(Template::parse(&text)));
        }
        compiler.directive_or_text(json, at).map(|template| Self::Computed(Box::new(template)))
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let template = match self {
            Self::Fixed(template) => match template.literal() {
                Some(text) => return Ok(Resolved::Text(Cow::Borrowed(text))),
                None => return template.render(scope),
            },
            Self::Computed(template) => template.in_scope(scope)?,
        };
        let found = template.described();
        let text = template.text();
        let text = text.ok_or(ResolveError::WrongKind { directive: "@template", expected: "a string", found })?;
        Template::parse(&text).render(scope)
    }
}

impl Template {
    /// Reads a template: first `{{{ path }}}`, then `{{ path }}` in what is left.
    fn parse(text: &str) -> Self {
        let mut template = Self::default();
        let mut rest = text;
        while let Some((before, path, behind)) = placeholder(rest, "{{{", "}}}") {
            template.push_pairs(before);
            template.0.push(Part::Path(Path::without_dollar(javascript::trim(path))));
            rest = behind;
        }
        template.push_pairs(rest);
        template
    }

    fn push_pairs(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, path, behind)) = placeholder(rest, "{{", "}}") {
            self.push_text(before);
            self.0.push(Part::Path(Path::without_dollar(javascript::trim(path))));
            rest = behind;
        }
        self.push_text(rest);
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.0.push(Part::Text(text.into()));
        }
    }

    /// The template's text, if it has no paths.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    fn render<'e>(&self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    scope.spend(text.len())?;
                    out.push_str(text);
                }
                Part::Path(path) => javascript::write(&path.resolve(scope.root), &mut out, scope)?,
            }
        }
        Ok(Resolved::Text(Cow::Owned(out)))
    }
}

/// The first `open`, one or more characters other than `}`, `close`: the text before, the path, the text behind.
fn placeholder<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let mut from = 0;
    loop {
        let brace = from + text.get(from..)?.find('}')?;
        let run = text.get(from..brace)?;
        if let Some(start) = run.find(open)
            && let Some(path) = run.get(start + open.len()..).filter(|path| !path.is_empty())
            && let Some(behind) = text.get(brace..)?.strip_prefix(close)
        {
            return Some((text.get(..from + start)?, path, behind));
        }
        from = brace + 1;
    }
}
