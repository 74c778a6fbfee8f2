//! Consent: whether an event allows that its person is added.
//!
//! Reads what Segment and RudderStack say; [`Consent`] decides what follows. Knows nothing of audiences or
//! identifiers.

use std::borrow::Cow;

use super::{ConsentMissing, Policy};
use crate::actions::Consent;
use crate::event::Event;
use crate::json::{Kind, Value};
use crate::outcome::{Explanation, Reason};

/// What an event says of its person's consent, as far as the policy requires any.
pub fn of(event: &Event<'_>, policy: &Policy) -> Consent {
    if policy.require_consent.is_empty() {
        return Consent::Granted;
    }
    let Some(stated) = Stated::by(event) else {
        return match policy.consent_missing {
            ConsentMissing::Skip => Consent::Missing(missing("the event says nothing of consent")),
            ConsentMissing::Allow => Consent::Granted,
        };
    };
    let mut ungranted = None;
    for (position, category) in policy.require_consent.iter().enumerate() {
        match stated.preference(category) {
            Some(true) => {}
            Some(false) => return Consent::Withdrawn,
            None => ungranted = ungranted.or(Some(position)),
        }
    }
    // The category is named by its place: a configuration's words are in no message.
    ungranted.map_or(Consent::Granted, |position| {
        Consent::Missing(missing(format!(
            "the event grants no consent to the category at `require_consent[{position}]`"
        )))
    })
}

fn missing(detail: impl Into<Cow<'static, str>>) -> Explanation {
    Explanation::new(Reason::ConsentMissing, detail)
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
        let context = event.context()?;
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
    use crate::actions::Permitted;
    use crate::identity::Direction;
    use crate::json::Document;
    use crate::outcome::Note;

    const ADD: Result<&str, &str> = Ok("add");
    const REMOVE: Result<&str, &str> = Ok("remove instead");

    #[track_caller]
    fn check(name: &str, context: &str, missing: ConsentMissing, expected: Result<&str, &str>) {
        let policy = Policy {
            require_consent: vec!["Advertising".to_owned(), "C0004".to_owned()],
            consent_missing: missing,
            ..Policy::default()
        };
        let text = format!(r#"{{"type":"track","context":{context}}}"#);
        let document = Document::parse(text.as_str()).unwrap();
        let event = Event::read(document.root()).unwrap();
        let got = of(&event, &policy).permit(Direction::Add);
        let got = got.as_ref().map(|permitted| match (permitted.direction, permitted.note) {
            (Direction::Add, None) => "add",
            (Direction::Remove, Some(Note::ConsentWithdrawn)) => "remove instead",
            (Direction::Add, Some(_)) | (Direction::Remove, None) => "neither",
        });
        assert_eq!(got.map_err(Explanation::message), expected, "{name}");
        let removed = of(&event, &policy).permit(Direction::Remove);
        assert_eq!(
            removed,
            Ok(Permitted { direction: Direction::Remove, note: None }),
            "{name}: a remove always passes"
        );
        let unasked = of(&event, &Policy::default()).permit(Direction::Add);
        assert_eq!(unasked, Ok(Permitted { direction: Direction::Add, note: None }), "{name}: nothing is required");
    }

    #[test]
    fn every_required_category_has_to_be_granted() {
        let (skip, allow) = (ConsentMissing::Skip, ConsentMissing::Allow);
        let nothing = Err("the event says nothing of consent");
        let no_c0004 = Err("the event grants no consent to the category at `require_consent[1]`");
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
        let no_advertising = Err("the event grants no consent to the category at `require_consent[0]`");
        check("an empty object says no", empty, allow, no_advertising);
    }
}
