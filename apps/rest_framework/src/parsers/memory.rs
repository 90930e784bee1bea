//! The memory that request bodies and the values parsed from them may use together.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::exceptions::APIException;

/// The first bytes of each body, and of the values of each, are exempt from the memory limit, so exhausting it cannot
/// block logins. Half of what actix-http buffers of each body.
pub(super) const EXEMPT_BYTES: usize = 16_384;

/// The bytes of a body, or of its values, that count towards the memory limit.
pub(super) fn without_exempt(size: usize) -> usize {
    size.saturating_sub(EXEMPT_BYTES)
}

/// The memory for bodies and values, shared by all workers. In bytes.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    pub(super) used: AtomicUsize,
    pub(super) max: usize,
}

impl MemoryBudget {
    pub(super) fn new(max: usize) -> Self {
        Self { used: AtomicUsize::new(0), max }
    }

    pub(super) fn reserve(&self, bytes: usize) -> Result<(), APIException> {
        // A body within the exempt bytes is accepted even while others exceed the limit for a moment.
        if bytes == 0 {
            return Ok(());
        }
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.max {
            return Ok(());
        }
        self.release(bytes);
        Err(APIException::service_unavailable(format!(
            "the request bodies and their values use {before} bytes, the limit is {} (REQUEST_BODIES_MAX_MEMORY)",
            self.max
        )))
    }

    pub(super) fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The memory of the values that a parser makes of one body. It counts until this is dropped.
pub struct ValuesMemory {
    budget: Arc<MemoryBudget>,
    reserved: Cell<usize>,
}

impl ValuesMemory {
    pub(super) fn new(budget: Arc<MemoryBudget>) -> Self {
        Self { budget, reserved: Cell::new(0) }
    }

    /// Counts this many more bytes.
    ///
    /// # Errors
    /// 503: all bodies and values together exceed `REQUEST_BODIES_MAX_MEMORY`.
    pub fn reserve(&self, bytes: usize) -> Result<(), APIException> {
        let before = self.reserved.get();
        let after = before.saturating_add(bytes);
        self.budget.reserve(without_exempt(after) - without_exempt(before))?;
        self.reserved.set(after);
        Ok(())
    }

    /// Whether any byte counts, beyond the exempt ones.
    pub(crate) fn is_counted(&self) -> bool {
        self.reserved.get() > EXEMPT_BYTES
    }
}

impl Drop for ValuesMemory {
    fn drop(&mut self) {
        self.budget.release(without_exempt(self.reserved.get()));
    }
}
