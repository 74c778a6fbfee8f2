//! The fields of one mapping: compiled, and filled from an event.
//!
//! Knows what an action's fields are and how their values are cleaned and converted; knows nothing of what the action
//! does with them.
//!
//! # Differences from Segment
//!
//! Values are cleaned and converted as Segment's validator does it. The rest:
//!
//! | value | Segment | here |
//! |---|---|---|
//! | a template for an identifier, `@template` or `@liquid`, when none of its placeholders has a value | the text around them, which is hashed | missing |
//! | a text with `{{` or `${` for an identifier | that text | refused when loaded |
//! | an empty text | missing in a single event, a value in a batch | missing |
//! | a text of nothing but white space | a value | missing |
//! | `email`, `phone`, `advertising_id` of an array of none, several or missing items | refused | each item that is not blank |
//! | something else than a text, number or boolean in these | refused | left out; the person's other identifiers are sent |
//! | integers beyond 2^53 | rounded | every digit |
//! | a number with an exponent for an id | rounded | no id |

mod coerce;
mod error;
mod spec;

use std::borrow::Cow;

use super::expression::Expression;
use super::path::Quick;
use super::problem::{MappingProblem, member_path};
use super::resolved::Resolved;
use crate::actions::{ActionKind, Content, Default, Field, FieldKind, FieldSpec, Filled};
use crate::did_you_mean::hint;
use crate::event::Event;
use crate::json::{Kind, Value};
use coerce::coerce;
pub use error::{Expected, FieldError};
use spec::Spec;

/// In whose form a mapping is written, which decides what an absent field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// This product's: an absent field takes the action's default.
    Ours,
    /// Segment's export: an absent field stays absent.
    Segment,
}

/// The fields of a mapping.
#[derive(Debug, PartialEq)]
pub struct Fields {
    each: Vec<FieldSource>,
    /// An expression that gives an object with fields; they come before those of `each`.
    whole: Option<Expression>,
    action: ActionKind,
    /// The fields that the action cannot do without.
    required: Vec<Field>,
}

#[derive(Debug, PartialEq)]
struct FieldSource {
    spec: Spec,
    expression: Expression,
    /// Whether the mapping gives the field; else this is the action's default.
    given: bool,
    /// The content, if it does not depend on the event.
    constant: Option<Content<'static>>,
}

impl FieldSource {
    fn new(spec: &FieldSpec, mut expression: Expression, given: bool) -> Self {
        let spec = Spec::from(spec);
        if spec.kind == FieldKind::Identifier {
            expression.fill_identifier();
        }
        let constant = expression.literal().and_then(|value| coerce(spec, value).ok().flatten());
        let constant = constant.map(Content::into_owned);
        Self { spec, expression, given, constant }
    }
}

impl Fields {
    /// Compiles the fields of a mapping for its action.
    ///
    /// `json` is the object with the fields, `at` its JSON path; without it all fields are absent. Problems are
    /// collected, not only the first one is.
    pub fn compile(
        json: Option<Value<'_>>,
        action: ActionKind,
        form: Form,
        at: &str,
        problems: &mut Vec<MappingProblem>,
    ) -> Self {
        let required = action.declaration().fields().filter(|spec| spec.required).map(|spec| spec.field);
        let mut fields = Self { each: Vec::new(), whole: None, action, required: required.collect() };
        if let Some(json) = json {
            fields.compile_given(json, form, at, problems);
        }
        if form == Form::Ours {
            fields.add_defaults();
        }
        fields
    }

    /// The value of a field, if it is a text or number of the mapping itself.
    pub fn literal(&self, field: Field) -> Option<String> {
        let source = self.source(field)?;
        let literal = source.expression.literal()?;
        let text = match source.spec.kind {
            FieldKind::Id => literal.into_id_text(),
            FieldKind::Text
            | FieldKind::Identifier
            | FieldKind::Boolean
            | FieldKind::Choice(_)
            | FieldKind::ChoiceInAnyCase(_)
            | FieldKind::Hidden => literal.into_scalar_text(),
        };
        text.map(Cow::into_owned)
    }

    /// Whether the mapping itself says how the field is filled.
    pub fn is_given(&self, field: Field) -> bool {
        self.whole.is_some() || self.source(field).is_some_and(|source| source.given)
    }

    /// Whether the field's value depends on the event.
    pub fn uses_event(&self, field: Field) -> bool {
        self.whole.is_some() || self.source(field).is_some_and(|source| source.expression.literal().is_none())
    }

    /// Whether two mappings fill the field in the same way.
    pub fn fills_like(&self, other: &Self, field: Field) -> bool {
        let expressions = [self, other].map(|fields| fields.source(field).map(|source| &source.expression));
        let [ours, theirs] = expressions;
        self.whole == other.whole && ours == theirs
    }

    /// Fills the fields from an event.
    ///
    /// # Errors
    /// The first field that is required and missing, has a value of another type, or whose directive fails.
    pub fn resolve<'e>(&'e self, event: &Event<'e>) -> Result<Filled<'e>, FieldError> {
        let mut filled = Filled::default();
        if let Some(whole) = &self.whole {
            self.fill_whole(whole, event, &mut filled)?;
        }
        for FieldSource { spec, expression, given, constant } in &self.each {
            let filled_already = self.whole.is_some() && !given && filled.has(spec.field);
            if filled_already || spec.kind == FieldKind::Hidden {
                continue;
            }
            let content = match constant {
                Some(content) => Some(content.borrowed()),
                None => from_event(*spec, expression, event)?,
            };
            if let Some(content) = content {
                filled.put(spec.field, content);
            }
        }
        let missing = self.required.iter().find(|field| !filled.has(**field));
        missing.map_or(Ok(filled), |field| Err(FieldError::Missing { field: *field }))
    }

