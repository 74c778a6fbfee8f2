//! A connection that is made before there is a request for it.
//!
//! reqwest connects when a request needs it, and tells nobody but its connector's layers. So the layer here is told by a
//! request that is never sent: the connection that is made for it stays here for the next one.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use reqwest::Url;
use tower_layer::Layer;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

tokio::task_local! {
    /// Set while the request is polled that only wants a connection.
    static ONLY_CONNECTS: ();
}

/// A connection is there; the request that wanted it goes no further.
#[derive(Debug, thiserror::Error)]
#[error("a connection was made ahead")]
struct MadeAhead;

/// The connection, of a type that reqwest does not name.
type Slot = Arc<Mutex<Option<Box<dyn Any + Send>>>>;

/// Keeps one connection for the next request of one client, which has to be for the same server.
#[derive(Clone, Default)]
pub struct Ahead {
    slot: Slot,
}

impl Ahead {
    /// Connects to the server of `url` by a client with this layer, and keeps the connection. A failure is not kept: the
    /// next request connects by itself, and says why it can't.
    pub async fn connect(&self, http: &reqwest::Client, url: Url) {
        let _is_never_sent = ONLY_CONNECTS.scope((), http.get(url).send()).await;
    }

    /// Drops the connection, unless a request took it: an old one may have been closed by the server.
    pub fn forget(&self) {
        take(&self.slot);
    }
}

/// Prints nothing of the connection.
impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ahead")
    }
}

fn take(slot: &Slot) -> Option<Box<dyn Any + Send>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl<S> Layer<S> for Ahead {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector { inner, slot: Arc::clone(&self.slot) }
    }
}

/// The connector of a client that may have a connection ahead.
#[derive(Clone)]
pub struct Connector<S> {
    inner: S,
    slot: Slot,
}

impl<S> fmt::Debug for Connector<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl<S, R> Service<R> for Connector<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        if ONLY_CONNECTS.try_with(|()| ()).is_ok() {
            let (connecting, slot) = (self.inner.call(request), Arc::clone(&self.slot));
            return Box::pin(async move {
                let connection = connecting.await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(connection));
                Err(MadeAhead.into())
            });
        }
        match take(&self.slot).and_then(|connection| connection.downcast().ok()) {
            Some(connection) => Box::pin(std::future::ready(Ok(*connection))),
            None => Box::pin(self.inner.call(request)),
        }
    }
}
