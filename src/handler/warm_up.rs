//! What is fetched before the first invocation, so that it need not wait for it.
//!
//! Lambda gives a process that starts a whole processor, and from its first invocation on a share of one that follows its
//! memory; what is done here at 256 MB takes a seventh of the time that it would take there. A process that Lambda starts
//! ahead of need has done it before anyone waits.
//!
//! Source: <https://serverlessland.com/content/service/lambda/guides/effectively-running-java-on-serverless/init-heavy-lifting>
//! and AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle".

use std::error::Error;
use std::time::Duration;

use futures_util::future;
use tokio::time::Instant;

use crate::app::App;
use crate::config::Role;

/// How long the first invocation is kept waiting by servers that do not answer. Lambda grants ten seconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Fetches the secret, and connects to TikTok meanwhile, where events may need them.
///
/// A failure is not kept: the invocation that needs the secret fetches it again, and says why it can't be had.
pub(super) async fn warm_up(app: &App) {
    let connects = match app.environment.role {
        Role::Deliver | Role::All => true,
        Role::Ingest => app.buffer.is_none(),
        // Operations fetch the secret as it is then.
        Role::Control => return,
    };
    if app.environment.secret_ttl.is_zero() {
        return;
    }
    let now = Instant::now();
    let deadline = now + PATIENCE;
    let connecting = async {
        if connects {
            app.client.connect_ahead(deadline).await;
        }
        Ok(())
    };
    if let Err(error) = future::try_join(connecting, app.secrets.current(now, deadline)).await {
        tracing::debug!(error = &error as &dyn Error, "the secret can't be fetched yet");
    }
}
