//! The `bootstrap` of every function.

use std::io::Write as _;
use std::process::ExitCode;

use tiktok_audiences::app::App;
use tiktok_audiences::config::{Config, ConfigError, is_in_lambda};
use tiktok_audiences::{handler, log};

/// What whoever starts this at a prompt is told.
const OUTSIDE: &str = "tiktok-audiences is an AWS Lambda function and runs there only; `cargo run -p tta -- serve` in its \
                       repository runs it on this machine, and README.md says how to deploy it";
/// What that ends in.
const OUTSIDE_STATUS: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if !is_in_lambda() {
        // Where even standard error is closed, the status has to do.
        let _unheard = writeln!(std::io::stderr(), "{OUTSIDE}");
        return ExitCode::from(OUTSIDE_STATUS);
    }
    let config = Config::of_this_process();
    log::start(config.as_ref().map_or(log::DEFAULT_LEVEL, |config| config.environment.log_level));
    match serve(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => log::cannot_start(error.as_ref()),
    }
}

async fn serve(config: Result<Config, ConfigError>) -> Result<(), lambda_runtime::Error> {
    let config = config?;
    log::warnings(&config.warnings);
    handler::serve(&App::new(config)?).await
}
