//! Why there is no secret, and whether waiting helps.

use aws_sdk_secretsmanager::error::BoxError;

use crate::net::origin::OriginError;
use crate::tiktok::BadToken;

/// Whether the same fetch may succeed later without anyone's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsClass {
    /// It may: the service is slow, busy or out of reach.
    Retryable,
    /// Someone has to change the secret, its name or a permission.
    Permanent,
}

/// What AWS says about a refusal; its messages name roles and resources, never a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SecretsRefusal {
    /// AWS's code.
    pub code: String,
    /// AWS's message.
    pub message: String,
}

/// Why there is no usable secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// No secret has that name in this region and account.
    #[error("the secret does not exist")]
    NotFound(#[source] SecretsRefusal),
    /// The function's role may not read it, or may not use its key.
    #[error("the function may not read the secret or use its key")]
    AccessDenied(#[source] SecretsRefusal),
    /// It is marked for deletion, or its key is.
    #[error("the secret or its key is marked for deletion or disabled")]
    Disabled(#[source] SecretsRefusal),
    /// The function's credentials are wrong or expired.
    #[error("AWS does not take the function's credentials")]
    Credentials(#[source] SecretsRefusal),
    /// Too many calls to Secrets Manager.
    #[error("Secrets Manager takes no more calls for now")]
    Throttled(#[source] SecretsRefusal),
    /// No answer in time.
    #[error("no answer from Secrets Manager in time")]
    Timeout,
    /// No connection, or one that broke.
    #[error("no connection to Secrets Manager")]
    Transport(#[source] OriginError),
    /// A fault at Secrets Manager.
    #[error("a fault at Secrets Manager")]
    Service(#[source] SecretsRefusal),
    /// An answer that is not one of Secrets Manager's; it is not kept, since it may hold the secret.
    #[error("the answer is not one of Secrets Manager's")]
    Unreadable,
    /// The call could not be built.
    #[error("the call to Secrets Manager could not be built")]
    Build(#[source] BoxError),
    /// Any other refusal.
    #[error("Secrets Manager refuses to give the secret")]
    Refused(#[source] SecretsRefusal),
    /// The secret is binary.
    #[error("the secret is binary; it must be text")]
    Binary,
    /// It begins like JSON and is none.
    #[error("the secret is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first mistake.
        line: usize,
        /// Column of the first mistake.
        column: usize,
    },
    /// JSON, but no object.
    #[error("the secret must be a JSON object or the bare access token")]
    NotAnObject,
    /// Bare text that is no token.
    #[error("the secret is neither JSON nor an access token")]
    NotAToken(#[source] BadToken),
    /// A value of the wrong kind.
    #[error("{key} in the secret must be {expected}")]
    Invalid {
        /// The key.
        key: &'static str,
        /// What its value must be.
        expected: &'static str,
    },
    /// Somebody else put another token into the secret meanwhile.
    #[error("the secret has another access_token than a moment ago")]
    Changed,
    /// There is a secret, but no token in it.
    #[error("the secret has no access_token")]
    NoToken,
}

impl SecretsError {
    /// Whether the same fetch may succeed later without anyone's help.
    pub fn class(&self) -> SecretsClass {
        match self {
            Self::Throttled(_) | Self::Timeout | Self::Transport(_) | Self::Service(_) | Self::Unreadable => {
                SecretsClass::Retryable
            }
            Self::NotFound(_)
            | Self::AccessDenied(_)
            | Self::Disabled(_)
            | Self::Credentials(_)
            | Self::Build(_)
            | Self::Refused(_)
            | Self::Binary
            | Self::NotJson { .. }
            | Self::NotAnObject
            | Self::NotAToken(_)
            | Self::Invalid { .. }
            | Self::Changed
            | Self::NoToken => SecretsClass::Permanent,
        }
    }

    /// Whether the same call may succeed at once.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Timeout | Self::Transport(_) | Self::Service(_))
    }

    /// Source of the codes: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html> and
    /// `API_GetSecretValue.html` there.
    pub(super) fn from_refusal(said: SecretsRefusal, status: u16) -> Self {
        let variant: fn(SecretsRefusal) -> Self = match said.code.as_str() {
            "ResourceNotFoundException" => Self::NotFound,
            "AccessDeniedException" | "AccessDenied" | "DecryptionFailure" | "EncryptionFailure" => Self::AccessDenied,
            "InvalidRequestException" => Self::Disabled,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "ExpiredTokenException" => Self::Credentials,
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
                Self::Throttled
            }
            "InternalServiceError" | "InternalFailure" | "ServiceUnavailable" => Self::Service,
            _ if status >= 500 => Self::Service,
            _ => Self::Refused,
        };
        variant(said)
    }
}
