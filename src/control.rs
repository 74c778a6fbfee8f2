//! Control operations: `{"operation": "…"}` by direct invocation and by schedule, and OAuth's way back.
//!
//! Knows nothing of how events are delivered; it looks, creates, connects and explains. No reply and no error of it
//! holds a token, a secret or an identifier, hashed or not.

mod arguments;
mod audiences;
mod check;
mod ensure;
mod error;
mod explain;
pub mod oauth;
mod target;
mod test_mapping;

use std::time::Duration;

use serde::Serialize;

use crate::app::App;
use crate::clock::InvocationTime;
use crate::delivery::session::Session;
use crate::did_you_mean::nearest;
use crate::ingress::Intake;
use crate::json::{Document, Value};

use arguments::Arguments;
pub use check::{Checked, Finding, Status};
pub use error::OperationError;

/// An operation, by what it is called in an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlOperation {
    /// Everything that could be wrong with token, audiences and configuration.
    Check,
    /// The advertisers that the token may act for.
    ListAdvertisers,
    /// All audiences of an advertiser.
    ListAudiences,
    /// A new audience, whatever others of its name there are.
    CreateAudience,
    /// One audience by its id.
    GetAudience,
    /// Deletes one audience.
    DeleteAudience,
    /// Finds or creates audiences by name.
    EnsureAudiences,
    /// What would become of events, without anything being sent.
    Explain,
    /// One mapping, for real.
    TestMapping,
    /// The link on which an advertiser consents.
    AuthorizeUrl,
}

impl ControlOperation {
    /// Every operation.
    pub const ALL: [Self; 10] = [
        Self::Check,
        Self::ListAdvertisers,
        Self::ListAudiences,
        Self::CreateAudience,
        Self::GetAudience,
        Self::DeleteAudience,
        Self::EnsureAudiences,
        Self::Explain,
        Self::TestMapping,
        Self::AuthorizeUrl,
    ];

    /// The name in an invocation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::ListAdvertisers => "listAdvertisers",
            Self::ListAudiences => "listAudiences",
            Self::CreateAudience => "createAudience",
            Self::GetAudience => "getAudience",
            Self::DeleteAudience => "deleteAudience",
            Self::EnsureAudiences => "ensureAudiences",
            Self::Explain => "explain",
            Self::TestMapping => "testMapping",
            Self::AuthorizeUrl => "authorizeUrl",
        }
    }

    /// What it takes besides its name.
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Check => &["only"],
            Self::ListAdvertisers => &[],
            Self::ListAudiences => &["advertiser_id"],
            Self::CreateAudience => &["advertiser_id", "name"],
            Self::GetAudience => &["advertiser_id", "audience_id"],
            Self::DeleteAudience => &["advertiser_id", "audience_id", "confirm"],
            Self::EnsureAudiences => &["audiences"],
            Self::Explain => &["events"],
            Self::TestMapping => &["mapping", "events"],
            Self::AuthorizeUrl => &["redirect_uri", "url"],
        }
    }

    fn parse(root: Value<'_>) -> Result<Self, OperationError> {
        let given = root.get("operation").and_then(Value::as_str).unwrap_or_default();
        Self::ALL.into_iter().find(|operation| operation.name() == given).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let hint = nearest(&given, names).map(|name| format!("did you mean {name}? ")).unwrap_or_default();
            OperationError::new("UNKNOWN_OPERATION", format!("{hint}operations are {}", names.join(", ")))
        })
    }
}

/// Whether an operation is one that a function for events answers too: a deployment asks each of them whether its
/// configuration loads, before it gets events.
pub fn is_for_every_function(root: Value<'_>) -> bool {
    let asks = |name: &str, value: &str| root.get(name).is_some_and(|given| given.is_str(value));
    asks("operation", ControlOperation::Check.name()) && asks(check::ONLY, check::CONFIGURATION)
}

/// Runs the operation that an invocation names and returns its reply as JSON.
///
/// # Errors
/// See [`OperationError`].
pub async fn run(app: &App, root: Value<'_>, invocation_time: InvocationTime) -> Result<String, OperationError> {
    let operation = ControlOperation::parse(root)?;
    let arguments = Arguments::read(root, operation)?;
    let session = Session::new(&app.client, &app.secrets, &app.metrics, invocation_time.budget(None));
    let reply = perform(app, &session, operation, &arguments).await?;
    tracing::info!(operation = operation.name(), "operation done");
    Ok(reply)
}

