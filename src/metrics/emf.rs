//! CloudWatch's embedded metric format: metrics as lines of the log.
//!
//! Knows the format and its limits; knows nothing of what is counted. Source of both:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//! A line is one JSON object whose `_aws.Timestamp` counts milliseconds since 1970 and whose
//! `_aws.CloudWatchMetrics` says which of the other members are metrics and which are dimensions: at most 100 metrics
//! and 30 dimensions a directive (there are fewer of both here), at most 100 numbers a metric ([`MAX_VALUES`]).

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// The most numbers that one metric of a line may have.
pub(super) const MAX_VALUES: usize = 100;

/// A metric of a line.
pub(super) struct Metric<'m> {
    pub(super) name: &'static str,
    /// A unit of CloudWatch's `MetricDatum`.
    pub(super) unit: &'static str,
    pub(super) value: &'m Value,
}

/// What a metric is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// One number.
    Number(u64),
    /// How often each number was seen.
    Distribution(BTreeMap<u64, u64>),
}

/// Appends the lines of metrics that have the same dimensions.
///
/// One line, and a further one for each 100 different numbers of a distribution.
pub(super) fn write(
    lines: &mut String,
    namespace: &str,
    timestamp: i64,
    dimensions: &[(&str, &str)],
    metrics: &[Metric<'_>],
) {
    for part in 0.. {
        let line = Line { namespace, timestamp, dimensions, metrics, part };
        if line.fields().next().is_none() {
            break;
        }
        lines.push_str(&serde_json::to_string(&line).unwrap_or_default());
        lines.push('\n');
    }
}

struct Line<'l> {
    namespace: &'l str,
    timestamp: i64,
    dimensions: &'l [(&'l str, &'l str)],
    metrics: &'l [Metric<'l>],
    /// Which hundred of each distribution; a number is in the first.
    part: usize,
}

impl<'l> Line<'l> {
    fn fields(&self) -> impl Iterator<Item = (&'l Metric<'l>, Field)> {
        self.metrics.iter().filter_map(|metric| Some((metric, metric.value.part(self.part)?)))
    }
}

impl Value {
    fn part(&self, part: usize) -> Option<Field> {
        match self {
            Self::Number(number) => (part == 0).then_some(Field::Number(*number)),
            Self::Distribution(seen) => {
                let (values, counts): (Vec<u64>, Vec<u64>) =
                    seen.iter().skip(part * MAX_VALUES).take(MAX_VALUES).unzip();
                (!values.is_empty()).then_some(Field::Distribution { values, counts })
            }
        }
    }
}

/// A metric's member: a number, or the form that CloudWatch's agents and AWS's own `metrique` give a distribution.
#[derive(Serialize)]
#[serde(untagged)]
enum Field {
    Number(u64),
    #[serde(rename_all = "PascalCase")]
    Distribution {
        values: Vec<u64>,
        counts: Vec<u64>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'l> {
    timestamp: i64,
    cloud_watch_metrics: [Directive<'l>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'l> {
    namespace: &'l str,
    dimensions: [Vec<&'l str>; 1],
    metrics: Vec<Definition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let definition = |(metric, _): (&Metric<'_>, Field)| Definition { name: metric.name, unit: metric.unit };
        let directive = Directive {
            namespace: self.namespace,
            dimensions: [self.dimensions.iter().map(|(name, _)| *name).collect()],
            metrics: self.fields().map(definition).collect(),
        };
        let metadata = Metadata { timestamp: self.timestamp, cloud_watch_metrics: [directive] };
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("_aws", &metadata)?;
        for (name, value) in self.dimensions {
            line.serialize_entry(name, value)?;
        }
        for (metric, field) in self.fields() {
            line.serialize_entry(metric.name, &field)?;
        }
        line.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(metrics: &[Metric<'_>]) -> Vec<serde_json::Value> {
        let mut lines = String::new();
        write(&mut lines, "Space", 1_790_000_000_000, &[("FunctionName", "f"), ("Reason", "R")], metrics);
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_what_the_specification_asks_for() {
        let latency = Value::Distribution([(80, 2), (95, 1)].into());
        let line = written(&[
            Metric { name: "Calls", unit: "Count", value: &Value::Number(3) },
            Metric { name: "Latency", unit: "Milliseconds", value: &latency },
        ]);
        let expected = serde_json::json!({
            "_aws": {"Timestamp": 1_790_000_000_000_u64, "CloudWatchMetrics": [{
                "Namespace": "Space", "Dimensions": [["FunctionName", "Reason"]],
                "Metrics": [{"Name": "Calls", "Unit": "Count"}, {"Name": "Latency", "Unit": "Milliseconds"}]}]},
            "FunctionName": "f", "Reason": "R", "Calls": 3, "Latency": {"Values": [80, 95], "Counts": [2, 1]},
        });
        assert_eq!(line, [expected]);
    }

    #[test]
    fn a_distribution_of_more_than_a_hundred_numbers_takes_further_lines() {
        let wide = Value::Distribution((0..250).map(|number| (number, 1)).collect());
        let lines = written(&[
            Metric { name: "Calls", unit: "Count", value: &Value::Number(250) },
            Metric { name: "Latency", unit: "Milliseconds", value: &wide },
        ]);
        let sizes: Vec<_> = lines.iter().map(|line| line["Latency"]["Values"].as_array().unwrap().len()).collect();
        assert_eq!(sizes, [100, 100, 50]);
        let calls: Vec<_> = lines.iter().map(|line| line.get("Calls").is_some()).collect();
        assert_eq!(calls, [true, false, false], "a number is counted once");
    }

    #[test]
    fn nothing_counted_is_nothing_written() {
        assert!(written(&[]).is_empty());
    }
}
