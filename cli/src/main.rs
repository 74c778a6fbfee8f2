//! `tta`: the function's command line, and a sandbox around it: the real function against a TikTok and a Secrets Manager
//! of its own.
//!
//! `tta --help` lists what it does. A thin door: what the function does is in the library, what TikTok does in
//! `tests/support`, which the tests stand on too, so that there is one double and it cannot drift.

// The handler's future is deep.
#![recursion_limit = "256"]
#![expect(clippy::indexing_slicing, reason = "a JSON value indexed by a name is null where it lacks it")]

mod arguments;
mod arrival;
mod check;
mod completions;
mod console;
mod error;
mod explain;
mod function;
mod import;
mod input;
mod list;
mod met;
mod near;
mod op;
mod page;
mod paint;
mod payload;
mod pretty;
#[cfg(test)]
mod reference;
mod rejected;
mod remote;
mod schema;
mod serve;
#[allow(dead_code, reason = "the tests use what the sandbox does not need")]
#[path = "../../tests/support/mod.rs"]
pub mod support;
mod table;
mod test_mapping;
mod try_events;
mod watch;
mod world;

use std::process::ExitCode;

use arguments::{Command, CommandLine};
use clap::Parser as _;
use console::{BAD, Reader, Verdict, styled};
use error::SandboxError;

/// What makes no sense; clap ends in it too.
const USAGE: u8 = 2;
/// What could not run.
const COULD_NOT_RUN: u8 = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    line.color.write_global();
    let reader = line.reader();
    match Box::pin(obey(line.command, reader)).await {
        Ok(verdict) => verdict.into(),
        Err(error) => {
            console::note(&format!("{} {error}", styled(BAD, "error:")));
            ExitCode::from(if matches!(error, SandboxError::Usage(_)) { USAGE } else { COULD_NOT_RUN })
        }
    }
}

async fn obey(command: Command, reader: Reader) -> Result<Verdict, SandboxError> {
    match command {
        Command::Try(arguments) => Box::pin(try_events::run(&arguments.events, reader)).await,
        Command::Serve(arguments) => serve::serve(arguments).await.map(|()| Verdict::Well),
        Command::Check(arguments) => check::run(&arguments, reader).await,
        Command::Explain(arguments) => explain::run(&arguments, reader).await,
        Command::Test(arguments) => test_mapping::run(&arguments, reader).await,
        Command::List(arguments) => list::run(*arguments, reader).await,
        Command::Rejected(arguments) => rejected::run(arguments, reader).await,
        Command::Op(arguments) => op::run(arguments, reader).await,
        Command::Import(arguments) => import::run(arguments, reader).await,
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
