//! The `bootstrap` of every function.

use std::convert::Infallible;
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use tiktok_audiences::app::App;
use tiktok_audiences::config::{self, Config, ConfigError};
use tiktok_audiences::handler::{self, Interrupted, RuntimeApiError};
use tiktok_audiences::log;

/// What whoever starts this at a prompt is told.
const OUTSIDE: &str = "tiktok-audiences is an AWS Lambda function and runs there only; `cargo run -p tta -- serve` in its \
                       repository runs it on this machine, and README.md says how to deploy it";
/// What that ends in.
const OUTSIDE_STATUS: u8 = 2;

/// What a process ends in that should have gone on.
const FAILURE_STATUS: u8 = 1;

fn main() -> ExitCode {
    if config::runtime_api().is_none() {
        // Where even standard error is closed, the status has to do.
        let _unheard = writeln!(std::io::stderr(), "{OUTSIDE}");
        return ExitCode::from(OUTSIDE_STATUS);
    }
    let config = Config::of_this_process();
    log::start(config.as_ref().map_or(log::DEFAULT_LEVEL, |config| config.environment.log_level));
    std::panic::set_hook(Box::new(|panic| {
        log::panicked(panic);
        handler::take_over(|interrupted| run(Config::of_this_process(), Some(interrupted)));
        // Where a build unwinds, too: what is left would be a process that waits for nothing.
        std::process::abort();
    }));
    ExitCode::from(run(config, None))
}

/// Starts, serves invocations, and says why that ended.
fn run(config: Result<Config, ConfigError>, interrupted: Option<Interrupted>) -> u8 {
    match start(config) {
        Ok(app) => {
            let Err(error) = serve(&app, interrupted);
            log::ended(&error);
        }
        Err(error) => log::cannot_start(error.as_ref()),
    }
    FAILURE_STATUS
}

fn start(config: Result<Config, ConfigError>) -> Result<App, Box<dyn Error>> {
    let config = config?;
    log::warnings(&config.warnings);
    Ok(App::new(config)?)
}

#[tokio::main(flavor = "current_thread")]
async fn serve(app: &App, interrupted: Option<Interrupted>) -> Result<Infallible, RuntimeApiError> {
    handler::serve(app, &config::runtime_api().unwrap_or_default(), interrupted).await
}
