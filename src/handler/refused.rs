//! Requests that are refused as a whole.

use crate::ingress::http::HttpReply;

/// When a sender may try again, in seconds.
pub(super) const RETRY_AFTER_SECONDS: u32 = 5;

/// Why a request is refused, before it is put in the words of its endpoint.
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, error: &impl ToString) -> Self {
        Self { status, code, message: error.to_string() }
    }

    pub(super) fn into_reply(self) -> HttpReply {
        let reply = HttpReply::error(self.status, self.code, &self.message);
        if self.status == 503 { with_retry_after(reply) } else { reply }
    }
}

/// A refusal that is not the sender's fault.
pub(super) fn unavailable(code: &str, message: &str) -> HttpReply {
    with_retry_after(HttpReply::error(503, code, message))
}

/// The reply with the time after which a sender may try again.
pub(super) fn with_retry_after(reply: HttpReply) -> HttpReply {
    reply.with_header("retry-after", RETRY_AFTER_SECONDS.to_string())
}
