use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

const PERIOD: Duration = Duration::from_secs(60);

pub(in super::super) fn limits(user: &str, address: &str) -> [AttemptLimit; 2] {
    [
        AttemptLimit { key: AttemptKey::new("user", &[user.as_bytes(), address.as_bytes()]), failures: 3 },
        AttemptLimit { key: AttemptKey::new("address", &[address.as_bytes()]), failures: 5 },
    ]
}

fn begin(memory: &Arc<Memory>, limits: [AttemptLimit; 2], now: Instant) -> Result<(), Option<Refused>> {
    match memory.begin(&limits, PERIOD, now) {
        Begin::Begun => Ok(()),
        Begin::Refused(refused) => Err(Some(refused)),
        Begin::Wait(_) => Err(None),
    }
}

fn fail(memory: &Arc<Memory>, limits: [AttemptLimit; 2], now: Instant) {
    begin(memory, limits, now).unwrap();
    memory.end(&limits, Outcome::Failed, now);
}

#[test]
fn keys_never_collide_by_their_parts() {
    let key = |kind: &str, parts: &[&str]| {
        AttemptKey::new(kind, &parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>())
    };
    let keys = [
        key("user", &["ab", "c"]),
        key("user", &["a", "bc"]),
        key("user", &["abc"]),
        key("user", &["abc", ""]),
        key("address", &["abc"]),
        key("usera", &["bc"]),
    ];
    for (index, key) in keys.iter().enumerate() {
        assert!(!keys[..index].contains(key), "{index}");
    }
}

