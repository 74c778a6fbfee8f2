//! What can go wrong between the function and TikTok, on demand.
//!
//! It knows nothing of what an endpoint means: a fault replaces or damages an answer. `script` decides which call
//! gets one.

use std::time::Duration;

use hyper::body::Bytes;
use serde_json::json;

use super::super::server::{Answer, Flow};

/// One way in which a call goes wrong.
///
/// Unless it is said here, the call is not carried out; [`Fault::applied`] makes it take effect all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// TikTok's envelope with this code, HTTP 200.
    Code(i64),
    /// The envelope with this code and HTTP status.
    CodeWithStatus {
        /// The HTTP status.
        status: u16,
        /// The code in the body.
        code: i64,
    },
    /// The envelope with this code and message, HTTP 200.
    Message {
        /// The code in the body.
        code: i64,
        /// TikTok's message.
        message: String,
    },
    /// This HTTP status with the HTML page of a proxy.
    Status(u16),
    /// HTTP 200 with text that is not JSON.
    Garbage,
    /// HTTP 200 without a body.
    EmptyBody,
    /// HTTP 200 with a body that is not UTF-8, though it would be code 0 otherwise.
    InvalidUtf8,
    /// HTTP 200 with `"code": "0"`.
    StringCode,
    /// HTTP 200 with `"code": 0.5`.
    FractionCode,
    /// HTTP 200 with `"code": null`.
    NullCode,
    /// HTTP 200 with an envelope that has no code.
    MissingCode,
    /// The right answer, carried out, labelled `text/html`.
    WrongContentType,
    /// HTTP 200, code 0, and this many bytes of padding.
    Huge(usize),
    /// HTTP 307 to this address.
    Redirect(String),
    /// The connection breaks while the body is still on its way.
    HangUpBeforeBody,
    /// The connection breaks when the body has been read.
    HangUpAfterBody,
    /// The connection breaks in the middle of the status line.
    TruncatedHead,
    /// The connection breaks in the middle of the answer's body.
    TruncatedBody,
    /// Carried out, but the answer never comes.
    Hang,
    /// Carried out, and the answer comes after this time.
    Delay(Duration),
    /// Carried out, and the answer's head comes a byte at a time with this pause.
    SlowHead(Duration),
    /// Carried out, and the answer's body comes a byte at a time with this pause.
    SlowBody(Duration),
}

impl Fault {
    /// The same fault, but the call takes effect: only its answer is lost or damaged.
    pub fn applied(self) -> Scripted {
        Scripted { fault: self, applied: true }
    }

    /// A code with the message that TikTok gives while it works on an audience.
    pub fn not_editable() -> Self {
        Self::Message { code: 40002, message: "Audience is not editable".to_owned() }
    }

    fn is_carried_out(&self) -> bool {
        matches!(self, Self::WrongContentType | Self::Hang | Self::Delay(_) | Self::SlowHead(_) | Self::SlowBody(_))
    }

    /// The code that the caller gets to read, if any.
    pub(super) fn code(&self) -> Option<i64> {
        if let Self::Code(code) | Self::CodeWithStatus { code, .. } | Self::Message { code, .. } = self {
            Some(*code)
        } else {
            None
        }
    }

    /// Makes what is sent out of what would have been sent; nothing: the connection breaks.
    pub(super) fn damage(&self, answer: Answer, request_id: &str) -> Option<Answer> {
        let middle = answer.body.len() / 2;
        Some(match self {
            Self::HangUpBeforeBody | Self::HangUpAfterBody => return None,
            Self::Hang | Self::Delay(_) => answer,
            Self::WrongContentType => Answer::new(200, "text/html", answer.body),
            Self::TruncatedHead => Answer { flow: Flow::CutHead(10), ..answer },
            Self::TruncatedBody => Answer { flow: Flow::CutBody(middle), ..answer },
            Self::SlowHead(gap) => Answer { flow: Flow::DripHead(*gap), ..answer },
            Self::SlowBody(gap) => Answer { flow: Flow::DripBody(*gap), ..answer },
            Self::Redirect(to) => Answer::new(307, "text/html", "").with_header("location", to.clone()),
            Self::Status(status) => Answer::new(*status, "text/html", format!("<html>{status}</html>")),
            Self::CodeWithStatus { status, code } => {
                Answer::new(*status, "application/json", envelope(*code, "scripted", request_id))
            }
            Self::Code(_)
            | Self::Message { .. }
            | Self::Garbage
            | Self::EmptyBody
            | Self::InvalidUtf8
            | Self::StringCode
            | Self::FractionCode
            | Self::NullCode
            | Self::MissingCode
            | Self::Huge(_) => Answer::new(200, "application/json", self.body(request_id)),
        })
    }

    /// The body of the faults that are nothing but another body.
    fn body(&self, request_id: &str) -> Bytes {
        match self {
            Self::Code(code) => envelope(*code, "scripted", request_id),
            Self::Message { code, message } => envelope(*code, message, request_id),
            Self::Garbage => Bytes::from_static(b"<html>it works</html>"),
            Self::InvalidUtf8 => {
                Bytes::from_static(b"{\"code\":0,\"message\":\"\xff\",\"request_id\":\"1\",\"data\":{}}")
            }
            Self::StringCode => json!({ "code": "0", "message": "OK", "data": {} }).to_string().into(),
            Self::FractionCode => json!({ "code": 0.5, "message": "OK", "data": {} }).to_string().into(),
            Self::NullCode => json!({ "code": null, "message": "OK", "data": {} }).to_string().into(),
            Self::MissingCode => json!({ "message": "OK", "request_id": request_id, "data": {} }).to_string().into(),
            Self::Huge(size) => {
                json!({ "code": 0, "message": "OK", "data": { "padding": "x".repeat(*size) } }).to_string().into()
            }
            Self::EmptyBody
            | Self::CodeWithStatus { .. }
            | Self::Status(_)
            | Self::WrongContentType
            | Self::Redirect(_)
            | Self::HangUpBeforeBody
            | Self::HangUpAfterBody
            | Self::TruncatedHead
            | Self::TruncatedBody
            | Self::Hang
            | Self::Delay(_)
            | Self::SlowHead(_)
            | Self::SlowBody(_) => Bytes::new(),
        }
    }
}

/// A fault, and whether the call takes effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// What goes wrong.
    pub fault: Fault,
    /// Whether the call is carried out first.
    pub applied: bool,
}

impl From<Fault> for Scripted {
    fn from(fault: Fault) -> Self {
        let applied = fault.is_carried_out();
        Self { fault, applied }
    }
}

/// TikTok's envelope without data.
pub(super) fn envelope(code: i64, message: &str, request_id: &str) -> Bytes {
    json!({ "code": code, "message": message, "request_id": request_id, "data": {} }).to_string().into()
}
