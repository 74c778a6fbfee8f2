//! What the code declares: settings, actions, reasons, codes, operations, variables, metrics, languages.

use std::fmt::Write as _;

use tiktok_audiences::actions::{ActionKind, Default, FieldKind, FieldSpec};
use tiktok_audiences::config::{DESTINATION_SETTINGS, KEYS, MAPPING_SETTINGS, Setting};
use tiktok_audiences::control::ControlOperation;
use tiktok_audiences::metrics::{Metric, NAMESPACE};
use tiktok_audiences::outcome::left_out::LeftOutReason;
use tiktok_audiences::outcome::{Outcome, Reason};
use tiktok_audiences::tiktok::{CODES, Class};

use super::super::super::text;
use super::super::markdown::{code, table};

pub(super) fn settings() -> String {
    let row = |setting: &Setting, is_of_mapping: bool| {
        let default = code(setting.default.unwrap_or_default());
        let own = if is_of_mapping { "yes" } else { "" };
        [code(setting.name), default, setting.values.to_owned(), own.to_owned(), setting.meaning.to_owned()]
    };
    let of_mappings = MAPPING_SETTINGS.iter().map(|setting| row(setting, true));
    let rows = DESTINATION_SETTINGS.iter().map(|setting| row(setting, false)).chain(of_mappings);
    format!(
        "# Settings\n\nThe members of `settings` in [destination.json](../mappings/index.md). Those that a mapping may state \
         too stand there beside `name` and `action`, and then hold for that mapping. The choices are explained in \
         [Identifiers](../identifiers/index.md), [Consent](../identifiers/consent.md) and \
         [Move over without losing anyone](../migrate.md).\n\n{}",
        table(["setting", "default", "values", "also in a mapping", "meaning"], rows)
    )
}

pub(super) fn actions() -> String {
    let overview = ActionKind::ALL.iter().map(|action| {
        let declaration = action.declaration();
        let own = declaration.own_fields.iter().map(|field| {
            let name = code(field.field.name());
            if field.required { format!("**{name}**") } else { name }
        });
        let own = own.collect::<Vec<_>>().join(", ");
        [
            format!("[{}](#{})", code(declaration.slug), declaration.slug.to_lowercase()),
            declaration.title.to_owned(),
            own,
        ]
    });
    let mut page = format!(
        "# Actions and fields\n\nSlugs, field names and default triggers are Segment's, so that its documentation and its \
         exported mappings apply. Required fields are bold. A mapping of this project's own form takes the default of a \
         field that it leaves out; in Segment's form the field stays absent.\n\n{}",
        table(["action", "Segment's name", "fields of its own"], overview)
    );
    for action in ActionKind::ALL {
        let declaration = action.declaration();
        let fields = declaration.fields().filter(|field| field.kind != FieldKind::Hidden).map(field_row);
        write!(
            page,
            "\n## {}\n\n**{}.** {}\n\nDefault trigger: {}\n\n{}",
            declaration.slug,
            declaration.title,
            declaration.description,
            code(declaration.default_trigger),
            table(["field", "type", "default", "meaning"], fields)
        )
        .unwrap();
    }
    let hidden = ActionKind::ALL.iter().flat_map(|action| action.declaration().fields());
    let mut hidden: Vec<_> =
        hidden.filter(|field| field.kind == FieldKind::Hidden).map(|field| code(field.field.name())).collect();
    hidden.sort();
    hidden.dedup();
    writeln!(page, "\nSegment's hidden fields {} are accepted and have no effect.", hidden.join(", ")).unwrap();
    page
}

fn field_row(spec: &FieldSpec) -> [String; 4] {
    let name = code(spec.field.name());
    let kind = match spec.kind {
        FieldKind::Text | FieldKind::Id => "text".to_owned(),
        FieldKind::Identifier => "text, or an array of texts".to_owned(),
        FieldKind::Boolean => "boolean".to_owned(),
        FieldKind::Choice(choices) | FieldKind::ChoiceInAnyCase(choices) => {
            choices.iter().map(|choice| code(choice)).collect::<Vec<_>>().join(", ")
        }
        FieldKind::Hidden => "none".to_owned(),
    };
    let default = match spec.default {
        Default::Absent => String::new(),
        Default::Boolean(value) => code(&value.to_string()),
        Default::FirstPresent(paths) => {
            let paths = paths.iter().map(|path| code(path)).collect::<Vec<_>>().join(", ");
            format!("the first that is not blank of {paths}")
        }
    };
    [if spec.required { format!("**{name}**") } else { name }, kind, default, spec.field.meaning().to_owned()]
}

