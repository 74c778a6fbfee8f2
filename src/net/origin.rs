//! One server that is called over HTTP/1.1, and the connections to it that are kept.
//!
//! Lambda's Runtime API and TikTok's are called this way, since every invocation goes through both. The services of AWS
//! are called through reqwest, whose client takes any address: it parses that of each request more than once, and passes
//! it through layers for redirects and retries that are switched off, together a quarter of what an invocation with one
//! event runs. It knows nothing of what is asked or answered.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::{HOST, USER_AGENT};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tower_service::Service as _;

use super::https::{self, CONNECT_TIMEOUT, IDLE_TIMEOUT, Tls};

/// How much of an answer is read at once, and of a request gathered before it is sent. hyper asks for room for the whole
/// head of an answer in it: Lambda's has a few headers and, from some callers, a client context of 3,583 bytes at most.
const BUFFER_BYTES: usize = 64 * 1024;

/// The longest body whose memory is set aside before it arrives: more than any payload of Lambda's.
const LARGEST_ANNOUNCED: usize = 16 * 1024 * 1024;

/// What goes out in a request.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A body that is text in memory; may be empty.
pub fn text(text: impl Into<Bytes>) -> Body {
    http_body_util::Full::new(text.into()).boxed_unsync()
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// No connection came about; nothing was sent.
    #[error("no connection")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    /// The connection broke before an answer, or what came is not HTTP.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    /// It broke within the body of the answer.
    #[error("the answer broke off")]
    CutOff(#[source] hyper::Error),
    /// The body is longer than it may be.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// How long it may be.
        limit: usize,
    },
}

/// How connections come about.
#[derive(Clone, Debug)]
enum Connector {
    Clear(HttpConnector),
    /// By TLS where the address says `https`.
    Tls(HttpsConnector<HttpConnector>),
}

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

impl Connector {
    async fn connect(&self, address: Uri) -> Result<Stream, Box<dyn Error + Send + Sync>> {
        match self {
            Self::Clear(http) => Ok(MaybeHttpsStream::Http(http.clone().call(address).await?)),
            Self::Tls(https) => https.clone().call(address).await,
        }
    }
}

/// A connection that no request uses.
struct Kept {
    sender: SendRequest<Body>,
    since: Instant,
}

/// One server, and the connections to it that are kept.
pub struct Origin {
    address: Uri,
    host: HeaderValue,
    connector: Connector,
    /// The latest used one last. Held for moments, never across a call.
    kept: Mutex<Vec<Kept>>,
}

/// Prints nothing but where it is.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.address)
    }
}

impl Origin {
    /// The server at an address such as `https://business-api.tiktok.com`, which may also be one of `http`; nothing is
    /// connected yet.
    ///
    /// # Errors
    /// It is no address.
    pub fn new(address: &str, tls: &Tls) -> Result<Self, http::Error> {
        Self::by(address, Connector::Tls((tcp(), tls.config()).into()))
    }

    /// The same at an address of `http` alone, such as `http://127.0.0.1:9001`.
    ///
    /// # Errors
    /// It is no address.
    pub fn in_clear(address: &str) -> Result<Self, http::Error> {
        Self::by(address, Connector::Clear(tcp()))
    }

    fn by(address: &str, connector: Connector) -> Result<Self, http::Error> {
        let address: Uri = address.parse()?;
        let host = HeaderValue::from_str(address.authority().map_or("", |authority| authority.as_str()))?;
        Ok(Self { address, host, connector, kept: Mutex::default() })
    }

    /// Sends a request for a path of the server, and reads the body of its answer, which may be so many bytes long.
    ///
    /// What could not be sent by a connection that was lost meanwhile is sent by a new one.
    ///
    /// # Errors
    /// See [`OriginError`].
    pub async fn exchange(&self, mut request: Request<Body>, limit: usize) -> Result<Response<Vec<u8>>, OriginError> {
        request.headers_mut().insert(HOST, self.host.clone());
        // AWS's SDK names itself.
        request.headers_mut().entry(USER_AGENT).or_insert(const { HeaderValue::from_static(https::USER_AGENT) });
        let (sender, answer) = loop {
            let (mut sender, is_kept) = match self.take() {
                Some(sender) => (sender, true),
                None => (self.connect().await?, false),
            };
            match sender.try_send_request(request).await {
                Ok(answer) => break (sender, answer),
                Err(mut lost) => match lost.take_message() {
                    Some(unsent) if is_kept => request = unsent,
                    _ => return Err(OriginError::Broken(lost.into_error())),
                },
            }
        };
        let (head, body) = answer.into_parts();
        let body = whole(body, limit).await?;
        self.keep(sender);
        Ok(Response::from_parts(head, body))
    }

    /// Connects, so that the next request need not. A failure is not kept: the next request connects by itself, and says
    /// why it can't.
    pub async fn connect_ahead(&self) {
        let Ok(mut sender) = self.connect().await else { return };
        if sender.ready().await.is_ok() {
            self.keep(sender);
        }
    }

    async fn connect(&self) -> Result<SendRequest<Body>, OriginError> {
        let stream = timeout(CONNECT_TIMEOUT, self.connector.connect(self.address.clone())).await;
        let stream = stream.unwrap_or_else(|elapsed| Err(elapsed.into())).map_err(OriginError::Connect)?;
        let mut builder = http1::Builder::new();
        builder.max_buf_size(BUFFER_BYTES);
        let (sender, connection) = builder.handshake(stream).await.map_err(OriginError::Broken)?;
        // Its error is also that of the request that is under way.
        tokio::spawn(async move { connection.await.unwrap_or_default() });
        Ok(sender)
    }

    /// The connection that was used last, unless it is closed, or so old that the server may be about to close it, or
    /// busy: with a request that the server answered before it had all of it.
    fn take(&self) -> Option<SendRequest<Body>> {
        let now = Instant::now();
        let mut all = self.kept();
        while let Some(kept) = all.pop() {
            if now.saturating_duration_since(kept.since) < IDLE_TIMEOUT && kept.sender.is_ready() {
                return Some(kept.sender);
            }
        }
        None
    }

    fn keep(&self, sender: SendRequest<Body>) {
        self.kept().push(Kept { sender, since: Instant::now() });
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    // The addresses of `https` are its caller's to encrypt.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

/// A body in one piece. Its length is announced, so that its pieces need not be held until the last one is there: with
/// them, a large payload would be in memory twice.
async fn whole(mut body: Incoming, limit: usize) -> Result<Vec<u8>, OriginError> {
    let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    let mut whole = Vec::with_capacity(announced.unwrap_or_default().min(limit).min(LARGEST_ANNOUNCED));
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(OriginError::CutOff)?.into_data() {
            if limit - whole.len() < data.len() {
                return Err(OriginError::TooLong { limit });
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}
