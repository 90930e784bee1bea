//! The body of a request, as a stream that tells its connection who waits for whom.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

use super::connection::Connection;

pub(super) struct ObservedPayload {
    payload: Payload,
    connection: Rc<Connection>,
    /// The number of the request on its connection.
    request: u64,
    has_ended: bool,
}

impl ObservedPayload {
    pub(super) fn new(payload: Payload, connection: Rc<Connection>) -> Self {
        let request = connection.request_number();
        Self { payload, connection, request, has_ended: false }
    }

    fn connection(&self) -> Option<&Connection> {
        (self.connection.request_number() == self.request).then_some(&*self.connection)
    }
}

impl Stream for ObservedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(context);
        if self.has_ended {
            return polled;
        }
        self.has_ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
        if let Some(connection) = self.connection() {
            match &polled {
                Poll::Pending => connection.awaits_body(),
                Poll::Ready(Some(Ok(_))) => connection.got_body(),
                Poll::Ready(None | Some(Err(_))) => connection.body_ended(true),
            }
        }
        polled
    }
}

impl Drop for ObservedPayload {
    fn drop(&mut self) {
        if !self.has_ended
            && let Some(connection) = self.connection()
        {
            connection.body_ended(false);
        }
    }
}
