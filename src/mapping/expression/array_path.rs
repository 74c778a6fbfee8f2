//! `@arrayPath`: an array of the event with each item brought into a shape.

use super::super::path::Path;
use super::super::problem::item_path;
use super::super::resolved::Resolved;
use super::compile::Compiler;
use super::{Expression, Outcome, Scope, syntax};
use crate::json::{Kind, Value};

/// The argument of `@arrayPath`.
#[derive(Debug, PartialEq)]
pub(super) struct ArrayPath {
    items: Items,
    shape: Option<Expression>,
}

#[derive(Debug, PartialEq)]
enum Items {
    Path(Path),
    Expression(Expression),
}

impl ArrayPath {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let mut arguments = json.items();
        let (items, shape, more) = (arguments.next(), arguments.next(), arguments.next());
        let (Some(items), None) = (items, more) else {
            compiler.problem(json, at, "is an array of a path and, if items are to be brought into a shape, the shape");
            return None;
        };
        let items_at = item_path(at, 0);
        let path = match items.as_str() {
            Some(text) => {
                syntax::check_path(&text, |message| compiler.problem(items, &items_at, message));
                Some(Items::Path(Path::parse(&text)))
            }
            None => compiler.directive_or_text(items, &items_at).map(Items::Expression),
        };
        // Segment takes only an object that is not empty for a shape.
        let shape = shape.filter(|shape| shape.kind() == Kind::Object && !shape.is_empty());
        let shape = shape.map(|shape| compiler.expression(shape, &item_path(at, 1)));
        Some(Self { items: path?, shape })
    }

    /// What gives the items' shape.
    pub(super) const fn shape_mut(&mut self) -> Option<&mut Expression> {
        self.shape.as_mut()
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let root = match &self.items {
            Items::Path(path) => scope.spend_copy(path.resolve(scope.root))?,
            Items::Expression(expression) => expression.in_scope(scope)?,
        };
        let Some(shape) = &self.shape else { return Ok(root) };
        let shaped = |item: &Resolved<'e>| {
            scope.spend(1)?;
            shape.in_scope(&scope.with_root(item))
        };
        match root.kind() {
            Some(Kind::Array) => {
                let items = root.items().unwrap_or_default();
                items.iter().map(|item| shaped(item)).collect::<Result<_, _>>().map(Resolved::Array)
            }
            Some(Kind::Object) => Ok(Resolved::Array(vec![shaped(&root)?])),
            None | Some(Kind::Null | Kind::Bool | Kind::Number | Kind::String) => Ok(root),
        }
    }
}
