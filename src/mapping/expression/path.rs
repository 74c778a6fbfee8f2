//! `@path`: a value of the event.

use super::super::path::Path;
use super::compile::Compiler;
use super::{Expression, Outcome, ResolveError, Scope, syntax};
use crate::json::Value;

/// The argument of `@path`.
#[derive(Debug, PartialEq)]
pub(super) enum AnyPath {
    /// A path of the mapping.
    Fixed(Path),
    /// A path that an expression gives.
    Computed(Box<Expression>),
}

impl AnyPath {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        if let Some(text) = json.as_str() {
            syntax::check_path(&text, |message| compiler.problem(json, at, message));
            let path = Path::parse(&text);
            compiler.check_path(&path, json, at);
            return Some(Self::Fixed(path));
        }
        compiler.directive_or_text(json, at).map(|path| Self::Computed(Box::new(path)))
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let value = match self {
            Self::Fixed(path) => path.resolve(scope.root),
            Self::Computed(path) => {
                let path = path.in_scope(scope)?;
                let found = path.described();
                let text =
                    path.text().ok_or(ResolveError::WrongKind { directive: "@path", expected: "a string", found })?;
                Path::parse(&text).resolve(scope.root)
            }
        };
        scope.spend_copy(value)
    }
}
