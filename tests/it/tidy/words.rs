//! The template against the names in the code.

use std::collections::BTreeSet;

use tiktok_audiences::config::KEYS;
use tiktok_audiences::metrics::{Metric, NAMESPACE};

use super::text;

/// Variables that a deployer sets by hand, since the template has no use for them.
const NOT_IN_TEMPLATE: [&str; 1] = ["SSL_CERT_FILE"];

/// What the check before a deployment is told; it is no function of ours.
const OF_THE_CHECK: [&str; 1] = ["NEW_VERSIONS"];

/// The names under each `Variables:` of the template.
fn template_variables() -> BTreeSet<String> {
    let template = text("template.yaml");
    let mut names = BTreeSet::new();
    let mut lines = template.lines();
    while let Some(start) = lines.by_ref().find(|line| line.trim() == "Variables:") {
        let indent = start.len() - start.trim_start().len();
        let inside = lines.clone().take_while(|line| line.len() - line.trim_start().len() > indent);
        names.extend(inside.filter_map(|line| Some(line.trim().split_once(':')?.0.to_owned())));
    }
    names.retain(|name| !OF_THE_CHECK.contains(&name.as_str()));
    names
}

/// The resources of the template, each as its lines.
pub(super) fn template_resources() -> Vec<String> {
    let template = text("template.yaml");
    let (_, resources) = template.split_once("\nResources:\n").unwrap();
    let mut found: Vec<String> = Vec::new();
    for line in resources.lines() {
        let starts = line.strip_prefix("  ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        if starts {
            found.push(String::new());
        }
        if let Some(resource) = found.last_mut() {
            resource.push_str(line);
            resource.push('\n');
        }
    }
    found
}

#[test]
fn every_variable_is_set_by_the_template() {
    let known: BTreeSet<_> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    let mut set = template_variables();
    set.extend(NOT_IN_TEMPLATE.map(str::to_owned));
    assert_eq!(set, known);
}

#[test]
fn batches_are_answered_in_parts() {
    let resources = template_resources();
    let mappings: Vec<_> = resources.iter().filter(|text| text.contains("AWS::Lambda::EventSourceMapping")).collect();
    assert!(!mappings.is_empty());
    for mapping in mappings {
        assert!(mapping.contains("FunctionResponseTypes: [ReportBatchItemFailures]"), "{mapping}");
    }
    let template = text("template.yaml");
    for source in ["Type: SQS\n          Properties", "Type: Kinesis", "Type: MSK", "Type: DynamoDB"] {
        assert!(!template.contains(source), "{source}: an event of SAM instead of a mapping is not checked here");
    }
}

#[test]
fn every_metric_is_shown_by_the_template() {
    let template = text("template.yaml");
    for metric in Metric::ALL {
        let name = metric.name();
        // As a name of its own, or within the JSON text of a search.
        let spellings = [format!("\"{name}\""), format!("\\\"{name}\\\"")];
        assert!(spellings.iter().any(|spelling| template.contains(spelling)), "{name}");
    }
}

#[test]
fn alarms_watch_metrics_that_there_are() {
    let template = template_resources().concat();
    let lines: Vec<_> = template.lines().map(str::trim).collect();
    let of_ours = lines.windows(2).filter(|pair| pair[0] == format!("Namespace: {NAMESPACE}"));
    let watched: Vec<_> = of_ours.map(|pair| pair[1].strip_prefix("MetricName: ").unwrap()).collect();
    assert!(watched.len() >= 9, "{watched:?}");
    for name in watched {
        assert!(Metric::ALL.iter().any(|metric| metric.name() == name), "{name}");
    }
}
