use super::*;
use crate::identity::AdvertisingIdType;
use crate::json::Document;

/// Compiles fields that have no problems.
#[track_caller]
fn compiled(json: &str, action: ActionKind, form: Form) -> Fields {
    let document = Document::parse(json).unwrap();
    let mut problems = Vec::new();
    let fields = Fields::compile(Some(document.root()), action, form, "$.fields", &mut problems);
    assert_eq!(problems, [], "{json}");
    fields
}

/// The fields of an event as text, or the error.
fn filled(fields: &Fields, event: &str, wanted: &[Field]) -> Result<String, String> {
    let document = Document::parse(event).unwrap();
    let event = Event::read(document.root()).unwrap();
    let filled = fields.resolve(&event).map_err(|error| error.to_string())?;
    let shown = wanted.iter().map(|field| match filled.boolean(*field) {
        Some(boolean) => format!("<{boolean}>"),
        None => filled.texts(*field).collect::<Vec<_>>().join("+"),
    });
    Ok(shown.collect::<Vec<_>>().join(" "))
}

const NATIVE: [Field; 5] =
    [Field::Email, Field::Phone, Field::AdvertisingId, Field::ExternalAudienceId, Field::SendEmail];

#[track_caller]
fn check_defaults(event: &str, expected: &str) {
    let fields = Fields::compile(None, ActionKind::AddToAudience, Form::Ours, "$", &mut Vec::new());
    assert_eq!(filled(&fields, event, &NATIVE), Ok(expected.to_owned()), "{event}");
}

#[test]
fn defaults_take_the_first_value_that_is_not_blank() {
    check_defaults("{}", "    <true>");
    check_defaults(
        r#"{"context":{"traits":{"email":"c@example.com"},"personas":{"external_audience_id":7318294418293948234},"device":{"advertisingId":"AB-1"}},
            "properties":{"email":"p@example.com","phone":5550100}}"#,
        "c@example.com 5550100 AB-1 7318294418293948234 <true>",
    );
    check_defaults(
        r#"{"context":{"traits":{"email":" ","phone":null}},"traits":{"email":["",null]},"properties":{"email":["p@example.com","q@example.com"]}}"#,
        "p@example.com+q@example.com    <true>",
    );
    check_defaults(r#"{"context":null,"traits":5,"properties":[]}"#, "    <true>");
}

#[test]
fn segments_form_has_no_defaults_and_ours_keeps_what_is_given() {
    let event = r#"{"traits":{"email":"t@example.com"}}"#;
    let wanted = [Field::Email, Field::SendEmail, Field::SendPhone];
    let json = r#"{"send_phone":false,"email":{"@path":"$.nope"}}"#;
    let ours = compiled(json, ActionKind::AddToAudience, Form::Ours);
    assert_eq!(filled(&ours, event, &wanted).unwrap(), " <true> <false>");
    let segments = compiled(json, ActionKind::AddToAudience, Form::Segment);
    assert_eq!(filled(&segments, event, &wanted).unwrap(), "  <false>");
    assert!(ours.is_given(Field::Email) && !ours.is_given(Field::SendEmail));
}

