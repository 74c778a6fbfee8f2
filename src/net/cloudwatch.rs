//! Numbers of metrics, read back from CloudWatch by signed calls.
//!
//! Knows series, periods and pages; knows nothing of what is counted. Source: "`GetMetricData`", Amazon CloudWatch API
//! reference, in its JSON 1.0 protocol: at most 500 series a call, and pages of 100,800 points.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::signed::{AwsRequest, AwsService, SignedClient, SignedError};
use crate::clock::TimeBudget;

/// The action of CloudWatch's JSON protocol.
const ACTION: &str = "GraniteServiceVersion20100801.GetMetricData";
/// The most series of a call.
const MOST_SERIES: usize = 500;
/// The most pages of a call that are read.
const MOST_PAGES: usize = 20;
/// How long an attempt may take: a page has up to 100,800 points of a time and a number each.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds of a point. CloudWatch keeps points of a minute for 15 days, and of five for 63.
pub const PERIOD: i64 = 300;

/// What of a period's numbers makes its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Statistic {
    /// The greatest.
    Maximum,
    /// All of them together.
    Sum,
}

/// A metric, told apart by its dimensions: their names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<'s> {
    /// The metric.
    pub metric: &'s str,
    /// All of its dimensions.
    pub dimensions: Vec<(&'s str, &'s str)>,
    /// What makes a point.
    pub statistic: Statistic,
}

/// A point of a series: when its period began, and its number.
pub type Point = (i64, f64);

/// From when to when points are read.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The beginning, which is in it.
    pub start: Timestamp,
    /// The end, which is not.
    pub end: Timestamp,
}

/// Why there are no numbers.
#[derive(Debug, thiserror::Error)]
pub enum CloudwatchError {
    /// The call.
    #[error(transparent)]
    Call(#[from] SignedError),
    /// The answer is not one of CloudWatch's.
    #[error("an answer of CloudWatch can't be read")]
    Unreadable,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Question<'q> {
    metric_data_queries: Vec<Query<'q>>,
    start_time: i64,
    end_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Query<'q> {
    id: String,
    metric_stat: MetricStat<'q>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat<'q> {
    metric: Metric<'q>,
    period: i64,
    stat: Statistic,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric<'q> {
    namespace: &'q str,
    #[serde(rename = "MetricName")]
    name: &'q str,
    dimensions: Vec<Dimension<'q>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension<'q> {
    name: &'q str,
    value: &'q str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    metric_data_results: Vec<Found>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    id: String,
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
}

/// The points of each series, in no order; none for one that CloudWatch does not know.
///
/// # Errors
/// See [`CloudwatchError`].
pub async fn read(
    client: &SignedClient,
    namespace: &str,
    series: &[Series<'_>],
    span: Span,
    time: TimeBudget,
) -> Result<Vec<Vec<Point>>, CloudwatchError> {
    let mut points = vec![Vec::new(); series.len()];
    for (series, points) in series.chunks(MOST_SERIES).zip(points.chunks_mut(MOST_SERIES)) {
        let mut question = question(namespace, series, span);
        let numbers: HashMap<String, usize> =
            question.metric_data_queries.iter().map(|query| query.id.clone()).zip(0..).collect();
        for _page in 0..MOST_PAGES {
            let page = page(client, &question, time).await?;
            for found in page.metric_data_results {
                let Some(points) = numbers.get(&found.id).and_then(|number| points.get_mut(*number)) else { continue };
                #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
                points.extend(found.timestamps.iter().map(|time| *time as i64).zip(found.values));
            }
            question.next_token = page.next_token;
            if question.next_token.is_none() {
                break;
            }
        }
        if question.next_token.is_some() {
            return Err(CloudwatchError::Unreadable);
        }
    }
    Ok(points)
}

fn question<'q>(namespace: &'q str, series: &[Series<'q>], span: Span) -> Question<'q> {
    let query = |(number, series): (usize, &Series<'q>)| {
        let dimensions = series.dimensions.iter().map(|(name, value)| Dimension { name, value }).collect();
        let metric = Metric { namespace, name: series.metric, dimensions };
        Query { id: format!("m{number}"), metric_stat: MetricStat { metric, period: PERIOD, stat: series.statistic } }
    };
    Question {
        metric_data_queries: series.iter().enumerate().map(query).collect(),
        start_time: span.start.as_second(),
        end_time: span.end.as_second(),
        next_token: None,
    }
}

async fn page(client: &SignedClient, question: &Question<'_>, time: TimeBudget) -> Result<Page, CloudwatchError> {
    let body = serde_json::to_vec(question).map_err(|_impossible| SignedError::Malformed)?;
    let request = AwsRequest::json(AwsService::CloudWatch, ACTION, body);
    let answer = client.call(&request, time, PATIENCE).await?;
    serde_json::from_slice(&answer).map_err(|_quotes| CloudwatchError::Unreadable)
}
