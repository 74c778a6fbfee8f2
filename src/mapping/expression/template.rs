//! `@template`: a text with values of the event in it.

use std::borrow::Cow;

use super::super::path::Path;
use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::{Expression, Outcome, ResolveError, Scope, javascript, syntax};
use crate::json::Value;

/// The argument of `@template`.
#[derive(Debug, PartialEq)]
pub(super) enum AnyTemplate {
    /// A template of the mapping.
    Fixed(Template),
    /// A template that an expression gives.
    Computed(Box<Expression>, Fills),
}

/// What a template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Fills {
    #[default]
    Anything,
    /// A person's identifier: a template none of whose placeholders has a value is missing, since what is left says
    /// nothing of the person.
    Identifier,
}

/// A template: texts, and the paths between them.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Template {
    parts: Vec<Part>,
    fills: Fills,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(Box<str>),
    Path(Path),
}

impl AnyTemplate {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        if let Some(text) = json.as_str() {
            syntax::check_template(&text, |message| compiler.problem(json, at, message));
            let template = Template::parse(&text);
            for path in template.paths() {
                compiler.check_path(path, json, at);
            }
            return Some(Self::Fixed(template));
        }
        compiler.directive_or_text(json, at).map(|template| Self::Computed(Box::new(template), Fills::Anything))
    }

    /// Marks the template as one that fills an identifier.
    pub(super) const fn fill_identifier(&mut self) {
        match self {
            Self::Fixed(template) => template.fills = Fills::Identifier,
            Self::Computed(_, fills) => *fills = Fills::Identifier,
        }
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let (template, fills) = match self {
            Self::Fixed(template) => match template.literal() {
                Some(text) => return Ok(Resolved::Text(Cow::Borrowed(text))),
                None => return template.render(scope),
            },
            Self::Computed(template, fills) => (template.in_scope(scope)?, *fills),
        };
        let found = template.described();
        let text = template.text();
        let text = text.ok_or(ResolveError::WrongKind { directive: "@template", expected: "a string", found })?;
        Template { fills, ..Template::parse(&text) }.render(scope)
    }
}

impl Template {
    /// Reads a template: first `{{{ path }}}`, then `{{ path }}` in what is left.
    fn parse(text: &str) -> Self {
        let mut template = Self::default();
        let mut rest = text;
        while let Some((before, path, behind)) = placeholder(rest, "{{{", "}}}") {
            template.push_pairs(before);
            template.parts.push(Part::Path(Path::without_dollar(javascript::trim(path))));
            rest = behind;
        }
        template.push_pairs(rest);
        template
    }

    fn push_pairs(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, path, behind)) = placeholder(rest, "{{", "}}") {
            self.push_text(before);
            self.parts.push(Part::Path(Path::without_dollar(javascript::trim(path))));
            rest = behind;
        }
        self.push_text(rest);
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.parts.push(Part::Text(text.into()));
        }
    }

    /// The template's text, if it has no paths.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    fn render<'e>(&self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let mut out = String::new();
        let mut has_value = self.fills == Fills::Anything || self.paths().next().is_none();
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    scope.spend(text.len())?;
                    out.push_str(text);
                }
                Part::Path(path) => {
                    let value = path.resolve(scope.root);
                    has_value |= !value.is_blank();
                    javascript::write(&value, &mut out, scope)?;
                }
            }
        }
        Ok(if has_value { Resolved::Text(Cow::Owned(out)) } else { Resolved::Missing })
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().filter_map(|part| match part {
            Part::Path(path) => Some(path),
            Part::Text(_) => None,
        })
    }
}

/// The texts between a template's placeholders, and the paths in them as they are written.
pub(super) fn pieces(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut texts, mut paths) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((before, path, behind)) = placeholder(rest, "{{{", "}}}") {
        pairs(before, &mut texts, &mut paths);
        paths.push(path);
        rest = behind;
    }
    pairs(rest, &mut texts, &mut paths);
    (texts, paths)
}

fn pairs<'t>(text: &'t str, texts: &mut Vec<&'t str>, paths: &mut Vec<&'t str>) {
    let mut rest = text;
    while let Some((before, path, behind)) = placeholder(rest, "{{", "}}") {
        texts.push(before);
        paths.push(path);
        rest = behind;
    }
    texts.push(rest);
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
