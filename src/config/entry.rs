//! One mapping of `destination.json`, in our form or in Segment's.
//!
//! Knows the keys around a mapping; `mapping` knows what a trigger or a field says.

use std::borrow::Cow;

use super::at::At;
use super::expect::unknown;
use super::preset::Preset;
use super::problem::Report;
use super::setting::{MAPPING_SETTINGS, names};
use super::settings::{is_segment_internal, overridden};
use crate::actions::{ActionKind, Field};
use crate::destination::{ConfiguredMapping, Policy};
use crate::json::{Kind, Value};
use crate::mapping::{Fields, Form, Mapping, Trigger};

/// A mapping that was read, with what the checks across mappings need of its text.
pub(super) struct Entry<'d> {
    pub(super) at: At<'d>,
    /// The object of its fields, or where it is missing.
    pub(super) fields_at: At<'d>,
    pub(super) configured: ConfiguredMapping,
}

/// The longest name of a mapping: it is repeated in every report of an event.
const MAX_NAME: usize = 200;

/// The keys of a form. Where several say the same, the first one is used in messages.
struct Keys {
    form: Form,
    preset: &'static [&'static str],
    action: &'static [&'static str],
    trigger: &'static [&'static str],
    fields: &'static [&'static str],
    /// Known and without effect.
    ignored: &'static [&'static str],
}

const OURS: Keys = Keys {
    form: Form::Ours,
    preset: &["preset"],
    action: &["action"],
    trigger: &["trigger"],
    fields: &["fields"],
    ignored: &[],
};

/// Segment's two forms. Sources: `DestinationSubscription` of its Public API (first words, `id` to
/// `reverseETLSchedule`), `Subscription` of its `destination-subscriptions` and `actions-core` packages (the others).
const SEGMENTS: Keys = Keys {
    form: Form::Segment,
    preset: &[],
    action: &["actionSlug", "partnerAction"],
    trigger: &["trigger", "subscribe"],
    fields: &["settings", "mapping"],
    ignored: &[
        "id",
        "actionId",
        "destinationId",
        "modelId",
        "reverseETLSchedule",
        "ActionID",
        "ConfigID",
        "ID",
        "ProjectID",
    ],
};

/// The form that a mapping is written in: Segment's has at least one of these keys, ours has none.
pub(super) fn form_of(mapping: Value<'_>) -> Form {
    let marks = ["actionSlug", "partnerAction", "subscribe", "settings", "mapping"];
    if marks.iter().any(|mark| mapping.get(mark).is_some()) { Form::Segment } else { Form::Ours }
}

impl<'d> Entry<'d> {
    /// Reads one mapping; none if something of it is missing or wrong, with the reasons in the report.
    ///
    /// A disabled mapping may be unfinished: what is wrong with it is a warning, and it is left out.
    pub(super) fn read(at: At<'d>, defaults: &Policy, report: &mut Report<'_>) -> Option<Self> {
        let is_disabled = at.value.get("enabled").and_then(Value::as_bool) == Some(false);
        if is_disabled {
            let before = report.demoted();
            let entry = report.leniently(|report| Self::read_strictly(at, defaults, report));
            return entry.filter(|_| report.demoted() == before);
        }
        Self::read_strictly(at, defaults, report)
    }

    fn read_strictly(at: At<'d>, defaults: &Policy, report: &mut Report<'_>) -> Option<Self> {
        let form = form_of(at.value);
        let keys = match form {
            Form::Ours => &OURS,
            Form::Segment => &SEGMENTS,
        };
        if !keys.expect(&at, report) {
            return None;
        }
        let policy = overridden(defaults, &at, report);
        let enabled = at.boolean("enabled", report).unwrap_or(true);
        let preset = at.parsed("preset", Preset::parse, report);
        let action = keys.action(&at, preset, report);
        let trigger = keys.trigger(&at, action, preset, report);
        let name = name(&at, report);
        let given = one_of(&at, keys.fields, report);
        let action = action?;
        let fields_at = given.clone().unwrap_or_else(|| at.missing(first(keys.fields)));
        let fields = compile(given.map(|given| given.value), action, form, &fields_at, report);
        let trigger = trigger?;
        let title = preset.map_or(action.declaration().title, |preset| preset.title);
        let name = name.map_or_else(|| title.to_owned(), Cow::into_owned);
        let mapping = Mapping { name, action, trigger, fields, enabled };
        Some(Self { at, fields_at, configured: ConfiguredMapping::new(mapping, policy) })
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.configured.mapping.fields
    }

    /// Whether the action has this field.
    pub(super) fn has(&self, field: Field) -> bool {
        self.configured.mapping.action.declaration().fields().any(|spec| spec.field == field)
    }

    /// Where the field is given, or would be.
    pub(super) fn place(&self, field: Field) -> At<'d> {
        self.fields_at.member(field.name()).unwrap_or_else(|| self.fields_at.missing(field.name()))
    }

    pub(super) fn name(&self) -> &str {
        &self.configured.mapping.name
    }
}

