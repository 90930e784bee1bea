//! Wakes requests at an exact time.
//!
//! The runtime's own timers count whole milliseconds from the moment at which the request's thread last went to sleep, which is
//! when the hash was done. So they would show, within a millisecond, when that was.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

use actix_web::rt::time::sleep_until;
use tokio::sync::oneshot;

/// A request that waits. Ordered by its time alone.
struct Sleeper {
    until: Instant,
    wake: oneshot::Sender<()>,
}

impl Sleeper {
    fn is_due(&self) -> bool {
        self.until <= Instant::now()
    }
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        self.until == other.until
    }
}

impl Eq for Sleeper {}

impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sleeper {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.until.cmp(&other.until)
    }
}

/// A thread that wakes requests. It starts with the first one, and ends with this value.
#[derive(Default)]
pub(super) struct Alarm(OnceLock<Option<Sender<Sleeper>>>);

impl Alarm {
    /// Waits until this time without a thread of its own. If the alarm's thread can't be started, by the runtime's timer.
    pub(super) async fn sleep_until(&self, until: Instant) {
        let (wake, awake) = oneshot::channel();
        let thread = self.0.get_or_init(start);
        if thread.as_ref().is_some_and(|thread| thread.send(Sleeper { until, wake }).is_ok()) {
            // The thread does not end before its sleepers.
            let _ = awake.await;
        } else {
            sleep_until(until.into()).await;
        }
    }
}

fn start() -> Option<Sender<Sleeper>> {
    let (sender, sleepers) = channel();
    let started = std::thread::Builder::new().name("alarm".to_owned()).spawn(move || work(&sleepers));
    started.inspect_err(|error| log::error!("No thread to time failed logins: {error}")).ok()?;
    Some(sender)
}

fn work(new: &Receiver<Sleeper>) {
    let mut sleepers: BinaryHeap<Reverse<Sleeper>> = BinaryHeap::new();
    loop {
        let next = match sleepers.peek() {
            Some(Reverse(first)) => new.recv_timeout(first.until.saturating_duration_since(Instant::now())),
            None => new.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(sleeper) => sleepers.push(Reverse(sleeper)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while sleepers.peek().is_some_and(|Reverse(first)| first.is_due()) {
            if let Some(Reverse(sleeper)) = sleepers.pop() {
                // The client may have gone.
                let _ = sleeper.wake.send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[actix_web::test]
    async fn each_sleeper_wakes_at_its_own_time() {
        let (alarm, start) = (Alarm::default(), Instant::now());
        let until = |milliseconds| start + Duration::from_millis(milliseconds);
        let sleep = async |milliseconds| {
            alarm.sleep_until(until(milliseconds)).await;
            assert!(Instant::now() >= until(milliseconds));
            milliseconds
        };
        let gone = actix_web::rt::time::timeout(Duration::from_millis(1), sleep(60)).await;
        assert!(gone.is_err());
        let mut woken = Vec::new();
        let (first, second, third) = (sleep(40), sleep(0), sleep(20));
        tokio::pin!(first, second, third);
        for _ in 0..3 {
            woken.push(tokio::select! {
                biased;
                time = &mut second, if !woken.contains(&0) => time,
                time = &mut third, if !woken.contains(&20) => time,
                time = &mut first, if !woken.contains(&40) => time,
            });
        }
        assert_eq!(woken, [0, 20, 40]);
    }
}
