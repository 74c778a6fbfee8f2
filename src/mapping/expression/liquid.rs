//! `@liquid`: a text made by a Liquid template.
//!
//! The language is a library's; its filters are ours, since the library's differ from those of the JavaScript engine
//! that Segment runs (what counts as a character, numbers in texts, missing values), and so is the look-up of values,
//! which gives nothing for what the event does not have and converts only what the template names.

mod conditional;
mod filters;
mod node;
mod problem;
mod runtime;

use std::borrow::Cow;
use std::io;

use liquid_core::parser::Language;
use liquid_core::runtime::{Renderable, RuntimeBuilder, Template};
use liquid_lib::stdlib;

use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::{Outcome, ResolveError, Scope, javascript};
use crate::json::Value;
use runtime::EventRuntime;

/// The longest template, in UTF-16 units: Segment's limit.
const MAX_TEMPLATE: usize = 1000;

/// Tags that Segment has switched off, most of them because they loop.
const DISABLED_TAGS: [&str; 6] = ["case", "for", "include", "layout", "render", "tablerow"];

/// Filters that Segment has switched off.
const DISABLED_FILTERS: [&str; 20] = [
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "uniq",
    "where_exp",
    "type",
];

/// The argument of `@liquid`.
#[derive(Debug)]
pub(super) struct Liquid {
    source: Box<str>,
    template: Template,
    /// Whether it fills an identifier: without a value of the event it is missing then.
    fills_identifier: bool,
}

/// Templates are equal when their texts are.
impl PartialEq for Liquid {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Liquid {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let Some(source) = json.as_str() else {
            compiler.wrong_kind(json, at, "a string");
            return None;
        };
        if javascript::length(&source) > MAX_TEMPLATE {
            compiler.problem(json, at, &format!("is a template of at most {MAX_TEMPLATE} characters"));
            return None;
        }
        if has_huge_number(&source) {
            compiler.problem(json, at, "has a whole number beyond 64 bits, which Liquid can't hold");
            return None;
        }
        match liquid_core::parser::parse(&source, &language()) {
            Ok(parts) => {
                Some(Self { source: source.as_ref().into(), template: Template::new(parts), fills_identifier: false })
            }
            Err(error) => {
                let message = disabled(&source).unwrap_or_else(|| problem::explained(&error.to_string(), &source));
                compiler.problem(json, at, &message);
                None
            }
        }
    }

    /// Marks the template as one that fills an identifier.
    pub(super) const fn fill_identifier(&mut self) {
        self.fills_identifier = true;
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let inner = RuntimeBuilder::new().build();
        let runtime = EventRuntime::new(&inner, scope.root, &self.source);
        let mut out = Output { text: Vec::new(), scope };
        match self.template.render_to(&mut out, &runtime) {
            Ok(()) if self.fills_identifier && runtime.found_nothing() => Ok(Resolved::Missing),
            Ok(()) => Ok(Resolved::Text(Cow::Owned(String::from_utf8(out.text).unwrap_or_default()))),
            // The library's message quotes values of the event.
            Err(_quotes_values) => Err(ResolveError::Liquid),
        }
    }
}

/// What a template has written so far.
struct Output<'a, 's, 'e> {
    text: Vec<u8>,
    scope: &'a Scope<'s, 'e>,
}

impl io::Write for Output<'_, '_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.scope.spend(bytes.len()).map_err(io::Error::other)?;
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn language() -> Language {
    let mut language = Language::empty();
    language.blocks.register("if".to_owned(), conditional::Block::If.into());
    language.blocks.register("unless".to_owned(), conditional::Block::Unless.into());
    language.blocks.register("capture".to_owned(), stdlib::CaptureBlock.into());
    language.blocks.register("comment".to_owned(), stdlib::CommentBlock.into());
    language.blocks.register("raw".to_owned(), stdlib::RawBlock.into());
    language.tags.register("assign".to_owned(), stdlib::AssignTag.into());
    language.tags.register("increment".to_owned(), stdlib::IncrementTag.into());
    language.tags.register("decrement".to_owned(), stdlib::DecrementTag.into());
    filters::register(&mut language);
    language
}

/// Whether a whole number beyond 64 bits is behind the first tag: the library's parser panics on one in a tag.
///
/// Where a tag ends is the parser's to say, so the text behind it counts as well.
fn has_huge_number(source: &str) -> bool {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let tag = source.find("{{").into_iter().chain(source.find("{%")).min();
    let code = tag.and_then(|tag| source.get(tag..)).unwrap_or_default();
    code.split(|char| !is_word(char)).any(|word| {
        let end = word.find(|char: char| !char.is_ascii_digit()).unwrap_or(word.len());
        end > 0 && word.get(..end).is_some_and(|digits| digits.parse::<i64>().is_err())
    })
}

/// The sentence about a tag or filter that Segment has switched off, if the template uses one.
fn disabled(source: &str) -> Option<String> {
    let after = |open: &str, name: &str| {
        source.split(open).skip(1).any(|rest| {
            let rest = rest.trim_start_matches('-').trim_start();
            rest.strip_prefix(name)
                .is_some_and(|rest| !rest.starts_with(|char: char| char.is_alphanumeric() || char == '_'))
        })
    };
    let tag = DISABLED_TAGS.into_iter().find(|tag| after("{%", tag));
    let filter = DISABLED_FILTERS.into_iter().find(|filter| after("|", filter));
    match (tag, filter) {
        (Some(tag), _) => Some(format!("uses the tag `{tag}`, which Segment has switched off")),
        (None, Some(filter)) => Some(format!("uses the filter `{filter}`, which Segment has switched off")),
        (None, None) => None,
    }
}
