use actix_web::error::PayloadError;
use futures_util::{Stream, stream};

use std::sync::atomic::Ordering;

use super::*;
use crate::parsers::memory::EXEMPT_BYTES;

const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(60);

fn payload(chunks: impl Stream<Item = &'static [u8]> + 'static) -> Payload {
    let chunks = chunks.map(|chunk| Ok::<_, PayloadError>(Bytes::from_static(chunk)));
    Payload::Stream { payload: Box::pin(chunks) }
}

fn used(bodies: &Bodies) -> usize {
    bodies.memory.used.load(Ordering::Relaxed)
}

async fn status(bodies: &Bodies, payload: Payload) -> u16 {
    bodies.read(payload, 1_000_000, 1_000_000, false).await.unwrap_err().status().as_u16()
}

/// A chunk. A body of three chunks uses `COUNTED` bytes of the budget.
const CHUNK: &[u8] = &[b'x'; EXEMPT_BYTES];
const COUNTED: usize = 2 * EXEMPT_BYTES;

fn three_chunks() -> Payload {
    payload(stream::iter([CHUNK; 3]))
}

#[actix_web::test]
async fn a_body_counts_until_its_last_slice_is_dropped() {
    let bodies = Bodies::new(LATE, LATE, 10 * EXEMPT_BYTES);
    let body = bodies.read(three_chunks(), 3 * EXEMPT_BYTES, 3 * EXEMPT_BYTES, false).await.unwrap();
    assert_eq!((&body[..], used(&bodies)), (&CHUNK.repeat(3)[..], COUNTED));
    let file = body.slice(EXEMPT_BYTES..EXEMPT_BYTES + 5);
    drop(body);
    assert_eq!((&file[..], used(&bodies)), (&b"xxxxx"[..], COUNTED));
    drop(file);
    assert_eq!(used(&bodies), 0);
    // The capacity grows with the body, regardless of the announced length.
    let body = bodies.read(three_chunks(), usize::MAX, usize::MAX, false).await.unwrap();
    assert_eq!(used(&bodies), 3 * EXEMPT_BYTES);
    drop(body);
    // A rejected body releases its memory.
    assert!(bodies.read(three_chunks(), 3 * EXEMPT_BYTES, 3 * EXEMPT_BYTES - 1, false).await.is_err());
    assert_eq!(used(&bodies), 0);
}

#[actix_web::test]
async fn all_bodies_share_a_memory_limit() {
    let bodies = Bodies::new(LATE, LATE, 3 * EXEMPT_BYTES);
    let first = bodies.clone().read(three_chunks(), 3 * EXEMPT_BYTES, 1_000_000, false).await.unwrap();
    assert_eq!(status(&bodies, three_chunks()).await, 503);
    assert_eq!(used(&bodies), COUNTED, "the rejected body released its memory");
    drop(first);
    assert!(bodies.read(three_chunks(), 3 * EXEMPT_BYTES, 1_000_000, false).await.is_ok());
}

#[actix_web::test]
async fn small_bodies_are_read_if_the_memory_is_exhausted() {
    let bodies = Bodies::new(LATE, LATE, 0);
    assert_eq!(
        bodies.read(payload(stream::iter([CHUNK])), EXEMPT_BYTES, 1_000_000, false).await.unwrap(),
        CHUNK
    );
    assert_eq!(status(&bodies, payload(stream::iter([CHUNK, b"x"]))).await, 503);
    assert_eq!(bodies.read(payload(stream::empty()), 0, 0, false).await, Ok(Bytes::new()));
}

#[actix_web::test]
async fn a_client_that_stops_sending_times_out() {
    let bodies = Bodies::new(SOON, LATE, 1000);
    assert_eq!(status(&bodies, payload(stream::iter([&b"x"[..]]).chain(stream::pending()))).await, 408);
    assert_eq!(used(&bodies), 0);
}

#[actix_web::test]
async fn a_client_that_sends_too_slowly_times_out() {
    let bodies = Bodies::new(LATE, SOON, 1000);
    let slow = stream::unfold((), |()| async {
        actix_web::rt::time::sleep(SOON / 10).await;
        Some((&b"x"[..], ()))
    });
    let started = Instant::now();
    assert_eq!(status(&bodies, payload(slow)).await, 408);
    assert!(started.elapsed() >= SOON);
}

#[test]
fn the_memory_must_suffice_for_one_body() {
    let read = |pairs: &[(&str, &str)], file_upload_max_size| {
        let limits = UploadLimits { file_upload_max_size, ..UploadLimits::default() };
        Bodies::from_env(&pairs.iter().copied().collect(), &limits).map_err(|error| error.to_string())
    };
    assert_eq!(read(&[], 1).unwrap().memory.max, DEFAULT_MAX_MEMORY);
    assert_eq!(read(&[], DEFAULT_MAX_MEMORY + 1).unwrap().memory.max, DEFAULT_MAX_MEMORY + 1);
    assert_eq!(read(&[("REQUEST_BODIES_MAX_MEMORY", "3000000")], 1).unwrap().memory.max, 3_000_000);
    insta::assert_snapshot!(
        read(&[("REQUEST_BODIES_MAX_MEMORY", "3000000")], 3_000_001).unwrap_err(),
        @"REQUEST_BODIES_MAX_MEMORY: 3000000 bytes is less than one body may have: 3000001 bytes (FILE_UPLOAD_MAX_SIZE, DATA_UPLOAD_MAX_MEMORY_SIZE)."
    );
    let times = [("REQUEST_BODY_IDLE_TIMEOUT", "1"), ("REQUEST_BODY_TIMEOUT", "2")];
    let bodies = read(&times, 1).unwrap();
    assert_eq!((bodies.idle_timeout.as_secs(), bodies.timeout.as_secs()), (1, 2));
}
