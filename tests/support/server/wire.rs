//! The stretch between hyper and the socket, where an answer is cut off or slowed down.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How the bytes of one answer reach the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// At once.
    Straight,
    /// The connection breaks after this many bytes, counted from the status line.
    CutHead(usize),
    /// The connection breaks after this many bytes of the body.
    CutBody(usize),
    /// One byte of the status line and headers at a time, with this pause before each.
    DripHead(Duration),
    /// One byte of the body at a time, with this pause before each.
    DripBody(Duration),
}

/// What may be done with bytes that hyper wants to write.
enum Step {
    Write(usize),
    Pause(Duration),
    Break,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The flow of the next answer, put down by whoever decided on it.
pub(super) type NextFlow = Arc<Mutex<Option<Flow>>>;

/// A stream whose writing side obeys the [`Flow`] of the current answer.
pub(super) struct Wire<Stream> {
    stream: Stream,
    next: NextFlow,
    flow: Flow,
    head_left: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<Stream> Wire<Stream> {
    pub(super) fn new(stream: Stream, next: NextFlow) -> Self {
        Self { stream, next, flow: Flow::Straight, head_left: 0, pause: None }
    }

    /// Decides about the next bytes; hyper hands over the whole head of an answer with its first write.
    fn step(&mut self, bytes: &[u8]) -> Step {
        if let Some(flow) = self.next.lock().expect("no holder panics").take() {
            self.flow = flow;
            self.head_left = head_length(bytes);
        }
        let in_head = self.head_left > 0;
        match self.flow {
            Flow::CutBody(_) | Flow::DripBody(_) if in_head => Step::Write(self.head_left.min(bytes.len())),
            Flow::CutHead(0) | Flow::CutBody(0) => Step::Break,
            Flow::CutHead(left) | Flow::CutBody(left) => Step::Write(left.min(bytes.len())),
            Flow::DripHead(gap) if in_head => Step::Pause(gap),
            Flow::DripBody(gap) => Step::Pause(gap),
            Flow::Straight | Flow::DripHead(_) => Step::Write(bytes.len()),
        }
    }

    fn advance(&mut self, written: usize) {
        let of_head = written.min(self.head_left);
        self.head_left -= of_head;
        match &mut self.flow {
            Flow::CutHead(left) => *left -= written,
            Flow::CutBody(left) => *left -= written - of_head,
            Flow::Straight | Flow::DripHead(_) | Flow::DripBody(_) => {}
        }
    }
}

/// How many bytes belong to the head; all of them when it does not end here.
fn head_length(bytes: &[u8]) -> usize {
    let end = bytes.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD);
    end.map_or(bytes.len(), |start| start + END_OF_HEAD.len())
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Wire<Stream> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let allowed = match this.step(bytes) {
            Step::Break => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Step::Write(count) => count,
            Step::Pause(gap) => {
                let pause = this.pause.get_or_insert_with(|| Box::pin(sleep(gap)));
                ready!(pause.as_mut().poll(context));
                1
            }
        };
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, &bytes[..allowed]))?;
        this.pause = None;
        this.advance(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Wire<Stream> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}
