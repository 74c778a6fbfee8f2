//! `schema`: the JSON Schema of `destination.json`, for completion and marks in an editor.
//!
//! It is built from the declarations that the reader uses: settings, presets, actions with their fields, directives.
//! Where the reader looks into a text (triggers, templates, ids) the schema says only that it is a text. A test holds
//! the two together.

use serde_json::{Map, Value, json};
use tiktok_audiences::actions::{ActionKind, Default, Field, FieldKind, FieldSpec};
use tiktok_audiences::config::{DESTINATION_SETTINGS, MAPPING_SETTINGS, Setting, presets};
use tiktok_audiences::mapping::expression::DIRECTIVES;

use crate::console::{self, Verdict};
use crate::error::SandboxError;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Name the file in destination.json and the editor completes and marks:
  {\"$schema\": \"./destination.schema.json\", \"mappings\": []}

Examples:
  tta schema > config/destination.schema.json")]
pub(crate) struct Arguments {}

/// Prints it.
pub(crate) fn run(_: &Arguments) -> Result<Verdict, SandboxError> {
    console::document(&schema())?;
    Ok(Verdict::Well)
}

/// Keys of Segment's own: known, and without effect.
const SEGMENT_INTERNAL: &str = "^__segment_internal_";

/// The schema. Draft 7, which editors know best.
pub(crate) fn schema() -> Value {
    let marks = ["actionSlug", "partnerAction", "subscribe", "settings", "mapping"];
    let marks: Vec<_> = marks.into_iter().map(|key| json!({"required": [key]})).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "destination.json of TikTok Audiences",
        "description": "Which events add people to which audiences of TikTok Ads, and how their identifiers are hashed.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "$schema": {"type": ["string", "null"], "description": "Where this schema is, for editors."},
            "settings": {"anyOf": [{"$ref": "#/definitions/settings"}, {"type": "null"}]},
            "mappings": list("What is done with which events. Without it the default mappings hold; [] means none.", "mapping"),
            "audiences": audiences(),
            "subscriptions": list("The mappings of a Segment destination, as exported.", "mapping"),
            "data": {
                "type": ["object", "null"],
                "description": "An answer of Segment's Public API.",
                "properties": {"subscriptions": list("The mappings.", "mapping"), "pagination": {}},
                "additionalProperties": false,
            },
        },
        "definitions": {
            "settings": settings(),
            "mapping": {
                "if": {"anyOf": marks},
                "then": {"$ref": "#/definitions/segment_mapping"},
                "else": {"$ref": "#/definitions/own_mapping"},
            },
            "own_mapping": own_mapping(),
            "segment_mapping": segment_mapping(),
            "directive": directive(),
        },
    })
}

fn list(description: &str, of: &str) -> Value {
    let items = json!({"$ref": format!("#/definitions/{of}")});
    json!({"type": ["array", "null"], "maxItems": 50, "description": description, "items": items})
}

fn audiences() -> Value {
    json!({
        "type": ["array", "null"],
        "description": "Audiences that ensureAudiences creates; events that name one find its ad account here.",
        "items": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 70, "description": "The audience's name at TikTok."},
                "advertiser_id": id("The ad account, else that of the settings."),
                "share_with": {"type": ["array", "null"], "items": {"type": "string"}, "description": "Ad accounts that may use the audience too."},
            },
        },
    })
}

/// An id of TikTok's: digits, as a string, since it is larger than what a JSON number holds.
fn id(description: &str) -> Value {
    json!({"type": ["string", "null"], "pattern": "^\\s*[0-9]*\\s*$", "description": description})
}

fn settings() -> Value {
    let known = DESTINATION_SETTINGS.iter().chain(MAPPING_SETTINGS).map(setting);
    let mut properties: Map<String, Value> = known.collect();
    let of_segment = json!({"type": ["array", "null"], "items": {"type": "string"},
        "description": "Segment's own setting of a destination, known in a file in Segment's form."});
    properties.insert("advertiser_ids".to_owned(), of_segment);
    json!({
        "type": "object", "properties": properties, "additionalProperties": false,
        "patternProperties": {(SEGMENT_INTERNAL): {}},
    })
}

