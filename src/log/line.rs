//! A line as Lambda's JSON log format has it: `timestamp`, `level`, `message`, `requestId`, then what the event adds.
//!
//! It knows nothing of what is logged. Source of the names: AWS Lambda Developer Guide, "Log-level filtering" and
//! "Configuring JSON and plain text log formats"; the library's own format puts `requestId` into an object of its span.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::VERSION;
use crate::json::{write_number, write_quoted};

/// Writes lines; needs fields of spans to be written as [`Fields`]. The first one carries the version.
#[derive(Debug, Default)]
pub(super) struct Line {
    has_said_version: AtomicBool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\"", event.metadata().level())?;
        if !self.has_said_version.swap(true, Ordering::Relaxed) {
            write!(writer, ",\"version\":\"{VERSION}\"")?;
        }
        let mut members = Members { writer: writer.by_ref(), result: Ok(()) };
        event.record(&mut members);
        members.result?;
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>().map_or("", |fields| fields.fields.as_str());
            writer.write_str(fields)?;
        }
        writer.write_str("}\n")
    }
}

/// Writes the fields of a span as members of an object that has some already.
#[derive(Debug)]
pub(super) struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut members = Members { writer, result: Ok(()) };
        fields.record(&mut members);
        members.result
    }
}

/// Writes fields as members of an object that has some already.
struct Members<'w> {
    writer: Writer<'w>,
    result: fmt::Result,
}

impl Members<'_> {
    /// A member whose value is a string.
    fn text(&mut self, field: &Field, value: &str) {
        self.member(field, |writer| write_quoted(writer, value));
    }

    /// A member whose value JSON has as Rust prints it.
    fn bare(&mut self, field: &Field, value: impl fmt::Display) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_ok() {
            self.result = self.name(field).and_then(|()| value(&mut self.writer));
        }
    }

    fn name(&mut self, field: &Field) -> fmt::Result {
        self.writer.write_str(",\"")?;
        self.writer.write_str(field.name())?;
        self.writer.write_str("\":")
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |writer| write_number(writer, value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no infinity and nothing that is not a number.
        self.bare(field, serde_json::Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field, value);
    }

    /// An error with its causes: the messages of our errors do not repeat them.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        self.text(field, &text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::level_filters::LevelFilter;

    use super::super::subscriber;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged at a level, without the times.
    fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let of_subscriber = kept.clone();
        tracing::subscriber::with_default(subscriber(level, move || of_subscriber.clone()), work);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let line = |line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let time = line["timestamp"].take();
            time.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            line.as_object_mut().unwrap().remove("timestamp");
            line
        };
        let mut lines: Vec<Value> = text.lines().map(line).collect();
        // The first line says which version speaks, and no other does.
        let versions: Vec<_> = lines.iter_mut().map(|line| line.as_object_mut().unwrap().remove("version")).collect();
        assert!(versions.iter().zip(0..).all(|(version, at)| version.is_some() == (at == 0)), "{versions:?}");
        lines
    }

    #[test]
    fn the_fields_of_event_and_spans_stand_side_by_side() {
        let lines = logged(LevelFilter::INFO, || {
            let span = tracing::error_span!("invocation", requestId = "r-1");
            let _inside = span.enter();
            tracing::info!(count = 3, share = 0.5, is_last = true, text = "two\n\"lines\"", none = None::<u8>, "done");
        });
        let expected = json!({"level": "INFO", "message": "done", "requestId": "r-1", "count": 3, "share": 0.5,
                              "is_last": true, "text": "two\n\"lines\""});
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn an_error_is_logged_with_its_causes() {
        let cause = io::Error::other("cable cut");
        let error = crate::net::https::HttpsError::Unreadable { path: "roots.pem".into(), source: cause };
        let lines = logged(LevelFilter::INFO, || {
            tracing::error!(error = &error as &dyn std::error::Error, "no");
        });
        assert_eq!(lines[0]["error"], "the certificate file roots.pem cannot be read: cable cut");
    }

    const THEIRS: [fn(); 3] = [
        || tracing::trace!(target: "hyper::proto", "a head"),
        || tracing::debug!(target: "aws_smithy_runtime", "a body"),
        || tracing::info!(target: "reqwest::connect", "an address"),
    ];
    const WORTH_KNOWING: fn() = || tracing::warn!(target: "hyper::proto", "worth knowing");
    const OURS: [fn(); 2] = [|| tracing::trace!("ours"), || tracing::info!("ours")];

    #[test]
    fn libraries_are_never_heard_below_a_warning() {
        let lines = logged(LevelFilter::TRACE, || {
            for say in THEIRS {
                say();
            }
            WORTH_KNOWING();
        });
        assert_eq!(lines, [json!({"level": "WARN", "message": "worth knowing"})]);
    }

    #[test]
    fn the_level_is_for_our_own_lines() {
        for (level, expected) in [(LevelFilter::TRACE, 2), (LevelFilter::INFO, 1), (LevelFilter::ERROR, 0)] {
            let lines = logged(level, || {
                for say in OURS {
                    say();
                }
            });
            assert_eq!(lines.len(), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_request_is_known_at_every_level() {
        let lines = logged(LevelFilter::ERROR, || {
            let span = tracing::error_span!("invocation", requestId = "r-1");
            let _inside = span.enter();
            tracing::error!("no");
        });
        assert_eq!(lines[0]["requestId"], "r-1");
    }
}
