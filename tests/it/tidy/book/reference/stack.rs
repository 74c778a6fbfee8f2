//! What `template.yaml` offers: alarms, parameters, outputs.

use super::super::markdown::{code, table};
use super::super::template::{Entry, alarms as all_alarms, section};
use super::super::{kebab, kind};

/// What the template says of an entry, none of it an HTML tag.
fn described(entry: &Entry) -> String {
    entry.value(4, "Description").unwrap().replace('<', "\\<")
}

pub(super) fn alarms() -> String {
    let rows = all_alarms().into_iter().map(|alarm| {
        let property = |key| alarm.value(6, key).unwrap_or_default();
        let page = format!("[{}](../operate/alarms/{}.md)", alarm.name, kebab(kind(&alarm.name)));
        let comparison = match property("ComparisonOperator").as_str() {
            "GreaterThanThreshold" => "above",
            "GreaterThanOrEqualToThreshold" => "at or above",
            "LessThanThreshold" => "below",
            "LessThanOrEqualToThreshold" => "at or below",
            other => panic!("{}: {other}", alarm.name),
        };
        let threshold = property("Threshold").replace("!Ref ", "parameter ");
        [page, property("AlarmDescription"), code(&property("MetricName")), format!("{comparison} {threshold}")]
    });
    format!(
        "# Alarms\n\nEvery alarm of the stack, with its page. Each notifies `AlarmTopicArn`, if that is set, \
         save those of deployments, which CodeDeploy watches.\n\n{}",
        table(["alarm", "says", "metric", "goes off"], rows)
    )
}

pub(super) fn parameters() -> String {
    let parameters = section("Parameters").into_iter().map(|entry| {
        let default = entry.value(4, "Default").unwrap_or_default();
        let allowed = entry.value(4, "AllowedValues").unwrap_or_default();
        let range = match (entry.value(4, "MinValue"), entry.value(4, "MaxValue")) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => allowed.trim_matches(['[', ']']).to_owned(),
        };
        [code(&entry.name), code(&default), range, described(&entry)]
    });
    let parameters = table(["parameter", "default", "values", "meaning"], parameters);
    let outputs = section("Outputs").into_iter().map(|entry| {
        let condition = entry.value(4, "Condition").map(|name| format!(" Only with `{name}`.")).unwrap_or_default();
        [code(&entry.name), format!("{}.{condition}", described(&entry).trim_end_matches('.'))]
    });
    let outputs = table(["output", "what it is"], outputs);
    format!(
        "# Stack parameters and outputs\n\n## Parameters\n\nSet them with `sam deploy --parameter-overrides Name=value`; \
         SAM keeps the others.\n\n{parameters}\n## Outputs\n\n{outputs}"
    )
}
