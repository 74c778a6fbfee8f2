//! A function that answers without a look at its payload.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(async |_event: LambdaEvent<IgnoredAny>| Ok::<_, Error>("hello"))).await
}
