//! Envelopes inside of envelopes: an EventBridge event in an SNS message in an SQS body.
//!
//! Each layer is opened as whatever it is, with two exceptions: `operation` is data anywhere but at the top of an
//! invocation, and an HTTP request inside of a record is refused, since nobody has judged its caller.

use super::direct::{Direct, batch_of};
use super::discriminators::{Discriminators, FailedPayload};
use super::error::IngressError;
use super::http::events;
use super::intake::{Intake, MAX_MESSAGE_EVENTS};
use super::kind::Ingress;
use super::merge::Common;
use super::payload::{Content, Payload, milliseconds};
use super::{kinesis, sns, sqs};
use crate::json::{BYTE_ORDER_MARK, Document, Kind, Unparsed, Value};
use crate::outcome::{Explanation, Reason};

/// How many envelopes may be around an event; a Lambda destination on a bus, through a topic, in a queue has five.
const MAX_DEPTH: u8 = 8;

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

    /// Takes in what a record carries.
    pub(super) fn add(&mut self, payload: Payload) {
        let Payload { content, time } = payload;
        match content {
            Content::Text(text) => self.add_text(text, time),
            Content::Bytes(bytes) => self.add_bytes(bytes, time),
            Content::Lines(bytes) => self.inner(time).add_lines(bytes),
            Content::Rejected(explanation, original) => {
                self.intake.add_rejected(explanation, original, time.or(self.time));
            }
        }
    }

    /// Takes in a text; one that is not JSON takes one rejected entry.
    pub(super) fn add_text(&mut self, mut text: String, time: Option<i64>) {
        if text.starts_with(BYTE_ORDER_MARK) {
            text.remove(0);
        }
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

    /// Takes in bytes: one JSON text, else one on each line.
    fn add_lines(&mut self, mut bytes: Vec<u8>) {
        if bytes.starts_with(BYTE_ORDER_MARK.as_bytes()) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        match String::from_utf8(bytes).map(Document::try_parse) {
            Ok(Ok(document)) => self.add_document(document, 0),
            Ok(Err(unparsed)) => self.add_each_line(unparsed),
            Err(not_utf8) => self.add_bytes(not_utf8.into_bytes(), None),
        }
    }

    /// Takes in newline-delimited events. A text none of whose lines is an object or an array is a broken one, and not
    /// as many broken ones as it has lines.
    fn add_each_line(&mut self, whole: Unparsed<'_>) {
        let lines = || whole.text.lines().filter(|line| !line.trim().is_empty());
        if let Some(explanation) = self.intake.no_room_for(lines().count(), MAX_MESSAGE_EVENTS) {
            return self.reject_bytes(explanation, whole.text.into_owned());
        }
        let parsed: Vec<_> = lines().map(|line| Document::try_parse(line.to_owned())).collect();
        let is_event = |document: &Document<'_>| matches!(document.root().kind(), Kind::Object | Kind::Array);
        if !parsed.iter().flatten().any(is_event) {
            return self.reject_unparsed(whole);
        }
        let events = parsed.iter().map(|line| line.as_ref().map_or(1, |document| events_in(document.root()))).sum();
        if let Some(explanation) = self.intake.no_room_for(events, MAX_MESSAGE_EVENTS) {
            return self.reject_bytes(explanation, whole.text.into_owned());
        }
        for line in parsed {
            match line {
                Ok(document) => self.add_document(document, 0),
                Err(unparsed) => self.reject_unparsed(unparsed),
            }
        }
    }

    /// Rejects a text in place.
    pub(super) fn reject_unparsed(&mut self, unparsed: Unparsed<'_>) {
        let explanation = Explanation::new(Reason::InvalidRecord, unparsed.error.to_string());
        self.intake.add_rejected(explanation, unparsed.text.into_owned(), self.time);
    }

    /// Rejects a value in place.
    pub(super) fn reject(&mut self, explanation: Explanation, value: Value<'_>) {
        self.intake.add_rejected(explanation, value.raw(), self.time);
    }

    /// Rejects what is known to be no event in place.
    pub(super) fn reject_bytes(&mut self, explanation: Explanation, original: impl Into<Vec<u8>>) {
        self.intake.add_rejected(explanation, original, self.time);
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
        if discriminators.is_notification() {
            return self.add(sns::read_notification(value));
        }
        match discriminators.ingress() {
            Ok(Ingress::Direct(Direct::Envelope { events })) => self.add_events(document, events),
            Ok(Ingress::Direct(Direct::Array)) => self.add_batch(MAX_MESSAGE_EVENTS, document, position),
            Ok(Ingress::Direct(Direct::One) | Ingress::Operation) => self.add_events(document, position),
            Ok(Ingress::EventBridge) => {
                let (time, detail) = (
                    discriminators.time.and_then(milliseconds),
                    discriminators.detail.map_or(position, Value::position),
                );
                self.inner(time).add_document(document, detail);
            }
            Ok(Ingress::Redrive) => {
                let time = discriminators.timestamp.and_then(milliseconds);
                match discriminators.failed_payload() {
                    FailedPayload::At(position) => self.inner(time).add_document(document, position),
                    FailedPayload::Text(text) => self.add_text(text.as_str().unwrap_or_default().into_owned(), time),
                    FailedPayload::Missing => self.reject(refused(NO_REQUEST), value),
                }
            }
            Ok(Ingress::Sqs) => self.add_records(discriminators.records, |record| vec![sqs::read(record).0]),
            Ok(Ingress::Kinesis) => self.add_records(discriminators.records, kinesis::read),
            Ok(Ingress::Sns) => self.add_records(discriminators.records, |record| vec![sns::read(record)]),
            Ok(Ingress::Rows) => self.reject(refused("a batch of rows inside of a record"), value),
            Ok(Ingress::Schedule) => self.reject(refused("a schedule, which carries no events"), value),
            Ok(Ingress::Http(_)) => self.reject(refused("an HTTP request inside of a record"), value),
            Err(
                error @ (IngressError::NotAnEnvelope(_)
                | IngressError::UnknownRecords(_)
                | IngressError::EmptyRecords
                | IngressError::BareRecord
                | IngressError::UnknownService
                | IngressError::NotAnEvent(_)),
            ) => {
                self.reject(Explanation::new(Reason::InvalidRecord, error.to_string()), value);
            }
        }
    }

    fn add_events(&mut self, document: Document<'p>, position: u32) {
        self.add_at_most(MAX_MESSAGE_EVENTS, document, position);
    }

    /// Takes in an event or an array of at most so many.
    pub(super) fn add_at_most(&mut self, most: usize, document: Document<'p>, position: u32) {
        let document = self.intake.add_document(document);
        self.intake.add_at_most(most, document, position, self.time);
    }

    /// Takes in `{"batch":[…]}` of at most so many events, as it is over HTTP: what it says about all of them is merged
    /// into each. An SDK's limit for one event does not hold, since others send such batches too; and when it was sent says
    /// nothing of the sender's clock, since it may be long on its way, or come out of an archive.
    pub(super) fn add_batch(&mut self, most: usize, document: Document<'p>, position: u32) {
        let root = document.value_at(position);
        let Some(batch) = batch_of(root) else { return self.add_at_most(most, document, position) };
        let (count, common) = (batch.len(), Common::of_batch(root));
        let admitted = match (self.intake.no_room_for(count, most), events::merged_bytes(batch, count, &common)) {
            (Some(explanation), _) => Err(explanation),
            (None, Err(error)) => Err(Explanation::new(Reason::InvalidRecord, error.to_string())),
            (None, Ok(merged)) => self.intake.reserve_merged(merged),
        };
        if let Err(explanation) = admitted {
            return self.reject(explanation, root);
        }
        let taken = events::take(batch, &common, None);
        events::add(self.intake, document, taken, self.time, 0);
    }

    fn add_records(&mut self, records: Option<Value<'_>>, read: impl Fn(Value<'_>) -> Vec<Payload>) {
        for record in records.into_iter().flat_map(Value::items) {
            self.intake.begin_message();
            for payload in read(record) {
                self.add(payload);
            }
        }
    }
}

/// How many events a line holds, as far as that is seen without opening an envelope.
fn events_in(line: Value<'_>) -> usize {
    match (line.kind(), Direct::of_object(line)) {
        (Kind::Array, _) => line.len(),
        (_, Direct::Envelope { events }) => line.at(events).len(),
        (_, Direct::Array) => batch_of(line).map_or(1, Value::len),
        (_, Direct::One) => 1,
    }
}

/// Some destinations keep only where a failed batch of a stream was, and drop what is too large for them.
const NO_REQUEST: &str = "the record of a failed invocation without what it was invoked with";

fn refused(what: &'static str) -> Explanation {
    Explanation::new(Reason::InvalidRecord, what)
}
