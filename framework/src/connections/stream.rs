//! The stream of a connection, which actix-web reads from and writes to.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::{Connection, End};
use super::line_feeds::LineFeeds;
use super::registry::Registry;
use super::request_target;

/// The answer to bytes that are not HTTP.
const BAD_REQUEST: &str = "400 Bad Request";

/// A TCP stream that tells its connection what passes, and ends when the connection shall.
pub(super) struct Stream {
    stream: TcpStream,
    pub(super) connection: Rc<Connection>,
    line_feeds: LineFeeds,
}

impl Stream {
    pub(super) fn new(stream: TcpStream, registry: &Rc<Registry>) -> Self {
        Self { stream, connection: registry.add(), line_feeds: LineFeeds::default() }
    }

    /// The end of the connection: what reads return instead of bytes. Sends the answer of [`End::With`] first.
    fn close(&self) -> Poll<io::Result<()>> {
        if let End::With(status) = self.connection.end() {
            self.answer(status);
        }
        self.connection.set_end(End::Now);
        // No bytes: the end of the stream, after which actix-web closes the connection.
        Poll::Ready(Ok(()))
    }

    /// Answers without actix-web, unless it is writing a response.
    fn answer(&self, status: &str) {
        if !self.connection.is_blocked() {
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            // A client that has no room for these bytes does not get them.
            let _ = self.stream.try_write(answer.as_bytes());
        }
    }

    fn wrote(&self, polled: &Poll<io::Result<usize>>) {
        match polled {
            Poll::Ready(Ok(_)) => self.connection.wrote(),
            Poll::Pending => self.connection.cannot_write(),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.must_end() {
            return this.close();
        }
        let is_ending = this.connection.end() != End::None;
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        match &polled {
            Poll::Ready(Ok(())) => {
                let bytes = buffer.filled().get(before..).unwrap_or_default();
                if is_ending {
                    this.connection.resume();
                }
                if this.connection.received(bytes.len()) {
                    let begins_head = this.connection.begins_head(bytes.len());
                    if begins_head {
                        this.line_feeds = LineFeeds::new(bytes, this.connection.is_new());
                    }
                    if this.line_feeds.is_bare_in(bytes) || this.line_feeds.is_bare_in_next(bytes) {
                        buffer.set_filled(before);
                        this.connection.registry.counts.invalid.add(1);
                        this.connection.set_end(End::With(BAD_REQUEST));
                        return this.close();
                    }
                    if begins_head {
                        request_target::encode(buffer, before);
                    }
                }
            }
            Poll::Pending if is_ending => return this.close(),
            Poll::Pending => this.connection.keep_waker(context),
            Poll::Ready(Err(_)) => {}
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        if polled.is_pending() && this.connection.must_end() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        this.wrote(&polled);
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.connection.is_body_broken() {
            self.answer(BAD_REQUEST);
        }
        // The task is over, so a job that still waits for it has lost its client.
        self.connection.received(0);
        self.connection.registry.remove(&self.connection);
    }
}
