//! The whole function out of time: everything but the network, since no call is begun.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tiktok_audiences::app::App;
use tiktok_audiences::clock::InvocationTime;
use tiktok_audiences::config::Config;
use tiktok_audiences::handler::{HandlerError, handle};
use tiktok_audiences::log;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use tracing::Dispatch;

use crate::{assert_clean, destination, plan};

/// A function, and what it logs.
pub struct Function {
    app: App,
    runtime: Runtime,
    log: Log,
    dispatch: Dispatch,
}

thread_local! {
    static FUNCTION: RefCell<Function> = RefCell::new(Function::start());
}

/// Invokes the function of this thread with a payload: its reply is JSON, its lines are, and no address is in either.
pub fn invoke(payload: &str) {
    FUNCTION.with_borrow(|function| function.invoke(payload));
}

impl Function {
    fn start() -> Self {
        let lookup = |name: &str| {
            let value = match name {
                "TIKTOK_SECRET_ID" => "tiktok",
                "TIKTOK_API_BASE_URL" | "AWS_ENDPOINT_URL" => "http://127.0.0.1:9",
                "AWS_REGION" => "us-east-1",
                "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
                "DESTINATION_CONFIG" => destination::text(),
                _ => return None,
            };
            Some(value.to_owned())
        };
        let config = Config::load(lookup, |_| Err(io::ErrorKind::NotFound.into()), None).expect("a configuration");
        let log = Log::default();
        let dispatch = Dispatch::new(log::subscriber(log::DEFAULT_LEVEL, log.clone()));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { app: App::new(config).expect("clients"), runtime, log, dispatch }
    }

    fn invoke(&self, payload: &str) {
        let invocation_time = InvocationTime { start: Instant::now(), wall: plan::now(), remaining: Duration::ZERO };
        let reply = tracing::dispatcher::with_default(&self.dispatch, || {
            self.runtime.block_on(Box::pin(handle(&self.app, payload, invocation_time)))
        });
        assert_eq!(self.app.client.take_attempts(), [], "no call is begun without time");
        for line in self.app.metrics.take(invocation_time.wall).lines().chain(self.log.take().lines()) {
            assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "a line is an object");
            assert_clean("a line", line);
        }
        match reply {
            Ok(reply) => {
                let json: Value = serde_json::from_str(&reply).expect("a reply is JSON");
                // A source is told which of its messages failed in the names that it gave them.
                if json.get("batchItemFailures").is_none() {
                    assert_clean("a reply", &reply);
                }
            }
            Err(error) => assert_error(&error),
        }
    }
}

fn assert_error(error: &HandlerError) {
    assert!(!matches!(error, HandlerError::Panicked));
    assert_clean("an error", &format!("{error} {error:?} {}", error.error_type()));
}

/// Lines in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8(bytes).expect("a log is text")
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> tracing_subscriber::fmt::MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self::Writer {
        self.clone()
    }
}
