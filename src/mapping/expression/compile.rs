//! From a mapping's JSON to expressions, with every problem on the way.

use super::super::problem::{MappingProblem, Severity, item_path, member_path};
use super::transform::ROOT_MEMBER;
use super::{
    AnyPath, AnyTemplate, ArrayPath, Condition, Expression, Flatten, Json, LetterCase, Liquid, Merge, Node, Replace,
    Transform,
};
use crate::did_you_mean::hint;
use crate::json::{Kind, Value};

/// The directives.
pub const DIRECTIVES: [&str; 13] = [
    "@path",
    "@template",
    "@if",
    "@case",
    "@replace",
    "@arrayPath",
    "@literal",
    "@flatten",
    "@json",
    "@merge",
    "@transform",
    "@excludeWhenNull",
    "@liquid",
];

/// What Segment keeps beside a directive for its user interface.
const METADATA: &str = "_metadata";

/// Compiles a value of a mapping.
pub(super) fn expression(json: Value<'_>, at: &str, problems: &mut Vec<MappingProblem>) -> Expression {
    Compiler { problems }.expression(json, at)
}

/// Collects problems while it compiles.
pub(super) struct Compiler<'p> {
    pub(super) problems: &'p mut Vec<MappingProblem>,
}

fn is_directive(json: Value<'_>) -> bool {
    json.members().any(|(key, _)| is_directive_key(key))
}

fn is_directive_key(key: Value<'_>) -> bool {
    key.as_str().is_some_and(|key| key.starts_with('@'))
}

impl Compiler<'_> {
    pub(super) fn expression(&mut self, json: Value<'_>, at: &str) -> Expression {
        let node = match json.kind() {
            Kind::Null => Node::Null,
            Kind::Bool => Node::Bool(json.as_bool() == Some(true)),
            Kind::Number => Node::Number(json.as_number().unwrap_or_default().into()),
            Kind::String => Node::Text(json.as_str().unwrap_or_default().into()),
            Kind::Array => {
                let items = json.items().enumerate();
                Node::Array(items.map(|(number, item)| self.expression(item, &item_path(at, number))).collect())
            }
            Kind::Object if is_directive(json) => return self.directive(json, at).unwrap_or(Expression::MISSING),
            Kind::Object => return self.members(json.members(), at),
        };
        Expression(node)
    }

    /// An object with an expression per member.
    pub(super) fn members<'d>(
        &mut self,
        members: impl Iterator<Item = (Value<'d>, Value<'d>)>,
        at: &str,
    ) -> Expression {
        let mut compiled = Vec::new();
        for (key, value) in members {
            let key = key.as_str().unwrap_or_default();
            compiled.push((key.as_ref().into(), self.expression(value, &member_path(at, &key))));
        }
        Expression(Node::Object(compiled))
    }

    /// An object whose one member, besides Segment's metadata, is named like a directive.
    fn directive(&mut self, json: Value<'_>, at: &str) -> Option<Expression> {
        let mut members = json.members().filter(|(key, _)| !key.is_str(METADATA));
        let (Some((key, argument)), None) = (members.next(), members.next()) else {
            self.problem(json, at, "mixes a directive with other members; a directive stands alone in its object");
            return None;
        };
        let name = key.as_str()?;
        let at = member_path(at, &name);
        let node = match &*name {
            "@path" => Node::Path(AnyPath::compile(argument, &at, self)?),
            "@template" => Node::Template(AnyTemplate::compile(argument, &at, self)?),
            "@if" => Node::Condition(Condition::compile(argument, &at, self)?.into()),
            "@case" => Node::LetterCase(LetterCase::compile(argument, &at, self)?.into()),
            "@replace" => Node::Replace(Replace::compile(argument, &at, self)?.into()),
            "@arrayPath" => Node::ArrayPath(ArrayPath::compile(argument, &at, self)?.into()),
            "@literal" => return Some(self.expression(argument, &at)),
            "@flatten" => Node::Flatten(Flatten::compile(argument, &at, self)?.into()),
            "@json" => Node::Json(Json::compile(argument, &at, self)?.into()),
            "@merge" => Node::Merge(Merge::compile(argument, &at, self)?),
            "@transform" => Node::Transform(Transform::compile(argument, &at, self)?.into()),
            "@excludeWhenNull" => Node::ExcludeWhenNull(self.expression(argument, &at).into()),
            "@liquid" => Node::Liquid(Liquid::compile(argument, &at, self)?.into()),
            unknown => {
                let hint = hint(unknown, DIRECTIVES);
                self.problem(argument, &at, &format!("there is no directive `{unknown}`{hint}"));
                return None;
            }
        };
        Some(Expression(node))
    }

    /// A string, or a directive that gives one.
    pub(super) fn directive_or_text(&mut self, json: Value<'_>, at: &str) -> Option<Expression> {
        if json.kind() == Kind::String || is_directive(json) {
            return Some(self.expression(json, at));
        }
        self.wrong_kind(json, at, "a string or a directive");
        None
    }

    /// An object, or a directive that gives one.
    pub(super) fn directive_or_object(&mut self, json: Value<'_>, at: &str) -> Option<Expression> {
        self.is_directive_or_object(json, at).then(|| self.expression(json, at))
    }

    pub(super) fn is_directive_or_object(&mut self, json: Value<'_>, at: &str) -> bool {
        let fits = json.kind() == Kind::Object;
        if !fits {
            self.wrong_kind(json, at, "an object or a directive");
        }
        fits
    }

    /// The members of a directive's argument, all of which must be known.
    pub(super) fn options<'d>(&mut self, json: Value<'d>, at: &str, known: &[&str]) -> Option<Options<'d>> {
        if json.kind() != Kind::Object || is_directive(json) {
            self.wrong_kind(json, at, "an object");
            return None;
        }
        for (key, value) in json.members() {
            let key = key.as_str().unwrap_or_default();
            if known.contains(&&*key) || key.starts_with('_') {
                continue;
            }
            let hint = hint(&key, known.iter().copied());
            self.problem(value, &member_path(at, &key), &format!("is unknown here{hint}"));
        }
        Some(Options { json, at: at.to_owned() })
    }

    pub(super) fn problem(&mut self, json: Value<'_>, at: &str, message: &str) {
        self.report(Severity::Error, json, at, message);
    }

    pub(super) fn warning(&mut self, json: Value<'_>, at: &str, message: &str) {
        self.report(Severity::Warning, json, at, message);
    }

    fn report(&mut self, severity: Severity, json: Value<'_>, at: &str, message: &str) {
        let position = json.position();
        self.problems.push(MappingProblem { path: at.to_owned(), message: message.to_owned(), position, severity });
    }

    pub(super) fn wrong_kind(&mut self, json: Value<'_>, at: &str, expected: &str) {
        let found = if is_directive(json) { "a directive" } else { json.kind().described() };
        self.problem(json, at, &format!("is {found}, expected {expected}"));
    }
}

