//! A filter in a template: its arguments, and the limit on what it gives.

use std::fmt;

use liquid_core::error::{Error, Result};
use liquid_core::model::{Value, ValueCow, ValueView};
use liquid_core::parser::{Filter, FilterArguments, FilterReflection, ParameterReflection, ParseFilter};
use liquid_core::runtime::{Expression, Runtime};

use super::conversions::{converted, is_missing, text_of};

/// The longest text that a template works with, in bytes.
pub(in super::super) const MAX_TEXT: usize = 64 * 1024;

/// The only argument that has a name, and the filter that takes it.
pub(super) const BY_NAME: (&str, &str) = ("default", "allow_false");

/// What a filter's library error begins with when it is given another one; the filter's name follows.
pub(in super::super) const OTHER_NAME: &str = "an argument by name for ";

/// What a filter does.
#[derive(Clone, Copy)]
pub(super) enum Apply {
    /// It has a result for everything.
    Always(fn(&dyn ValueView, &Arguments<'_>) -> Value),
    /// It refuses some values.
    Fails(fn(&dyn ValueView, &Arguments<'_>) -> Result<Value>),
}

/// A filter before it has arguments.
#[derive(Clone)]
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) apply: Apply,
}

impl ParseFilter for Named {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let keywords: Vec<_> = arguments.keyword.map(|(name, value)| (name.to_owned(), value)).collect();
        if keywords.iter().any(|(name, _)| (self.name, name.as_str()) != BY_NAME) {
            return Err(Error::with_msg(format!("{OTHER_NAME}{}", self.name)));
        }
        Ok(Box::new(Applied { filter: self.clone(), positional: arguments.positional.collect(), keywords }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl FilterReflection for Named {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &'static str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

/// A filter in a template.
struct Applied {
    filter: Named,
    positional: Vec<Expression>,
    keywords: Vec<(String, Expression)>,
}

impl fmt::Debug for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filter.name)
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filter.name)
    }
}

impl Filter for Applied {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let positional = self.positional.iter().map(|argument| argument.evaluate(runtime));
        let keywords = self.keywords.iter().map(|(name, value)| Ok((name.as_str(), value.evaluate(runtime)?)));
        let arguments =
            Arguments { positional: positional.collect::<Result<_>>()?, keywords: keywords.collect::<Result<_>>()? };
        let result = match self.filter.apply {
            Apply::Always(apply) => apply(input, &arguments),
            Apply::Fails(apply) => apply(input, &arguments)?,
        };
        if result.as_scalar().is_some_and(|scalar| scalar.to_kstr().len() > MAX_TEXT) {
            return Err(too_long());
        }
        Ok(result)
    }
}

/// The arguments of a filter for one event.
pub(super) struct Arguments<'a> {
    positional: Vec<ValueCow<'a>>,
    keywords: Vec<(&'a str, ValueCow<'a>)>,
}

impl Arguments<'_> {
    pub(super) fn get(&self, index: usize) -> Option<&dyn ValueView> {
        self.positional.get(index).map(ValueCow::as_view)
    }

    /// All of them that have no name.
    pub(super) fn all(&self) -> impl Iterator<Item = &dyn ValueView> {
        self.positional.iter().map(ValueCow::as_view)
    }

    /// An argument as text: nothing is the empty text.
    pub(super) fn text(&self, index: usize) -> String {
        self.get(index).map(text_of).unwrap_or_default()
    }

    /// The text of the only argument, for a filter that takes neither more nor fewer.
    pub(super) fn only_text(&self) -> Result<String> {
        match self.positional.as_slice() {
            [argument] => Ok(text_of(argument.as_view())),
            _ => Err(Error::with_msg("one argument is expected")),
        }
    }

    /// An argument as a number; the default if it is missing.
    pub(super) fn number(&self, index: usize, default: f64) -> f64 {
        self.get(index).filter(|value| !is_missing(*value)).map_or(default, converted)
    }

    /// An argument as text; the default if it is missing.
    pub(super) fn text_or(&self, index: usize, default: &str) -> String {
        self.get(index).filter(|value| !is_missing(*value)).map_or_else(|| default.to_owned(), text_of)
    }

    pub(super) fn keyword(&self, name: &str) -> Option<&dyn ValueView> {
        self.keywords.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_view())
    }
}

pub(super) fn too_long() -> Error {
    Error::with_msg("the value is too long")
}
