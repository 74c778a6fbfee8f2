//! JSON of any shape, for property tests.

use proptest::prelude::*;
use serde_json::Value;

/// Keys that the languages treat in a special way, among others.
pub(super) fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec!["a", "b", "email", "and", "null", "length", "0", "1", "a.b", "@path", "constructor"]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// Any JSON tree.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        prop::sample::select(vec!["", " ", "x", "{{a}}", "[1]", "5"]).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::hash_map(any_key(), inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}
