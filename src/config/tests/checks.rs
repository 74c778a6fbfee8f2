use super::findings::{errors, lines, warnings};
use crate::actions::OwnAudience;
use crate::config::parse_destination;
use crate::destination::ConfiguredMapping;

/// Two legacy mappings on one audience.
fn pair(first: &str, second: &str) -> String {
    let fields = r#""selected_advertiser_id":"7","audience_id":"1""#;
    let first = first.replace("..", fields);
    let second = second.replace("..", fields);
    format!(
        r#"{{"mappings":[{{"name":"in","action":"addUser",{first}}},{{"name":"out","action":"removeUser",{second}}}]}}"#
    )
}

#[test]
fn mappings_on_one_audience_agree_on_rules() {
    let message = "$.mappings[1].identity_rules: differ from those of `in` on the same audience 1: people whom one mapping \
                   adds the other could not remove";
    errors(&pair(r#""fields":{..}"#, r#""fields":{..},"identity_rules":"segment""#), &[message]);
    errors(&pair(r#""fields":{..},"identity_rules":"segment""#, r#""fields":{..}"#), &[message]);
    errors(&pair(r#""fields":{..}"#, r#""fields":{..},"identity_rules":"segment","enabled":false"#), &[]);
}

#[test]
fn one_audience_takes_device_ids_of_one_hash() {
    let message = "$.mappings[1].fields.advertising_id_type: sends device ids to audience 1 as SHA-256, `in` as MD5; one \
                   audience takes only one";
    let (_, findings) = parse_destination(&pair(
        r#""fields":{..,"advertising_id_type":"IDFA_MD5"}"#,
        r#""fields":{..,"advertising_id_type":"AAID_SHA256"}"#,
    ));
    assert_eq!(lines(&findings.errors), [message]);
    let (_, findings) =
        parse_destination(&pair(r#""fields":{..,"advertising_id_type":"IDFA_MD5"}"#, r#""fields":{..}"#));
    assert_eq!(lines(&findings.errors), [message]);
    let both = r#""fields":{..,"advertising_id_type":"IDFA_MD5"}"#;
    errors(&pair(both, both), &[]);
}

#[test]
fn removes_that_miss_what_was_added_are_warned_of() {
    warnings(
        &pair(
            r#""fields":{..,"email":{"@path":"$.a"},"send_phone":false}"#,
            r#""fields":{..,"country":"US"},"phone_rule":"digits","default_country":"DE""#,
        ),
        &[
            "$.mappings[1]: removes from audience 1 by other email, send_phone, country, phone_rule, default_country than \
           `in` adds; a remove reaches only what it sends itself",
        ],
    );
    warnings(&pair(r#""fields":{..,"send_phone":true}"#, r#""fields":{..}"#), &[]);
}

#[test]
fn one_trigger_with_two_audiences_is_warned_of() {
    let text = |second: &str| {
        format!(
            r#"{{"mappings":[
            {{"name":"a","action":"addUser","fields":{{"selected_advertiser_id":"7","audience_id":"1"}}}},
            {{"name":"b","action":"addUser","fields":{{"selected_advertiser_id":"7","audience_id":"2"}}{second}}}]}}"#
        )
    };
    let message = "$.mappings[1]: `a` and `b` have one trigger and two audiences, 1 and 2: every event goes to both";
    warnings(&text(""), &[message]);
    warnings(&text(r#","enabled":false"#), &[]);
    warnings(&text(r#","trigger":"event = \"Other\"""#), &[]);
}

/// Two native mappings on one audience name, with what each says besides.
fn by_name(add: &str, remove: &str) -> String {
    format!(
        r#"{{"mappings":[
        {{"name":"in","action":"addToAudience",{}}},
        {{"name":"out","action":"removeFromAudience",{}}}]}}"#,
        add.replace("..", r#""audience_name":"vip""#),
        remove.replace("..", r#""audience_name":" vip""#)
    )
}

#[test]
fn a_name_is_the_mappings_own_wherever_the_event_brings_no_id() {
    let rules = "$.mappings[1].identity_rules: differ from those of `in` on the same audience `vip`: people whom one \
                 mapping adds the other could not remove";
    let hashes = "$.mappings[1].fields.advertising_id_type: sends device ids to audience `vip` as SHA-256, `in` as MD5; \
                  one audience takes only one";
    let differing = "$.mappings[1]: removes from audience `vip` by other send_phone than `in` adds; a remove reaches only \
                     what it sends itself";
    for id in ["", r#","external_audience_id":"""#, r#","external_audience_id":{"@path":"$.properties.id"}"#] {
        let fields = |more: &str| format!(r#""fields":{{..{id}{more}}}"#);
        let segment = fields("") + r#","identity_rules":"segment""#;
        errors(&by_name(&fields(""), &segment), &[rules]);
        errors(&by_name(&fields(""), &(segment + r#","enabled":false"#)), &[]);
        let (_, findings) = parse_destination(&by_name(&fields(r#","advertising_id_type":"IDFA_MD5""#), &fields("")));
        assert_eq!(lines(&findings.errors), [hashes], "{id}");
        warnings(&by_name(&fields(""), &fields(r#","send_phone":false"#)), &[differing]);
        warnings(&by_name(&fields(""), &fields("")), &[]);
        warnings(
            &by_name(&fields(r#","advertiser_id":"7""#), &fields(r#","advertiser_id":"8","send_phone":false"#)),
            &[],
        );
    }
    let of_event = r#""fields":{"audience_name":{"@path":"$.properties.list"}}"#;
    errors(&by_name(of_event, &format!(r#"{of_event},"identity_rules":"segment""#)), &[]);
    let text = r#"{"mappings":[
        {"name":"in","action":"syncRecords","fields":{"audience_id":{"@path":"$.list"},"audience_name":"vip"}},
        {"name":"out","action":"removeFromAudience","identity_rules":"segment","fields":{"audience_name":"vip"}}]}"#;
    errors(text, &[rules]);
}

#[test]
fn one_trigger_with_two_names_is_warned_of() {
    let text = |first: &str, second: &str| {
        format!(
            r#"{{"mappings":[
            {{"name":"a","action":"addToAudience","fields":{{{first}}}}},
            {{"name":"b","action":"addToAudience","fields":{{{second}}}}}]}}"#
        )
    };
    let (vip, lost) = (r#""audience_name":"vip""#, r#""audience_name":"lost""#);
    let warning = |audiences: &str, events: &str| {
        format!("$.mappings[1]: `a` and `b` have one trigger and two audiences, {audiences}: {events} goes to both")
    };
    let without = "every event that brings no audience id";
    warnings(&text(vip, lost), &[&warning("`vip` and `lost`", without)]);
    warnings(&text(r#""external_audience_id":"1""#, lost), &[&warning("1 and `lost`", without)]);
    let never = |name: &str| format!(r#"{name},"external_audience_id":null"#);
    warnings(&text(&never(vip), &never(lost)), &[&warning("`vip` and `lost`", "every event")]);
    warnings(&text(vip, vip), &[]);
}

#[test]
fn something_must_be_sent() {
    let none = "one of send_email, send_phone and send_advertising_id must be on";
    errors(
        r#"{"mappings":[{"action":"addToAudience","fields":{"send_email":false,"send_phone":false,"send_advertising_id":false}},
        {"action":"removeFromAudience","fields":{"send_email":false,"send_phone":false}},
        {"actionSlug":"syncAudience","trigger":"type = \"track\"","identity_rules":"tiktok","settings":{"send_email":false}}]}"#,
        &[&format!("$.mappings[0].fields: {none}"), &format!("$.mappings[2].settings: {none}")],
    );
}

#[test]
fn a_phone_that_is_read_without_a_country_is_warned_of() {
    let text = |phone: &str, more: &str, settings: &str| {
        format!(
            r#"{{"settings":{{{settings}}},"mappings":[{{"action":"addToAudience","fields":{{"phone":{phone}{more}}}}}]}}"#
        )
    };
    let path = r#"{"@path":"$.traits.mobile"}"#;
    let message = "$.mappings[0].fields.phone: has no country: a number without + and country code is left out \
                   (NO_COUNTRY_CODE); set `default_country`, or the field `country`";
    for (phone, more, settings) in [
        (path, "", ""),
        (r#"{"@template":"{{traits.mobile}}"}"#, "", ""),
        (r#"{"@template":"1{{traits.mobile}}"}"#, r#","country":null"#, r#""identity_rules":"tiktok-basic""#),
    ] {
        warnings(&text(phone, more, settings), &[message]);
    }
    for (phone, more, settings) in [
        (path, "", r#""default_country":"US""#),
        (path, "", r#""identity_rules":"segment""#),
        (path, r#","country":{"@path":"$.traits.country"}"#, ""),
        (path, r#","country":"DE""#, ""),
        (path, r#","send_phone":false"#, ""),
        (r#"{"@template":"+1{{traits.mobile}}"}"#, "", ""),
        (r#"{"@liquid":"+{{ traits.mobile }}"}"#, "", ""),
        ("null", "", ""),
    ] {
        warnings(&text(phone, more, settings), &[]);
    }
}

#[test]
fn required_fields_are_given() {
    let missing = |mapping: usize, field: &str, action: &str| {
        format!("$.mappings[{mapping}].fields.{field}: is missing, {action} cannot do without it")
    };
    errors(
        r#"{"mappings":[{"action":"addUser"},{"action":"createAudience","fields":{"selected_advertiser_id":"7"}}]}"#,
        &[
            &missing(0, "selected_advertiser_id", "addUser"),
            &missing(0, "audience_id", "addUser"),
            &missing(1, "custom_audience_name", "createAudience"),
        ],
    );
    warnings(
        r#"{"mappings":[{"action":"removeUser","enabled":false,"fields":{"audience_id":"1"}}]}"#,
        &[&missing(0, "selected_advertiser_id", "removeUser")],
    );
}

#[test]
fn literal_ids_and_names_are_checked() {
    errors(
        &format!(
            r#"{{"mappings":[{{"action":"addToAudience","fields":{{"advertiser_id":"x","external_audience_id":"1e5",
            "audience_name":"{}","country":"Atlantis"}}}}]}}"#,
            "n".repeat(71)
        ),
        &[
            "$.mappings[0].fields.advertiser_id: must be 1 to 30 digits",
            "$.mappings[0].fields.external_audience_id: must be 1 to 30 digits",
            "$.mappings[0].fields.audience_name: must be 1 to 70 characters, not all blank",
            "$.mappings[0].fields.country: must be the two letters of a country (ISO 3166), such as US",
        ],
    );
}

#[test]
fn what_is_wrong_with_a_disabled_mapping_stops_nothing() {
    let id = "$.mappings[0].fields.audience_id: must be 1 to 30 digits";
    let none = "$.mappings[0].fields: one of send_email, send_phone and send_advertising_id must be on";
    let country = "$.mappings[0].fields.country: must be the two letters of a country (ISO 3166), such as US";
    let off = r#""send_email":false,"send_phone":false,"send_advertising_id":false"#;
    for (fields, message) in [
        (r#""audience_id":"abc""#.to_owned(), id),
        (format!(r#""audience_id":"1",{off}"#), none),
        (r#""audience_id":"1","country":"Atlantis""#.to_owned(), country),
    ] {
        let text = |enabled: bool| {
            format!(
                r#"{{"mappings":[{{"action":"addUser","enabled":{enabled},"fields":{{"selected_advertiser_id":"7",{fields}}}}},
                {{"action":"removeFromAudience"}}]}}"#
            )
        };
        errors(&text(true), &[message]);
        warnings(&text(false), &[message]);
    }
}

#[test]
fn a_mapping_knows_whether_its_audience_is_its_own() {
    let own = |fields: &str, action: &str| {
        let text = format!(r#"{{"mappings":[{{"action":"{action}","fields":{fields}}}]}}"#);
        let destination = parse_destination(&text).0;
        destination.mappings.iter().map(|entry: &ConfiguredMapping| entry.own_audience).collect::<Vec<_>>()
    };
    for (fields, action, expected) in [
        ("{}", "addToAudience", OwnAudience::Never),
        (r#"{"external_audience_id":{"@path":"$.properties.id"}}"#, "addToAudience", OwnAudience::Never),
        (r#"{"external_audience_id":"1"}"#, "addToAudience", OwnAudience::Always),
        (r#"{"external_audience_id":{"@literal":"1"}}"#, "addToAudience", OwnAudience::Always),
        (r#"{"audience_name":"vip"}"#, "addToAudience", OwnAudience::WithoutExternalId),
        (r#"{"audience_name":"vip","external_audience_id":null}"#, "addToAudience", OwnAudience::Always),
        (r#"{"audience_name":"vip"}"#, "syncRecords", OwnAudience::Always),
        (r#"{"selected_advertiser_id":"7","audience_id":"1"}"#, "addUser", OwnAudience::Always),
    ] {
        assert_eq!(own(fields, action), [expected], "{action} {fields}");
    }
}
