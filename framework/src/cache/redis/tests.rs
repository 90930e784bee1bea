//! Each test starts its own server on a Unix socket in a temporary directory. Without the program `redis-server` they
//! are skipped with a message, unless REQUIRE_REDIS is 1.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;

use tempfile::TempDir;

use super::*;
use crate::cache::{Cache, Outcome, attempts};
use crate::conf::Env;

struct Server {
    program: Child,
    folder: TempDir,
}

impl Server {
    fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("vitamin-redis-").tempdir().unwrap();
        match Self::run(&folder) {
            Ok(program) => Some(Self { program, folder }),
            Err(error) if std::env::var("REQUIRE_REDIS").is_ok_and(|value| value == "1") => {
                panic!("REQUIRE_REDIS is set, but redis-server does not start: {error}")
            }
            Err(error) => {
                eprintln!("Redis tests are SKIPPED: redis-server does not start: {error}");
                None
            }
        }
    }

    fn run(folder: &TempDir) -> std::io::Result<Child> {
        let mut program = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "socket", "--dir"])
            .arg(folder.path())
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        for _ in 0..500 {
            if std::os::unix::net::UnixStream::connect(folder.path().join("socket")).is_ok() {
                return Ok(program);
            }
            if let Some(status) = program.try_wait()? {
                return Err(std::io::Error::other(format!("it ended with {status}")));
            }
            sleep(Duration::from_millis(20));
        }
        program.kill()?;
        Err(std::io::Error::other("it does not accept connections"))
    }

    fn stop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        let _ = std::fs::remove_file(self.folder.path().join("socket"));
    }

    /// A cache as another process would open it.
    fn cache(&self) -> Cache {
        let mut cache = Cache::locmem();
        let socket = self.folder.path().join("socket");
        cache.redis = Some(Redis::new(&format!("redis+unix://{}", socket.display())).unwrap());
        cache
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn full(count: usize, oldest: f64) -> Hit {
    Hit::Full { count, oldest: Some(oldest) }
}

const WINDOW: Window = Window { limit: 3, seconds: 60 };

#[actix_web::test]
async fn two_processes_share_the_count() {
    let Some(server) = Server::start() else { return };
    let (one, other) = (server.cache(), server.cache());
    assert_eq!(one.hit("key", WINDOW, 1.7e9).await, Hit::Counted);
    assert_eq!(other.hit("key", WINDOW, 1.7e9 + 0.1).await, Hit::Counted);
    assert_eq!(one.hit("key", WINDOW, 1.7e9 + 0.2).await, Hit::Counted);
    assert_eq!(other.hit("key", WINDOW, 1.7e9 + 59.9).await, full(3, 1.7e9));
    assert_eq!(other.hit("key", WINDOW, 1.7e9 + 60.0).await, Hit::Counted);
    assert_eq!(one.hit("key", WINDOW, 1.7e9 + 60.0).await, full(3, 1.7e9 + 0.1));
    assert_eq!(
        one.hit("none", Window { limit: 0, seconds: 1 }, 1.7e9).await,
        Hit::Full { count: 0, oldest: None }
    );

    one.set("value", b"\xff\x00", Some(Duration::from_secs(60))).await.unwrap();
    assert_eq!(other.get("value").await, Ok(Some(b"\xff\x00".to_vec())));
    other.delete("value").await.unwrap();
    assert_eq!(one.get("value").await, Ok(None));
}

/// The same sequence in Redis and in memory. The memory's is compared with Django REST framework's elsewhere.
#[actix_web::test]
async fn redis_counts_like_the_memory() {
    let Some(server) = Server::start() else { return };
    let (redis, memory) = (server.cache(), Cache::locmem());
    // Several windows of one length on one log: Redis expires a whole log by its own clock, not by the sequence's.
    let windows = [WINDOW, Window { limit: 5, seconds: 60 }, Window { limit: -1, seconds: 60 }];
    let mut now = 1.7e9;
    for step in 0..600_u32 {
        // Uneven steps, some exactly on an edge.
        now += [0.0, 7.7, 60.0, 0.001, 21.3, 33.333_333][usize::try_from(step * step % 37 % 6).unwrap()];
        let window = windows[usize::try_from(step * 7 % 11 % 3).unwrap()];
        let key = ["a", "b"][usize::try_from(step % 5 % 2).unwrap()];
        assert_eq!(redis.hit(key, window, now).await, memory.hit(key, window, now).await, "step {step}");
    }
}

#[test]
fn two_processes_never_both_take_the_last_slot() {
    let Some(server) = Server::start() else { return };
    let counted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    actix_web::rt::System::new().block_on(async {
                        let cache = server.cache();
                        let mut counted = 0;
                        for round in 0..200 {
                            counted += usize::from(
                                cache.hit(&round.to_string(), WINDOW, 1.7e9).await == Hit::Counted,
                            );
                        }
                        counted
                    })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(counted, 3 * 200);
}

#[actix_web::test]
async fn while_the_server_is_down_each_process_counts_alone() {
    let Some(mut server) = Server::start() else { return };
    let cache = server.cache();
    let once = Window { limit: 1, seconds: 600 };
    assert_eq!(cache.hit("key", once, 1.7e9).await, Hit::Counted);
    server.stop();
    assert_eq!(cache.hit("key", once, 1.7e9 + 1.0).await, Hit::Counted, "counted in memory");
    assert_eq!(cache.hit("key", once, 1.7e9 + 2.0).await, full(1, 1.7e9 + 1.0));
    let started = Instant::now();
    for _ in 0..1000 {
        assert_eq!(cache.hit("key", once, 1.7e9 + 3.0).await, full(1, 1.7e9 + 1.0));
    }
    assert!(started.elapsed() < CONNECTION_TIMEOUT, "{:?}", started.elapsed());
    assert!(cache.get("value").await.is_err());

    server.program = Server::run(&server.folder).unwrap();
    let deadline = Instant::now() + 20 * PAUSE;
    while cache.get("value").await.is_err() {
        assert!(Instant::now() < deadline, "the cache did not recover");
        actix_web::rt::time::sleep(PAUSE / 10).await;
    }
    assert_eq!(cache.hit("key", once, 1.7e9 + 4.0).await, Hit::Counted, "counted in the new server");
}

/// A server that accepts connections and never responds costs a worker one timeout per pause.
#[actix_web::test]
async fn a_hanging_server_does_not_delay_every_request() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let cache = Cache::from_env(&Env::from_iter([("CACHE_URL", url)])).unwrap();
    let started = Instant::now();
    for step in 0..100 {
        let hit = cache.hit("key", WINDOW, 1.7e9).await;
        assert_eq!(hit == Hit::Counted, step < 3, "{step}");
    }
    assert!(started.elapsed() < 3 * CONNECTION_TIMEOUT, "{:?}", started.elapsed());
}

