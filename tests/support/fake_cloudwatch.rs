//! CloudWatch over its JSON protocol: `GetMetricData`, on what the log lines of a function hold; and logs without lines.
//!
//! It knows the embedded metric format as far as functions write it. Sources: the API reference of the operation, and
//! "Specification: embedded metric format". Not imitated: expressions, and the minutes until a number can be read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use serde_json::{Value, json};

use super::aws_json::{AwsError, AwsFault, Faults, Service, input};
use super::server::{Answer, Listen, Request, Server};

const SERVICE: Service =
    Service { name: "monitoring", target: "GraniteServiceVersion20100801", content_type: "application/x-amz-json-1.0" };
/// CloudWatch Logs, at the same address: its logs are empty.
const LOGS: Service = Service { name: "logs", target: "Logs_20140328", content_type: "application/x-amz-json-1.1" };
const MOST_QUERIES: usize = 500;
const MOST_POINTS: usize = 100_800;

/// A metric with its name space and dimensions.
type Series = (String, String, BTreeMap<String, String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Input {
    metric_data_queries: Vec<Query>,
    start_time: i64,
    end_time: i64,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Query {
    id: String,
    metric_stat: Stat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Stat {
    metric: Metric,
    period: i64,
    #[serde(rename = "Stat")]
    statistic: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Metric {
    namespace: String,
    #[serde(rename = "MetricName")]
    name: String,
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

#[derive(Debug, Default)]
struct State {
    /// Numbers with their times in milliseconds.
    numbers: BTreeMap<Series, Vec<(i64, f64)>>,
    asked: Vec<Value>,
    faults: Faults,
    page: Option<usize>,
}

/// A running fake; stops when it is dropped.
#[derive(Debug)]
pub struct FakeCloudwatch {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl FakeCloudwatch {
    /// Plain HTTP on a free port.
    pub fn start() -> Self {
        Self::start_at(Listen::default())
    }

    /// At this address.
    pub fn start_at(listen: Listen) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(listen, move |request| handle(Arc::clone(&shared), request));
        Self { server, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The value for `AWS_ENDPOINT_URL_CLOUDWATCH`.
    pub fn endpoint_url(&self) -> String {
        self.server.origin()
    }

    /// Takes the metrics out of a function's log, as CloudWatch does.
    pub fn take_in(&self, log: &str) {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for line in lines.filter(|line| line.get("_aws").is_some()) {
            self.state().take_in(&line);
        }
    }

    /// Forgets everything.
    pub fn forget(&self) {
        *self.state() = State::default();
    }

    /// The bodies of all calls.
    pub fn asked(&self) -> Vec<Value> {
        self.state().asked.clone()
    }

    /// So many series are answered in a page.
    pub fn page(&self, series: usize) {
        self.state().page = Some(series);
    }

    /// Every call meets this fault, until it is taken away with nothing.
    pub fn always(&self, fault: Option<AwsFault>) {
        self.state().faults.always = fault;
    }
}

impl State {
    fn take_in(&mut self, line: &Value) {
        let time = line["_aws"]["Timestamp"].as_i64().expect("a line has a time");
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
            let namespace = directive["Namespace"].as_str().expect("a name space is text");
            for set in directive["Dimensions"].as_array().into_iter().flatten() {
                let names = set.as_array().into_iter().flatten().filter_map(Value::as_str);
                let dimensions: BTreeMap<_, _> =
                    names.map(|name| (name.to_owned(), line[name].as_str().unwrap_or_default().to_owned())).collect();
                for metric in directive["Metrics"].as_array().into_iter().flatten() {
                    let name = metric["Name"].as_str().expect("a metric's name is text");
                    let Some(number) = line[name].as_f64() else { continue };
                    let series = (namespace.to_owned(), name.to_owned(), dimensions.clone());
                    self.numbers.entry(series).or_default().push((time, number));
                }
            }
        }
    }

    fn read(&self, body: &[u8]) -> Result<Value, AwsError> {
        let Input { metric_data_queries, start_time, end_time, next_token } = input(body)?;
        let invalid = |message: &str| AwsError::new("InvalidParameterValue", message);
        if !(1..=MOST_QUERIES).contains(&metric_data_queries.len()) || start_time >= end_time {
            return Err(invalid("1 to 500 queries over some time"));
        }
        let first = next_token.map_or(Ok(0), |token| token.parse()).map_err(|_error| invalid("NextToken"))?;
        let page = self.page.unwrap_or(MOST_QUERIES);
        let mut results = Vec::new();
        let mut points = 0;
        for query in metric_data_queries.iter().skip(first).take(page) {
            let found = self.points(query, start_time, end_time)?;
            points += found.len();
            let (times, values): (Vec<_>, Vec<_>) = found.into_iter().rev().unzip();
            results.push(json!({ "Id": query.id, "Label": query.metric_stat.metric.name,
                                 "StatusCode": "Complete", "Timestamps": times, "Values": values }));
        }
        assert!(points <= MOST_POINTS, "more points than a page of CloudWatch has");
        let mut answer = json!({ "MetricDataResults": results, "Messages": [] });
        if first + page < metric_data_queries.len() {
            answer["NextToken"] = (first + page).to_string().into();
        }
        Ok(answer)
    }

    /// The points of a series, the oldest first.
    fn points(&self, query: &Query, start: i64, end: i64) -> Result<BTreeMap<i64, f64>, AwsError> {
        let Stat { metric, period, statistic } = &query.metric_stat;
        let starts_well = query.id.starts_with(|first: char| first.is_ascii_lowercase());
        if !starts_well || *period < 60 || period % 60 != 0 {
            return Err(AwsError::new("ValidationError", "an id or a period"));
        }
        let dimensions = metric.dimensions.iter().map(|each| (each.name.clone(), each.value.clone())).collect();
        let series = (metric.namespace.clone(), metric.name.clone(), dimensions);
        let mut points = BTreeMap::new();
        for (time, number) in self.numbers.get(&series).into_iter().flatten() {
            let began = (time / 1000).div_euclid(*period) * period;
            if began < start.div_euclid(60) * 60 || began >= end {
                continue;
            }
            let point = points.entry(began).or_insert(if statistic == "Sum" { 0.0 } else { f64::MIN });
            match statistic.as_str() {
                "Sum" => *point += number,
                "Maximum" => *point = point.max(*number),
                other => return Err(AwsError::new("ValidationError", other)),
            }
        }
        Ok(points)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no holder panics")
}

async fn handle(state: Arc<Mutex<State>>, mut request: Request) -> Option<Answer> {
    let body = request.body().await?;
    if request.header("x-amz-target").is_some_and(|target| target.starts_with(LOGS.target)) {
        let found = || match LOGS.operation(&request)?.as_str() {
            "FilterLogEvents" => Ok(json!({ "events": [], "searchedLogStreams": [] })),
            other => Err(AwsError::new("UnknownOperationException", other)),
        };
        return LOGS.play(None, found).await;
    }
    let fault = {
        let mut state = lock(&state);
        state.asked.push(serde_json::from_slice(&body).unwrap_or_default());
        state.faults.take()
    };
    let act = || match SERVICE.operation(&request)?.as_str() {
        "GetMetricData" => lock(&state).read(&body),
        other => Err(AwsError::new("UnknownOperationException", other)),
    };
    SERVICE.play(fault, act).await
}
