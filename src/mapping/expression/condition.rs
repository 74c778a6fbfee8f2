//! `@if`: one of two values, by whether a third one exists.

use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::{Expression, Outcome, Scope, javascript};
use crate::json::Value;

/// The argument of `@if`.
#[derive(Debug, PartialEq)]
pub(super) struct Condition {
    asks: Asks,
    value: Expression,
    then: Option<Expression>,
    otherwise: Option<Expression>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// `exists`: neither missing nor null.
    Exists,
    /// `blank`: despite its name, neither missing, null nor equal to the empty text in JavaScript's loose sense.
    NotBlank,
}

impl Condition {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let options = compiler.options(json, at, &["exists", "blank", "then", "else"])?;
        let exists = options.value("exists");
        let blank = options.value("blank");
        if ![exists, blank].into_iter().flatten().any(is_truthy) {
            compiler.problem(json, at, "needs `exists` or `blank`, with something that can be missing");
            return None;
        }
        let (asks, name, value) = match (exists, blank) {
            (Some(value), _) => (Asks::Exists, "exists", value),
            (None, value) => (Asks::NotBlank, "blank", value?),
        };
        if let (Some(_), Some(unused)) = (exists, blank) {
            // It decides nothing, but its mistakes are mistakes.
            compiler.expression(unused, &options.at("blank"));
        }
        Some(Self {
            asks,
            value: compiler.expression(value, &options.at(name)),
            then: options.value("then").map(|value| compiler.expression(value, &options.at("then"))),
            otherwise: options.value("else").map(|value| compiler.expression(value, &options.at("else"))),
        })
    }

    /// What gives the value.
    pub(super) fn branches_mut(&mut self) -> impl Iterator<Item = &mut Expression> {
        self.then.iter_mut().chain(&mut self.otherwise)
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let value = self.value.in_scope(scope)?;
        let holds = match self.asks {
            Asks::Exists => value.exists(),
            Asks::NotBlank => value.exists() && !javascript::equals_empty(&value),
        };
        let chosen = if holds { &self.then } else { &self.otherwise };
        chosen.as_ref().map_or(Ok(Resolved::Missing), |chosen| chosen.in_scope(scope))
    }
}

/// Whether JavaScript takes a value of the mapping for true.
pub(super) fn is_truthy(value: Value<'_>) -> bool {
    !value.is_null()
        && value.as_bool() != Some(false)
        && !value.is_str("")
        && value.as_f64().is_none_or(|number| number != 0.0)
}
