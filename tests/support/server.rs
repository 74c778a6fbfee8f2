//! One HTTP/1.1 server for all fakes: a loopback socket, a thread, and answers that can break in every way.
//!
//! It knows nothing of TikTok or AWS. A server runs on its own thread and runtime, so a test may block, spawn the
//! binary, or use any runtime of its own. hyper parses and writes; what hyper cannot do (half a status line, a body
//! that drips) is done by [`Flow`] between hyper and the socket.

mod wire;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use futures_util::{StreamExt as _, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, oneshot};
use tokio::task::{JoinError, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;
pub use wire::Flow;
use wire::{NextFlow, Wire};

/// Where a server listens, whether with TLS, and who watches.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address; port 0 takes a free port.
    pub address: SocketAddr,
    /// The certificate to show, made by [`Authority::server`].
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Sees every request.
    pub watch: Option<Watch>,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its head is here, and nothing has come of it.
    Arrived,
    /// It has been carried out, and its answer is not sent.
    CarriedOut,
}

/// Sees every request twice, as its path or AWS's `X-Amz-Target`, and says whether it may go on; else its connection
/// breaks.
#[derive(Clone)]
pub struct Watch(Arc<See>);

type See = dyn Fn(&str, Stage) -> bool + Send + Sync;

impl Watch {
    /// This function sees every request.
    pub fn new(see: impl Fn(&str, Stage) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    fn lets_pass(&self, request: &str, stage: Stage) -> Result<(), HungUp> {
        if (self.0)(request, stage) { Ok(()) } else { Err(HungUp) }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").finish_non_exhaustive()
    }
}

impl Listen {
    /// HTTPS on a free port of this loopback address; [`Authority`] has certificates for 127.0.0.1 to 127.0.0.4.
    pub fn https(address: [u8; 4], authority: &Authority) -> Self {
        Self { address: SocketAddr::from((address, 0)), tls: Some(authority.server()), watch: None }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), tls: None, watch: None }
    }
}

/// A request whose head has arrived.
#[derive(Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The query string, as sent, without `?`.
    pub query: String,
    headers: hyper::HeaderMap,
    body: Incoming,
}

impl Request {
    fn new(request: hyper::Request<Incoming>) -> Self {
        let (head, body) = request.into_parts();
        Self {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
        }
    }

    /// The header's text; nothing when it is absent or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every header whose text is ASCII, names in lower case, in the order of arrival.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Reads the body; nothing when the client went away.
    pub async fn body(&mut self) -> Option<Bytes> {
        Some((&mut self.body).collect().await.ok()?.to_bytes())
    }

    /// Reads a body of at most so many bytes, and of a longer one no more than that; nothing when the client went away.
    pub async fn body_within(&mut self, most: usize) -> Option<Result<Bytes, LengthLimitError>> {
        match Limited::new(&mut self.body, most).collect().await {
            Ok(body) => Some(Ok(body.to_bytes())),
            Err(error) => error.downcast().ok().map(|too_long| Err(*too_long)),
        }
    }
}

/// What is sent back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The whole body, or its beginning.
    pub body: Bytes,
    /// What is sent here follows the body, until the sender has gone; a client that is too slow is cut off.
    pub more: Option<broadcast::Sender<Bytes>>,
    /// How the bytes reach the client.
    pub flow: Flow,
}

impl Answer {
    /// An answer of this status, content type and body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type".into(), content_type.to_owned())];
        Self { status, headers, body: body.into(), more: None, flow: Flow::Straight }
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn into_response(self) -> hyper::Response<UnsyncBoxBody<Bytes, Infallible>> {
        let mut response = hyper::Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name.as_ref(), value);
        }
        let body = match self.more {
            None => Full::new(self.body).boxed_unsync(),
            Some(more) => following(self.body, &more),
        };
        response.body(body).expect("the answer is valid HTTP")
    }
}

