//! `summarizeList`: what became of a list, added up from what the state machine kept of its batches.
//!
//! After the preflight it decides whether the list goes on; after a failure, whether the same may succeed later.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::control::arguments::{Arguments, missing, wrong_type};
use crate::control::error::OperationError;
use crate::control::reply::json as reply;
use crate::delivery::session::Session;
use crate::json::{Document, Kind, Value};

use super::objects::{self, Object, not_a_result};
use super::totals::Totals;

/// The longest manifest: a name per file of results.
const MOST_MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// Errors of a batch, or of a step, after which the same may succeed later. Of a process that died Step Functions
/// says `Runtime.ExitError`, and said `Lambda.Unknown`.
const MAY_PASS: [&str; 10] = [
    "Retryable",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
];

/// What a map run fails by when its batches do.
const TOO_MANY_FAILED: &str = "States.ExceedToleratedFailureThreshold";

/// Where a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    Preflight,
    Deliver,
    Failed,
}

/// What Step Functions writes beside the results of a map run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    result_files: ResultFiles,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
struct ResultFiles {
    failed: Vec<ResultFile>,
    succeeded: Vec<ResultFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultFile {
    key: String,
}

/// What is kept, logged and sent on.
#[derive(Debug, Serialize)]
struct Summary {
    run: String,
    phase: Phase,
    /// Whether the list goes on, or has ended well.
    proceed: bool,
    /// Of a failure: whether the same may succeed later.
    may_pass: bool,
    sentence: String,
    seconds: Option<i64>,
    #[serde(flatten)]
    totals: Totals,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_rows_file: Option<String>,
}

/// The operation.
pub(in crate::control) async fn run(
    app: &App,
    session: &Session<'_>,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    let (bucket, run) = (arguments.required("bucket")?, arguments.required("run")?);
    let phase = match arguments.required("phase")?.as_ref() {
        "preflight" => Phase::Preflight,
        "deliver" => Phase::Deliver,
        "failed" => Phase::Failed,
        _ => return Err(OperationError::new("INVALID_FIELD", "phase is none of preflight, deliver, failed")),
    };
    let run_of = Run { app, session, bucket: &bucket };
    let mut totals = Totals::default();
    let (proceed, may_pass, sentence) = match phase {
        Phase::Preflight | Phase::Deliver => {
            let manifest = run_of.manifest(&arguments.required("manifest")?).await?;
            run_of.add_up(&manifest, &mut totals).await?;
            let limit = arguments.value("max_unusable_percent").and_then(Value::as_f64).unwrap_or(100.0);
            let (proceed, sentence) = judge(phase, &totals, limit);
            (proceed, false, sentence)
        }
        Phase::Failed => {
            let failure = run_of.failure(arguments, &run, &mut totals).await?;
            (false, failure.may_pass, failure.sentence)
        }
    };
    let seconds = seconds_since(arguments, session)?;
    let listed = totals.listed();
    let rejected_rows_file = listed.as_ref().map(|_| format!("results/{run}/rejected.csv"));
    let run = run.into_owned();
    let summary = Summary { run, phase, proceed, may_pass, sentence, seconds, totals, rejected_rows_file };
    run_of.keep(&summary, listed.as_deref()).await?;
    reply(&summary)
}

/// Whether the list goes on, and what is to be said of it.
fn judge(phase: Phase, totals: &Totals, limit: f64) -> (bool, String) {
    let (rows, percent) = (totals.rows, totals.unusable_percent());
    let unusable = totals.skipped + totals.rejected;
    match phase {
        _ if rows == 0 => (false, "the file has no rows: nothing was delivered".to_owned()),
        Phase::Preflight if totals.usable == Some(0) => {
            (false, format!("no row of {rows} has an identifier that can be sent: nothing was delivered"))
        }
        Phase::Preflight if percent > limit => {
            let found = format!("{unusable} of {rows} rows can't be sent ({percent:.1} percent");
            (false, format!("{found}, at most {limit} may): nothing was delivered"))
        }
        Phase::Preflight => (true, format!("{unusable} of {rows} rows can't be sent ({percent:.1} percent)")),
        Phase::Deliver if totals.is_refused(limit) => {
            let (refused, percent) = (totals.refused(), totals.refused_percent());
            let found = format!("{} of {rows} rows delivered, {refused} refused", totals.delivered);
            (false, format!("{found} ({percent:.1} percent, at most {limit} may): {}", totals.why_refused()))
        }
        Phase::Deliver | Phase::Failed => {
            (true, format!("{} of {rows} rows delivered, {unusable} not ({percent:.1} percent)", totals.delivered))
        }
    }
}

fn seconds_since(arguments: &Arguments<'_>, session: &Session<'_>) -> Result<Option<i64>, OperationError> {
    let started = arguments.text("started")?.and_then(|started| started.parse::<Timestamp>().ok());
    Ok(started.map(|started| session.budget.wall.as_second() - started.as_second()))
}

/// Why a list failed.
struct Failure {
    may_pass: bool,
    sentence: String,
}

/// The objects of one run.
#[derive(Clone, Copy)]
struct Run<'a> {
    app: &'a App,
    session: &'a Session<'a>,
    bucket: &'a str,
}

