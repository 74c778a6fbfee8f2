//! `@merge`: several objects as one.

use std::borrow::Cow;

use super::super::problem::item_path;
use super::super::resolved::Resolved;
use super::super::walk::character;
use super::compile::Compiler;
use super::{Expression, Outcome, ResolveError, Scope};
use crate::json::{Kind, Value};

/// The argument of `@merge`.
#[derive(Debug, PartialEq)]
pub(super) struct Merge {
    /// Later ones overwrite earlier ones.
    objects: Vec<Expression>,
}

type Members<'e> = Vec<(Cow<'e, str>, Resolved<'e>)>;

impl Merge {
    pub(super) fn compile(json: Value<'_>, at: &str, compiler: &mut Compiler<'_>) -> Option<Self> {
        let options = compiler.options(json, at, &["direction", "objects"])?;
        let from_left = options.required("direction", compiler).and_then(|(value, at)| {
            match value.as_str().map(|direction| direction.to_ascii_lowercase()).as_deref() {
                Some("left") => Some(true),
                Some("right") => Some(false),
                _ => {
                    compiler.problem(value, &at, "is \"left\" or \"right\"");
                    None
                }
            }
        });
        let (objects, objects_at) = options.required("objects", compiler)?;
        if objects.kind() != Kind::Array {
            compiler.wrong_kind(objects, &objects_at, "an array");
            return None;
        }
        let mut sources = Vec::new();
        for (number, object) in objects.items().enumerate() {
            sources.push(compiler.directive_or_object(object, &item_path(&objects_at, number))?);
        }
        if from_left? {
            sources.reverse();
        }
        Some(Self { objects: sources })
    }

    pub(super) fn resolve<'e>(&'e self, scope: &Scope<'_, 'e>) -> Outcome<'e> {
        let mut members = Vec::new();
        for object in &self.objects {
            assign(&object.in_scope(scope)?, &mut members, scope)?;
        }
        Ok(Resolved::Object(members))
    }
}

/// Appends the members of an object; later ones count. A text or an array gives members by position, as in
/// `Object.assign`; anything else has none.
fn assign<'e>(value: &Resolved<'e>, members: &mut Members<'e>, scope: &Scope<'_, 'e>) -> Result<(), ResolveError> {
    match value.kind() {
        Some(Kind::Object) => {
            for (key, member) in value.members().unwrap_or_default() {
                scope.spend(key.len())?;
                members.push((Cow::Owned(key.into_owned()), scope.spend_copy(member.into_owned())?));
            }
        }
        Some(Kind::Array) => {
            for (number, item) in value.items().unwrap_or_default().into_iter().enumerate() {
                members.push((Cow::Owned(number.to_string()), scope.spend_copy(item.into_owned())?));
            }
        }
        Some(Kind::String) => {
            for (number, unit) in value.text().unwrap_or_default().encode_utf16().enumerate() {
                scope.spend(2)?;
                let unit = character(unit).to_string();
                members.push((Cow::Owned(number.to_string()), Resolved::Text(Cow::Owned(unit))));
            }
        }
        None | Some(Kind::Null | Kind::Bool | Kind::Number) => {}
    }
    Ok(())
}
