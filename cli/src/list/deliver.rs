//! The two passes over a file: every row tried, every row delivered.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::batches::{self, Batch, Recognised};
use super::rejected::RejectedFile;
use super::report;
use super::resume::{Bookmark, Version};
use super::stop;
use super::totals::Totals;
use super::trouble;
use super::{Arguments, Function};
use crate::console::{self, Reader, Verdict};
use crate::error::SandboxError;

/// Why a list stops that is asked to.
const STOPPED: &str = "stopped";
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
    /// The file as it was before its preflight.
    pub(super) version: Version,
}

/// What became of a batch.
enum Sent {
    Done(Totals),
    /// It may succeed later, and did not for long or is not to be tried again now.
    Later(String),
}

/// How far a delivery has come.
struct Run {
    next_row: u64,
    totals: Totals,
    rejected: RejectedFile,
    /// None where nothing is left to go on with.
    bookmark: Option<Bookmark>,
    kept: Instant,
}

impl Run {
    fn add(&mut self, batch: &Batch, reply: Totals) -> Result<(), SandboxError> {
        self.rejected.add(&reply)?;
        self.totals.add(reply);
        self.next_row = batch.first_row + batch.rows;
        if self.kept.elapsed() > KEEP_EVERY { self.keep() } else { Ok(()) }
    }

    /// Keeps how far it has come, once everything before is written.
    fn keep(&mut self) -> Result<(), SandboxError> {
        let bytes = self.rejected.flush()?;
        self.kept = Instant::now();
        self.bookmark.iter().try_for_each(|bookmark| bookmark.keep(self.next_row, &self.totals, bytes))
    }
}