pub(super) fn reasons() -> String {
    let outcomes = Outcome::ALL
        .iter()
        .map(|outcome| [outcome.as_str().to_owned(), outcome.status().to_string(), outcome.meaning().to_owned()]);
    let mut page = format!(
        "# Outcomes and reasons\n\n{}\nEvery event has exactly one outcome, the worst of its actions. The reasons behind \
         the last three:\n",
        table(["outcome", "status", "meaning"], outcomes)
    );
    for outcome in [Outcome::Skipped, Outcome::Rejected, Outcome::Retryable] {
        let rows = Reason::ALL.iter().filter(|reason| reason.outcome() == outcome).map(|reason| {
            [
                code(reason.code()),
                reason.message().to_owned(),
                reason.actor().as_str().to_owned(),
                reason.remedy().to_owned(),
            ]
        });
        write!(page, "\n## {}\n\n", outcome.as_str()).unwrap();
        page.push_str(&table(["code", "meaning", "who can act", "what to do"], rows));
    }
    page.push_str(
        "\n## in the dead-letter queue alone\n\nMessages that AWS has put there, with all of their events. The operation \
         `rejected` counts them under these words:\n\n",
    );
    let of_aws = [
        [
            code("RETRIES_USED_UP"),
            "the buffer queue gave it up after 83 hours".to_owned(),
            "operator".to_owned(),
            "settle what kept it waiting (the alarms on token, account and retryable events), then redrive".to_owned(),
        ],
        [
            code("NOT_HANDED_OVER"),
            "EventBridge could not hand it to the buffer queue; it was never tried".to_owned(),
            "operator".to_owned(),
            "see `BusDivertedAlarm`: the queue's policy or the key's, then redrive".to_owned(),
        ],
    ];
    page.push_str(&table(["code", "meaning", "who can act", "what to do"], of_aws));
    page.push_str(
        "\n`CONSENT_WITHDRAWN` is a note and no reason: the person was to be added, refused a required category, and was \
         removed instead.\n\n## Left out\n\nWhy an identifier that is there is not sent: `left_out` in reports, `IdentifiersLeftOut` in \
         metrics. An event that has another identifier is delivered by that one.\n\n",
    );
    let left_out = LeftOutReason::all().map(|reason| [code(reason.code()), reason.to_string()]);
    page.push_str(&table(["code", "meaning"], left_out));
    page
}

pub(super) fn tiktok_codes() -> String {
    let rows = CODES.iter().map(|entry| {
        let numbers = if entry.first == entry.last {
            entry.first.to_string()
        } else {
            format!("{} to {}", entry.first, entry.last)
        };
        let class = format!("{:?}", entry.verdict.class).to_lowercase();
        [numbers, entry.meaning.to_owned(), class, format!("{:?}", entry.verdict.scope).to_lowercase()]
    });
    let classes = Class::ALL.iter().map(|class| [format!("{class:?}").to_lowercase(), class.meaning().to_owned()]);
    format!(
        "# TikTok's codes\n\nTikTok answers most failures with HTTP 200 and a `code` in the body. The function reads both. \
         This table decides what a code means here; a code that is not in it is a fault of TikTok's if it is 5xxxx, and a \
         refusal of the people in the call otherwise.\n\n{}\nThe classes:\n\n{}",
        table(["code", "meaning", "class", "scope"], rows),
        table(["class", "what the function does"], classes)
    )
}

pub(super) fn operations() -> String {
    let rows = ControlOperation::ALL.iter().map(|operation| {
        let arguments = operation.arguments().iter().map(|argument| code(argument)).collect::<Vec<_>>().join(", ");
        [code(operation.name()), arguments, operation.meaning().to_owned()]
    });
    format!(
        "# Operations\n\nAn operation is an invocation of Control with `{{\"operation\": \"…\"}}` and its arguments, by \
         `aws lambda invoke`, by EventBridge Scheduler, or by `tta op`. An unknown operation or argument is answered with \
         the known ones. `advertiser_id` may be left out where it is configured.\n\n{}",
        table(["operation", "arguments", "does"], rows)
    )
}

pub(super) fn variables() -> String {
    let rows = KEYS.iter().map(|key| [code(key.name), code(key.default.unwrap_or_default()), key.meaning.to_owned()]);
    format!(
        "# Environment variables\n\nThe template sets them. An empty variable counts as absent. Both queues must be \
         standard queues.\n\n{}\nLambda itself sets the other variables that are read: region, credentials, endpoints, \
         function name and log level.\n",
        table(["variable", "default", "meaning"], rows)
    )
}

pub(super) fn metrics() -> String {
    let rows =
        Metric::ALL.iter().map(|metric| [code(metric.name()), metric.unit().to_owned(), metric.meaning().to_owned()]);
    format!(
        "# Metrics\n\nThe metrics are in CloudWatch's namespace `{NAMESPACE}`, by `FunctionName`. They are written as lines \
         of the log in the embedded metric format, which no log level filters.\n\n{}",
        table(["metric", "unit", "meaning"], rows)
    )
}

/// A language's page: the documentation of the module that reads it, without what it says of its place in the code.
pub(super) fn language(title: &str, path: &str) -> String {
    let mut page = format!("# {title}\n\n");
    for line in text(path).lines().map_while(|line| line.strip_prefix("//!")).skip(2) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        let line =
            line.strip_prefix("Knows nothing of ").and_then(|rest| Some(rest.split_once(". ")?.1)).unwrap_or(line);
        // One level below the page's own heading.
        let heading = if line.starts_with("# ") { "#" } else { "" };
        writeln!(page, "{heading}{line}").unwrap();
    }
    page
}
