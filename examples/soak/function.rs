//! The function's process: what `main.rs` does.

use tiktok_audiences::app::App;
use tiktok_audiences::config::{self, Config};
use tiktok_audiences::{handler, log};

pub(crate) async fn serve() -> Result<(), lambda_runtime::Error> {
    let config = Config::of_this_process()?;
    log::start(config.environment.log_level);
    let app = App::new(config)?;
    let Err(error) = handler::serve(&app, &config::runtime_api().unwrap_or_default(), None).await;
    Err(error.into())
}
