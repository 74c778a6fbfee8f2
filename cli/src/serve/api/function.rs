//! The function in this process: a thread of its own, invocations side by side, and a configuration that can be exchanged.
//!
//! The futures of the handler stay on one thread, as in Lambda; who invokes may be on any.

use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use lambda_runtime::Diagnostic;
use tiktok_audiences::app::App;
use tiktok_audiences::{clock, handler};
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

use crate::try_events::TIMEOUT;
use crate::world::World;

/// How an invocation ended: the reply, or the error that Lambda would show.
pub(crate) type Ended = Result<String, Diagnostic>;

enum Order {
    Invoke { payload: String, reply: oneshot::Sender<Ended> },
    Configure(Box<App>),
}

/// A running function; it stops when the last handle is dropped.
#[derive(Debug)]
pub(crate) struct Function {
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Function {
    /// Starts it; what it counts goes to the world's CloudWatch.
    pub(crate) fn start(app: App, world: Arc<World>) -> std::io::Result<Self> {
        let (orders, received) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::spawn(move || LocalSet::new().block_on(&runtime, work(app, world, received)));
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Invokes it and waits for its end; nothing if the function has gone.
    pub(crate) async fn invoke(&self, payload: String) -> Option<Ended> {
        let (reply, replied) = oneshot::channel();
        self.orders.as_ref()?.send(Order::Invoke { payload, reply }).ok()?;
        replied.await.ok()
    }

    /// Invocations from now on meet this function instead; those under way end as they began.
    pub(crate) fn configure(&self, app: App) {
        if let Some(orders) = &self.orders {
            // A function that has gone serves nobody, whatever its configuration is.
            let _gone = orders.send(Order::Configure(Box::new(app)));
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

async fn work(app: App, world: Arc<World>, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut app = Rc::new(app);
    while let Some(order) = orders.recv().await {
        match order {
            Order::Configure(other) => app = Rc::new(*other),
            Order::Invoke { payload, reply } => {
                let (app, world) = (Rc::clone(&app), Arc::clone(&world));
                drop(tokio::task::spawn_local(async move {
                    let ended = handler::handle(&app, &payload, clock::invocation_time_with(TIMEOUT)).await;
                    // What Lambda's own loop would count and write.
                    drop((app.client.take_attempts(), app.client.take_batch_rows()));
                    world.count(&app);
                    // A caller that has gone needs no reply.
                    let _gone = reply.send(ended.map_err(Diagnostic::from));
                }));
            }
        }
    }
}
