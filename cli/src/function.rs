//! The function that a command acts on: in this process, or elsewhere.

use lambda_runtime::Diagnostic;
use tiktok_audiences::app::App;
use tiktok_audiences::{clock, handler};

use crate::error::SandboxError;
use crate::remote::{Invoked, Remote, Target};
use crate::try_events::TIMEOUT;

/// A function that can be invoked.
pub(crate) enum Function {
    /// In this process.
    Here(Box<App>),
    /// Deployed, or behind the door of a running sandbox.
    There(Box<Remote>),
}

impl Function {
    /// The one that the command line names.
    pub(crate) fn named(target: &Target) -> Result<Self, SandboxError> {
        Ok(Self::There(Box::new(target.resolve()?)))
    }

    /// Invokes it.
    pub(crate) async fn invoke(&self, payload: &str) -> Result<Invoked, SandboxError> {
        match self {
            Self::There(remote) => Ok(remote.invoke(payload).await?),
            Self::Here(app) => {
                let reply = handler::handle(app, payload, clock::invocation_time_with(TIMEOUT)).await;
                Ok(reply.map_err(|error| Diagnostic::from(error).into()))
            }
        }
    }
}
