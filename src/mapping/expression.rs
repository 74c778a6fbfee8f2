//! Expressions: how a field's value is made from an event, in Segment's mapping language.
//!
//! Knows nothing of fields and their types. An expression is compiled once, when the configuration is loaded. Nothing
//! that it gives comes from anywhere but the mapping and the event, and what it writes has a limit.
//!
//! # Differences from Segment
//!
//! What Segment's engine does with a mapping is done here, with its limits and its policy of null and missing
//! values; what it refuses is refused, with all problems at once. The rest:
//!
//! | mapping | Segment | here |
//! |---|---|---|
//! | `"else"` of `false`, 0, null or `""` | nothing | that value |
//! | `@template` with `{{{a}}}`, and `{{b}}` in the data | expands the data's `{{b}}` | data is not a template |
//! | `@replace` of a missing value or an object | `""`, which hides a missing identifier | missing |
//! | `@replace` of null | `""` | null |
//! | integers beyond 2^53 | rounded | every digit |
//! | `@path` `['a.b']` | `b` in `a` | the member `a.b`; without one `b` in `a` |
//! | `@path` `[*]` | a member of that name | the items of an array or members of an object that are there |
//! | `@path` `$['a']` | a member `$` | the member `a` |
//! | `@path` `constructor` and other inherited members | a function | missing |
//! | half a character of two UTF-16 units, by `text.0` or `@merge` of a text | a lone surrogate | U+FFFD |
//! | `@json` mode `ENCODE`, `@merge` direction `LEFT` | nothing, right | the same as in lower case |
//! | `@template` `{{a`, `{{}}`, `${a}`, and `[` without `]` in a path | texts and keys | refused when loaded |
//! | an unknown option of a directive | ignored | refused, with the nearest known one |
//! | a mistake in an array or in a value that the validator does not look into, `@if` without a condition, a bad `@case` operator | an error when an event reaches it | refused when loaded |
//! | `@replace` with a `pattern2` or `replacement2` that is no text or too long | ignored, an error per event | refused when loaded |
//! | `@flatten` with an `omitArrays` that is no boolean | true unless falsy | refused |
//! | `@arrayPath` with more than two items | ignored | refused |
//! | `@json` decode of more than 64 levels | decoded | left as it is |
//! | a root directive other than `@transform` | runs with a `mapping` that it ignores | refused |
//! | a directive that fails for one event of a batch | fails the batch | fails that event |
//! | results of more than a megabyte | made | an error for the event |
//! | `_metadata` and other options that start with `_` | ignored | ignored |
//! | `@liquid`: unknown filter | ignored | refused |
//! | `@liquid`: an argument by name, but `allow_false` of `default` | name and value are one more argument | refused |
//! | `@liquid`: `inspect`, `where`, `slugify`, `sample`, `uri_escape`, `hmac_sha256`, the filters `date_to_…`; `cycle`, `echo`, `liquid`, `#` | there | refused |
//! | `@liquid`: an object behind a filter, a member's name as argument of `sum`, a mode of `number_of_words` | JavaScript's conversions, used | its members' texts, ignored |
//! | `@liquid`: numbers that print with an exponent, infinity and integers beyond 64 bits, behind a filter or compared | numbers | texts that print alike |
//! | `@liquid`: a text as argument where a number is meant, `slice: "1"` | JavaScript's conversions | the number |
//! | `@liquid`: what is missing, assigned or passed on by a filter | stays missing | null: `json` gives `null` |
//! | `@liquid`: an index that is a list or an object | its text | an error for the event |
//! | `@liquid`: `nil`, `empty` and `blank` outside of conditions | objects of the engine | nothing |
//! | `@liquid`: a filter that is switched off, in a branch that is not taken | ignored | refused |
//! | `@liquid`: escapes in texts, `not`, filters and chained comparisons in conditions | there | refused |
//! | `@liquid`: values of more than 64 KB | made | an error for the event |
//! | `@liquid`: `date` | in the zone of the machine or of the argument; knows `now` and many spellings, years beyond 9999 | in UTC; seconds and ISO 8601 only |
//!
//! Segment pins the Liquid engine at version 10.27.2; later ones count characters and refuse what is not base64.

mod array_path;
mod compile;
mod condition;
mod flatten;
mod javascript;
mod json;
mod letter_case;
mod liquid;
mod merge;
mod nulls;
mod path;
mod replace;
mod scope;
mod syntax;
mod template;
mod transform;

pub use compile::DIRECTIVES;

use std::borrow::Cow;

use super::path::{Path, Quick};
use super::problem::MappingProblem;
use super::resolved::{Resolved, is_blank};
use crate::event::Event;
use crate::json::Value;
use array_path::ArrayPath;
use condition::Condition;
use flatten::Flatten;
use json::Json;
use letter_case::LetterCase;
use liquid::Liquid;
use merge::Merge;
use path::AnyPath;
use replace::Replace;
pub(in crate::mapping) use scope::Scope;
use template::AnyTemplate;
use transform::Transform;

