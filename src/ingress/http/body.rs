//! Bodies of HTTP requests: base64, gzip, UTF-8, and their limits.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::MultiGzDecoder;

/// The largest body after decoding.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The most events that one request may carry. Segment's batches have at most 4,000, `RudderStack`'s Custom Activation
/// sends 5,000.
pub const MAX_EVENTS: usize = 10_000;

/// The largest message of an SDK, and the most that a batch may say about all of its events. Source: Segment, HTTP
/// Tracking API, "Max request size".
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a body can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing was sent.
    #[error("the body is empty")]
    Empty,
    /// `isBase64Encoded` without base64.
    #[error("the body is not base64")]
    NotBase64,
    /// `Content-Encoding: gzip` without gzip, or cut short.
    #[error("the body is not gzip, or cut short")]
    NotGzip,
    /// A content encoding that is not supported.
    #[error("content encodings other than gzip and identity are not supported")]
    UnknownEncoding,
    /// Too large, before or after decoding.
    #[error("the body is larger than {} MB", MAX_BODY_BYTES / 1024 / 1024)]
    TooLarge,
    /// Gzip without `Content-Encoding: gzip`.
    #[error("the body is gzip, and no Content-Encoding says so")]
    UnstatedGzip,
    /// Not UTF-8.
    #[error("the body is not UTF-8 at byte {0}")]
    NotUtf8(usize),
}

impl BodyError {
    /// The status that says it.
    pub const fn status(self) -> u16 {
        match self {
            Self::Empty | Self::NotBase64 | Self::NotGzip | Self::UnstatedGzip | Self::NotUtf8(_) => 400,
            Self::UnknownEncoding => 415,
            Self::TooLarge => 413,
        }
    }
}

/// Decodes a body.
pub(super) fn decode<'p>(
    sent: Cow<'p, str>,
    is_base64: bool,
    content_encoding: Option<&str>,
) -> Result<Cow<'p, str>, BodyError> {
    let is_gzip = match content_encoding.map(str::trim) {
        None | Some("") => false,
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => false,
        Some(encoding) if encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip") => true,
        Some(_) => return Err(BodyError::UnknownEncoding),
    };
    if sent.is_empty() {
        return Err(BodyError::Empty);
    }
    if !is_base64 && !is_gzip {
        return if sent.len() > MAX_BODY_BYTES { Err(BodyError::TooLarge) } else { Ok(sent) };
    }
    let bytes = if is_base64 {
        STANDARD.decode(sent.as_bytes()).map_err(|_position| BodyError::NotBase64)?
    } else {
        sent.into_owned().into_bytes()
    };
    let bytes = if is_gzip { inflate(&bytes)? } else { bytes };
    if bytes.len() > MAX_BODY_BYTES {
        return Err(BodyError::TooLarge);
    }
    if bytes.starts_with(&GZIP) {
        return Err(BodyError::UnstatedGzip);
    }
    let text = String::from_utf8(bytes).map_err(|error| BodyError::NotUtf8(error.utf8_error().valid_up_to()))?;
    if text.is_empty() { Err(BodyError::Empty) } else { Ok(Cow::Owned(text)) }
}

/// Inflates at most one byte more than the limit, so that a small bomb can't fill the memory.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, BodyError> {
    let limit = u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut inflated = Vec::new();
    MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut inflated).map_err(|_error| BodyError::NotGzip)?;
    Ok(inflated)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[track_caller]
    fn check(sent: &str, is_base64: bool, encoding: Option<&str>, expected: Result<&str, BodyError>) {
        let decoded = decode(Cow::Borrowed(sent), is_base64, encoding);
        assert_eq!(decoded.as_deref().map_err(|error| *error), expected);
    }

    #[test]
    fn bodies_are_decoded_from_the_outside_in() {
        let zipped = STANDARD.encode(gzip(b"{}"));
        check("{}", false, None, Ok("{}"));
        check("e30=", true, None, Ok("{}"));
        check(&zipped, true, Some("gzip"), Ok("{}"));
        check(&zipped, true, Some(" GZIP "), Ok("{}"));
        check("{}", false, Some("identity"), Ok("{}"));
    }

    #[test]
    fn what_can_not_be_decoded_has_a_reason() {
        let bomb = STANDARD.encode(gzip(&vec![b' '; MAX_BODY_BYTES + 1]));
        let largest = STANDARD.encode(gzip(&vec![b' '; MAX_BODY_BYTES]));
        let zipped = gzip(b"{\"a\":1}");
        let cut = STANDARD.encode(zipped.get(..zipped.len() - 9).unwrap());
        check("", false, None, Err(BodyError::Empty));
        check("", true, Some("gzip"), Err(BodyError::Empty));
        check("e30", true, None, Err(BodyError::NotBase64));
        check("e30=", true, Some("gzip"), Err(BodyError::NotGzip));
        check(&cut, true, Some("gzip"), Err(BodyError::NotGzip));
        check(&STANDARD.encode(&zipped), true, None, Err(BodyError::UnstatedGzip));
        check("{}", false, Some("br"), Err(BodyError::UnknownEncoding));
        check(&bomb, true, Some("gzip"), Err(BodyError::TooLarge));
        check(&STANDARD.encode([b'{', 0xff]), true, None, Err(BodyError::NotUtf8(1)));
        assert!(decode(Cow::Owned(largest), true, Some("gzip")).is_ok());
    }
}