impl Run<'_> {
    async fn manifest(&self, key: &str) -> Result<ResultFiles, OperationError> {
        let object = Object::open(self.app, self.session.budget, self.bucket, key, None).await?;
        let bytes = object.bytes(MOST_MANIFEST_BYTES).await?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_none| not_a_result())?;
        Ok(manifest.result_files)
    }

    async fn add_up(&self, files: &ResultFiles, totals: &mut Totals) -> Result<(), OperationError> {
        for file in &files.succeeded {
            let object = Object::open(self.app, self.session.budget, self.bucket, &file.key, None).await?;
            object.lines(|line| totals.add(line)).await?;
        }
        Ok(())
    }

    /// Why a list failed, from the errors of its batches; the rows beside them are looked at by nobody.
    async fn failure(
        &self,
        arguments: &Arguments<'_>,
        run: &str,
        totals: &mut Totals,
    ) -> Result<Failure, OperationError> {
        let error = arguments.text("error")?.unwrap_or_default();
        let cause = arguments.text("cause")?.unwrap_or_default();
        let status = arguments.text("status")?.unwrap_or_default();
        let map_runs = map_runs(arguments)?;
        // The first map run is the preflight, the second the delivery; a redrive goes on with the same one.
        let phase = if map_runs.len() > 1 { "deliver" } else { "preflight" };
        let mut errors = BTreeSet::new();
        let mut is_known = false;
        if let Some(id) = map_runs.last() {
            match self.manifest(&format!("runs/{run}/{phase}/{id}/manifest.json")).await {
                Ok(files) => {
                    is_known = true;
                    self.add_up(&files, totals).await?;
                    self.errors(&files, &mut errors).await?;
                }
                // Nothing was written before it was stopped.
                Err(missing) if missing.code == "NO_SUCH_OBJECT" => {}
                Err(other) => return Err(other),
            }
        }
        // Why batches failed is not known where nothing was written of them, and counts as what may pass: redrives are
        // limited. What the step itself says is not doubted: a file that cannot be read will not be readable later.
        let of_step = MAY_PASS.contains(&error.as_ref()) || !is_known && error == TOO_MANY_FAILED;
        let of_batches = !errors.is_empty() && errors.iter().all(|error| MAY_PASS.contains(&error.as_str()));
        let (may_pass, named) = if errors.is_empty() {
            (of_step, named(&error, &cause))
        } else {
            (of_batches, errors.into_iter().collect::<Vec<_>>().join(", "))
        };
        let ended = if status == "ABORTED" { "was stopped" } else { "failed" };
        let delivered = match phase {
            "deliver" if !is_known => "; it is not known how many rows were delivered".to_owned(),
            "deliver" => format!(" after {} rows were delivered", totals.delivered),
            _ => " after 0 rows were delivered".to_owned(),
        };
        let sentence = format!("the list {ended} in its {phase} phase{delivered}: {named}");
        Ok(Failure { may_pass: may_pass && status != "ABORTED", sentence })
    }

    async fn errors(&self, files: &ResultFiles, errors: &mut BTreeSet<String>) -> Result<(), OperationError> {
        for file in &files.failed {
            let object = Object::open(self.app, self.session.budget, self.bucket, &file.key, None).await?;
            object
                .lines(|line| {
                    let document = Document::parse(line).map_err(|_none| not_a_result())?;
                    let root = document.root();
                    let one = (root.kind() == Kind::Object).then_some(root);
                    for execution in one.into_iter().chain(root.items()) {
                        let error = execution.get("Error").and_then(Value::as_str);
                        errors.insert(error.map_or_else(|| "unknown".to_owned(), Cow::into_owned));
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }

    /// Writes the summary, and logs it.
    async fn keep(&self, summary: &Summary, listed: Option<&str>) -> Result<(), OperationError> {
        let Self { app, session, bucket } = *self;
        let phase = match summary.phase {
            Phase::Preflight if summary.proceed => "preflight",
            Phase::Preflight | Phase::Deliver | Phase::Failed => "summary",
        };
        let text = serde_json::to_vec_pretty(summary).map_err(|_impossible| not_a_result())?;
        let key = format!("results/{}/{phase}.json", summary.run);
        objects::write(app, session.budget, bucket, &key, "application/json", text).await?;
        if let (Some(key), Some(rows)) = (&summary.rejected_rows_file, listed) {
            objects::write(app, session.budget, bucket, key, "text/csv", rows.into()).await?;
        }
        log(summary, phase);
        Ok(())
    }
}

/// An error of a step by its name, and by its words where they are a function's own: those of Step Functions may quote a
/// row.
fn named(error: &str, cause: &str) -> String {
    let document = Document::parse(cause).ok();
    let own = document.as_ref().and_then(|document| document.root().get("errorMessage")?.as_str());
    own.map_or_else(|| error.to_owned(), |own| format!("{error}: {own}"))
}

fn log(summary: &Summary, phase: &str) {
    let Totals { batches, rows, delivered, skipped, rejected, .. } = summary.totals;
    let (run, sentence) = (summary.run.as_str(), summary.sentence.as_str());
    tracing::info!(run, phase, batches, rows, delivered, skipped, rejected, sentence, "list summed up");
}

/// The ids of the map runs, in the order in which they started: what follows the last colon of their ARNs.
fn map_runs(arguments: &Arguments<'_>) -> Result<Vec<String>, OperationError> {
    let items = arguments.items("map_runs")?.ok_or_else(|| missing("map_runs"))?;
    let id = |arn: Value<'_>| {
        let text = arn.as_str().ok_or_else(|| wrong_type("an item of map_runs", "a string", arn))?;
        Ok(text.rsplit(':').next().unwrap_or_default().to_owned())
    };
    items.into_iter().map(id).collect()
}
