//! `@transform`: a mapping of what another mapping gives, and the reserved member that makes it a mapping's root.

use super::super::path::Root;
use super::compile::Compiler;
use super::{Expression, MappingProblem, Node, Outcome, ResolveError, Scope};
use crate::json::{Kind, Value};

/// The reserved member of a whole mapping. Its value is a directive, whose argument has the other members.
pub(super) const ROOT_MEMBER: &str = "__segment_internal_directive";

/// The argument of `@transform`.
#[derive(Debug, PartialEq)]
pub(super) struct Transform {
    apply: Expression,
    mapping: Expression,
}

impl Transform {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let options = compiler.options(json, at, &["apply", "mapping"])?;
        let apply = options.required("apply", compiler);
        let mapping = options.required("mapping", compiler);
        let apply = apply
            .and_then(|(value, at)| compiler.is_directive_or_object(value, &at).then(|| compiler.root(value, &at)));
        let mapping = mapping.and_then(|(value, at)| compiler.directive_or_object(value, &at));
        Some(Self { apply: apply?, mapping: mapping? })
    }

    /// What gives the result.
    pub(super) const fn mapping_mut(&mut self) -> &mut Expression {
        &mut self.mapping
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        if let Root::Tree(tree) = scope.root
            && !matches!(tree.kind(), None | Some(Kind::Object))
        {
            let found = tree.described();
            return Err(ResolveError::WrongKind { directive: "@transform", expected: "an object to transform", found });
        }
        let root = self.apply.in_scope(scope)?;
        self.mapping.in_scope(&scope.with_root(&root))
    }
}

/// Compiles a whole mapping.
pub(super) fn root(json: Value<'_>, at: &str, problems: &mut Vec<MappingProblem>) -> Expression {
    Compiler { problems }.root(json, at)
}

impl Compiler<'_> {
    fn root(&mut self, json: Value<'_>, at: &str) -> Expression {
        let Some(directive) = json.get(ROOT_MEMBER) else { return self.expression(json, at) };
        let at_directive = format!("{at}.{ROOT_MEMBER}");
        let argument = directive.get("@transform").filter(|argument| argument.kind() == Kind::Object);
        let (Some(argument), 1) = (argument, directive.len()) else {
            self.problem(directive, &at_directive, "is an object with nothing but `@transform`");
            return Expression::MISSING;
        };
        let at_argument = format!("{at_directive}['@transform']");
        let Some(options) = self.options(argument, &at_argument, &["apply"]) else { return Expression::MISSING };
        let apply = options.required("apply", self);
        let apply = apply.and_then(|(value, at)| self.directive_or_object(value, &at));
        let members = json.members().filter(|(key, _)| !key.is_str(ROOT_MEMBER));
        let mapping = self.members(members, at);
        apply.map_or(Expression::MISSING, |apply| Expression(Node::Transform(Box::new(Transform { apply, mapping }))))
    }
}
