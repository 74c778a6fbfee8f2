//! A function that parses its payload into a tree, and does nothing else with it.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let count = async |event: LambdaEvent<Value>| Ok::<_, Error>(event.payload.as_array().map_or(1, Vec::len));
    lambda_runtime::run(service_fn(count)).await
}
