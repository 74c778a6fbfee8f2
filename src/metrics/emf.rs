//! CloudWatch's embedded metric format: metrics as lines of the log.
//!
//! Knows the format and its limits; knows nothing of what is counted. Source of both:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//! A line is one JSON object whose `_aws.Timestamp` counts milliseconds since 1970 and whose
//! `_aws.CloudWatchMetrics` says which of the other members are metrics and which are dimensions: at most 100 metrics
//! and 30 dimensions a directive (there are fewer of both here), at most 100 numbers a metric ([`MAX_VALUES`]).

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::json::{write_number, write_quoted};

/// The most numbers that one metric of a line may have.
pub(super) const MAX_VALUES: usize = 100;

/// A metric of a line. Names and units are words of letters, which JSON takes as they are.
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
        if line.metrics().next().is_none() {
            break;
        }
        // Writing to a text can't fail.
        let _written = line.write(lines);
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
    /// Those that have something in this part.
    fn metrics(&self) -> impl Iterator<Item = &'l Metric<'l>> {
        self.metrics.iter().filter(|metric| match metric.value {
            Value::Number(_) => self.part == 0,
            Value::Distribution(seen) => seen.len() > self.part * MAX_VALUES,
        })
    }

    /// Written by hand, since most of it is the same in every line and a serializer looks at each of its letters.
    fn write(&self, out: &mut String) -> fmt::Result {
        write!(out, r#"{{"_aws":{{"Timestamp":{},"CloudWatchMetrics":[{{"Namespace":"#, self.timestamp)?;
        write_quoted(out, self.namespace)?;
        out.push_str(r#","Dimensions":["#);
        list(out, self.dimensions, |out, (name, _)| write_quoted(out, name))?;
        out.push_str(r#"],"Metrics":"#);
        list(out, self.metrics(), |out, Metric { name, unit, .. }| {
            for part in [r#"{"Name":""#, name, r#"","Unit":""#, unit, r#""}"#] {
                out.push_str(part);
            }
            Ok(())
        })?;
        out.push_str("}]}");
        for (name, value) in self.dimensions {
            out.push(',');
            write_quoted(out, name)?;
            out.push(':');
            write_quoted(out, value)?;
        }
        for Metric { name, value, .. } in self.metrics() {
            out.push_str(",\"");
            out.push_str(name);
            out.push_str("\":");
            self.value(out, value)?;
        }
        out.push_str("}\n");
        Ok(())
    }

    /// A number, or the form that CloudWatch's agents and AWS's own `metrique` give a distribution.
    fn value(&self, out: &mut String, value: &Value) -> fmt::Result {
        match value {
            Value::Number(number) => write_number(out, *number),
            Value::Distribution(seen) => {
                let of_part = || seen.iter().skip(self.part * MAX_VALUES).take(MAX_VALUES);
                out.push_str(r#"{"Values":"#);
                list(out, of_part(), |out, (value, _)| write_number(out, *value))?;
                out.push_str(r#","Counts":"#);
                list(out, of_part(), |out, (_, count)| write_number(out, *count))?;
                out.push('}');
                Ok(())
            }
        }
    }
}

fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    item: impl Fn(&mut String, T) -> fmt::Result,
) -> fmt::Result {
    for (position, each) in items.into_iter().enumerate() {
        out.push(if position == 0 { '[' } else { ',' });
        item(out, each)?;
    }
    out.push(']');
    Ok(())
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
    fn what_a_dimension_is_called_may_need_escapes() {
        let mut lines = String::new();
        let metrics = [Metric { name: "Calls", unit: "Count", value: &Value::Number(u64::MAX) }];
        write(&mut lines, "A \"space\"", -1, &[("FunctionName", "a\\b\n\u{1}é")], &metrics);
        let expected = concat!(
            r#"{"_aws":{"Timestamp":-1,"CloudWatchMetrics":[{"Namespace":"A \"space\"","Dimensions":[["FunctionName"]],"#,
            r#""Metrics":[{"Name":"Calls","Unit":"Count"}]}]},"FunctionName":"a\\b\n\u0001é","Calls":18446744073709551615}"#,
            "\n",
        );
        assert_eq!(lines, expected);
    }

    #[test]
    fn nothing_counted_is_nothing_written() {
        assert!(written(&[]).is_empty());
    }
}
