//! Control operations, from the invocation to its reply and to what TikTok and Secrets Manager saw.

mod audiences;
mod check;
mod dead_letters;
mod dispatch;
mod ensure;
mod explain;
mod health;
mod lists;
mod probe;
mod sharing;
mod test_mapping;

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tiktok_audiences::app::App;
use tiktok_audiences::config::{Config, Role};

use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_tiktok::{ADVERTISER, APP_ID, APP_SECRET, FakeTiktok, OTHER_ADVERTISER, TOKEN};
use crate::world::{SECRET_ID, World};

/// A secret with everything in it, for two advertisers.
pub(crate) fn secret() -> Value {
    json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER, OTHER_ADVERTISER], "app_id": APP_ID,
           "app_secret": APP_SECRET, "write_keys": ["key-1"], "other": {"tool": 1}})
}

/// A control function around a fake that was set up already.
pub(crate) fn control(tiktok: FakeTiktok, destination: &Value) -> World {
    let mut world = World::with(tiktok, destination, &secret());
    world.app.environment.role = Role::Control;
    world
}

/// The type and the message of an invocation that has to fail.
pub(crate) async fn failure(world: &World, payload: &Value) -> (String, String) {
    let error = world.invoke(payload).await.expect_err("the operation fails");
    let diagnostic = Diagnostic::from(error);
    (diagnostic.error_type, diagnostic.error_message)
}

/// One more function between the same fakes.
fn another(tiktok: &FakeTiktok, secrets: &FakeSecrets, destination: &Value) -> App {
    let (api, manager, destination) = (tiktok.base_url(), secrets.endpoint_url(), destination.to_string());
    let lookup = |name: &str| {
        let value = match name {
            "TIKTOK_SECRET_ID" => SECRET_ID,
            "TIKTOK_API_BASE_URL" => &api,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER" => &manager,
            "AWS_REGION" => "us-east-1",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
            "DESTINATION_CONFIG" => &destination,
            "FUNCTION_ROLE" => "control",
            _ => return None,
        };
        Some(value.to_owned())
    };
    App::new(Config::load(lookup, |path| std::fs::read_to_string(path), None).unwrap()).unwrap()
}
