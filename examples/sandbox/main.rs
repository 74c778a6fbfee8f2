//! The sandbox: the real function against a TikTok and a Secrets Manager of its own.
//!
//! `cargo run --example sandbox -- --help` lists what it does. A thin door: what the function does is in the library,
//! what TikTok does in `tests/support`, which the tests stand on too, so that there is one double and it cannot drift.

#![expect(clippy::indexing_slicing, reason = "a JSON value indexed by a name is null where it lacks it")]

mod arguments;
mod arrival;
mod changes;
mod check;
mod control;
mod door;
mod error;
mod explain;
mod faults;
mod page;
mod pretty;
mod run;
mod serve;
#[allow(dead_code, reason = "the tests use what the sandbox does not need")]
#[path = "../../tests/support/mod.rs"]
pub mod support;
mod table;
mod test_mapping;
#[cfg(test)]
mod walk;
mod world;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::{Command, USAGE};
use error::SandboxError;

/// What a command line that makes no sense ends in.
const USAGE_STATUS: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let status = match Command::parse(std::env::args().skip(1)) {
        Ok(command) => obey(command).await,
        Err(error) => Err(error),
    };
    status.unwrap_or_else(|error| {
        // Where even standard error is closed, the status has to do.
        let _unheard = writeln!(std::io::stderr(), "sandbox: {error}");
        match error {
            SandboxError::Usage(_) => ExitCode::from(USAGE_STATUS),
            SandboxError::File { .. }
            | SandboxError::Port { .. }
            | SandboxError::Print(_)
            | SandboxError::Config(_)
            | SandboxError::App(_) => ExitCode::FAILURE,
        }
    })
}

async fn obey(command: Command) -> Result<ExitCode, SandboxError> {
    match command {
        Command::Help => {
            std::io::stdout().write_all(USAGE.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Run { files, config, extent } => run::run(&files, config.as_deref(), extent).await,
        Command::Serve { config, scheme, stage, ports } => {
            serve::serve(config, scheme, stage, ports).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { file } => check::check(&file),
        Command::Explain { files, config, extent } => explain::explain(&files, config.as_deref(), extent).await,
        Command::Test { mapping, files, config, extent } => {
            test_mapping::test(&mapping, &files, config.as_deref(), extent).await
        }
    }
}
