use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use proptest::prelude::*;

use super::*;

/// Sends its label when it runs.
struct Labelled(&'static str, Sender<&'static str>, Arc<AtomicBool>);

impl Job for Labelled {
    fn is_abandoned(&self) -> bool {
        self.2.load(Ordering::Relaxed)
    }
    fn run(self: Box<Self>, finished: &mut dyn FnMut()) {
        finished();
        self.1.send(self.0).unwrap();
    }
}

fn owner(address: &str, name: &str) -> JobOwner {
    JobOwner {
        address: Some(address.parse().unwrap()),
        name: Some(name.to_owned()),
        client: ClientGone::default(),
    }
}

/// A queue of one thread, which works on a first job.
fn busy(places: usize) -> Queue {
    let queue = Queue::new(1, places);
    let (sent, _) = channel();
    queue.push(JobOwner::default(), Box::new(Labelled("first", sent, Arc::default()))).unwrap();
    drop(queue.pop());
    queue
}

/// Pushes jobs, then returns the labels in the order in which they run.
fn order(queue: &Queue, jobs: &[(&'static str, JobOwner)]) -> (Vec<bool>, Vec<&'static str>) {
    let (sender, ran) = channel();
    let pushed = jobs
        .iter()
        .map(|(label, owner)| {
            queue.push(owner.clone(), Box::new(Labelled(label, sender.clone(), Arc::default()))).is_ok()
        })
        .collect();
    drop(sender);
    queue.close();
    while let Some(job) = queue.pop() {
        job.run(&mut || queue.finished(Duration::ZERO));
    }
    (pushed, ran.iter().collect())
}

#[test]
fn another_address_is_next() {
    let flood = owner("192.0.2.1", "a");
    let jobs = [
        ("a1", flood.clone()),
        ("a2", owner("192.0.2.1", "b")),
        ("a3", owner("192.0.2.1", "c")),
        ("b1", owner("192.0.2.2", "d")),
        ("b2", owner("192.0.2.2", "e")),
    ];
    assert_eq!(order(&busy(9), &jobs).1, ["a1", "b1", "a2", "b2", "a3"]);
}

#[test]
fn another_name_is_next() {
    let jobs = [
        ("a1", owner("192.0.2.1", "a")),
        ("a2", owner("192.0.2.2", "a")),
        ("a3", owner("192.0.2.3", "a")),
        ("b1", owner("192.0.2.4", "b")),
    ];
    assert_eq!(order(&busy(9), &jobs).1, ["a1", "b1", "a2", "a3"]);
}

#[test]
fn a_full_queue_gives_way_to_others_only() {
    let flood = || owner("192.0.2.1", "a");
    let jobs = [
        ("a1", flood()),
        ("a2", flood()),
        ("a3", flood()),
        ("refused", flood()),
        ("b1", owner("192.0.2.2", "b")),
        ("c1", owner("192.0.2.3", "c")),
        ("refused", owner("192.0.2.4", "d")),
    ];
    let (pushed, ran) = order(&busy(3), &jobs);
    assert_eq!(pushed, [true, true, true, false, true, true, false]);
    assert_eq!(ran, ["a1", "b1", "c1"]);
}

#[test]
fn addresses_of_one_network_are_one() {
    let jobs = [
        ("a1", owner("2001:db8::1", "a")),
        ("a2", owner("2001:db8::2", "b")),
        ("b1", owner("2001:db8:0:1::1", "c")),
        ("c1", owner("::ffff:192.0.2.1", "d")),
        ("c2", owner("192.0.2.1", "e")),
    ];
    assert_eq!(order(&busy(9), &jobs).1, ["a1", "b1", "c1", "a2", "c2"]);
}

#[test]
fn abandoned_jobs_give_up_their_places() {
    let queue = busy(1);
    let (sender, ran) = channel();
    let is_abandoned = Arc::new(AtomicBool::new(false));
    let job = |label, flag: &Arc<AtomicBool>| Box::new(Labelled(label, sender.clone(), Arc::clone(flag)));
    queue.push(owner("192.0.2.1", "a"), job("abandoned", &is_abandoned)).unwrap();
    assert_eq!(queue.push(owner("192.0.2.2", "b"), job("refused", &Arc::default())), Err(Busy));
    is_abandoned.store(true, Ordering::Relaxed);
    queue.push(owner("192.0.2.2", "b"), job("b", &Arc::default())).unwrap();
    queue.close();
    queue.pop().unwrap().run(&mut || queue.finished(Duration::ZERO));
    assert!(queue.pop().is_none());
    assert_eq!(ran.recv().unwrap(), "b");
}

proptest! {
    /// Whatever a flood does, the first job of another owner runs after one job at most.
    #[test]
    fn no_flood_delays_others(addresses in prop::collection::vec(0u8..3, 0..40), places in 1usize..20) {
        let mut jobs: Vec<_> =
            addresses.iter().map(|number| ("flood", owner(&format!("192.0.2.{number}"), "a"))).collect();
        jobs.push(("other", owner("198.51.100.1", "b")));
        let (_, ran) = order(&busy(places), &jobs);
        // The flood has one name, so one of its jobs is in the present round.
        prop_assert!(ran.iter().position(|label| *label == "other").is_none_or(|at| at <= 1), "{:?}", ran);
        prop_assert!(ran.contains(&"other") || addresses.is_empty() || places == 1, "{:?}", ran);
    }
}
