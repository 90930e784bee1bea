//! The buffer between the logger and standard error.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest time that a line stays in the buffer.
const DELAY: Duration = Duration::from_millis(10);
/// The buffer's size in bytes. A thread that would exceed it writes the buffer out first, so a slow reader of the log
/// slows requests down instead of filling the memory.
const MAX_BUFFERED: usize = 256 * 1024;

/// Lines that are not written yet.
pub(super) struct Buffer {
    lines: Mutex<Vec<u8>>,
    filled: Condvar,
    /// Locked from before lines are taken until they are written, which keeps their order.
    output: Mutex<Output>,
}

struct Output {
    batch: Vec<u8>,
    out: Box<dyn Write + Send>,
}

impl Buffer {
    pub(super) fn new(out: impl Write + Send + 'static) -> Self {
        Self {
            lines: Mutex::default(),
            filled: Condvar::new(),
            output: Mutex::new(Output { batch: Vec::new(), out: Box::new(out) }),
        }
    }

    /// Starts the thread that writes the lines.
    pub(super) fn start(buffer: &Arc<Self>) -> io::Result<()> {
        let buffer = Arc::clone(buffer);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || buffer.work())?;
        Ok(())
    }

    fn work(&self) {
        loop {
            let lines = self.filled.wait_while(lock(&self.lines), |lines| lines.is_empty());
            drop(lines);
            std::thread::sleep(DELAY);
            self.flush();
        }
    }

    fn add(&self, line: &[u8]) {
        let mut lines = lock(&self.lines);
        if lines.len() + line.len() > MAX_BUFFERED {
            drop(lines);
            self.flush();
            lines = lock(&self.lines);
        }
        // A non-empty buffer means that the thread is awake already.
        if lines.is_empty() {
            self.filled.notify_one();
        }
        lines.extend_from_slice(line);
    }

    /// Writes all lines that were added before this call.
    pub(super) fn flush(&self) {
        let mut output = lock(&self.output);
        let Output { batch, out } = &mut *output;
        std::mem::swap(batch, &mut *lock(&self.lines));
        // If standard error is closed, there is no place to report it.
        let _ = out.write_all(batch);
        batch.clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A writer into the buffer; expects one whole line per call.
pub(super) struct Writer(pub(super) Arc<Buffer>);

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(line);
        Ok(line.len())
    }

    /// The buffer decides when to flush.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct ChannelWriter(Sender<Vec<u8>>);

    impl Write for ChannelWriter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !bytes.is_empty() {
                self.0.send(bytes.to_vec()).unwrap();
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_collected_and_keep_their_order() {
        let (sender, written) = channel();
        let buffer = Arc::new(Buffer::new(ChannelWriter(sender)));
        Buffer::start(&buffer).unwrap();
        for line in ["a\n", "b\n"] {
            Writer(Arc::clone(&buffer)).write_all(line.as_bytes()).unwrap();
        }
        let mut all = Vec::new();
        while all.len() < 4 {
            all.extend(written.recv_timeout(Duration::from_secs(10)).unwrap());
        }
        assert_eq!(all, b"a\nb\n");
        buffer.add(b"c\n");
        buffer.flush();
        assert_eq!(written.try_recv().unwrap(), b"c\n");
    }

    #[test]
    fn the_buffer_is_bounded() {
        let (sender, written) = channel();
        let buffer = Buffer::new(ChannelWriter(sender));
        let line = vec![b'x'; MAX_BUFFERED / 2];
        buffer.add(&line);
        buffer.add(&line);
        assert!(written.try_recv().is_err());
        buffer.add(&line);
        assert_eq!(written.try_recv().unwrap().len(), MAX_BUFFERED);
    }
}
