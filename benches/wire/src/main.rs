//! Measures the function's binary on the wire, beside its peers, in one run on one machine.
//!
//! `benches/wire/run` builds everything and calls this. Each program is spawned as Lambda spawns it, between a Runtime
//! API, Secrets Manager and TikTok on loopback (the latter two over HTTPS); processor time and memory are the kernel's
//! counts for that process alone. Programs take turns, so that a slow minute of the machine meets all of them.

#![allow(clippy::print_stdout, reason = "its product is a table on standard output")]

mod cases;
mod measure;
mod options;
mod people;
mod processors;
mod program;
mod services;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../../tests/support/mod.rs"]
pub mod support;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use cases::Programs;
use options::Options;
use processors::Processors;
use table::Table;

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("{} is not there; `benches/wire/run` makes it", .0.display())]
    NotBuilt(PathBuf),
    #[error("a program without a command")]
    NoCommand,
    #[error("{name} can't be spawned")]
    Spawn { name: &'static str, source: std::io::Error },
    #[error("{name} does not start: {got}")]
    Start { name: &'static str, got: String },
    #[error("{name} was expected to answer {expected}, but: {got}")]
    Answer { name: &'static str, expected: String, got: String },
    #[error("{}: TikTok got {got} rows instead of {expected}", .file.display())]
    Rows { file: PathBuf, expected: usize, got: usize },
    #[error("the kernel does not tell `{file}` of the process")]
    Kernel { file: &'static str },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            println!("failed: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let options = Options::read(std::env::args().skip(1))?;
    let processors = Processors::divide();
    let programs = Programs::find(&options, &processors)?;
    println!("{}, {}\n", table::machine(), processors.in_words());
    let mut table = Table::default();
    for part in &options.parts {
        cases::measure(*part, &programs, &options, &mut table).await?;
    }
    table.print();
    Ok(())
}
