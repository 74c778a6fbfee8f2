//! `@json`: a value as JSON text, or the other way round.

use std::borrow::Cow;

use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::condition::is_truthy;
use super::{Expression, Outcome, Scope, javascript};
use crate::json::{Document, Kind, Value};

/// The argument of `@json`.
#[derive(Debug, PartialEq)]
pub(super) struct Json {
    mode: Mode,
    value: Expression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Encode,
    Decode,
}

impl Json {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let options = compiler.options(json, at, &["mode", "value"])?;
        let mode = options.required("mode", compiler).and_then(|(value, at)| {
            match value.as_str().map(|mode| mode.to_ascii_lowercase()).as_deref() {
                Some("encode") => Some(Mode::Encode),
                Some("decode") => Some(Mode::Decode),
                _ => {
                    compiler.problem(value, &at, "is \"encode\" or \"decode\"");
                    None
                }
            }
        });
        let (value, value_at) = options.required("value", compiler)?;
        if !is_truthy(value) {
            compiler.problem(value, &value_at, "is something else than false, 0, null or an empty text");
            return None;
        }
        let value = compiler.expression(value, &value_at);
        Some(Self { mode: mode?, value })
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let value = self.value.in_scope(scope)?;
        match self.mode {
            Mode::Encode => {
                let mut out = String::new();
                let written = javascript::write_json(&value, &mut out, scope)?;
                Ok(if written { Resolved::Text(Cow::Owned(out)) } else { Resolved::Missing })
            }
            Mode::Decode => {
                let Some(text) = value.text() else { return Ok(value) };
                scope.spend(text.len())?;
                let Ok(document) = Document::parse(&*text) else { return Ok(value) };
                Ok(copy(document.root()))
            }
        }
    }
}

/// A copy of a value of a text that does not stay.
fn copy<'e>(value: Value<'_>) -> Resolved<'e> {
    match value.kind() {
        Kind::Null => Resolved::Null,
        Kind::Bool => Resolved::Bool(value.as_bool() == Some(true)),
        Kind::Number => Resolved::Number(Cow::Owned(value.as_number().unwrap_or_default().to_owned())),
        Kind::String => Resolved::Text(Cow::Owned(value.as_str().unwrap_or_default().into_owned())),
        Kind::Array => Resolved::Array(value.items().map(copy).collect()),
        Kind::Object => {
            let member = |(key, value): (Value<'_>, Value<'_>)| {
                (Cow::Owned(key.as_str().unwrap_or_default().into_owned()), copy(value))
            };
            Resolved::Object(value.members().map(member).collect())
        }
    }
}
