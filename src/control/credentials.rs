//! The app at TikTok, as the secret names it.

use secrecy::SecretString;

use super::error::OperationError;
use crate::secrets::Secret;

/// The app's id and secret.
///
/// # Errors
/// The secret lacks one of them.
pub(super) fn app_credentials(secret: &Secret) -> Result<(&str, &SecretString), OperationError> {
    let both = secret.app_id.as_deref().zip(secret.app_secret.as_ref());
    both.ok_or_else(|| {
        let message =
            "the secret has no app_id and app_secret: copy both from the app's page in TikTok's developer portal";
        OperationError::new("NO_APP", message)
    })
}

/// Id and secret of the app.
#[derive(Clone, Copy)]
pub(super) struct Credentials<'s> {
    pub(super) app_id: &'s str,
    pub(super) app_secret: &'s SecretString,
}

impl<'s> Credentials<'s> {
    /// The app of a secret.
    pub(super) fn of(secret: &'s Secret) -> Result<Self, OperationError> {
        let (app_id, app_secret) = app_credentials(secret)?;
        Ok(Self { app_id, app_secret })
    }
}
