//! The cursors of the next and the previous page (`get_next_link`, `get_previous_link`).
//!
//! A cursor names the position of the last row before the page. Where rows share a position it also counts how many of
//! them come before the page.

use super::super::CursorPlan;
use super::code::Cursor;

/// A page and the rows around it.
pub(super) struct Links<'a> {
    plan: &'a CursorPlan,
    /// The number of rows on the page.
    length: usize,
    position: &'a dyn Fn(usize) -> String,
    has_next: bool,
    has_previous: bool,
    next_position: Option<String>,
    previous_position: Option<String>,
}

impl<'a> Links<'a> {
    pub(super) fn new(plan: &'a CursorPlan, loaded: usize, position: &'a dyn Fn(usize) -> String) -> Self {
        let length = loaded.min(plan.page_size());
        let following = loaded.checked_sub(1).filter(|_| loaded > length).map(position);
        let came_from = plan.position.is_some() || plan.offset > 0;
        let current = plan.position.clone();
        let (has_next, next_position, has_previous, previous_position) = if plan.reverse {
            (came_from, current, following.is_some(), following)
        } else {
            (following.is_some(), following, came_from, current)
        };
        Self { plan, length, position, has_next, has_previous, next_position, previous_position }
    }

    pub(super) fn next(&self) -> Option<Cursor> {
        if !self.has_next {
            return None;
        }
        let far = match (self.has_previous, &self.previous_position) {
            (false, _) => (self.page_size(), None),
            // A change of direction: the next page may start some rows later than it should.
            (true, position) if self.plan.reverse => (0, position.clone()),
            (true, position) => (self.plan.offset.saturating_add(self.page_size()), position.clone()),
        };
        let rows = (0..self.length).rev();
        let (offset, position) = self.marker(rows, self.plan.reverse, &self.next_position, far);
        Some(Cursor { offset, reverse: false, position })
    }

    pub(super) fn previous(&self) -> Option<Cursor> {
        if !self.has_previous {
            return None;
        }
        let far = match (self.has_next, &self.next_position) {
            (false, _) => (self.page_size(), None),
            (true, position) if self.plan.reverse => {
                (self.plan.offset.saturating_add(self.page_size()), position.clone())
            }
            (true, position) => (0, position.clone()),
        };
        let rows = 0..self.length;
        let (offset, position) = self.marker(rows, !self.plan.reverse, &self.previous_position, far);
        Some(Cursor { offset, reverse: true, position })
    }

    /// Looks for the nearest of the page's rows whose position differs from that of the row after it, where the cursor can
    /// start. Each row passed adds one to the offset. Returns `far` if all rows have the same position.
    fn marker(
        &self,
        rows: impl Iterator<Item = usize> + Clone,
        turns: bool,
        outside: &Option<String>,
        far: (u64, Option<String>),
    ) -> (u64, Option<String>) {
        let Some(nearest) = rows.clone().next() else { return (0, outside.clone()) };
        // On a page with an offset, `outside` is where the offset starts, not the row beside the page.
        let turns = turns && self.plan.offset != 0;
        let mut compare = if turns { Some(self.at(nearest)) } else { outside.clone() };
        for (offset, row) in (0..).zip(rows) {
            let position = Some(self.at(row));
            if position != compare {
                return (offset, position);
            }
            compare = position;
        }
        far
    }

    fn page_size(&self) -> u64 {
        self.plan.limit.saturating_sub(1)
    }

    /// The position of a row of the page.
    fn at(&self, row: usize) -> String {
        let row = if self.plan.reverse { self.length.saturating_sub(1).saturating_sub(row) } else { row };
        (self.position)(row)
    }
}
