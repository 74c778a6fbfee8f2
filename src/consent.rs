//! Consent: whether an event allows that its person is added.
//!
//! Only adds need consent; a person can always be removed. Knows nothing of audiences or identifiers.

use crate::batch::Verb;
use crate::config::{ConsentMissing, Treatment};
use crate::event::Event;
use crate::json::{Kind, Value};
use crate::outcome::{Explanation, Note, Reason};

/// What may be done with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permitted {
    /// Add or remove.
    pub verb: Verb,
    /// Why it is not what was asked for.
    pub note: Option<Note>,
}

/// What may be done where `verb` is asked for: an add of somebody who withdrew a required category is a remove.
///
/// # Errors
/// The add needs a consent that the event does not state.
pub fn permit(verb: Verb, event: &Event<'_>, treatment: &Treatment) -> Result<Permitted, Explanation> {
    let as_asked = Permitted { verb, note: None };
    if verb == Verb::Remove || treatment.require_consent.is_empty() {
        return Ok(as_asked);
    }
    let Some(stated) = Stated::by(event) else {
        return match treatment.consent_missing {
            ConsentMissing::Skip => Err(Explanation::new(Reason::ConsentMissing, "the event says nothing of consent")),
            ConsentMissing::Allow => Ok(as_asked),
        };
    };
    let mut missing = None;
    for category in &treatment.require_consent {
        match stated.preference(category) {
            Some(true) => {}
            Some(false) => return Ok(Permitted { verb: Verb::Remove, note: Some(Note::ConsentWithdrawn) }),
            None => missing = missing.or(Some(category)),
        }
    }
    missing.map_or(Ok(as_asked), |category| {
        Err(Explanation::new(Reason::ConsentMissing, format!("the event grants no consent to category `{category}`")))
    })
}

/// What an event says of consent.
#[derive(Clone, Copy, Debug)]
struct Stated<'d> {
    /// Segment: `context.consent.categoryPreferences`, booleans by category id. Source: Segment's "Consent in Unify";
    /// an event without the object, or with an empty `consent`, says nothing.
    preferences: Option<Value<'d>>,
    /// RudderStack: `context.consentManagement`, with `allowedConsentIds` and `deniedConsentIds`. Source:
    /// RudderStack's "Pass consent data"; ids are case-sensitive.
    management: Option<Value<'d>>,
}

impl<'d> Stated<'d> {
    fn by(event: &Event<'d>) -> Option<Self> {
        let context = event.context?;
        let preferences = context.path(&["consent", "categoryPreferences"]).filter(|value| !value.is_null());
        let says_something = |value: &Value<'_>| !(value.is_null() || value.kind() == Kind::Object && value.is_empty());
        let management = context.get("consentManagement").filter(says_something);
        let stated = Self { preferences, management };
        (preferences.is_some() || management.is_some()).then_some(stated)
    }

    /// Whether the person consents to a category; `None` where nothing is said of it. A refusal anywhere counts.
    fn preference(self, category: &str) -> Option<bool> {
        let preferred = self.preferences.and_then(|preferences| preferences.get(category)?.as_bool());
        let lists = |key| {
            let ids = self.management.and_then(|management| management.get(key));
            ids.into_iter().flat_map(Value::items).any(|id| id.is_str(category))
        };
        if preferred == Some(false) || lists("deniedConsentIds") {
            return Some(false);
        }
        (preferred == Some(true) || lists("allowedConsentIds")).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    const ADD: Result<&str, &str> = Ok("add");
    const REMOVE: Result<&str, &str> = Ok("remove instead");

    #[track_caller]
    fn check(name: &str, context: &str, missing: ConsentMissing, expected: Result<&str, &str>) {
        let treatment = Treatment {
            require_consent: vec!["Advertising".to_owned(), "C0004".to_owned()],
            consent_missing: missing,
            ..Treatment::default()
        };
        let text = format!(r#"{{"type":"track","context":{context}}}"#);
        let document = Document::parse(text.as_str()).unwrap();
        let event = Event::read(document.root()).unwrap();
        let got = permit(Verb::Add, &event, &treatment);
        let got = got.as_ref().map(|permitted| match (permitted.verb, permitted.note) {
            (Verb::Add, None) => "add",
            (Verb::Remove, Some(Note::ConsentWithdrawn)) => "remove instead",
            (Verb::Add, Some(_)) | (Verb::Remove, None) => "neither",
        });
        assert_eq!(got.map_err(Explanation::message), expected, "{name}");
        let removed = permit(Verb::Remove, &event, &treatment);
        assert_eq!(removed, Ok(Permitted { verb: Verb::Remove, note: None }), "{name}: a remove always passes");
        let unasked = permit(Verb::Add, &event, &Treatment::default());
        assert_eq!(unasked, Ok(Permitted { verb: Verb::Add, note: None }), "{name}: nothing is required");
    }

    #[test]
    fn every_required_category_has_to_be_granted() {
        let (skip, allow) = (ConsentMissing::Skip, ConsentMissing::Allow);
        let nothing = Err("the event says nothing of consent");
        let no_c0004 = Err("the event grants no consent to category `C0004`");
        for (name, context, expected) in [
            ("all granted", r#"{"consent":{"categoryPreferences":{"Advertising":true,"C0004":true,"x":false}}}"#, ADD),
            ("one missing", r#"{"consent":{"categoryPreferences":{"Advertising":true}}}"#, no_c0004),
            (
                "one is no boolean",
                r#"{"consent":{"categoryPreferences":{"Advertising":true,"C0004":"true"}}}"#,
                no_c0004,
            ),
            ("other case", r#"{"consent":{"categoryPreferences":{"Advertising":true,"c0004":true}}}"#, no_c0004),
            ("withdrawn", r#"{"consent":{"categoryPreferences":{"Advertising":false,"C0004":true}}}"#, REMOVE),
            ("one missing, one withdrawn", r#"{"consent":{"categoryPreferences":{"C0004":false}}}"#, REMOVE),
            ("RudderStack grants", r#"{"consentManagement":{"allowedConsentIds":["C0004","Advertising"]}}"#, ADD),
            ("RudderStack lacks one", r#"{"consentManagement":{"allowedConsentIds":["Advertising"]}}"#, no_c0004),
            (
                "RudderStack denies",
                r#"{"consentManagement":{"allowedConsentIds":["Advertising"],"deniedConsentIds":["C0004"]}}"#,
                REMOVE,
            ),
            (
                "a refusal in either form counts",
                r#"{"consentManagement":{"allowedConsentIds":["Advertising","C0004"]},
                    "consent":{"categoryPreferences":{"C0004":false}}}"#,
                REMOVE,
            ),
        ] {
            check(name, context, skip, expected);
            check(name, context, allow, expected);
        }
        for (name, context) in [
            ("no context", "null"),
            ("no consent", "{}"),
            ("empty consent", r#"{"consent":{}}"#),
            ("null", r#"{"consent":{"categoryPreferences":null},"consentManagement":null}"#),
            ("empty consent management", r#"{"consentManagement":{}}"#),
        ] {
            check(name, context, skip, nothing);
            check(name, context, allow, ADD);
        }
        let empty = r#"{"consent":{"categoryPreferences":{}}}"#;
        check("an empty object says no", empty, allow, Err("the event grants no consent to category `Advertising`"));
    }
}
