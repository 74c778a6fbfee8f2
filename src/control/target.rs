//! Which ad account an operation is about, and which ones the destination needs.

use std::collections::BTreeSet;

use crate::app::App;
use crate::delivery::session::Session;
use crate::destination::Destination;
use crate::tiktok::AdvertiserId;

use super::OperationError;

/// The ad account that an operation is about: the stated one; else the one that the destination gives the audience of
/// that name; else the destination's; else the secret's only one.
///
/// # Errors
/// There is none, or the secret can't be read.
pub(super) async fn advertiser(
    app: &App,
    session: &Session<'_>,
    stated: Option<AdvertiserId>,
    name: Option<&str>,
) -> Result<AdvertiserId, OperationError> {
    let destination = &app.router.destination;
    let by_name = || name.and_then(|name| destination.advertiser_of(name));
    if let Some(known) = stated.or_else(by_name).or(destination.settings.advertiser_id) {
        return Ok(known);
    }
    match session.connected().await?.secret.advertiser_ids.as_slice() {
        [only] => Ok(*only),
        several => {
            let count = several.len();
            let message = format!(
                "give advertiser_id, or set settings.advertiser_id: the secret's advertiser_ids name {count} ad accounts"
            );
            Err(OperationError::new("NO_ADVERTISER", message))
        }
    }
}

/// The ad accounts that the configuration names, in ascending order.
pub(super) fn configured_advertisers(destination: &Destination) -> BTreeSet<AdvertiserId> {
    destination.advertisers().into_iter().collect()
}