/// What one expression may write while it is resolved for one event, in bytes: chained directives could double their
/// input at each step.
const MAX_WRITTEN: usize = 1 << 20;

/// A compiled expression.
#[derive(Debug, PartialEq)]
pub struct Expression(Node);

#[derive(Debug, PartialEq)]
enum Node {
    /// `null`
    Null,
    /// A boolean of the mapping.
    Bool(bool),
    /// A number of the mapping, as it stands there.
    Number(Box<str>),
    /// A text of the mapping.
    Text(Box<str>),
    /// An array with an expression per item.
    Array(Vec<Expression>),
    /// An object with an expression per member.
    Object(Vec<(Box<str>, Expression)>),
    /// The first path whose value is neither missing nor blank.
    FirstPresent(Vec<Path>),
    /// `@path`
    Path(AnyPath),
    /// `@template`
    Template(AnyTemplate),
    /// `@if`
    Condition(Box<Condition>),
    /// `@case`
    LetterCase(Box<LetterCase>),
    /// `@replace`
    Replace(Box<Replace>),
    /// `@arrayPath`
    ArrayPath(Box<ArrayPath>),
    /// `@flatten`
    Flatten(Box<Flatten>),
    /// `@json`
    Json(Box<Json>),
    /// `@merge`
    Merge(Merge),
    /// `@transform`
    Transform(Box<Transform>),
    /// `@liquid`
    Liquid(Box<Liquid>),
    /// `@excludeWhenNull`
    ExcludeWhenNull(Box<Expression>),
    /// Nothing: a directive without a value.
    Missing,
}

/// Why an expression has no value for an event. Never holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A directive got a value of a kind that it does not take.
    #[error("{directive} takes {expected}, found {found}")]
    WrongKind {
        /// The directive.
        directive: &'static str,
        /// What it takes, with its article.
        expected: &'static str,
        /// What it got, with its article.
        found: &'static str,
    },
    /// A Liquid template failed: a filter refused a value, or a value is too long.
    #[error("the Liquid template fails for this event")]
    Liquid,
    /// The directives wrote more than a megabyte.
    #[error("the result is larger than {MAX_WRITTEN} bytes")]
    TooLarge,
}

type Outcome<'e> = Result<Resolved<'e>, ResolveError>;

impl Expression {
    /// Compiles a value of a mapping.
    ///
    /// `at` is its JSON path, for the problems; there is an expression even if there are problems, but it is of no use.
    pub fn compile(json: Value<'_>, at: &str, problems: &mut Vec<MappingProblem>) -> Self {
        compile::expression(json, at, problems)
    }

    /// Compiles a whole mapping, which may have the reserved member of a root directive.
    pub fn compile_root(json: Value<'_>, at: &str, problems: &mut Vec<MappingProblem>) -> Self {
        transform::root(json, at, problems)
    }

    /// The first of these paths whose value is neither missing, null nor blank.
    pub(in crate::mapping) fn first_present(paths: &[&str]) -> Self {
        Self(Node::FirstPresent(paths.iter().map(|path| Path::without_dollar(path)).collect()))
    }

    /// The boolean.
    pub(in crate::mapping) const fn boolean(value: bool) -> Self {
        Self(Node::Bool(value))
    }

    /// The value for an event.
    ///
    /// # Errors
    /// A directive got something that it does not take, or the result is too large.
    pub fn resolve<'e>(&'e self, event: &Event<'e>) -> Result<Resolved<'e>, ResolveError> {
        Scope::enter(event, |scope| self.in_scope(scope))
    }

    /// Marks that this fills a person's identifier: a template none of whose placeholders has a value is missing then.
    pub(in crate::mapping) fn fill_identifier(&mut self) {
        match &mut self.0 {
            Node::Template(template) => template.fill_identifier(),
            Node::Liquid(liquid) => liquid.fill_identifier(),
            Node::Condition(condition) => condition.branches_mut().for_each(Self::fill_identifier),
            Node::LetterCase(letter_case) => letter_case.value_mut().fill_identifier(),
            Node::Replace(replace) => replace.value_mut().fill_identifier(),
            Node::ArrayPath(path) => path.shape_mut().into_iter().for_each(Self::fill_identifier),
            Node::Array(items) => items.iter_mut().for_each(Self::fill_identifier),
            Node::ExcludeWhenNull(value) => value.fill_identifier(),
            Node::Transform(transform) => transform.mapping_mut().fill_identifier(),
            Node::Null
            | Node::Bool(_)
            | Node::Number(_)
            | Node::Text(_)
            | Node::Object(_)
            | Node::FirstPresent(_)
            | Node::Path(_)
            | Node::Flatten(_)
            | Node::Json(_)
            | Node::Merge(_)
            | Node::Missing => {}
        }
    }

