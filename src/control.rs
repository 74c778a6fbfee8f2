//! Control operations: `{"operation": "…"}` by direct invocation and by schedule, and OAuth's way back.
//!
//! Knows nothing of how events are delivered; it looks, creates, connects and explains. No reply and no error of it
//! holds a token, a secret or an identifier, hashed or not.

mod arguments;
mod audiences;
mod check;
mod credentials;
mod dead_letters;
mod ensure;
mod error;
mod events;
mod explain;
mod health;
mod lists;
pub mod oauth;
mod operation;
mod probe;
mod receipt;
mod reply;
mod sharing;
mod target;
mod test_mapping;

use crate::app::App;
use crate::clock::InvocationTime;
use crate::delivery::session::Session;
use crate::json::Value;

use arguments::Arguments;
pub use check::{Checked, Status};
pub(crate) use error::OperationError;
use events::events;
pub use explain::shape;
pub use lists::prepare::{MAX_UNUSABLE_PERCENT, UNUSABLE_PERCENT};
pub use operation::ControlOperation;
use reply::json;

/// Whether an operation is one that a function for events answers too: a deployment asks each of them whether its
/// configuration loads, before it gets events.
pub(crate) fn is_for_every_function(root: Value<'_>) -> bool {
    let asks = |name: &str, value: &str| root.get(name).is_some_and(|given| given.is_str(value));
    asks("operation", ControlOperation::Check.name()) && asks(check::ONLY, check::CONFIGURATION)
}

/// Runs the operation that an invocation names and returns its reply as JSON.
///
/// # Errors
/// See `OperationError`.
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
pub(crate) async fn scheduled(app: &App, invocation_time: InvocationTime) -> Result<String, OperationError> {
    let session = Session::new(&app.client, &app.secrets, &app.metrics, invocation_time.budget(None));
    let reply = ensure::configured(app, &session).await?;
    tracing::info!(operation = ControlOperation::EnsureAudiences.name(), "operation done");
    Ok(reply)
}

#[expect(clippy::cognitive_complexity, reason = "an arm for each operation, and nothing in it")]
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
        ControlOperation::Rejected => dead_letters::rejected(app, session.budget, arguments).await,
        ControlOperation::Redrive => dead_letters::redrive(app, session.budget, arguments).await,
        ControlOperation::Discard => dead_letters::discard(app, session.budget, arguments).await,
        ControlOperation::ShareAudience => sharing::share(app, session, arguments).await,
        ControlOperation::UnshareAudience => sharing::unshare(app, session, arguments).await,
        ControlOperation::SharedWith => sharing::shared_with(app, session, arguments).await,
        ControlOperation::CompareAudiences => sharing::compare(app, session, arguments).await,
        ControlOperation::PrepareList => lists::prepare::run(app, session, arguments).await,
        ControlOperation::SummarizeList => lists::summarize::run(app, session, arguments).await,
        ControlOperation::Audiences => health::run(app, session, arguments).await,
        ControlOperation::Probe => Box::pin(probe::run(app, session, arguments)).await,
        ControlOperation::Receipt => receipt::run(app, session.budget, arguments).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[track_caller]
    fn refused(payload: &str, expected: &str) {
        let document = Document::parse(payload).unwrap();
        let read =
            |root| ControlOperation::parse(root).and_then(|operation| Arguments::read(root, operation).map(drop));
        assert_eq!(read(document.root()).unwrap_err().to_string(), expected, "{payload}");
    }

    #[test]
    fn an_unknown_operation_is_told_the_known_ones() {
        let known = ControlOperation::names().join(", ");
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