#[test]
fn an_identifiers_template_without_any_of_its_values_is_missing() {
    let wanted = [Field::Email, Field::Phone, Field::AdvertiserId];
    for (phone, with, without) in [
        (r#"{"@template":"+1{{properties.phone}}"}"#, "+15550100", ""),
        (r#"{"@template":"+{{properties.country}}{{properties.phone}}"}"#, "+5550100", ""),
        (r#"{"@case":{"operator":"upper","value":{"@template":"+1{{properties.phone}}"}}}"#, "+15550100", ""),
        (r#"{"@replace":{"pattern":"x","value":{"@template":"+1{{properties.phone}}"}}}"#, "+15550100", ""),
        (r#"{"@if":{"exists":"x","then":{"@template":"+1{{properties.phone}}"}}}"#, "+15550100", ""),
        (r#"[{"@template":"+1{{properties.phone}}"},"+12025550143"]"#, "+15550100++12025550143", "+12025550143"),
        (r#"{"@liquid":"+1{{ properties.phone | strip }}"}"#, "+15550100", ""),
        (r#"{"@template":"+12025550143"}"#, "+12025550143", "+12025550143"),
        (r#"{"@liquid":"+12025550143"}"#, "+12025550143", "+12025550143"),
    ] {
        let json = format!(r#"{{"phone":{phone},"advertiser_id":{{"@template":"7{{{{properties.phone}}}}"}}}}"#);
        for (fields, given) in [
            (json.clone(), 0),
            (
                format!(
                    r#"{{"__segment_internal_directive":{{"@transform":{{"apply":{{"@path":""}}}}}},{}"#,
                    json.get(1..).unwrap()
                ),
                1,
            ),
        ] {
            let fields = compiled(&fields, ActionKind::SyncAudience, Form::Segment);
            let event = r#"{"properties":{"phone":"5550100"}}"#;
            assert_eq!(filled(&fields, event, &wanted), Ok(format!(" {with} 75550100")), "{phone} {given}");
            for event in ["{}", r#"{"properties":{"phone":null}}"#, r#"{"properties":{"phone":" "}}"#] {
                let shown = filled(&fields, event, &wanted).unwrap();
                assert_eq!(shown.trim_end(), format!(" {without} 7").trim_end(), "{phone} {event} {given}");
            }
        }
    }
}

#[test]
fn a_text_with_placeholders_is_no_identifier() {
    for text in ["{{properties.email}}", "${traits.email}"] {
        let json = serde_json::json!({ "email": text }).to_string();
        let (document, mut problems) = (Document::parse(json.as_str()).unwrap(), Vec::new());
        Fields::compile(Some(document.root()), ActionKind::SyncAudience, Form::Ours, "$", &mut problems);
        let messages: Vec<_> = problems.iter().map(|problem| (&*problem.path, &*problem.message)).collect();
        let message = "not a placeholder: a text is sent as it stands; `@template` fills placeholders";
        assert_eq!(messages, [("$.email", message)]);
    }
}

/// One field of the event at `properties.v`, as `field` takes it.
#[track_caller]
fn check(field: Field, value: &str, expected: Result<&str, &str>) {
    let json = format!(r#"{{"{}":{{"@path":"$.properties.v"}}}}"#, field.name());
    let fields = compiled(&json, ActionKind::SyncAudience, Form::Segment);
    let event = format!(r#"{{"properties":{{"v":{value}}}}}"#);
    let outcome = filled(&fields, &event, &[field]);
    assert_eq!(outcome.as_ref().map(String::as_str).map_err(String::as_str), expected, "{} {value}", field.name());
}

#[test]
fn texts_are_converted_as_in_segment() {
    let field = Field::AudienceName;
    check(field, "5", Ok("5"));
    check(field, "5e2", Ok("500"));
    check(field, "7318294418293948234", Ok("7318294418293948234"));
    check(field, "5.0", Ok("5"));
    check(field, "true", Ok("true"));
    check(field, "\" x \"", Ok(" x "));
    check(field, "[\"x\"]", Ok("x"));
    check(field, "[7]", Ok("7"));
    check(field, "null", Ok(""));
    check(field, "\"\"", Ok(""));
    check(field, "\"  \"", Ok(""));
    check(field, "[null]", Ok(""));
    check(field, "[\"x\",\"y\"]", Err("audience_name takes a string, found an array"));
    check(field, "[]", Err("audience_name takes a string, found an array"));
    check(field, "[[\"x\"]]", Err("audience_name takes a string, found an array"));
    check(field, "{}", Err("audience_name takes a string, found an object"));
}

#[test]
fn ids_are_texts_that_no_float_has_rounded() {
    let field = Field::AdvertiserId;
    check(field, "7318294418293948234", Ok("7318294418293948234"));
    check(field, "[7318294418293948234.0]", Ok("7318294418293948234"));
    check(field, "1.800000000000000001e18", Ok("1.800000000000000001e18"));
    check(field, "\" x \"", Ok(" x "));
    check(field, "true", Ok("true"));
    check(field, "null", Ok(""));
    check(field, "[\"x\",\"y\"]", Err("advertiser_id takes a string, found an array"));
    check(field, "{}", Err("advertiser_id takes a string, found an object"));
}

#[test]
fn identifiers_fan_out() {
    let field = Field::Phone;
    check(field, "[\"1\",null,\" \",2]", Ok("1+2"));
    check(field, "[]", Ok(""));
    check(field, "\"1\"", Ok("1"));
    check(field, "[[\"1\"],{},\"2\"]", Ok("2"));
    check(field, "{\"a\":1}", Ok(""));
}

#[test]
fn an_item_that_the_event_lacks_is_no_boolean() {
    let fields = compiled(r#"{"send_email":[{"@path":"$.nope"}]}"#, ActionKind::SyncAudience, Form::Segment);
    let refused = Err("send_email takes a boolean, found an array".to_owned());
    assert_eq!(filled(&fields, "{}", &[Field::SendEmail]), refused);
}

#[test]
fn booleans_are_converted_as_in_segment() {
    let field = Field::SendEmail;
    for value in ["true", "\"true\"", "1", "1.0", "[true]", "[\"true\"]"] {
        check(field, value, Ok("<true>"));
    }
    for value in ["false", "\"false\"", "0", "[0]", "[null]"] {
        check(field, value, Ok("<false>"));
    }
    for value in ["null", "\"\""] {
        check(field, value, Ok(""));
    }
    for (value, found) in [
        ("\"yes\"", "a string"),
        ("2", "a number"),
        ("\"True\"", "a string"),
        ("\" true\"", "a string"),
        ("{}", "an object"),
        ("[]", "an array"),
    ] {
        check(field, value, Err(&format!("send_email takes a boolean, found {found}")));
    }
}

#[test]
fn choices_are_exact() {
    check(Field::SyncMode, "\"mirror\"", Ok("mirror"));
    check(
        Field::SyncMode,
        "\"Mirror\"",
        Err("sync_mode takes one of add, update, upsert, delete, mirror, found something else"),
    );
}

#[test]
fn the_type_of_an_advertising_id_is_read_in_any_case() {
    for (value, expected) in [("\"idfa_sha256\"", "IDFA_SHA256"), ("\" Idfa\"", "IDFA"), ("\"IOS\"", "iOS")] {
        check(Field::AdvertisingIdType, value, Ok(expected));
    }
    for (id_type, expected) in [("iOS", "IDFA_SHA256"), ("Android", "AAID_SHA256"), ("gaid_md5", "AAID_MD5")] {
        assert_eq!(AdvertisingIdType::parse(id_type).map(AdvertisingIdType::as_str), Some(expected));
    }
}

#[test]
fn required_fields_are_required() {
    let json = r#"{"selected_advertiser_id":"7","audience_id":{"@path":"$.properties.id"}}"#;
    let fields = compiled(json, ActionKind::AddUser, Form::Segment);
    let wanted = [Field::AudienceId];
    assert_eq!(filled(&fields, r#"{"properties":{"id":1}}"#, &wanted), Ok("1".to_owned()));
    for event in ["{}", r#"{"properties":{"id":""}}"#, r#"{"properties":{"id":null}}"#] {
        assert_eq!(filled(&fields, event, &wanted), Err("audience_id is missing".to_owned()));
    }
    assert_eq!(fields.literal(Field::SelectedAdvertiserId).as_deref(), Some("7"));
    assert!(fields.uses_event(Field::AudienceId) && !fields.uses_event(Field::SelectedAdvertiserId));
}

#[test]
fn a_whole_mapping_can_be_a_directive() {
    let event = r#"{"traits":{"email":"t@example.com"},"row":{"email":"r@example.com","send_email":"false","x":{}}}"#;
    let wanted = [Field::Email, Field::SendEmail];
    let path = compiled(r#"{"@path":"$.row"}"#, ActionKind::AddToAudience, Form::Segment);
    assert_eq!(filled(&path, event, &wanted), Ok("r@example.com <false>".to_owned()));
    let transform = compiled(
        r#"{"__segment_internal_directive":{"@transform":{"apply":{"mail":{"@path":"$.row.email"}}}},"email":{"@path":"$.mail"}}"#,
        ActionKind::AddToAudience,
        Form::Ours,
    );
    assert_eq!(filled(&transform, event, &wanted), Ok("r@example.com <true>".to_owned()));
    assert_eq!(filled(&path, "{\"row\":5}", &wanted), Err("the mapping gives a number, expected an object".to_owned()));
}

#[track_caller]
fn check_problems(json: &str, form: Form, expected: &[&str]) {
    let document = Document::parse(json).unwrap();
    let mut problems = Vec::new();
    Fields::compile(Some(document.root()), ActionKind::AddUser, form, "$.fields", &mut problems);
    let shown: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect();
    assert_eq!(shown, expected);
}

#[test]
fn problems_are_found_when_loaded() {
    check_problems(
        r#"{"selected_advertiser_id":"","audience_id":{},"emial":"x","send_phone":"no","event_name":{"@path":5}}"#,
        Form::Ours,
        &[
            "$.fields.selected_advertiser_id is blank, but the action cannot do without it",
            "$.fields.emial addUser has no field `emial`; did you mean `email`?",
            "$.fields.send_phone takes a boolean, found a string",
            "$.fields.event_name['@path'] is a number, expected a string or a directive",
        ],
    );
    check_problems(r#"{"external_audience_id":"1","__segment_internal_sync_mode":"add"}"#, Form::Segment, &[]);
    check_problems(
        r#"{"external_audience_id":"1"}"#,
        Form::Ours,
        &["$.fields.external_audience_id addUser has no field `external_audience_id`"],
    );
    check_problems("\"x\"", Form::Segment, &["$.fields is a string, expected an object"]);
    check_problems("null", Form::Segment, &["$.fields is null, expected an object"]);
}

#[test]
fn no_value_is_in_an_error_or_in_debug() {
    let fields = compiled(r#"{"country":{"@path":"$.properties"}}"#, ActionKind::AddToAudience, Form::Segment);
    let event = r#"{"properties":{"email":"jane@example.com"}}"#;
    assert!(!filled(&fields, event, &[]).unwrap_err().contains("jane"));
    let document = Document::parse(r#"{"traits":{"email":"jane@example.com"}}"#).unwrap();
    let event = Event::read(document.root()).unwrap();
    let ours = Fields::compile(None, ActionKind::AddToAudience, Form::Ours, "$", &mut Vec::new());
    let shown = format!("{:?}", ours.resolve(&event).unwrap());
    assert!(shown.contains("email") && !shown.contains("jane"), "{shown}");
}