    /// The same for the members of these names in what a root directive gives.
    pub(in crate::mapping) fn fill_identifiers(&mut self, names: &[&str]) {
        if let Node::Transform(transform) = &mut self.0
            && let Node::Object(members) = &mut transform.mapping_mut().0
        {
            let given = members.iter_mut().filter(|(key, _)| names.contains(&&**key));
            given.for_each(|(_, value)| value.fill_identifier());
        }
    }

    /// The value, if it does not depend on the event.
    pub fn literal(&self) -> Option<Resolved<'_>> {
        match &self.0 {
            Node::Null => Some(Resolved::Null),
            Node::Bool(boolean) => Some(Resolved::Bool(*boolean)),
            Node::Number(number) => Some(Resolved::Number(Cow::Borrowed(number))),
            Node::Text(text) => Some(Resolved::Text(Cow::Borrowed(text))),
            Node::Missing => Some(Resolved::Missing),
            Node::Template(AnyTemplate::Fixed(template)) => template.literal().map(|text| Resolved::Text(text.into())),
            Node::Array(items) => items.iter().map(Self::literal).collect::<Option<_>>().map(Resolved::Array),
            Node::Template(AnyTemplate::Computed(..))
            | Node::Object(_)
            | Node::FirstPresent(_)
            | Node::Path(_)
            | Node::Condition(_)
            | Node::LetterCase(_)
            | Node::Replace(_)
            | Node::ArrayPath(_)
            | Node::Flatten(_)
            | Node::Json(_)
            | Node::Merge(_)
            | Node::Transform(_)
            | Node::Liquid(_)
            | Node::ExcludeWhenNull(_) => None,
        }
    }

    /// The value for an event, if it is a path's and nothing else.
    pub(in crate::mapping) fn quick<'e>(&self, event: &Event<'e>) -> Quick<'e> {
        match &self.0 {
            Node::Path(AnyPath::Fixed(path)) => path.quick(event),
            Node::FirstPresent(paths) => {
                for path in paths {
                    match path.quick(event) {
                        Quick::Missing => {}
                        Quick::Value(value) if is_blank(value) => {}
                        found @ (Quick::Value(_) | Quick::Slow) => return found,
                    }
                }
                Quick::Missing
            }
            Node::Null
            | Node::Bool(_)
            | Node::Number(_)
            | Node::Text(_)
            | Node::Array(_)
            | Node::Object(_)
            | Node::Path(AnyPath::Computed(_))
            | Node::Template(_)
            | Node::Condition(_)
            | Node::LetterCase(_)
            | Node::Replace(_)
            | Node::ArrayPath(_)
            | Node::Flatten(_)
            | Node::Json(_)
            | Node::Merge(_)
            | Node::Transform(_)
            | Node::Liquid(_)
            | Node::ExcludeWhenNull(_)
            | Node::Missing => Quick::Slow,
        }
    }

    fn in_scope<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        match &self.0 {
            Node::Null => Ok(Resolved::Null),
            Node::Bool(boolean) => Ok(Resolved::Bool(*boolean)),
            Node::Number(number) => Ok(Resolved::Number(Cow::Borrowed(number))),
            Node::Text(text) => Ok(Resolved::Text(Cow::Borrowed(text))),
            Node::Missing => Ok(Resolved::Missing),
            Node::Array(items) => {
                scope.spend(items.len())?;
                items.iter().map(|item| item.in_scope(scope)).collect::<Result<_, _>>().map(Resolved::Array)
            }
            Node::Object(members) => {
                scope.spend(members.len())?;
                let member = |(key, value): &'e (Box<str>, Self)| Ok((Cow::Borrowed(&**key), value.in_scope(scope)?));
                members.iter().map(member).collect::<Result<_, _>>().map(Resolved::Object)
            }
            Node::FirstPresent(paths) => {
                let found = paths.iter().map(|path| path.resolve(scope.root)).find(|value| !value.is_blank());
                Ok(found.unwrap_or(Resolved::Missing))
            }
            Node::Path(path) => path.resolve(scope),
            Node::Template(template) => template.resolve(scope),
            Node::Condition(condition) => condition.resolve(scope),
            Node::LetterCase(letter_case) => letter_case.resolve(scope),
            Node::Replace(replace) => replace.resolve(scope),
            Node::ArrayPath(path) => path.resolve(scope),
            Node::Flatten(flatten) => flatten.resolve(scope),
            Node::Json(json) => json.resolve(scope),
            Node::Merge(merge) => merge.resolve(scope),
            Node::Transform(transform) => transform.resolve(scope),
            Node::Liquid(liquid) => liquid.resolve(scope),
            Node::ExcludeWhenNull(value) => nulls::exclude(value.in_scope(scope)?, scope),
        }
    }
}

#[cfg(test)]
mod tests;
