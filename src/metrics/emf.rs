//! CloudWatch's embedded metric format: metrics as lines of the log.
//!
//! Knows the format and its limits; knows nothing of what is counted. Source of both:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//! A line is one JSON object whose `_aws.Timestamp` counts milliseconds since 1970 and whose
//! `_aws.CloudWatchMetrics` says which of the other members are metrics and which are dimensions: at most 100 metrics
//! and 30 dimensions a directive (there are fewer of both here), at most 100 numbers a metric ([`MAX_VALUES`]).

use std::collections::BTreeMap;
use std::fmt;

use crate::json::{write_number, write_quoted};

/// The most numbers that one metric of a line may have.
pub(super) const MAX_VALUES: usize = 100;

/// A metric of a line.
#[derive(Clone, Copy)]
pub(super) struct Metric<'m> {
    /// Its name and a unit of CloudWatch's `MetricDatum` as JSON: `{"Name":"Calls","Unit":"Count"}`.
    pub(super) definition: &'static str,
    /// Its name as that of a further member: `,"Calls":`.
    pub(super) member: &'static str,
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

/// What the lines of one time begin with. The name space is a word of letters, too.
pub(super) fn head(namespace: &'static str, timestamp: i64) -> String {
    format!(r#"{{"_aws":{{"Timestamp":{timestamp},"CloudWatchMetrics":[{{"Namespace":"{namespace}","Dimensions":["#)
}

/// Appends the lines of metrics that have the same dimensions: words of letters with any text as their values.
///
/// One line, and a further one for each 100 different numbers of a distribution.
pub(super) fn write<'m>(
    lines: &mut String,
    head: &str,
    dimensions: &[(&'static str, &str)],
    metrics: &(impl Iterator<Item = Metric<'m>> + Clone),
) {
    for part in 0.. {
        let line = Line { head, dimensions, metrics, part };
        if line.metrics().next().is_none() {
            break;
        }
        // Writing to a text can't fail.
        let _written = line.write(lines);
    }
}

struct Line<'l, M> {
    head: &'l str,
    dimensions: &'l [(&'static str, &'l str)],
    metrics: &'l M,
    /// Which hundred of each distribution; a number is in the first.
    part: usize,
}

impl<'m, M: Iterator<Item = Metric<'m>> + Clone> Line<'_, M> {
    /// Those that have something in this part.
    fn metrics(&self) -> impl Iterator<Item = Metric<'m>> {
        self.metrics.clone().filter(|metric| match metric.value {
            Value::Number(_) => self.part == 0,
            Value::Distribution(seen) => seen.len() > self.part * MAX_VALUES,
        })
    }

    /// Written by hand, since most of it is the same in every line and a serializer looks at each of its letters.
    fn write(&self, out: &mut String) -> fmt::Result {
        out.push_str(self.head);
        list(out, self.dimensions, |out, (name, _)| {
            push(out, ["\"", name, "\""]);
            Ok(())
        })?;
        out.push_str(r#"],"Metrics":"#);
        list(out, self.metrics(), |out, metric| {
            out.push_str(metric.definition);
            Ok(())
        })?;
        out.push_str("}]}");
        for (name, value) in self.dimensions {
            push(out, [",\"", name, "\":"]);
            write_quoted(out, value)?;
        }
        for Metric { member, value, .. } in self.metrics() {
            out.push_str(member);
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

fn push<const N: usize>(out: &mut String, parts: [&str; N]) {
    for part in parts {
        out.push_str(part);
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

    fn calls(value: &Value) -> Metric<'_> {
        Metric { definition: r#"{"Name":"Calls","Unit":"Count"}"#, member: r#","Calls":"#, value }
    }

    fn latency(value: &Value) -> Metric<'_> {
        Metric { definition: r#"{"Name":"Latency","Unit":"Milliseconds"}"#, member: r#","Latency":"#, value }
    }

    fn written(metrics: &[Metric<'_>]) -> Vec<serde_json::Value> {
        let mut lines = String::new();
        let head = head("Space", 1_790_000_000_000);
        write(&mut lines, &head, &[("FunctionName", "f"), ("Reason", "R")], &metrics.iter().copied());
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_what_the_specification_asks_for() {
        let seen = Value::Distribution([(80, 2), (95, 1)].into());
        let line = written(&[calls(&Value::Number(3)), latency(&seen)]);
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
        let lines = written(&[calls(&Value::Number(250)), latency(&wide)]);
        let sizes: Vec<_> = lines.iter().map(|line| line["Latency"]["Values"].as_array().unwrap().len()).collect();
        assert_eq!(sizes, [100, 100, 50]);
        let calls: Vec<_> = lines.iter().map(|line| line.get("Calls").is_some()).collect();
        assert_eq!(calls, [true, false, false], "a number is counted once");
    }

    #[test]
    fn the_value_of_a_dimension_may_need_escapes() {
        let mut lines = String::new();
        let metrics = [calls(&Value::Number(u64::MAX))];
        write(&mut lines, &head("Space", -1), &[("FunctionName", "a\\b\n\u{1}é")], &metrics.into_iter());
        let expected = concat!(
            r#"{"_aws":{"Timestamp":-1,"CloudWatchMetrics":[{"Namespace":"Space","Dimensions":[["FunctionName"]],"#,
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
