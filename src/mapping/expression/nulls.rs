//! `@excludeWhenNull`: a value without its nulls.

use std::borrow::Cow;

use super::super::resolved::Resolved;
use super::{Outcome, Scope};
use crate::json::Kind;

/// Null becomes missing; of an object, members that are null are dropped at every depth, but not inside arrays.
pub(super) fn exclude<'e>(value: Resolved<'e>, scope: &Scope<'_, 'e>) -> Outcome<'e> {
    match value.kind() {
        Some(Kind::Null) => Ok(Resolved::Missing),
        Some(Kind::Object) => {
            let mut kept = Vec::new();
            for (key, member) in value.members().unwrap_or_default() {
                scope.spend(key.len() + 1)?;
                let member = match member.kind() {
                    Some(Kind::Null) => continue,
                    Some(Kind::Object) => exclude(member.into_owned(), scope)?,
                    None | Some(Kind::Bool | Kind::Number | Kind::String | Kind::Array) => {
                        scope.spend_copy(member.into_owned())?
                    }
                };
                kept.push((Cow::Owned(key.into_owned()), member));
            }
            Ok(Resolved::Object(kept))
        }
        None | Some(Kind::Bool | Kind::Number | Kind::String | Kind::Array) => Ok(value),
    }
}
