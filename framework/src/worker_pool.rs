//! A bounded thread pool for CPU-bound work, above all password hashing.
//!
//! actix-web's own blocking pool has an unbounded queue, so a burst of logins would delay every database query. This
//! pool rejects jobs at once when its queue is full. Its threads have a lower priority than the request threads, which
//! therefore stay responsive while every core hashes.

use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::request_id;

/// The nice value (19 is the lowest priority). Under any load these threads still get a tenth of a core.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// The pool is full or shutting down; the client may retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the worker pool's queue is full")]
pub struct Busy;

/// Threads that take jobs from one bounded queue. Clones share them; the threads end with the last clone.
#[derive(Clone)]
pub struct WorkerPool {
    queue: SyncSender<Job>,
}

impl WorkerPool {
    /// Starts the threads, named `<name>-0` and so on. `queue` is the number of jobs that may wait in addition to the
    /// running ones.
    ///
    /// # Errors
    /// The operating system can't start a thread.
    pub fn new(name: &str, threads: NonZeroUsize, queue: usize) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.get() {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || {
                lower_priority();
                work(&receiver);
            })?;
        }
        Ok(Self { queue: sender })
    }

    /// Runs a job on one of the threads.
    ///
    /// # Errors
    /// [`Busy`] if the queue is full or the job panicked.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let (result_sender, result) = oneshot::channel();
        let id = request_id::current();
        let job: Job = Box::new(move || {
            // The client has disconnected, so the result is not needed.
            if !result_sender.is_closed() {
                let _ = result_sender.send(request_id::scope(id, job));
            }
        });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Busy,
        })?;
        result.await.map_err(|_| Busy)
    }
}

/// On Linux a priority belongs to a thread; elsewhere this would affect the whole process.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};

        let this = Some(rustix::thread::gettid());
        if let Err(error) =
            getpriority_process(this).and_then(|nice| setpriority_process(this, nice.max(NICE)))
        {
            log::warn!("The priority of {:?} could not be lowered: {error}", thread::current().name());
        }
    }
}

fn work(receiver: &Mutex<Receiver<Job>>) {
    loop {
        // The guard is dropped before the job runs, so that another thread can take the next job.
        let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            log::error!("A job on {:?} panicked.", thread::current().name());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn pool(threads: usize, queue: usize) -> WorkerPool {
        WorkerPool::new("test", NonZeroUsize::new(threads).unwrap(), queue).unwrap()
    }

    #[actix_web::test]
    async fn jobs_beyond_the_queue_are_rejected() {
        let pool = pool(1, 1);
        let (started, has_started) = channel();
        let (release, released) = channel::<()>();
        let first = pool.clone();
        let running = actix_web::rt::spawn(async move {
            first
                .run(move || {
                    started.send(()).unwrap();
                    released.recv().unwrap();
                    1
                })
                .await
        });
        actix_web::rt::task::yield_now().await;
        has_started.recv().unwrap();
        let second = pool.clone();
        let waiting = actix_web::rt::spawn(async move { second.run(|| 2).await });
        actix_web::rt::task::yield_now().await;
        assert_eq!(pool.run(|| 3).await, Err(Busy));
        release.send(()).unwrap();
        assert_eq!(running.await.unwrap(), Ok(1));
        assert_eq!(waiting.await.unwrap(), Ok(2));
    }

    #[actix_web::test]
    async fn a_panicking_job_affects_no_other() {
        let pool = pool(1, 4);
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err(Busy));
        assert_eq!(pool.run(|| 4).await, Ok(4));
    }

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn only_the_pools_threads_have_a_lower_priority() {
        let nice = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let own = nice();
        assert_eq!(pool(1, 1).run(nice).await, Ok(NICE.max(own)));
        assert_eq!(nice(), own);
    }
}
