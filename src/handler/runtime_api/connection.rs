//! The one connection to the Runtime API, made again when it is lost.
//!
//! hyper's pooled client is not used: it would look for one of several connections for each of two requests per
//! invocation, and read a payload into a buffer of its own that grows with it and stays.

use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::error::RuntimeApiError;

/// How much of a payload is read at once. hyper asks for room for the whole head of an answer in it: Lambda's has a few
/// headers and, from some callers, a client context of 3,583 bytes at most.
const BUFFER_BYTES: usize = 64 * 1024;

/// What goes out in a request.
pub(super) type Body = Full<Bytes>;

/// The connection, and where it leads.
#[derive(Debug)]
pub(super) struct Connection {
    address: Authority,
    host: HeaderValue,
    open: Option<SendRequest<Body>>,
}

impl Connection {
    /// To this address; nothing is connected yet.
    pub(super) fn new(address: Authority) -> Result<Self, RuntimeApiError> {
        let host = HeaderValue::from_str(address.as_str()).map_err(RuntimeApiError::unreachable)?;
        Ok(Self { address, host, open: None })
    }

    /// Sends a request. What could not be sent by a connection that was lost meanwhile is sent once more by another.
    pub(super) async fn call(&mut self, mut request: Request<Body>) -> Result<Response<Incoming>, RuntimeApiError> {
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(crate::net::https::USER_AGENT));
        let mut kept = self.open.take();
        if let Some(sender) = &mut kept
            && sender.ready().await.is_err()
        {
            kept = None;
        }
        let (mut sender, is_kept) = match kept {
            Some(kept) => (kept, true),
            None => (self.connect().await?, false),
        };
        let mut answer = sender.try_send_request(request).await;
        if let Err(lost) = &mut answer
            && let Some(unsent) = lost.take_message().filter(|_| is_kept)
        {
            sender = self.connect().await?;
            answer = sender.try_send_request(unsent).await;
        }
        let answer = answer.map_err(|lost| RuntimeApiError::unreachable(lost.into_error()))?;
        self.open = Some(sender);
        Ok(answer)
    }

    async fn connect(&self) -> Result<SendRequest<Body>, RuntimeApiError> {
        let stream = TcpStream::connect(self.address.as_str()).await.map_err(RuntimeApiError::unreachable)?;
        stream.set_nodelay(true).map_err(RuntimeApiError::unreachable)?;
        let mut builder = http1::Builder::new();
        builder.max_buf_size(BUFFER_BYTES);
        let (sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(RuntimeApiError::unreachable)?;
        // Its error is also that of the request that is under way.
        tokio::spawn(async move { connection.await.unwrap_or_default() });
        Ok(sender)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers so many requests on each of its connections and closes it then; and how many it has had.
    async fn serve(listener: TcpListener, answers: &[usize]) -> usize {
        for (number, answers) in answers.iter().enumerate() {
            let Ok((mut stream, _)) = listener.accept().await else { return number };
            let mut request = [0; 4096];
            for _ in 0..*answers {
                let Ok(length @ 1..) = stream.read(&mut request).await else { break };
                let head = String::from_utf8_lossy(&request[..length]).into_owned();
                assert!(head.starts_with("GET /next HTTP/1.1\r\n") && head.contains("\r\nhost: 127.0.0.1:"), "{head}");
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            }
        }
        answers.len()
    }

    async fn ask(connection: &mut Connection) -> Result<Bytes, RuntimeApiError> {
        let mut request = Request::new(Body::default());
        *request.uri_mut() = "/next".parse().unwrap();
        let answer = connection.call(request).await?;
        Ok(answer.into_body().collect().await.map_err(RuntimeApiError::unreachable)?.to_bytes())
    }

    async fn listen() -> (TcpListener, Connection) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        (listener, Connection::new(address.parse().unwrap()).unwrap())
    }

    /// Waits until the end of the connection has arrived.
    async fn until_closed(connection: &mut Connection) {
        while connection.open.as_mut().unwrap().ready().await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn one_connection_serves_until_it_is_lost() {
        let (listener, mut connection) = listen().await;
        let asking = async {
            for _ in 0..3 {
                assert_eq!(ask(&mut connection).await.unwrap(), "{}");
            }
            until_closed(&mut connection).await;
            assert_eq!(ask(&mut connection).await.unwrap(), "{}");
            until_closed(&mut connection).await;
            // What it serves last is closed without an answer.
            ask(&mut connection).await.unwrap_err().to_string()
        };
        let (connections, error) = tokio::join!(serve(listener, &[3, 1, 0]), asking);
        assert_eq!(connections, 3);
        assert_eq!(error, "Lambda's Runtime API cannot be reached");
    }

    #[tokio::test]
    async fn without_a_server_there_is_an_error() {
        let (listener, mut connection) = listen().await;
        drop(listener);
        assert!(matches!(ask(&mut connection).await, Err(RuntimeApiError::Unreachable(_))));
    }
}
