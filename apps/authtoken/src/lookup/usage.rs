//! Whether to keep tokens is worth it. Where others commit all the time, most entries are dropped before they are used once;
//! then a look-up is cheaper, by a tenth of the request, without making an entry and dropping it, as that is mostly not in
//! the processor's cache.

/// States that begin without anything being kept, before it is tried again.
const STATES_WITHOUT: u32 = 15;

/// What the present state's entries were good for, and those before it.
#[derive(Default)]
pub(super) struct Usage {
    /// Look-ups in the present state, and how many others they spared.
    read: usize,
    used: usize,
    /// So many states, this one included, begin without anything being kept.
    states_without: u32,
    /// A state with more look-ups lasts longer than those did: in it is kept nevertheless.
    patience: usize,
}

impl Usage {
    /// A look-up was spared.
    pub(super) const fn found(&mut self) {
        self.used += 1;
    }

    /// Of what was just read.
    pub(super) const fn is_worth_keeping(&mut self) -> bool {
        self.read += 1;
        if self.read > self.patience {
            self.states_without = 0;
        }
        self.states_without == 0
    }

    /// What was kept is dropped now.
    pub(super) const fn state_ended(&mut self) {
        if self.states_without > 0 {
            self.states_without -= 1;
        } else if self.used < self.read / 2 {
            (self.states_without, self.patience) = (STATES_WITHOUT, 2 * self.read);
        }
        (self.read, self.used) = (0, 0);
    }
}
