//! An HTTP/1.1 server of a few lines, so that a test can also answer what no well-behaved server would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with the next request.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// Answers with that status, further header lines and that body.
    Answer(u16, &'static str, String),
    /// Announces more body than it sends, then closes.
    CutOff(String),
    /// Closes without an answer.
    Close,
    /// Never answers.
    Hang,
}

impl Turn {
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::Answer(200, "content-type: application/json\r\n", body.into())
    }

    pub(crate) fn status(status: u16, body: impl Into<String>) -> Self {
        Self::Answer(status, "", body.into())
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `POST /path?query`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct State {
    turns: VecDeque<Turn>,
    seen: Vec<Seen>,
    connections: usize,
}

/// The server; it ends with the test. Beyond its script it hangs.
pub(crate) struct Upstream {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Upstream {
    pub(crate) async fn start(turns: impl IntoIterator<Item = Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { turns: turns.into_iter().collect(), ..State::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state, task }
    }

    pub(crate) fn then(&self, turn: Turn) {
        self.state.lock().unwrap().turns.push_back(turn);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until it is so; a test whose wait has no end fails by its runner's limit and says here what it waited for.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_elapsed| panic!("{what}"));
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    while let Some(seen) = read_request(&mut stream).await {
        let turn = {
            let mut state = state.lock().unwrap();
            state.seen.push(seen);
            state.turns.pop_front().unwrap_or(Turn::Hang)
        };
        let (head, body) = match turn {
            Turn::Answer(status, headers, body) => {
                (format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len()), body)
            }
            Turn::CutOff(body) => ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_owned(), body),
            Turn::Close => return,
            Turn::Hang => std::future::pending().await,
        };
        let whole = head + &body;
        if stream.write_all(whole.as_bytes()).await.is_err() || whole.contains("content-length: 100000\r\n") {
            return;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut seen = Seen { line, headers, body: String::new() };
    let length: usize = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = String::from_utf8(body).unwrap();
    Some(seen)
}
