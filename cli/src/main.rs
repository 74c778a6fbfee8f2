//! `tta`: the function's command line, and a sandbox around it: the real function against a TikTok and a Secrets Manager
//! of its own.
//!
//! `tta --help` lists what it does. A thin door: what the function does is in the library, what TikTok does in
//! `tests/support`, which the tests stand on too, so that there is one double and it cannot drift.

#![recursion_limit = "256"]
#![expect(clippy::indexing_slicing, reason = "a JSON value indexed by a name is null where it lacks it")]

mod arguments;
mod arrival;
mod check;
mod error;
mod explain;
mod page;
mod pretty;
mod serve;
#[allow(dead_code, reason = "the tests use what the sandbox does not need")]
#[path = "../../tests/support/mod.rs"]
pub mod support;
mod table;
mod test_mapping;
mod try_events;
mod world;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::{Command, CommandLine};
use clap::Parser as _;
use error::SandboxError;

/// What could not run ends in. Wrong usage is clap's, which ends in 2.
const COULD_NOT_RUN: u8 = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    Box::pin(obey(CommandLine::parse().command)).await.unwrap_or_else(|error| {
        // Where even standard error is closed, the status has to do.
        let _unheard = writeln!(std::io::stderr(), "tta: {error}");
        ExitCode::from(COULD_NOT_RUN)
    })
}

async fn obey(command: Command) -> Result<ExitCode, SandboxError> {
    match command {
        Command::Try(arguments) => Box::pin(try_events::run(&arguments.events)).await,
        Command::Serve(arguments) => {
            serve::serve(arguments).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check(arguments) => check::check(&arguments.file),
        Command::Explain(arguments) => explain::explain(&arguments.events).await,
        Command::Test(arguments) => test_mapping::test(&arguments.mapping, &arguments.events).await,
    }
}