/// A directive's argument.
pub(super) struct Options<'d> {
    json: Value<'d>,
    at: String,
}

impl<'d> Options<'d> {
    /// The path of an option.
    pub(super) fn at(&self, name: &str) -> String {
        member_path(&self.at, name)
    }

    /// An option.
    pub(super) fn value(&self, name: &str) -> Option<Value<'d>> {
        self.json.get(name)
    }

    /// An option that the directive cannot do without, and its path.
    pub(super) fn required(&self, name: &str, compiler: &mut Compiler<'_>) -> Option<(Value<'d>, String)> {
        let value = self.value(name);
        if value.is_none() {
            compiler.problem(self.json, &self.at, &format!("lacks `{name}`"));
        }
        Some((value?, self.at(name)))
    }

    /// A boolean option; none if it is something else.
    pub(super) fn boolean(&self, name: &str, default: bool, compiler: &mut Compiler<'_>) -> Option<bool> {
        let Some(value) = self.value(name) else { return Some(default) };
        let boolean = value.as_bool();
        if boolean.is_none() {
            compiler.wrong_kind(value, &self.at(name), "a boolean");
        }
        boolean
    }
}

impl Expression {
    /// Whether a whole mapping is a directive, or has the reserved member of one.
    pub(in crate::mapping) fn is_root_directive(json: Value<'_>) -> bool {
        is_directive(json) || json.get(ROOT_MEMBER).is_some()
    }

    /// An expression without a value.
    pub(super) const MISSING: Self = Self(Node::Missing);
}