/// A setting's name and schema.
fn setting(setting: &Setting) -> (String, Value) {
    let mut schema = kind(setting.name);
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".to_owned(), setting.meaning.into());
        let default = setting.default.map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into()));
        members.extend(default.map(|default: Value| ("default".to_owned(), default)));
    }
    (setting.name.to_owned(), schema)
}

/// What a setting may be. The ranges are those that the reader's messages name; a test puts both to the same values.
fn kind(name: &str) -> Value {
    let whole = |most: u32| json!({"type": ["integer", "null"], "minimum": 1, "maximum": most});
    match name {
        "batch_rows" => whole(10_000),
        "audiences_per_row" => whole(100),
        "calls_per_second" => whole(1_000),
        "reply_within_seconds" => whole(25),
        "identity_rules" | "also_remove" => json!({"enum": ["tiktok", "tiktok-basic", "segment", null]}),
        "phone_rule" => json!({"enum": ["e164", "digits", null]}),
        "consent_missing" => json!({"enum": ["skip", "allow", null]}),
        "require_consent" => json!({"type": ["array", "null"], "items": {"type": "string"}}),
        "advertiser_id" => json!({"type": ["string", "null"], "pattern": "^\\s*[0-9]*\\s*$"}),
        "default_country" => json!({"type": ["string", "null"]}),
        "authorize_url" => json!({"type": ["string", "null"], "format": "uri"}),
        _ => json!({"type": ["boolean", "null"]}),
    }
}

fn own_mapping() -> Value {
    let mut properties: Map<String, Value> = MAPPING_SETTINGS.iter().map(setting).collect();
    let slugs: Vec<_> = ActionKind::ALL.iter().map(|action| action.slug()).collect();
    let triggers: Vec<_> = ActionKind::ALL.iter().map(|action| action.declaration().default_trigger).collect();
    let names: Vec<_> = presets().flat_map(|(slug, title)| [slug, title]).collect();
    let own = json!({
        "name": {"type": ["string", "null"], "maxLength": 200, "description": "What reports call the mapping."},
        "enabled": {"type": ["boolean", "null"], "default": true, "description": "Whether events meet it."},
        "action": {"anyOf": [{"enum": slugs}, {"type": "null"}], "description": actions_described()},
        "preset": {"anyOf": [{"enum": names}, {"type": "null"}], "description": "One of Segment's presets: action and trigger."},
        "trigger": {
            "type": ["string", "null"],
            "description": "Which events, in Segment's query language. Without it the action's default.",
            "examples": triggers,
        },
        "fields": {"type": ["object", "null"], "description": "How the action's fields are filled; what is left out takes the default."},
    });
    properties.extend(own.as_object().cloned().unwrap_or_default());
    let fields_of = ActionKind::ALL.iter().map(|&action| {
        json!({
            "if": {"required": ["action"], "properties": {"action": {"const": action.slug()}}},
            "then": {"properties": {"fields": fields(action)}},
        })
    });
    let fields_of: Vec<_> = fields_of.collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "anyOf": [{"required": ["action"]}, {"required": ["preset"]}],
        "allOf": fields_of,
    })
}

