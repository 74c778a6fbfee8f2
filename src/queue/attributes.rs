//! The attributes of our messages that the SQS ingress reads.

/// Attribute of every message: when its events arrived, in milliseconds since 1970. It goes before `SentTimestamp`.
pub(crate) const RECEIVED_AT: &str = "received_at";
/// Attribute of a message whose body is not the text itself; its value is [`BASE64`].
pub(crate) const ENCODING: &str = "encoding";
/// The value of [`ENCODING`]: the body is the record's bytes in standard base64.
pub(crate) const BASE64: &str = "base64";
