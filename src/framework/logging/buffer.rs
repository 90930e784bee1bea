//! Lines on their way to standard error.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a line may wait.
const DELAY: Duration = Duration::from_millis(10);
/// Bytes that may wait. Whoever adds more writes them all out first, so a reader that is too slow holds the requests up
/// instead of filling the memory.
const MAX_BUFFERED: usize = 256 * 1024;

/// Lines that are not written yet.
pub(super) struct Buffer {
    lines: Mutex<Vec<u8>>,
    filled: Condvar,
    /// Held from before lines are batch until they are written, so that they keep their order.
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
        // The thread sleeps on while it has lines to write anyway.
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
        // There is nowhere to tell that standard error is gone.
        let _ = out.write_all(batch);
        batch.clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer as something to write to: each line in one call.
pub(super) struct Writer(pub(super) Arc<Buffer>);

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(line);
        Ok(line.len())
    }

    /// Left to the buffer.
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
    fn what_waits_is_bounded() {
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