impl Keys {
    /// Whether the mapping is an object of these keys; errors if not.
    fn expect(&self, at: &At<'_>, report: &mut Report<'_>) -> bool {
        let settings = names(MAPPING_SETTINGS);
        let known = [&["name", "enabled"], self.preset, self.action, self.trigger, self.fields, &settings].concat();
        let ignored = |key: &str| self.ignored.contains(&key) || self.form == Form::Segment && is_segment_internal(key);
        at.expect_keys_or(&known, ignored, report)
    }

    fn action(&self, at: &At<'_>, preset: Option<&Preset>, report: &mut Report<'_>) -> Option<ActionKind> {
        let slugs = || ActionKind::ALL.iter().map(|action| action.slug()).collect::<Vec<_>>();
        let given = one_of(at, self.action, report);
        match (given, preset) {
            (Some(given), Some(preset)) => {
                report.error(&given, format!("is {} by the preset, leave it out", preset.action.slug()));
                None
            }
            (Some(given), None) => {
                let slug = if given.expect(Kind::String, report) { given.value.as_str() } else { None }?;
                let action = ActionKind::parse(&slug);
                if action.is_none() {
                    report.error(&given, unknown("action", &slug, &slugs()));
                }
                action
            }
            (None, Some(preset)) => Some(preset.action),
            (None, None) => {
                // An unreadable action or preset has its error already.
                if [self.action, self.preset].concat().iter().all(|key| at.get(key).is_none()) {
                    let missing = at.missing(first(self.action));
                    report.error(&missing, format!("is missing; actions are {}", slugs().join(", ")));
                }
                None
            }
        }
    }

    fn trigger(
        &self,
        at: &At<'_>,
        action: Option<ActionKind>,
        preset: Option<&Preset>,
        report: &mut Report<'_>,
    ) -> Option<Trigger> {
        let given = one_of(at, self.trigger, report);
        match (given, preset) {
            (Some(given), _) if given.expect(Kind::String, report) => {
                parse_trigger(&given.value.as_str()?, &given, report)
            }
            (Some(_), _) => None,
            (None, Some(preset)) => Trigger::parse(preset.trigger).ok(),
            (None, None) if self.form == Form::Ours => Trigger::parse(action?.declaration().default_trigger).ok(),
            (None, None) => {
                let missing = at.missing(first(self.trigger));
                report.error(&missing, "is missing; Segment delivers nothing without one");
                None
            }
        }
    }
}

fn compile(json: Option<Value<'_>>, action: ActionKind, form: Form, at: &At<'_>, report: &mut Report<'_>) -> Fields {
    let mut problems = Vec::new();
    let compiled = Fields::compile(json, action, form, &at.path, &mut problems);
    for problem in problems {
        report.fields(problem);
    }
    compiled
}

fn parse_trigger(text: &str, at: &At<'_>, report: &mut Report<'_>) -> Option<Trigger> {
    match Trigger::parse(text) {
        Ok(trigger) => {
            for remark in trigger.remarks() {
                report.warning_inside(at, (remark.line, remark.column, remark.width), remark.message.clone());
            }
            Some(trigger)
        }
        Err(error) => {
            let hint = error.suggestion.map(|suggestion| format!("; write `{suggestion}`")).unwrap_or_default();
            report.error_inside(at, (error.line, error.column, error.width), error.message + &hint);
            None
        }
    }
}

/// The name of a thing that has several.
fn first(keys: &[&'static str]) -> &'static str {
    keys.first().copied().unwrap_or_default()
}

/// The member that is given, of several names for one thing; an error if two are.
fn one_of<'d>(at: &At<'d>, keys: &[&str], report: &mut Report<'_>) -> Option<At<'d>> {
    let mut given = keys.iter().filter_map(|key| Some((key, at.get(key)?)));
    let (first, found) = given.next()?;
    for (_, second) in given {
        report.error(&second, format!("is the same as `{first}`, give only one of them"));
    }
    Some(found)
}

fn name<'d>(at: &At<'d>, report: &mut Report<'_>) -> Option<Cow<'d, str>> {
    let name = at.text("name", report)?;
    let at = at.get("name")?;
    if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        report.error(&at, format!("must be 1 to {MAX_NAME} characters, none of them a control character"));
    } else if names_a_person(&name) {
        report.error(&at, "looks like an email address, a phone number or a hash; names are logged");
    }
    Some(name)
}

/// Whether a word of the name is an email address, a phone number with its plus, or a hash.
fn names_a_person(name: &str) -> bool {
    name.split_whitespace().any(|word| {
        let is_email = word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
        let is_phone = word.starts_with('+') && word.bytes().filter(u8::is_ascii_digit).count() > 6;
        let is_hash = matches!(word.len(), 32 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        // A hash of nothing but digits does not happen; an id of 32 digits might.
        is_email || is_phone || is_hash && !word.bytes().all(|byte| byte.is_ascii_digit())
    })
}
