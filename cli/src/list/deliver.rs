//! The two passes over a file: every row tried, every row delivered.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::batches::{self, Batch, Recognised};
use super::report;
use super::resume::Bookmark;
use super::totals::Totals;
use super::{Arguments, Function};
use crate::console::{self, Reader, Verdict};
use crate::error::SandboxError;

/// How often a batch is sent again that may succeed later.
const REPEATS: u32 = 8;
/// The longest wait between two of its attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often it is kept how far a list has come.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// A list and who delivers it.
pub(super) struct Job<'a> {
    pub(super) function: &'a Function,
    pub(super) arguments: &'a Arguments,
    pub(super) recognised: &'a Recognised,
    pub(super) input: Map<String, Value>,
}

/// What became of a batch.
enum Sent {
    Done(Totals),
    /// It may succeed later, and did not for long.
    Later(String),
}

impl Job<'_> {
    /// Tries every row.
    pub(super) async fn preflight(&self, reader: Reader) -> Result<Totals, SandboxError> {
        let mut input = self.input.clone();
        input.insert("dry_run".to_owned(), true.into());
        let bar = bar(None, reader, "{spinner} preflight: {human_pos} rows, {per_sec}");
        let mut totals = Totals::default();
        for batch in batches::read(self.arguments.file.clone(), self.recognised.clone(), input, 1) {
            let batch = batch?;
            match self.send(&batch).await? {
                Sent::Done(reply) => totals.add(reply),
                Sent::Later(message) => return Err(SandboxError::Unusable(message)),
            }
            bar.inc(batch.rows);
        }
        bar.finish_and_clear();
        Ok(totals)
    }

    /// Delivers every row, from where an earlier run stopped.
    pub(super) async fn deliver(&self, rows: u64, reader: Reader) -> Result<Verdict, SandboxError> {
        let bookmark = self.bookmark();
        let earlier = bookmark.as_ref().filter(|_| !self.arguments.restart).and_then(Bookmark::read);
        let (from, mut totals) = earlier.map_or((1, Totals::default()), |earlier| (earlier.next_row, earlier.totals));
        if from > 1 {
            console::note(&format!("Going on with row {from}, where the last run stopped; --restart begins anew."));
        }
        let bar = bar(Some(rows), reader, "{wide_bar} {human_pos}/{human_len} rows, {per_sec}, {msg}, {eta} left");
        bar.set_position(from - 1);
        let mut rejected = RejectedFile::new(self.rejected_path(), from > 1);
        let (stopped, mut next_row, mut kept) = (stopped(), from, Instant::now());
        let mut failure = None;
        for batch in batches::read(self.arguments.file.clone(), self.recognised.clone(), self.input.clone(), from) {
            let batch = batch?;
            match self.send(&batch).await? {
                Sent::Done(reply) => {
                    rejected.add(&reply)?;
                    totals.add(reply);
                }
                Sent::Later(message) => {
                    failure = Some(message);
                    break;
                }
            }
            next_row = batch.first_row + batch.rows;
            bar.inc(batch.rows);
            bar.set_message(format!("{} delivered, {} rejected", totals.delivered, totals.rejected));
            if let Some(bookmark) = bookmark.as_ref().filter(|_| kept.elapsed() > KEEP_EVERY) {
                bookmark.keep(next_row, &totals)?;
                kept = Instant::now();
            }
            if stopped.load(Ordering::Relaxed) && next_row <= rows {
                failure = Some("stopped".to_owned());
                break;
            }
        }
        bar.finish_and_clear();
        let rejected = rejected.finish()?;
        if let Some(bookmark) = bookmark {
            if failure.is_some() { bookmark.keep(next_row, &totals)? } else { bookmark.forget() }
        }
        match reader {
            Reader::Program => console::document(&json!(totals))?,
            Reader::Person => console::print(&report::delivered(&totals, rows, rejected.as_deref()))?,
        }
        if let Some(failure) = &failure {
            let again = match self.function {
                Function::Here(_) => "the sandbox of this command is gone with it",
                Function::There(_) => "the same command goes on there",
            };
            console::note(&format!("Not done: row {next_row} is the next one ({failure}); {again}."));
        }
        Ok(Verdict::of(failure.is_none() && totals.unusable() == 0))
    }

    /// Invokes the function until it has done the batch, or it does not help.
    async fn send(&self, batch: &Batch) -> Result<Sent, SandboxError> {
        let mut wait = Duration::from_millis(500);
        for _ in 0..REPEATS {
            // What never waits for the network would leave no moment for Ctrl-C.
            tokio::task::yield_now().await;
            let failure = match self.function.invoke(&batch.payload).await? {
                Ok(reply) => {
                    let unreadable =
                        |_| SandboxError::Unusable("the function answers a batch of rows with something else".into());
                    return serde_json::from_str(&reply).map(Sent::Done).map_err(unreadable);
                }
                Err(failure) => failure,
            };
            if failure.error_type != "Retryable" {
                let rows = format!("rows {} to {}", batch.first_row, batch.first_row + batch.rows - 1);
                return Err(SandboxError::Unusable(format!("{rows}: {}: {}", failure.error_type, failure.message)));
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        Ok(Sent::Later(format!("TikTok has refused it {REPEATS} times for now")))
    }

    fn bookmark(&self) -> Option<Bookmark> {
        let function = self.arguments.target.name()?;
        Some(Bookmark::of(&self.arguments.file, &self.input, function))
    }

    fn rejected_path(&self) -> PathBuf {
        self.arguments.rejected.clone().unwrap_or_else(|| {
            let mut name = self.arguments.file.clone().into_os_string();
            name.push(".rejected.csv");
            name.into()
        })
    }
}

/// The numbers of rejected rows; a file only where there are any.
struct RejectedFile {
    path: PathBuf,
    is_continued: bool,
    file: Option<BufWriter<File>>,
}

impl RejectedFile {
    const fn new(path: PathBuf, is_continued: bool) -> Self {
        Self { path, is_continued, file: None }
    }

    fn add(&mut self, reply: &Totals) -> Result<(), SandboxError> {
        if reply.rejected_rows.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            let failed = |source| SandboxError::File { path: self.path.clone(), source };
            let continues = self.is_continued && self.path.exists();
            let opened =
                File::options().create(true).write(true).append(continues).truncate(!continues).open(&self.path);
            let mut file = BufWriter::new(opened.map_err(failed)?);
            if !continues {
                writeln!(file, "row,code")?;
            }
            self.file = Some(file);
        }
        for row in &reply.rejected_rows {
            self.file.iter_mut().try_for_each(|file| writeln!(file, "{},{}", row.row, row.code))?;
        }
        Ok(())
    }

    /// Where they are.
    fn finish(mut self) -> Result<Option<PathBuf>, SandboxError> {
        let Some(file) = &mut self.file else { return Ok(None) };
        file.flush()?;
        Ok(Some(self.path))
    }
}

/// Set by Ctrl-C: the batch under way is finished first.
fn stopped() -> Arc<AtomicBool> {
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            console::note("Stopping after this batch.");
            flag.store(true, Ordering::Relaxed);
        }
    });
    stopped
}

/// A bar on standard error, for people at a terminal.
fn bar(rows: Option<u64>, reader: Reader, template: &str) -> ProgressBar {
    let target = match reader {
        Reader::Person => ProgressDrawTarget::stderr(),
        Reader::Program => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(rows, target);
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_bad| ProgressStyle::default_bar());
    bar.set_style(style);
    bar
}
