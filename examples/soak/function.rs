//! The function's process: what `main.rs` does.

use tiktok_audiences::app::App;
use tiktok_audiences::config::Config;
use tiktok_audiences::{handler, log};

pub(crate) async fn serve() -> Result<(), lambda_runtime::Error> {
    let config = Config::of_this_process()?;
    log::start(config.environment.log_level);
    let app = App::new(config)?;
    handler::serve(&app).await
}
