//! What is needed of a field's declaration per event.

use crate::actions::{Field, FieldKind, FieldSpec};

/// What is needed of a field's declaration per event, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) field: Field,
    pub(super) kind: FieldKind,
    pub(super) required: bool,
}

impl From<&FieldSpec> for Spec {
    fn from(spec: &FieldSpec) -> Self {
        Self { field: spec.field, kind: spec.kind, required: spec.required }
    }
}
