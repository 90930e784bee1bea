use actix_web::error::PayloadError;
use futures_util::{Stream, stream};

use super::*;

const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(60);

fn payload(chunks: impl Stream<Item = &'static [u8]> + 'static) -> Payload {
    let chunks = chunks.map(|chunk| Ok::<_, PayloadError>(Bytes::from_static(chunk)));
    Payload::Stream { payload: Box::pin(chunks) }
}

fn held(bodies: &Bodies) -> usize {
    bodies.memory.held.load(Ordering::Relaxed)
}

async fn status(bodies: &Bodies, payload: Payload) -> u16 {
    bodies.read(payload, 1_000_000, 1_000_000).await.unwrap_err().status().as_u16()
}

/// Three of these are a body, of which `COUNTED` bytes count.
const PIECE: &[u8] = &[b'x'; UNCOUNTED];
const COUNTED: usize = 2 * UNCOUNTED;

fn three() -> Payload {
    payload(stream::iter([PIECE; 3]))
}

#[actix_web::test]
async fn a_body_counts_until_its_last_piece_is_dropped() {
    let bodies = Bodies::new(LATE, LATE, 10 * UNCOUNTED);
    let body = bodies.read(three(), 3 * UNCOUNTED, 3 * UNCOUNTED).await.unwrap();
    assert_eq!((&body[..], held(&bodies)), (&PIECE.repeat(3)[..], COUNTED));
    let file = body.slice(UNCOUNTED..UNCOUNTED + 5);
    drop(body);
    assert_eq!((&file[..], held(&bodies)), (&b"xxxxx"[..], COUNTED));
    drop(file);
    assert_eq!(held(&bodies), 0);
    // Room is made as the body grows, whatever was announced.
    let body = bodies.read(three(), usize::MAX, usize::MAX).await.unwrap();
    assert_eq!(held(&bodies), 3 * UNCOUNTED);
    drop(body);
    // What is refused is given back.
    assert!(bodies.read(three(), 3 * UNCOUNTED, 3 * UNCOUNTED - 1).await.is_err());
    assert_eq!(held(&bodies), 0);
}

#[actix_web::test]
async fn all_bodies_together_have_a_bound() {
    let bodies = Bodies::new(LATE, LATE, 3 * UNCOUNTED);
    let first = bodies.clone().read(three(), 3 * UNCOUNTED, 1_000_000).await.unwrap();
    assert_eq!(status(&bodies, three()).await, 503);
    assert_eq!(held(&bodies), COUNTED, "the refused one gave back what it had");
    drop(first);
    assert!(bodies.read(three(), 3 * UNCOUNTED, 1_000_000).await.is_ok());
}

#[actix_web::test]
async fn small_bodies_are_read_where_the_memory_is_full() {
    let bodies = Bodies::new(LATE, LATE, 0);
    assert_eq!(bodies.read(payload(stream::iter([PIECE])), UNCOUNTED, 1_000_000).await.unwrap(), PIECE);
    assert_eq!(status(&bodies, payload(stream::iter([PIECE, b"x"]))).await, 503);
    assert_eq!(bodies.read(payload(stream::empty()), 0, 0).await, Ok(Bytes::new()));
}

#[actix_web::test]
async fn a_client_that_stops_is_not_waited_for() {
    let bodies = Bodies::new(SOON, LATE, 1000);
    assert_eq!(status(&bodies, payload(stream::iter([&b"x"[..]]).chain(stream::pending()))).await, 408);
    assert_eq!(held(&bodies), 0);
}

#[actix_web::test]
async fn a_client_that_is_slow_for_long_is_not_waited_for() {
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
fn memory_is_for_one_body_at_least() {
    let read = |pairs: &[(&str, &str)], file_upload_max_size| {
        let limits = UploadLimits { file_upload_max_size, ..UploadLimits::default() };
        Bodies::from_env(&pairs.iter().copied().collect(), &limits).map_err(|error| error.to_string())
    };
    assert_eq!(read(&[], 1).unwrap().memory.max, MAX_MEMORY);
    assert_eq!(read(&[], MAX_MEMORY + 1).unwrap().memory.max, MAX_MEMORY + 1);
    assert_eq!(read(&[("REQUEST_BODIES_MAX_MEMORY", "3000000")], 1).unwrap().memory.max, 3_000_000);
    insta::assert_snapshot!(
        read(&[("REQUEST_BODIES_MAX_MEMORY", "3000000")], 3_000_001).unwrap_err(),
        @"REQUEST_BODIES_MAX_MEMORY: 3000000 bytes are less than one body may have, which is 3000001 (FILE_UPLOAD_MAX_SIZE, DATA_UPLOAD_MAX_MEMORY_SIZE)."
    );
    let times = [("REQUEST_BODY_IDLE_TIMEOUT", "1"), ("REQUEST_BODY_TIMEOUT", "2")];
    let bodies = read(&times, 1).unwrap();
    assert_eq!((bodies.idle_timeout.as_secs(), bodies.timeout.as_secs()), (1, 2));
}
