//! The function's process: what `main.rs` does.

use lambda_runtime::service_fn;
use tiktok_audiences::app::App;
use tiktok_audiences::config::Config;
use tiktok_audiences::{handler, log};

pub(crate) async fn serve() -> Result<(), lambda_runtime::Error> {
    let config = Config::of_this_process()?;
    log::start(config.environment.log_level);
    let app = App::new(config)?;
    lambda_runtime::run(service_fn(|event| handler::invoke(&app, event))).await
}
