//! Envelopes inside of envelopes: an EventBridge event in an SNS message in an SQS body.
//!
//! Each layer is opened as whatever it is, with two exceptions: `operation` is data anywhere but at the top of an
//! invocation, and an HTTP request inside of a record is refused, since nobody has judged its caller.

use super::direct::Direct;
use super::discriminators::Discriminators;
use super::redrive::{self, Request};
use super::{AcknowledgementScope, Ingress, IngressError, Intake, Opened, eventbridge, kinesis, sns, sqs};
use crate::json::{Document, Kind, Unparsed, Value};
use crate::outcome::{Explanation, Reason};

/// How many envelopes may be around an event; a Lambda destination on a bus, through a topic, in a queue has five.
const MAX_DEPTH: u8 = 8;

/// Opens an invocation, all of which is one unit.
pub(super) fn open<'p>(payload: Document<'p>, scope: AcknowledgementScope<'p>) -> Opened<'p> {
    let mut intake = Intake::default();
    Unwrap::new(&mut intake, None).add_document(payload, 0);
    Opened { intake, scope }
}

/// The way into a record, layer by layer.
#[derive(Debug)]
pub(super) struct Unwrap<'i, 'p> {
    intake: &'i mut Intake<'p>,
    /// When the innermost envelope that says so was made.
    time: Option<i64>,
    depth: u8,
}

impl<'i, 'p> Unwrap<'i, 'p> {
    /// At the outermost layer of a record.
    pub(super) const fn new(intake: &'i mut Intake<'p>, time: Option<i64>) -> Self {
        Self { intake, time, depth: 0 }
    }

    /// One layer further in, whose envelope may say when it was made.
    pub(super) fn inner(&mut self, time: Option<i64>) -> Unwrap<'_, 'p> {
        Unwrap { intake: self.intake, time: time.or(self.time), depth: self.depth + 1 }
    }

    /// Takes in a text; one that is not JSON takes one rejected entry.
    pub(super) fn add_text(&mut self, text: String, time: Option<i64>) {
        match Document::try_parse(text) {
            Ok(document) => self.inner(time).add_document(document, 0),
            Err(unparsed) => self.reject_unparsed(unparsed),
        }
    }

    /// Takes in bytes that should be a text.
    pub(super) fn add_bytes(&mut self, bytes: Vec<u8>, time: Option<i64>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.add_text(text, time),
            Err(error) => {
                let detail = format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to());
                self.reject_bytes(Explanation::new(Reason::InvalidRecord, detail), error.into_bytes());
            }
        }
    }

    /// Rejects a text in place.
    pub(super) fn reject_unparsed(&mut self, unparsed: Unparsed<'_>) {
        let explanation = Explanation::new(Reason::InvalidRecord, unparsed.error.to_string());
        self.intake.add_rejected(explanation, unparsed.text.into_owned());
    }

    /// Rejects a value in place.
    pub(super) fn reject(&mut self, explanation: Explanation, value: Value<'_>) {
        self.intake.add_rejected(explanation, value.raw());
    }

    /// Rejects what is known to be no event in place.
    pub(super) fn reject_bytes(&mut self, explanation: Explanation, original: impl Into<Vec<u8>>) {
        self.intake.add_rejected(explanation, original);
    }

    /// Takes in what stands at a position of a document.
    pub(super) fn add_document(&mut self, document: Document<'p>, position: u32) {
        let value = document.value_at(position);
        if self.depth > MAX_DEPTH {
            return self.reject(Explanation::new(Reason::InvalidRecord, "wrapped in too many envelopes"), value);
        }
        if value.kind() != Kind::Object {
            return self.add_events(document, position);
        }
        let discriminators = Discriminators::read(value);
        if sns::is_notification(&discriminators) {
            return sns::add_notification(self, value);
        }
        match discriminators.ingress() {
            Ok(Ingress::Direct(Direct::Envelope { events })) => self.add_events(document, events),
            Ok(Ingress::Direct(Direct::One | Direct::Array) | Ingress::Operation) => {
                self.add_events(document, position);
            }
            Ok(Ingress::EventBridge) => {
                let (time, detail) =
                    (eventbridge::time(&discriminators), discriminators.detail.map_or(position, Value::position));
                self.inner(time).add_document(document, detail);
            }
            Ok(Ingress::Redrive) => {
                let time = discriminators.timestamp.and_then(eventbridge::milliseconds);
                match redrive::request(&discriminators) {
                    Request::At(position) => self.inner(time).add_document(document, position),
                    Request::Text(text) => self.add_text(text.as_str().unwrap_or_default().into_owned(), time),
                    Request::Missing => self.reject(refused(NO_REQUEST), value),
                }
            }
            Ok(Ingress::Sqs) => self.add_records(discriminators.records, sqs::add_record),
            Ok(Ingress::Kinesis) => self.add_records(discriminators.records, kinesis::add_record),
            Ok(Ingress::Sns) => self.add_records(discriminators.records, sns::add_record),
            Ok(Ingress::Schedule) => self.reject(refused("a schedule, which carries no events"), value),
            Ok(Ingress::Http(_)) => self.reject(refused("an HTTP request inside of a record"), value),
            Err(
                error @ (IngressError::NotAnEnvelope(_) | IngressError::UnknownRecords | IngressError::UnknownService),
            ) => {
                self.reject(Explanation::new(Reason::InvalidRecord, error.to_string()), value);
            }
        }
    }

    fn add_events(&mut self, document: Document<'p>, position: u32) {
        let document = self.intake.add_document(document);
        self.intake.add_events(document, position, self.time);
    }

    fn add_records(&mut self, records: Option<Value<'_>>, add: impl Fn(&mut Unwrap<'_, '_>, Value<'_>)) {
        for record in records.into_iter().flat_map(Value::items) {
            add(self, record);
        }
    }
}

/// Some destinations keep only where a failed batch of a stream was, and drop what is too large for them.
const NO_REQUEST: &str = "the record of a failed invocation without what it was invoked with";

fn refused(what: &'static str) -> Explanation {
    Explanation::new(Reason::InvalidRecord, what)
}
