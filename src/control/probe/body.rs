//! Bodies of `/segment/mapping/` with invented people, also such as no delivery writes.

use crate::identity::{self, IdType, Rules};
use crate::tiktok::{AdvertiserId, AudienceId};

/// A body with these rows.
pub(super) fn of(advertiser: AdvertiserId, action: &str, schema: &[IdType], rows: &[String]) -> Vec<u8> {
    let schema: Vec<_> = schema.iter().map(|column| format!("\"{}\"", column.as_str())).collect();
    let (schema, rows) = (schema.join(","), rows.join(","));
    format!(
        "{{\"advertiser_ids\":[\"{advertiser}\"],\"action\":\"{action}\",\"id_schema\":[{schema}],\"batch_data\":[{rows}]}}"
    )
    .into_bytes()
}

/// A row of one column with an invented person.
pub(super) fn row(audience: AudienceId, number: usize) -> String {
    format!("[{}]", person(audience, number))
}

/// The cell of an invented person, hashed as every address is.
pub(super) fn person(audience: AudienceId, number: usize) -> String {
    let address = format!("probe{number}@example.com");
    let mut hash = Vec::with_capacity(64);
    if let Ok(Some(hashed)) = identity::email(&address, &Rules::default()) {
        hashed.write_hex(&mut hash);
    }
    cell(audience, std::str::from_utf8(&hash).unwrap_or_default())
}

/// A cell with this id, whatever it is.
pub(super) fn cell(audience: AudienceId, id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"audience_ids\":[\"{audience}\"]}}")
}