/// A body that goes on for as long as its sender lives. It ends where the client missed something, who has to know.
fn following(beginning: Bytes, more: &broadcast::Sender<Bytes>) -> UnsyncBoxBody<Bytes, Infallible> {
    let rest = stream::unfold(more.subscribe(), |mut news| async move {
        let bytes = news.recv().await.ok()?;
        Some((bytes, news))
    });
    let frames = stream::once(std::future::ready(beginning)).chain(rest).map(|bytes| Ok(Frame::data(bytes)));
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

/// The handler chose to break the connection instead of answering.
#[derive(Debug, thiserror::Error)]
#[error("the fake hung up")]
struct HungUp;

/// A running server; dropping it closes every connection and waits for the thread.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds, then answers every request with `handler`; nothing from it breaks the connection.
    pub fn start<Handler, Reply>(listen: Listen, handler: Handler) -> Self
    where
        Handler: Fn(Request) -> Reply + Send + Sync + 'static,
        Reply: Future<Output = Option<Answer>> + Send + 'static,
    {
        let Listen { address, tls, watch } = listen;
        Self::serve(TcpListener::bind(address).expect("the address is free"), tls, watch, handler)
    }

    /// The same in clear, where whoever starts it has bound the address already.
    pub fn start_at<Handler, Reply>(listener: TcpListener, handler: Handler) -> Self
    where
        Handler: Fn(Request) -> Reply + Send + Sync + 'static,
        Reply: Future<Output = Option<Answer>> + Send + 'static,
    {
        Self::serve(listener, None, None, handler)
    }

    fn serve<Handler, Reply>(
        listener: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        watch: Option<Watch>,
        handler: Handler,
    ) -> Self
    where
        Handler: Fn(Request) -> Reply + Send + Sync + 'static,
        Reply: Future<Output = Option<Answer>> + Send + 'static,
    {
        listener.set_nonblocking(true).expect("a listener can be non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
            let served = Served { handler, watch };
            runtime.block_on(accept(listener, tls, Arc::new(served), stopped));
        });
        Self { address, scheme, stop: Some(stop), thread: Some(thread) }
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Scheme and address, without a path: `http://127.0.0.1:4711`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let panicked = self.thread.take().is_some_and(|thread| thread.join().is_err());
        assert!(!panicked || std::thread::panicking(), "a fake server panicked; its message is above");
    }
}

/// What is done with every request.
struct Served<Handler> {
    handler: Handler,
    watch: Option<Watch>,
}

async fn accept<Handler, Reply>(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    served: Arc<Served<Handler>>,
    mut stopped: oneshot::Receiver<()>,
) where
    Handler: Fn(Request) -> Reply + Send + Sync + 'static,
    Reply: Future<Output = Option<Answer>> + Send + 'static,
{
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes the listener");
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => {
                // A client that gave up before it was accepted is no failure of the server.
                if let Ok((stream, _peer)) = accepted {
                    connections.spawn(connection(stream, tls.clone(), Arc::clone(&served)));
                }
            }
            Some(ended) = connections.join_next() => pass_panic_on(ended),
        }
    }
    while let Some(ended) = connections.try_join_next() {
        pass_panic_on(ended);
    }
}

fn pass_panic_on(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn connection<Handler, Reply>(
    stream: TcpStream,
    tls: Option<Arc<rustls::ServerConfig>>,
    served: Arc<Served<Handler>>,
) where
    Handler: Fn(Request) -> Reply,
    Reply: Future<Output = Option<Answer>>,
{
    // It fails only on a connection that is gone already, and serving that one ends at once.
    let _may_be_gone = stream.set_nodelay(true);
    let Some(config) = tls else { return serve(stream, &served).await };
    if let Ok(stream) = TlsAcceptor::from(config).accept(stream).await {
        serve(stream, &served).await;
    }
}

async fn answer<Handler, Reply>(request: Request, served: &Served<Handler>) -> Result<Answer, HungUp>
where
    Handler: Fn(Request) -> Reply,
    Reply: Future<Output = Option<Answer>>,
{
    let Some(watch) = &served.watch else { return (served.handler)(request).await.ok_or(HungUp) };
    let name = request.header("x-amz-target").unwrap_or(&request.path).to_owned();
    watch.lets_pass(&name, Stage::Arrived)?;
    let answer = (served.handler)(request).await.ok_or(HungUp)?;
    watch.lets_pass(&name, Stage::CarriedOut)?;
    Ok(answer)
}

async fn serve<Socket, Handler, Reply>(stream: Socket, served: &Served<Handler>)
where
    Socket: AsyncRead + AsyncWrite + Unpin,
    Handler: Fn(Request) -> Reply,
    Reply: Future<Output = Option<Answer>>,
{
    let flow = NextFlow::default();
    let wire = TokioIo::new(Wire::new(stream, Arc::clone(&flow)));
    let service = service_fn(|request| async {
        let answer = answer(Request::new(request), served).await?;
        *flow.lock().expect("no holder panics") = Some(answer.flow);
        Ok::<_, HungUp>(answer.into_response())
    });
    // A connection ends in an error whenever either side breaks it, which is what faults are for.
    let _ended = http1::Builder::new().serve_connection(wire, service).await;
}
