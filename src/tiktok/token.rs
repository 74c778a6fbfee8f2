//! The access token: a secret that is known to fit into a header.

use std::fmt;

use http::header::{HeaderValue, InvalidHeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// TikTok's long-term token. Shown nowhere; it enters a header that is marked sensitive and the secret's own store.
#[derive(Clone)]
pub struct AccessToken(SecretString);

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be printable ASCII without white space")]
pub struct BadToken;

impl AccessToken {
    /// Accepts any non-empty text of visible ASCII characters: what a header can carry unchanged.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadToken);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The token itself, for the store that it came from.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn header(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut value = HeaderValue::from_str(self.0.expose_secret())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_ascii_is_a_token() {
        assert!(AccessToken::parse("abc.DEF-123_~").is_ok());
        for bad in ["", " ", "a b", "a\n", "\u{e9}", "a\0", "\u{7f}"] {
            assert_eq!(AccessToken::parse(bad).unwrap_err(), BadToken, "{bad:?}");
        }
    }

    #[test]
    fn neither_the_token_nor_its_header_can_be_seen() {
        let token = AccessToken::parse("very-secret").unwrap();
        let header = token.header().unwrap();
        assert!(header.is_sensitive());
        assert_eq!(header, "very-secret");
        for text in [format!("{token:?}"), format!("{header:?}")] {
            assert!(!text.contains("very-secret"), "{text}");
        }
    }
}
