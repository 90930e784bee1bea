//! The pool's queue, which addresses and names share.
//!
//! Each job gets a round: one after the last waiting job of its address or of its name, and the present round if there is none.
//! Jobs run by rounds. So a client with sixty waiting jobs delays its own ones only, and another's first job is next. In a full
//! queue, a job of an earlier round takes the place of the last job of the latest round. One address may use the whole queue as
//! long as nobody else needs it, for example a proxy's whose clients are not known.
//!
//! A job whose client has closed the connection has no place in the queue. It runs only if a thread is free at once, because a
//! client may close its side of the connection and still wait for the answer.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Busy, JobOwner, WorkerPoolUsage};
use crate::connections::ClientGone;

pub(super) trait Job: Send {
    /// Whether nobody waits for the result.
    fn is_abandoned(&self) -> bool;
    /// Runs it, and calls `finished` before anybody learns the result: who sees it finds the thread free.
    fn run(self: Box<Self>, finished: &mut dyn FnMut());
}

struct Waiting {
    round: u64,
    /// The position among all jobs ever.
    number: u64,
    address: Option<IpAddr>,
    /// The name's hash, since names may be long.
    name: Option<u64>,
    client: ClientGone,
    job: Box<dyn Job>,
}

impl Waiting {
    fn is_abandoned(&self) -> bool {
        self.job.is_abandoned() || self.client.is_gone()
    }
}

#[derive(Default)]
struct State {
    /// Few, so each step looks at all of them.
    waiting: Vec<Waiting>,
    running: usize,
    /// The round of the job that was started last.
    round: u64,
    number: u64,
    finished: u64,
    busy: Duration,
    refused: u64,
    is_closed: bool,
}

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    threads: usize,
    places: usize,
    hashes: RandomState,
}

impl Queue {
    pub(super) fn new(threads: usize, places: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), threads, places, hashes: RandomState::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job.
    ///
    /// # Errors
    /// [`Busy`]: the queue is full, and no waiting job is of a later round.
    pub(super) fn push(&self, owner: JobOwner, job: Box<dyn Job>) -> Result<(), Busy> {
        let JobOwner { address, name, client } = owner;
        let (address, name) = (address.map(network), name.map(|name| self.hashes.hash_one(name)));
        let mut state = self.lock();
        if state.running + state.waiting.len() >= self.threads {
            state.waiting.retain(|waiting| !waiting.is_abandoned());
        }
        // Not counting the jobs that the threads are about to take.
        let free_threads = self.threads.saturating_sub(state.running + state.waiting.len());
        if client.is_gone() && free_threads == 0 {
            state.refused += 1;
            return Err(Busy);
        }
        // With a free thread it runs in any case, also if the client closes its side in the meantime.
        let client = if free_threads > 0 { ClientGone::default() } else { client };
        let round = state.next_round(address, name);
        if free_threads == 0 && state.waiting.len() + state.running >= self.places + self.threads {
            // Either this job or the last one.
            state.refused += 1;
            let last = state.last().filter(|(_, waiting)| waiting.round > round).map(|(index, _)| index);
            state.waiting.swap_remove(last.ok_or(Busy)?);
        }
        let number = state.number;
        state.number += 1;
        state.waiting.push(Waiting { round, number, address, name, client, job });
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for the next job. `None`: the pool is closed, and no job is left.
    pub(super) fn pop(&self) -> Option<Box<dyn Job>> {
        let mut state = self.lock();
        loop {
            state.waiting.retain(|waiting| !waiting.is_abandoned());
            let first =
                state.waiting.iter().enumerate().min_by_key(|(_, waiting)| (waiting.round, waiting.number));
            if let Some((index, _)) = first {
                let next = state.waiting.swap_remove(index);
                state.running += 1;
                state.round = state.round.max(next.round);
                return Some(next.job);
            }
            if state.is_closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A job that [`pop`](Self::pop) returned has ended, or panicked, after this time.
    pub(super) fn finished(&self, took: Duration) {
        let mut state = self.lock();
        state.running -= 1;
        state.finished += 1;
        state.busy += took;
    }

    pub(super) fn usage(&self) -> WorkerPoolUsage {
        let state = self.lock();
        WorkerPoolUsage {
            running: state.running,
            waiting: state.waiting.len(),
            places: self.places,
            finished: state.finished,
            busy: state.busy,
            refused: state.refused,
        }
    }

    /// Ends the threads once no job waits.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

impl State {
    fn next_round(&self, address: Option<IpAddr>, name: Option<u64>) -> u64 {
        let is_shared = |waiting: &&Waiting| {
            (address.is_some() && waiting.address == address) || (name.is_some() && waiting.name == name)
        };
        let last = self.waiting.iter().filter(is_shared).map(|waiting| waiting.round).max();
        last.map_or(self.round, |last| self.round.max(last + 1))
    }

    /// The last job of the latest round.
    fn last(&self) -> Option<(usize, &Waiting)> {
        self.waiting.iter().enumerate().max_by_key(|(_, waiting)| (waiting.round, waiting.number))
    }
}

/// The network that an address stands for: a customer has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests;