#[test]
fn failures_are_counted_by_both_keys_and_expire() {
    let (memory, start) = (Arc::new(Memory::new(100)), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    for second in 0..3 {
        fail(&memory, limits("a", "1"), at(second));
    }
    let refused = |wait, is_first| Err(Some(Refused { wait: Duration::from_secs(wait), is_first }));
    assert_eq!(begin(&memory, limits("a", "1"), at(10)), refused(50, true));
    assert_eq!(begin(&memory, limits("a", "1"), at(11)), refused(49, false));
    // Another address of the same user, and another user of the same address.
    assert_eq!(begin(&memory, limits("a", "2"), at(11)), Ok(()));
    fail(&memory, limits("b", "1"), at(12));
    fail(&memory, limits("c", "1"), at(13));
    assert_eq!(begin(&memory, limits("d", "1"), at(14)), refused(46, true));
    // The first failure is over.
    assert_eq!(begin(&memory, limits("a", "1"), at(60)), Ok(()));
    assert_eq!(begin(&memory, limits("a", "1"), at(60)), Err(None), "it runs, and two failures are left");
}

#[test]
fn successes_do_not_count() {
    let (memory, now) = (Arc::new(Memory::new(100)), Instant::now());
    for _ in 0..100 {
        begin(&memory, limits("a", "1"), now).unwrap();
        memory.end(&limits("a", "1"), Outcome::Released, now);
    }
    assert_eq!(memory.sizes(), (0, 0, 0));
}

#[test]
fn an_attempt_waits_for_the_running_ones_and_is_refused_once_they_failed() {
    let (memory, now) = (Arc::new(Memory::new(100)), Instant::now());
    for _ in 0..3 {
        begin(&memory, limits("a", "1"), now).unwrap();
    }
    assert_eq!(begin(&memory, limits("a", "1"), now), Err(None));
    memory.end(&limits("a", "1"), Outcome::Released, now);
    begin(&memory, limits("a", "1"), now).unwrap();
    for _ in 0..3 {
        assert_eq!(begin(&memory, limits("a", "1"), now), Err(None));
        memory.end(&limits("a", "1"), Outcome::Failed, now);
    }
    assert!(matches!(begin(&memory, limits("a", "1"), now), Err(Some(_))));
}

/// What an attacker with many names, many addresses or both can make the process remember.
#[test]
fn memory_is_bounded_and_one_address_pushes_nobody_out() {
    let (memory, now) = (Arc::new(Memory::new(1000)), Instant::now());
    for _ in 0..3 {
        fail(&memory, limits("victim", "1"), now);
    }
    // Names are free, but each costs an attempt, and the address has only a few.
    for name in 0..10_000 {
        let limits = limits(&name.to_string(), "2");
        if begin(&memory, limits, now).is_ok() {
            memory.end(&limits, Outcome::Failed, now);
        }
    }
    assert_eq!(memory.sizes(), (2 + 6, 8, 0));
    assert!(begin(&memory, limits("victim", "1"), now).is_err());
    // A thousand addresses that each fail once are as much as is remembered.
    for address in 10..2000 {
        fail(&memory, limits("victim", &address.to_string()), now);
    }
    assert_eq!(memory.sizes(), (2000, 1000, 0));
    assert!(begin(&memory, limits("victim", "1"), now).is_ok());
    memory.end(&limits("victim", "1"), Outcome::Released, now);
    // Nothing is left after the period.
    begin(&memory, limits("x", "y"), now + PERIOD).unwrap();
    memory.end(&limits("x", "y"), Outcome::Released, now + PERIOD);
    assert_eq!(memory.sizes(), (0, 0, 0));
}

/// Starts this many attempts at once, which all fail, or all succeed. Returns how many were made.
pub(in super::super) async fn race(caches: &[Cache], attempts: usize, outcome: Outcome) -> usize {
    let made = AtomicUsize::new(0);
    let running = AtomicUsize::new(0);
    let attempts = (0..attempts).map(|number| {
        let cache = caches[number % caches.len()].clone();
        let (made, running) = (&made, &running);
        async move {
            let Ok(attempt) = cache.begin_attempt(limits("a", "1"), PERIOD).await else { return };
            made.fetch_add(1, Ordering::Relaxed);
            assert!(running.fetch_add(1, Ordering::Relaxed) < 3, "more run than may fail");
            actix_web::rt::time::sleep(Duration::from_millis(2)).await;
            running.fetch_sub(1, Ordering::Relaxed);
            cache.end_attempt(attempt, outcome).await;
        }
    });
    futures_util::future::join_all(attempts).await;
    made.into_inner()
}

#[actix_web::test]
async fn five_hundred_at_once_are_exact() {
    let cache = Cache::locmem();
    assert_eq!(race(std::slice::from_ref(&cache), 500, Outcome::Released).await, 500);
    assert_eq!(race(std::slice::from_ref(&cache), 500, Outcome::Failed).await, 3);
    let refused = cache.begin_attempt(limits("a", "1"), PERIOD).await.err().unwrap();
    assert!(refused.wait > Duration::from_secs(50), "{refused:?}");
    assert_eq!(cache.attempts.sizes(), (2, 3, 0));
}

#[actix_web::test]
async fn a_client_that_goes_has_failed_and_one_that_waits_leaves_nothing() {
    let cache = Cache::locmem();
    drop(cache.begin_attempt(limits("a", "1"), PERIOD).await);
    assert_eq!(cache.attempts.sizes(), (2, 1, 0));
    let running = [
        cache.begin_attempt(limits("a", "1"), PERIOD).await.ok().unwrap(),
        cache.begin_attempt(limits("a", "1"), PERIOD).await.ok().unwrap(),
    ];
    let waits = cache.begin_attempt(limits("a", "1"), PERIOD);
    let short = Duration::from_millis(20);
    assert!(actix_web::rt::time::timeout(short, waits).await.is_err());
    assert_eq!(cache.attempts.sizes(), (2, 1, 0));
    for attempt in running {
        cache.end_attempt(attempt, Outcome::Released).await;
    }
    assert_eq!(cache.attempts.sizes(), (2, 1, 0));
    cache
        .end_attempt(cache.begin_attempt(limits("a", "1"), PERIOD).await.ok().unwrap(), Outcome::Released)
        .await;
}