impl Job<'_> {
    /// Tries every row; also the names of members, where each record may have others.
    pub(super) async fn preflight(&self, reader: Reader) -> Result<(Totals, Vec<String>), SandboxError> {
        self.try_each(reader, |_reply| Ok(())).await
    }

    /// Writes the numbers of the rows that a preflight rejected and that keep the list from being delivered; where they
    /// are. None are written over those of an earlier run, from which the same list can be gone on.
    pub(super) async fn keep_rejected(&self, found: &Totals) -> Result<Option<PathBuf>, SandboxError> {
        if found.rejected == 0 || self.bookmark().is_some_and(|bookmark| bookmark.read().is_some()) {
            return Ok(None);
        }
        let mut rejected = RejectedFile::open(self.arguments.rejected_path(), 0)?;
        if found.truncated {
            // Not all were kept, so that memory does not grow with the file.
            self.try_each(Reader::Program, |reply| rejected.add(reply)).await?;
        } else {
            rejected.add(found)?;
        }
        rejected.finish()
    }

    async fn try_each(
        &self,
        reader: Reader,
        mut each: impl FnMut(&Totals) -> Result<(), SandboxError>,
    ) -> Result<(Totals, Vec<String>), SandboxError> {
        let mut input = self.input.clone();
        input.insert("dry_run".to_owned(), true.into());
        let bar = bar(None, reader, "{spinner} preflight: {human_pos} rows, {per_sec}");
        let (mut totals, mut names) = (self.nothing(), Vec::new());
        let (_nobody, mut stop) = watch::channel(false);
        for batch in batches::read(self.arguments.file.clone(), self.recognised.clone(), input, 1) {
            let batch = batch?;
            match self.send(&batch, &mut stop).await? {
                Sent::Done(reply) => {
                    each(&reply)?;
                    totals.add(reply);
                }
                Sent::Later(message) => return Err(SandboxError::Unusable(message)),
            }
            bar.inc(batch.rows);
            names.extend(batch.names);
        }
        bar.finish_and_clear();
        Ok((totals, names))
    }

    /// Delivers every row, from where an earlier run stopped.
    pub(super) async fn deliver(&self, rows: u64, reader: Reader) -> Result<Verdict, SandboxError> {
        let mut run = self.begin()?;
        let bar = bar(Some(rows), reader, "{wide_bar} {human_pos}/{human_len} rows, {per_sec}, {msg}, {eta} left");
        bar.set_position(run.next_row - 1);
        let failure = match self.each(&mut run, rows, &bar).await {
            Ok(failure) => failure,
            // What was delivered until then is counted, and can be gone on from.
            Err(error) => Some(error.to_string()),
        };
        bar.finish_and_clear();
        if failure.is_some() {
            run.keep()?;
        }
        let Run { next_row, totals, rejected, bookmark, .. } = run;
        let rejected = rejected.finish()?;
        if let Some(bookmark) = bookmark.filter(|_| failure.is_none()) {
            bookmark.forget();
        }
        match reader {
            Reader::Program => console::document(&document(&totals, failure.is_some().then_some(next_row)))?,
            Reader::Person => console::print(&report::delivered(&totals, rows, rejected.as_deref()))?,
        }
        if let Some(failure) = &failure {
            let again = match self.function {
                Function::Here(_) => "the sandbox of this command is gone with it",
                Function::There(_) if self.has_changed() => "the same command begins with the first row",
                Function::There(_) => "the same command goes on there",
            };
            console::note(&format!("Not done: row {next_row} is the next one ({failure}); {again}."));
        }
        Ok(Verdict::of(failure.is_none() && totals.unusable() == 0))
    }

    /// Where it is kept how far the list has come; nowhere in the sandbox of this command, which is gone with it.
    fn bookmark(&self) -> Option<Bookmark> {
        let function = self.arguments.target.name();
        function.map(|name| Bookmark::of(&self.arguments.file, self.version, &self.input, name))
    }

    /// Opens what is written to, before the first row.
    fn begin(&self) -> Result<Run, SandboxError> {
        let bookmark = self.bookmark();
        let earlier = bookmark.as_ref().filter(|_| !self.arguments.restart).and_then(Bookmark::read);
        let (next_row, totals, kept) = earlier.map_or_else(
            || (1, self.nothing(), 0),
            |earlier| (earlier.next_row, earlier.totals, earlier.rejected_bytes),
        );
        if next_row > 1 {
            console::note(&format!("Going on with row {next_row}, where the last run stopped; --restart begins anew."));
        }
        let rejected = RejectedFile::open(self.arguments.rejected_path(), kept)?;
        let mut run = Run { next_row, totals, rejected, bookmark, kept: Instant::now() };
        run.keep()?;
        Ok(run)
    }

    /// Delivers batch after batch; why it stopped before the end, if it did.
    async fn each(&self, run: &mut Run, rows: u64, bar: &ProgressBar) -> Result<Option<String>, SandboxError> {
        let mut stop = stop::asked();
        let from = run.next_row;
        for batch in batches::read(self.arguments.file.clone(), self.recognised.clone(), self.input.clone(), from) {
            let batch = batch?;
            let next_row = batch.first_row + batch.rows;
            if next_row - 1 > rows || self.has_changed() {
                return Ok(Some(self.changed()));
            }
            let reply = match self.send(&batch, &mut stop).await? {
                Sent::Done(reply) => reply,
                Sent::Later(message) => return Ok(Some(message)),
            };
            if let Some(reason) = trouble::of_all(&reply, run.totals.delivered) {
                return Ok(Some(trouble::told(reason, self.arguments)));
            }
            run.add(&batch, reply)?;
            bar.inc(batch.rows);
            bar.set_message(format!("{} delivered, {} rejected", run.totals.delivered, run.totals.rejected));
            if *stop.borrow() && next_row <= rows {
                return Ok(Some(STOPPED.to_owned()));
            }
        }
        Ok((run.next_row <= rows || self.has_changed()).then(|| self.changed()))
    }

    /// Invokes the function until it has done the batch, or it does not help.
    async fn send(&self, batch: &Batch, stop: &mut watch::Receiver<bool>) -> Result<Sent, SandboxError> {
        let (mut wait, mut last) = (Duration::from_millis(500), String::new());
        for attempt in 0..REPEATS {
            if attempt > 0 {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    _ = stop.wait_for(|is_asked| *is_asked) => return Ok(Sent::Later(STOPPED.to_owned())),
                }
                wait = (wait * 2).min(LONGEST_WAIT);
            }
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
                return Err(SandboxError::Unusable(format!(
                    "{rows}: {}: {}",
                    failure.error_type,
                    trouble::in_words(&failure.message)
                )));
            }
            if let Some(reason) = trouble::that_stays(&failure.message) {
                return Ok(Sent::Later(trouble::told(reason, self.arguments)));
            }
            last = failure.message;
        }
        Ok(Sent::Later(format!("refused {REPEATS} times for now: {last}")))
    }

    /// No row yet.
    fn nothing(&self) -> Totals {
        Totals::starting(self.recognised.ignored.len())
    }

    fn has_changed(&self) -> bool {
        Version::of(&self.arguments.file) != self.version
    }

    fn changed(&self) -> String {
        format!("{} has changed since its preflight", self.arguments.file.display())
    }
}

/// The counts; of a list that stopped also where.
fn document(totals: &Totals, next_row: Option<u64>) -> Value {
    let mut document = json!(totals);
    if let (Some(members), Some(next_row)) = (document.as_object_mut(), next_row) {
        members.insert("complete".to_owned(), false.into());
        members.insert("next_row".to_owned(), next_row.into());
    }
    document
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
