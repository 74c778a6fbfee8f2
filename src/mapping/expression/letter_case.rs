//! `@case`: a text in lower or upper case.

use std::borrow::Cow;

use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::{Expression, Outcome, Scope};
use crate::json::Value;

/// The argument of `@case`.
#[derive(Debug, PartialEq)]
pub(super) struct LetterCase {
    to: Case,
    value: Expression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
}

impl LetterCase {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let options = compiler.options(json, at, &["operator", "value"])?;
        let operator = options.required("operator", compiler).and_then(|(value, at)| {
            let case = match value.as_str().as_deref() {
                Some("lower") => Case::Lower,
                Some("upper") => Case::Upper,
                _ => {
                    compiler.problem(value, &at, "is \"lower\" or \"upper\"");
                    return None;
                }
            };
            Some(case)
        });
        let value = match options.value("value") {
            Some(value) if !value.is_str("") => compiler.directive_or_text(value, &options.at("value"))?,
            Some(_) | None => Expression::MISSING,
        };
        Some(Self { to: operator?, value })
    }

    /// What gives the text.
    pub(super) const fn value_mut(&mut self) -> &mut Expression {
        &mut self.value
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let value = self.value.in_scope(scope)?;
        let Some(text) = value.text() else { return Ok(value) };
        let text = match self.to {
            Case::Lower => text.to_lowercase(),
            Case::Upper => text.to_uppercase(),
        };
        scope.spend(text.len())?;
        Ok(Resolved::Text(Cow::Owned(text)))
    }
}
