//! The object that a save stores its data in.

use vitamin_framework::models::Object;

/// How far a save is, as far as it is known. It tells whether the change needs a transaction, and whether related rows must be
/// read after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More may follow, in the app's own code.
    Unknown,
    /// `create` or `update` is the last thing that the request writes.
    IsLast,
    /// The object is stored, and has the relations that the serializer reads.
    IsLoaded,
}

/// Where a save stores its data.
pub(crate) struct Destination<T> {
    /// `None`: in a new object.
    pub(super) instance: Option<Object<T>>,
    pub(super) partial: bool,
    pub(super) progress: Progress,
}

impl<T> Destination<T> {
    /// A new object, the last thing that the request writes.
    pub(crate) const fn new_object() -> Self {
        Self { instance: None, partial: false, progress: Progress::IsLast }
    }

    /// An object that is there, the last thing that the request writes.
    pub(crate) const fn object(object: Object<T>, partial: bool) -> Self {
        Self { instance: Some(object), partial, progress: Progress::IsLast }
    }
}
