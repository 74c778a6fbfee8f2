//! From what an expression gives to what a field takes, as Segment's validator converts.
//!
//! Source: AJV 8 with `coerceTypes: "array"`, which Segment's actions run with: numbers and booleans become text, the
//! words `true` and `false` and the numbers 1 and 0 become booleans, an array of one item becomes that item.

use std::borrow::Cow;

use super::error::{Expected, FieldError};
use super::spec::Spec;
use crate::actions::{Content, FieldKind};
use crate::json::Kind;
use crate::mapping::resolved::{Resolved, is_blank_text};

/// The content of a field; none when the value is missing, null or blank.
pub(super) fn coerce(spec: Spec, value: Resolved<'_>) -> Result<Option<Content<'_>>, FieldError> {
    if spec.kind == FieldKind::Hidden || !value.exists() {
        return Ok(None);
    }
    let (expected, content) = match spec.kind {
        FieldKind::Hidden => return Ok(None),
        FieldKind::Text => (Expected::Text, text(value).map(|text| text.map(Content::Text))),
        FieldKind::Id => (Expected::Text, text_as(value, Resolved::into_id_text).map(|text| text.map(Content::Text))),
        FieldKind::Identifier => (Expected::Texts, Ok(texts(value))),
        FieldKind::Boolean => (Expected::Boolean, boolean(&value)),
        FieldKind::Choice(choices) => (Expected::Choice(choices), choice(value, choices, |one, other| one == other)),
        FieldKind::ChoiceInAnyCase(choices) => {
            let is_meant = |choice: &str, text: &str| choice.eq_ignore_ascii_case(text.trim());
            (Expected::Choice(choices), choice(value, choices, is_meant))
        }
    };
    content.map_err(|found| FieldError::WrongType { field: spec.field, expected, found })
}

/// The content, nothing, or what was found instead.
type Converted<T> = Result<Option<T>, &'static str>;

fn text(value: Resolved<'_>) -> Converted<Cow<'_, str>> {
    text_as(value, Resolved::into_scalar_text)
}

/// The text of a single value, or of an array of one.
fn text_as<'e>(
    value: Resolved<'e>,
    scalar_text: impl Fn(Resolved<'e>) -> Option<Cow<'e, str>>,
) -> Converted<Cow<'e, str>> {
    if let Resolved::Value(plain) = value
        && let Some(text) = plain.as_str()
    {
        return Ok((!is_blank_text(&text)).then_some(text));
    }
    let found = value.described();
    let value = match value.kind() {
        Some(Kind::Array) => only_item(value).ok_or(found)?,
        None | Some(Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Object) => value,
    };
    if !value.exists() {
        return Ok(None);
    }
    let text = scalar_text(value).ok_or(found)?;
    Ok((!is_blank_text(&text)).then_some(text))
}

/// The texts of an array, or of a single value. What is no text does not stop the others.
fn texts(value: Resolved<'_>) -> Option<Content<'_>> {
    if value.kind() != Some(Kind::Array) {
        return text(value).map_or(Some(Content::TextsAndOthers(Vec::new(), 1)), |text| text.map(Content::Text));
    }
    let (mut texts, mut others) = (Vec::new(), 0);
    for item in value.into_items().into_iter().filter(Resolved::exists) {
        match item.into_scalar_text() {
            Some(text) if is_blank_text(&text) => {}
            Some(text) => texts.push(text),
            None => others += 1,
        }
    }
    match others {
        0 => (!texts.is_empty()).then_some(Content::Texts(texts)),
        _ => Some(Content::TextsAndOthers(texts, others)),
    }
}

fn boolean<'e>(value: &Resolved<'e>) -> Converted<Content<'e>> {
    let found = value.described();
    let only = match value.kind() {
        Some(Kind::Array) => Some(only_item(value.clone()).ok_or(found)?),
        None | Some(Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Object) => None,
    };
    let value = only.as_ref().unwrap_or(value);
    let truth = match value.kind() {
        Some(Kind::Null) => Some(false),
        Some(Kind::Bool) => value.boolean(),
        Some(Kind::Number) => truth_of_number(value.number().unwrap_or_default()),
        Some(Kind::String) => match value.text().unwrap_or_default().as_ref() {
            "" if only.is_none() => return Ok(None),
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        None | Some(Kind::Array | Kind::Object) => None,
    };
    truth.map(|truth| Some(Content::Boolean(truth))).ok_or(found)
}

fn truth_of_number(number: &str) -> Option<bool> {
    match number.parse() {
        Ok(1.0) => Some(true),
        Ok(0.0) => Some(false),
        _ => None,
    }
}

/// The choice that is meant.
fn choice<'e>(
    value: Resolved<'e>,
    choices: &[&'static str],
    is_meant: impl Fn(&str, &str) -> bool,
) -> Converted<Content<'e>> {
    let Some(text) = text(value)? else { return Ok(None) };
    let choice = choices.iter().find(|choice| is_meant(choice, &text));
    choice.map(|choice| Some(Content::Text(Cow::Borrowed(choice)))).ok_or("something else")
}

fn only_item(value: Resolved<'_>) -> Option<Resolved<'_>> {
    let mut items = value.into_items().into_iter();
    items.next().filter(|_| items.next().is_none())
}