fn actions_described() -> String {
    let lines = ActionKind::ALL.iter().map(|action| {
        let declaration = action.declaration();
        format!("{}: {}", declaration.slug, declaration.description)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The fields of an action, or directives that give all of them.
fn fields(action: ActionKind) -> Value {
    let properties: Map<String, Value> = action.declaration().fields().map(field).collect();
    json!({
        "type": ["object", "null"],
        "properties": properties,
        "patternProperties": {"^(@|__segment_internal_directive$)": {}},
        "additionalProperties": false,
    })
}

/// The pattern of one of these texts in any letter case with space around it, or of a blank text.
fn in_any_case(texts: &[&str]) -> String {
    let letter = |letter: char| match letter {
        letter if letter.is_ascii_alphabetic() => {
            format!("[{}{}]", letter.to_ascii_uppercase(), letter.to_ascii_lowercase())
        }
        letter => letter.to_string(),
    };
    let each: Vec<String> = texts.iter().map(|text| text.chars().map(letter).collect()).collect();
    format!(r"^\s*({})?\s*$", each.join("|"))
}

fn field(spec: &FieldSpec) -> (String, Value) {
    let directive = json!({"$ref": "#/definitions/directive"});
    let literal = match spec.kind {
        FieldKind::Text | FieldKind::Id => json!({"type": ["string", "number", "boolean", "null"]}),
        FieldKind::Identifier => json!({"type": ["string", "number", "boolean", "array", "null"]}),
        FieldKind::Boolean => json!({"type": ["boolean", "string", "number", "null"]}),
        FieldKind::Choice(choices) => {
            json!({"anyOf": [{"enum": choices}, {"type": "null"}, {"type": "string", "pattern": "^\\s*$"}]})
        }
        FieldKind::ChoiceInAnyCase(choices) => {
            json!({"anyOf": [{"enum": choices}, {"type": "null"}, {"type": "string", "pattern": in_any_case(choices)}]})
        }
        FieldKind::Hidden => json!({}),
    };
    let mut schema = Map::from_iter([("anyOf".to_owned(), json!([literal, directive]))]);
    schema.insert("description".to_owned(), described(spec.field, spec.required).into());
    match spec.default {
        Default::Absent => {}
        Default::Boolean(boolean) => drop(schema.insert("default".to_owned(), boolean.into())),
        Default::FirstPresent(paths) => {
            let examples = paths.iter().map(|path| json!({"@path": format!("$.{path}")})).collect();
            schema.insert("examples".to_owned(), examples);
        }
    }
    (spec.field.name().to_owned(), schema.into())
}

fn described(field: Field, is_required: bool) -> String {
    let required = if is_required { " Required." } else { "" };
    format!("{}{required}", field.meaning())
}

/// Segment's two forms of a mapping: the keys of either, and whatever its user interface keeps beside them.
fn segment_mapping() -> Value {
    let mut properties: Map<String, Value> = MAPPING_SETTINGS.iter().map(setting).collect();
    let text = || json!({"type": ["string", "null"]});
    let slugs: Vec<_> = ActionKind::ALL.iter().map(|action| action.slug()).collect();
    let action = || json!({"anyOf": [{"enum": slugs}, {"type": "null"}]});
    let known = json!({
        "name": text(), "enabled": {"type": ["boolean", "null"]},
        "actionSlug": action(), "partnerAction": action(),
        "trigger": text(), "subscribe": text(),
        "settings": {"type": ["object", "null"]}, "mapping": {"type": ["object", "null"]},
        "id": {}, "actionId": {}, "destinationId": {}, "modelId": {}, "reverseETLSchedule": {},
        "ActionID": {}, "ConfigID": {}, "ID": {}, "ProjectID": {},
    });
    properties.extend(known.as_object().cloned().unwrap_or_default());
    json!({
        "type": "object", "properties": properties, "additionalProperties": false,
        "patternProperties": {(SEGMENT_INTERNAL): {}},
    })
}

/// A value that is computed from the event.
fn directive() -> Value {
    let described = |name: &str| (name.to_owned(), json!({"description": format!("Segment's directive {name}.")}));
    let properties: Map<String, Value> = DIRECTIVES.iter().map(|name| described(name)).collect();
    json!({"type": "object", "properties": properties, "examples": [{"@path": "$.properties.x"}, {"@template": "{{traits.x}}"}]})
}

#[cfg(test)]
mod tests;
