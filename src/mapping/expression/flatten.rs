//! `@flatten`: an object without nesting, its keys joined.

use std::borrow::Cow;

use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::{Expression, Outcome, ResolveError, Scope};
use crate::json::{Kind, Value};

/// The argument of `@flatten`.
#[derive(Debug, PartialEq)]
pub(super) struct Flatten {
    separator: Box<str>,
    value: Expression,
    omit_arrays: bool,
}

impl Flatten {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let options = compiler.options(json, at, &["separator", "value", "omitArrays"])?;
        let separator = options.required("separator", compiler).and_then(|(value, at)| match value.as_str() {
            Some(text) if !text.is_empty() => Some(text.into_owned()),
            _ => {
                compiler.problem(value, &at, "is a text that is not empty");
                None
            }
        });
        let omit_arrays = options.boolean("omitArrays", false, compiler);
        let (value, value_at) = options.required("value", compiler)?;
        let value = compiler.expression(value, &value_at);
        Some(Self { separator: separator?.into(), value, omit_arrays: omit_arrays? })
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let value = self.value.in_scope(scope)?;
        let mut members = Vec::new();
        self.flatten(&value, String::new(), &mut members, scope)?;
        Ok(Resolved::Object(members))
    }

    fn flatten<'e>(
        &self,
        value: &Resolved<'e>,
        prefix: String,
        members: &mut Vec<(Cow<'e, str>, Resolved<'e>)>,
        scope: &Scope<'_, 'e>,
    ) -> Result<(), ResolveError> {
        scope.spend(prefix.len() + 1)?;
        let join =
            |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}{}{key}", self.separator) };
        match value.kind() {
            Some(Kind::Object) => {
                for (key, member) in value.members().unwrap_or_default() {
                    self.flatten(&member, join(&key), members, scope)?;
                }
            }
            Some(Kind::Array) if !self.omit_arrays => {
                for (number, item) in value.items().unwrap_or_default().iter().enumerate() {
                    self.flatten(item, join(&number.to_string()), members, scope)?;
                }
            }
            None | Some(Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Array) => {
                members.push((Cow::Owned(prefix), scope.spend_copy(value.clone())?));
            }
        }
        Ok(())
    }
}
