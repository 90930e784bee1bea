//! Withholds log lines that repeat, such as the reason why each request of a minute is answered 503.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two lines of the same text.
const INTERVAL: Duration = Duration::from_secs(10);
/// Texts that are known at a time. Further ones are withheld.
const MAX_TEXTS: usize = 32;

static REPEATS: Mutex<Repeats> = Mutex::new(Repeats(Vec::new()));

struct Repeats(Vec<Repeat>);

struct Repeat {
    text: String,
    logged_at: Instant,
    withheld: u64,
}

/// Logs a warning as one line, unless the same one was logged in the last ten seconds. The next one then says how many were
/// withheld. `target` is the caller's `module_path!()`.
pub fn warn_sometimes(target: &str, text: &str) {
    let withheld = REPEATS.lock().unwrap_or_else(PoisonError::into_inner).admit(text, Instant::now());
    let Some(withheld) = withheld else { return };
    // libpq's messages have several lines.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match withheld {
        0 => log::warn!(target: target, "{text}"),
        _ => log::warn!(target: target, "{text} (and {withheld} times more since the last line)"),
    }
}

impl Repeats {
    /// Returns how many lines were withheld before, or `None` if this one is withheld too.
    fn admit(&mut self, text: &str, now: Instant) -> Option<u64> {
        let is_recent = |repeat: &Repeat| now.saturating_duration_since(repeat.logged_at) < INTERVAL;
        if let Some(known) = self.0.iter_mut().find(|repeat| repeat.text == text) {
            if is_recent(known) {
                known.withheld += 1;
                return None;
            }
            known.logged_at = now;
            return Some(std::mem::take(&mut known.withheld));
        }
        if self.0.len() >= MAX_TEXTS {
            self.0.retain(is_recent);
        }
        if self.0.len() >= MAX_TEXTS {
            return None;
        }
        self.0.push(Repeat { text: text.to_owned(), logged_at: now, withheld: 0 });
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_logged_once_in_a_while() {
        let (mut repeats, start) = (Repeats(Vec::new()), Instant::now());
        let mut admit = |text: &str, seconds| repeats.admit(text, start + Duration::from_secs(seconds));
        assert_eq!(
            [admit("a", 0), admit("a", 1), admit("b", 2), admit("a", 9)],
            [Some(0), None, Some(0), None]
        );
        assert_eq!([admit("a", 10), admit("a", 11), admit("b", 13)], [Some(2), None, Some(0)]);
    }

    #[test]
    fn the_number_of_texts_is_bounded() {
        let (mut repeats, start) = (Repeats(Vec::new()), Instant::now());
        let admitted = (0..1000).filter(|n| repeats.admit(&n.to_string(), start).is_some()).count();
        assert_eq!((admitted, repeats.0.len()), (MAX_TEXTS, MAX_TEXTS));
        assert_eq!(repeats.admit("new", start + INTERVAL), Some(0));
    }
}