#[test]
fn an_invalid_url_is_not_printed() {
    let env = Env::from_iter([("CACHE_URL", "redis://joe:hunter2@host:port:port/")]);
    let error = Cache::from_env(&env).err().unwrap().to_string();
    assert_eq!(error, "CACHE_URL: this is not the URL of a Redis server.");
}

/// Two processes: each has its own memory.
#[actix_web::test]
async fn attempts_are_limited_across_processes() {
    let Some(server) = Server::start() else { return };
    let processes = [server.cache(), server.cache()];
    assert_eq!(attempts::tests::race(&processes, 100, Outcome::Released).await, 100);
    assert_eq!(attempts::tests::race(&processes, 500, Outcome::Failed).await, 3);
    // A third one that has seen none of it.
    let refused =
        server.cache().begin_attempt(attempts::tests::limits("a", "1"), Duration::from_secs(60)).await;
    let refused = refused.err().unwrap();
    assert!(refused.is_first && refused.wait > Duration::from_secs(40), "{refused:?}");
    assert!(refused.wait <= Duration::from_secs(60), "{refused:?}");
}

#[actix_web::test]
async fn attempts_expire_by_the_server_s_clock() {
    let Some(server) = Server::start() else { return };
    let (cache, period) = (server.cache(), Duration::from_millis(300));
    let limits = attempts::tests::limits("a", "1");
    for _ in 0..3 {
        let attempt = cache.begin_attempt(limits, period).await.ok().unwrap();
        cache.end_attempt(attempt, Outcome::Failed).await;
    }
    assert!(server.cache().begin_attempt(limits, period).await.is_err());
    actix_web::rt::time::sleep(period).await;
    let attempt = server.cache().begin_attempt(limits, period).await.ok().unwrap();
    server.cache().end_attempt(attempt, Outcome::Released).await;
}

#[actix_web::test]
async fn without_redis_each_process_limits_attempts_by_itself() {
    let Some(mut server) = Server::start() else { return };
    let cache = server.cache();
    server.stop();
    assert_eq!(attempts::tests::race(&[cache], 50, Outcome::Failed).await, 3);
}
