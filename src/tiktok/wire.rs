//! What goes over the wire: request bodies and the `data` of answers.
//!
//! Knows nothing of sockets, codes or retries. Answers may carry more fields than are read here, and a field that is
//! merely informative and of an unexpected type counts as absent.

mod audience;
mod mapping;
mod oauth;
pub mod path;
mod sharing;

pub use audience::Audience;
pub(super) use audience::{AudienceDetails, AudiencePage, CreatedAudience};
pub(crate) use audience::{AudienceRequest, ListQuery};
#[cfg(test)]
pub(crate) use mapping::row_bytes;
pub use mapping::{MappingBody, MappingRow, MappingRows, Misaligned};
pub use oauth::{Advertiser, Granted};
pub(super) use oauth::{AdvertiserList, ExchangeCode};
pub(super) use sharing::{CancelRequest, ShareLog, ShareRequest, UseLog};
pub use sharing::{Compared, MOST_COMPARED, MOST_SHARED, Overlap, Share, Use};

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};

use super::id::{AdvertiserId, AudienceId, BadId};

/// The two kinds of id, for the one reader below.
trait Id: Sized {
    fn parse(text: &str) -> Result<Self, BadId>;
}

impl Id for AdvertiserId {
    fn parse(text: &str) -> Result<Self, BadId> {
        Self::parse(text)
    }
}

impl Id for AudienceId {
    fn parse(text: &str) -> Result<Self, BadId> {
        Self::parse(text)
    }
}

/// Text or, against the documentation, an integer; both are exact up to 64 bits.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written<'a> {
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Integer(u64),
}

fn id<'de, T: Id, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    read_id(Written::deserialize(deserializer)?)
}

fn ids<'de, T: Id, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let written = Vec::<Written<'_>>::deserialize(deserializer)?;
    written.into_iter().map(read_id).collect()
}

fn read_id<T: Id, E: Error>(written: Written<'_>) -> Result<T, E> {
    let id = match written {
        Written::Text(text) => T::parse(&text),
        Written::Integer(number) => T::parse(&number.to_string()),
    };
    id.map_err(E::custom)
}

/// A field that is not needed to act: `null` and unexpected types count as absent.
fn or_absent<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}
