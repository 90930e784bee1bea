//! A bounded thread pool for CPU-bound work, above all password hashing.
//!
//! actix-web's own blocking pool has an unbounded queue, so a burst of logins would delay every database query. This
//! pool rejects jobs at once when its queue is full. Its threads have a lower priority than the request threads, which
//! therefore stay responsive while every core hashes.
//!
//! The queue is fair (`worker_pool/queue.rs`): a client that sends many jobs delays its own.

mod queue;

use std::io;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use tokio::sync::oneshot;

use self::queue::{Job, Queue};
use super::connections::{ClientGone, Connection};
use super::http::client_address;
use super::request_scope::RequestScope;

/// The nice value (19 is the lowest priority). Under any load these threads still get a tenth of a core.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The pool is full or shutting down, or the client is gone; the client may retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the worker pool's queue is full")]
pub struct Busy;

/// For whom a job runs. Jobs share the queue by address and by name.
#[derive(Clone, Debug, Default)]
pub struct JobOwner {
    /// The client's address. `None`: the job shares the queue with no other.
    pub address: Option<IpAddr>,
    /// The name that the client gives: that of the user who logs in. `None`: as above.
    pub name: Option<String>,
    /// Whether the client still waits.
    pub client: ClientGone,
}

impl JobOwner {
    /// The client of this request, who gives this name.
    #[must_use]
    pub fn new(request: &HttpRequest, name: &str) -> Self {
        Self {
            address: client_address(request),
            name: Some(name.to_owned()),
            client: Connection::of(request).map(Connection::client_gone).unwrap_or_default(),
        }
    }
}

/// The use of a pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerPoolUsage {
    /// Jobs that run.
    pub running: usize,
    /// Jobs that wait for a thread.
    pub waiting: usize,
    /// Jobs that may wait.
    pub places: usize,
    /// Jobs that have ended so far.
    pub finished: u64,
    /// The time that they took together.
    pub busy: Duration,
    /// Jobs that got no place, or lost it to another's.
    pub refused: u64,
}

/// Threads that take jobs from one bounded queue. Clones share them; the threads end with the last clone.
#[derive(Clone)]
pub struct WorkerPool {
    handle: Arc<Handle>,
}

/// Ends the threads when it is dropped.
struct Handle {
    queue: Arc<Queue>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl WorkerPool {
    /// Starts the threads, named `<name>-0` and so on. `queue` is the number of jobs that may wait in addition to the
    /// running ones.
    ///
    /// # Errors
    /// The operating system can't start a thread.
    pub fn new(name: &str, threads: NonZeroUsize, queue: usize) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(threads.get(), queue));
        let handle = Arc::new(Handle { queue: Arc::clone(&queue) });
        for number in 0..threads.get() {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || {
                lower_priority();
                work(&queue);
            })?;
        }
        Ok(Self { handle })
    }

    /// Returns the use of the pool.
    #[must_use]
    pub fn usage(&self) -> WorkerPoolUsage {
        self.handle.queue.usage()
    }

    /// Runs a job on one of the threads. It does not run if the future is dropped before, or if the client closes its
    /// connection while the job waits.
    ///
    /// # Errors
    /// [`Busy`] if there is no place in the queue for this owner, the job lost its place, or it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        owner: JobOwner,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (sender, result) = oneshot::channel();
        let job = TypedJob { sender, job, scope: RequestScope::current() };
        self.handle.queue.push(owner, Box::new(job))?;
        result.await.map_err(|_| Busy)
    }
}

struct TypedJob<T, F> {
    sender: oneshot::Sender<T>,
    job: F,
    scope: RequestScope,
}

impl<T: Send, F: FnOnce() -> T + Send> Job for TypedJob<T, F> {
    fn is_abandoned(&self) -> bool {
        self.sender.is_closed()
    }

    fn run(self: Box<Self>, finished: &mut dyn FnMut()) {
        let Self { sender, job, scope } = *self;
        let result = scope.run(job);
        finished();
        let _ = sender.send(result);
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

fn work(queue: &Queue) {
    while let Some(job) = queue.pop() {
        let began = Instant::now();
        let run = std::panic::AssertUnwindSafe(|| job.run(&mut || queue.finished(began.elapsed())));
        if std::panic::catch_unwind(run).is_err() {
            log::error!("A job on {:?} panicked.", thread::current().name());
            queue.finished(began.elapsed());
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
            let job = move || {
                started.send(()).unwrap();
                released.recv().unwrap();
                1
            };
            first.run(JobOwner::default(), job).await
        });
        actix_web::rt::task::yield_now().await;
        has_started.recv().unwrap();
        let second = pool.clone();
        let waiting = actix_web::rt::spawn(async move { second.run(JobOwner::default(), || 2).await });
        actix_web::rt::task::yield_now().await;
        assert_eq!(pool.run(JobOwner::default(), || 3).await, Err(Busy));
        release.send(()).unwrap();
        assert_eq!(running.await.unwrap(), Ok(1));
        assert_eq!(waiting.await.unwrap(), Ok(2));
    }

    #[actix_web::test]
    async fn a_panicking_job_affects_no_other() {
        let pool = pool(1, 4);
        assert_eq!(pool.run(JobOwner::default(), || panic!("on purpose")).await, Err(Busy));
        assert_eq!(pool.run(JobOwner::default(), || 4).await, Ok(4));
    }

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn only_the_pools_threads_have_a_lower_priority() {
        let nice = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let own = nice();
        assert_eq!(pool(1, 1).run(JobOwner::default(), nice).await, Ok(NICE.max(own)));
        assert_eq!(nice(), own);
    }
}