/// Runs what a schedule without an input of its own stands for: the configured audiences are ensured.
///
/// # Errors
/// See [`OperationError`].
pub async fn scheduled(app: &App, invocation_time: InvocationTime) -> Result<String, OperationError> {
    let session = Session::new(&app.client, &app.secrets, &app.metrics, invocation_time.budget(None));
    let reply = ensure::configured(app, &session).await?;
    tracing::info!(operation = ControlOperation::EnsureAudiences.name(), "operation done");
    Ok(reply)
}

async fn perform(
    app: &App,
    session: &Session<'_>,
    operation: ControlOperation,
    arguments: &Arguments<'_>,
) -> Result<String, OperationError> {
    match operation {
        ControlOperation::Check => json(&check::run(app, session, arguments).await?),
        ControlOperation::ListAdvertisers => audiences::advertisers(app, session).await,
        ControlOperation::ListAudiences => audiences::list(app, session, arguments).await,
        ControlOperation::CreateAudience => audiences::create(app, session, arguments).await,
        ControlOperation::GetAudience => audiences::get(app, session, arguments).await,
        ControlOperation::DeleteAudience => audiences::delete(app, session, arguments).await,
        ControlOperation::EnsureAudiences => ensure::run(app, session, arguments).await,
        ControlOperation::Explain => explain::run(app, session.budget.wall, arguments).await,
        ControlOperation::TestMapping => test_mapping::run(app, session, arguments).await,
        ControlOperation::AuthorizeUrl => oauth::authorize_url(app, session, arguments).await,
    }
}

/// The age of whatever this invocation did not fetch itself. Operations are rare, and mostly follow a change of the
/// secret: an older copy would answer with what was mended since.
const FETCHED_BEFORE: Duration = Duration::from_nanos(1);

/// The most events that one operation takes.
const MOST_EVENTS: usize = 100;

/// The argument `events`, opened as a direct invocation would be.
fn events<'d>(arguments: &Arguments<'d>) -> Result<Intake<'d>, OperationError> {
    let items = arguments.items("events")?.ok_or_else(|| arguments::missing("events"))?;
    if items.len() > MOST_EVENTS {
        return Err(OperationError::new("TOO_MANY_EVENTS", format!("at most {MOST_EVENTS} events at once")));
    }
    let text = arguments.value("events").map(Value::raw).unwrap_or_default();
    let document = Document::parse(text).map_err(|error| OperationError::new("INVALID_FIELD", error.to_string()))?;
    let mut intake = Intake::default();
    let document = intake.add_document(document);
    intake.add_events(document, 0, None);
    Ok(intake)
}

/// A reply as JSON.
fn json(reply: &impl Serialize) -> Result<String, OperationError> {
    serde_json::to_string(reply).map_err(|_impossible| OperationError::new("INTERNAL", "the reply can't be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(payload: &str, expected: &str) {
        let document = Document::parse(payload).unwrap();
        let read =
            |root| ControlOperation::parse(root).and_then(|operation| Arguments::read(root, operation).map(drop));
        assert_eq!(read(document.root()).unwrap_err().to_string(), expected, "{payload}");
    }

    #[test]
    fn an_unknown_operation_is_told_the_known_ones() {
        let known = ControlOperation::ALL.map(ControlOperation::name).join(", ");
        for (payload, hint) in [
            (r#"{"operation":"listaudience"}"#, "did you mean listAudiences? "),
            (r#"{"operation":"jane@example.com"}"#, ""),
            (r#"{"operation":""}"#, ""),
            (r#"{"operation":null}"#, ""),
            (r#"{"operation":["check"]}"#, ""),
        ] {
            refused(payload, &format!("UNKNOWN_OPERATION: {hint}operations are {known}"));
        }
    }

    #[test]
    fn unknown_arguments_are_named_unless_they_could_be_personal() {
        let takes = "deleteAudience takes advertiser_id, audience_id, confirm";
        for (payload, expected) in [
            (r#"{"operation":"deleteAudience","confrm":"x"}"#, "unknown argument `confrm`, did you mean `confirm`?"),
            (r#"{"operation":"deleteAudience","x":1,"y":2}"#, "unknown arguments `x`, `y`"),
            (r#"{"operation":"deleteAudience","jane@example.com":1}"#, "an unknown argument"),
        ] {
            refused(payload, &format!("UNKNOWN_ARGUMENT: {expected}; {takes}"));
        }
        refused(
            r#"{"operation":"listAdvertisers","x":1}"#,
            "UNKNOWN_ARGUMENT: unknown argument `x`; listAdvertisers takes none",
        );
    }
}
