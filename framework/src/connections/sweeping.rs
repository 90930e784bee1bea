//! Divides the connections of a worker, so that a tick does not look at all of them at once. To close one takes as long as a request
//! or longer, and thousands may be due together: a request would wait for all of them.

use std::ops::Range;
use std::time::Duration;

use super::TICK;

/// How many parts a tick has at most.
const MAX_PARTS: usize = 16;
/// How many connections a part has at least.
const MIN_PART: usize = 64;

/// One look at each connection, which takes a tick.
#[derive(Debug)]
pub(super) struct Round {
    parts: usize,
    /// The connections of a part.
    part: usize,
    /// The connections that this round has still to look at: those before this position. It goes from the last one to the first
    /// because a connection that is removed is replaced by the last one, which has then been looked at.
    rest: usize,
}

impl Default for Round {
    /// A round that is over.
    fn default() -> Self {
        Self { parts: 1, part: 0, rest: 0 }
    }
}

impl Round {
    pub(super) fn new(connections: usize) -> Self {
        let parts = (connections / MIN_PART).clamp(1, MAX_PARTS);
        Self { parts, part: connections.div_ceil(parts), rest: connections }
    }

    /// The time between two parts.
    pub(super) fn pause(&self) -> Duration {
        TICK / u32::try_from(self.parts).unwrap_or(1)
    }

    pub(super) const fn is_over(&self) -> bool {
        self.rest == 0
    }

    /// The next part. `connections` is their number by now.
    pub(super) fn next(&mut self, connections: usize) -> Range<usize> {
        let end = self.rest.min(connections);
        self.rest = end.saturating_sub(self.part);
        self.rest..end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_connections_are_one_part() {
        for connections in [0, 1, 64, 127] {
            let mut round = Round::new(connections);
            assert_eq!((round.pause(), round.next(connections)), (TICK, 0..connections));
            assert!(round.is_over());
        }
        assert_eq!(Round::new(128).pause(), TICK / 2);
        assert_eq!(Round::new(100_000).pause(), TICK / 16);
    }

    proptest! {
        #[test]
        fn a_round_looks_at_each_connection_that_stays(
            count in 0usize..2000,
            removed in proptest::collection::vec((0usize..2000, 0usize..20), 0..20),
        ) {
            let mut connections: Vec<usize> = (0..count).collect();
            let (mut round, mut seen, mut turns) = (Round::new(count), vec![false; count], 0);
            let mut removed = removed.into_iter();
            while !round.is_over() {
                let part = round.next(connections.len());
                connections[part].iter().filter(|id| **id < count).for_each(|id| seen[*id] = true);
                turns += 1;
                // Between two parts, any connection may be removed, and new ones come.
                let Some((at, new)) = removed.next() else { continue };
                if at < connections.len() {
                    connections.swap_remove(at);
                }
                connections.extend((0..new).map(|id| count + id));
            }
            prop_assert!(turns <= MAX_PARTS);
            prop_assert!(connections.iter().all(|id| *id >= count || seen[*id]), "{:?}", connections);
        }
    }
}
