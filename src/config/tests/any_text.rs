use proptest::prelude::*;

use crate::config::parse_destination;

/// Texts that look like the file, so that the deep parts are reached.
fn almost_a_file() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("7".to_owned()),
        Just("1e99".to_owned()),
        "[a-z@{}$. =]{0,12}".prop_map(|text| format!("\"{text}\"")),
        prop::sample::select(vec![
            "addUser",
            "syncAudience",
            "segment",
            "IDFA_MD5",
            "event = \\\"X\\\"",
            "7318294418293948234"
        ])
        .prop_map(|word| format!("\"{word}\"")),
    ];
    let keys = vec![
        "settings",
        "mappings",
        "audiences",
        "subscriptions",
        "data",
        "name",
        "action",
        "actionSlug",
        "trigger",
        "subscribe",
        "fields",
        "mapping",
        "preset",
        "enabled",
        "identity_rules",
        "require_consent",
        "advertiser_id",
        "advertiser_ids",
        "audience_id",
        "selected_advertiser_id",
        "send_email",
        "email",
        "@path",
        "@literal",
        "batch_rows",
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let member = (prop::sample::select(keys.clone()), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(",\n"))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in prop_oneof![any::<String>(), almost_a_file()]) {
        let (_, findings) = parse_destination(&text);
        for problem in findings.errors.iter().chain(&findings.warnings) {
            let place = problem.place.expect("a problem of a file has its place");
            prop_assert!(place.line >= 1 && place.column >= 1 && place.width >= 1);
            prop_assert!(problem.to_string().contains(&problem.message));
        }
    }
}