    fn fill_whole<'e>(
        &'e self,
        whole: &'e Expression,
        event: &Event<'e>,
        filled: &mut Filled<'e>,
    ) -> Result<(), FieldError> {
        let value = whole.resolve(event).map_err(FieldError::Whole)?;
        if value.kind() != Some(Kind::Object) {
            return Err(FieldError::NotAnObject(value.described()));
        }
        for spec in self.action.declaration().fields() {
            let member = value.member(spec.field.name());
            if let Some(content) = coerce(spec.into(), member)? {
                filled.put(spec.field, content);
            }
        }
        Ok(())
    }

    fn source(&self, field: Field) -> Option<&FieldSource> {
        self.each.iter().find(|source| source.spec.field == field)
    }

    fn compile_given(&mut self, json: Value<'_>, form: Form, at: &str, problems: &mut Vec<MappingProblem>) {
        if json.kind() != Kind::Object {
            let message = format!("is {}, expected an object", json.kind().described());
            problems.push(MappingProblem::error(at.to_owned(), message, json.position()));
            return;
        }
        if Expression::is_root_directive(json) {
            let mut whole = Expression::compile_root(json, at, problems);
            let identifiers = self.action.declaration().fields().filter(|spec| spec.kind == FieldKind::Identifier);
            whole.fill_identifiers(&identifiers.map(|spec| spec.field.name()).collect::<Vec<_>>());
            self.whole = Some(whole);
            return;
        }
        for (key, value) in json.members() {
            let key = key.as_str().unwrap_or_default();
            let at = member_path(at, &key);
            let Some(spec) = self.action.declaration().fields().find(|spec| spec.field.name() == key) else {
                problems.extend(self.unknown(&key, value, form, at));
                continue;
            };
            let before = problems.len();
            let expression = Expression::compile(value, &at, problems);
            if problems.len() == before {
                problems.extend(bad_literal(spec.into(), &expression, value, &at));
            }
            self.each.retain(|source| source.spec.field != spec.field);
            self.each.push(FieldSource::new(spec, expression, true));
        }
    }

    /// The problem with a member that is no field of the action.
    fn unknown(&self, key: &str, value: Value<'_>, form: Form, path: String) -> Option<MappingProblem> {
        let fields = ActionKind::ALL.iter().flat_map(|action| action.declaration().fields());
        let known_elsewhere = fields.map(|spec| spec.field.name()).any(|name| name == key);
        if form == Form::Segment && (known_elsewhere || key.starts_with("__segment_internal_")) {
            return None;
        }
        let known = self.action.declaration().fields().map(|spec| spec.field.name());
        let hint = hint(key, known);
        let message = format!("{} has no field `{key}`{hint}", self.action.slug());
        Some(MappingProblem::error(path, message, value.position()))
    }

    fn add_defaults(&mut self) {
        for spec in self.action.declaration().fields() {
            let expression = match spec.default {
                Default::Absent => continue,
                Default::FirstPresent(paths) => Expression::first_present(paths),
                Default::Boolean(value) => Expression::boolean(value),
            };
            if self.source(spec.field).is_none() {
                self.each.push(FieldSource::new(spec, expression, false));
            }
        }
    }
}

/// The content of a field that depends on the event.
fn from_event<'e>(
    spec: Spec,
    expression: &'e Expression,
    event: &Event<'e>,
) -> Result<Option<Content<'e>>, FieldError> {
    let value = match expression.quick(event) {
        Quick::Missing => return Ok(None),
        Quick::Value(value) => Resolved::Value(value),
        Quick::Slow => {
            let failed = |source| FieldError::Expression { field: spec.field, source };
            expression.resolve(event).map_err(failed)?
        }
    };
    coerce(spec, value)
}

/// The problem with a value of the mapping itself that is not of the field's type.
fn bad_literal(spec: Spec, expression: &Expression, value: Value<'_>, at: &str) -> Option<MappingProblem> {
    let literal = expression.literal()?;
    let is_template = |text: Cow<'_, str>| text.contains("${") || text.contains("{{");
    if spec.kind == FieldKind::Identifier && literal.text().is_some_and(is_template) {
        let message = "not a placeholder: a text is sent as it stands; `@template` fills placeholders".to_owned();
        return Some(MappingProblem::error(at.to_owned(), message, value.position()));
    }
    let message = match coerce(spec, literal) {
        Err(FieldError::WrongType { expected, found, .. }) => format!("takes {expected}, found {found}"),
        Err(
            FieldError::Missing { .. }
            | FieldError::Expression { .. }
            | FieldError::Whole(_)
            | FieldError::NotAnObject(_),
        )
        | Ok(Some(Content::Text(_) | Content::Texts(_) | Content::Boolean(_))) => return None,
        Ok(Some(Content::TextsAndOthers(..))) => format!("takes {}, found something else", Expected::Texts),
        Ok(None) => spec.required.then(|| "is blank, but the action cannot do without it".to_owned())?,
    };
    Some(MappingProblem::error(at.to_owned(), message, value.position()))
}

#[cfg(test)]
mod tests;
