//! The `bootstrap` of every function.

use std::process::ExitCode;

use tiktok_audiences::app::App;
use tiktok_audiences::config::{Config, ConfigError};
use tiktok_audiences::{handler, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
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
