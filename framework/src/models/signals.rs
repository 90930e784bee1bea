//! Signals: apps hear of the writes of models (`django/db/models/signals.py`).
//!
//! An app connects receivers in [`App::connect`](crate::app::App::connect):
//!
//! ```ignore
//! fn connect(&self, signals: &mut Signals) {
//!     signals.post_save::<Issue>(|event| {
//!         if event.created {
//!             Activity::add(event.connection, event.instance.id)?;
//!         }
//!         event.on_commit(|| log::info!("an issue was saved"));
//!         Ok(())
//!     });
//! }
//! ```
//!
//! A receiver runs where the write runs: on its connection, in its transaction. If it fails, the write fails, and is rolled
//! back. Signals come from `Changes::insert` and `update`, `Object::update` and `delete`, `QuerySet::delete`,
//! `Reverse::create` and `ManyToMany::set`, and so from all serializers and views of models. As in Django, `QuerySet::update`
//! sends none. Statements that an app writes in diesel send none either, nor do those of another program, such as Django.

mod deletion;
mod events;
mod row;
mod saving;

use std::fmt;
use std::sync::Arc;

pub(super) use self::deletion::Deletion;
pub use self::events::{
    AnyDelete, AnyPostSave, AnyPreSave, Delete, M2mAction, M2mChanged, PostSave, PreSave,
};
pub use self::row::AnyRow;
use self::row::Loader;
pub(super) use self::saving::{change_related, clear_related, insert, set_related, update};
use super::meta::ModelMeta;
use super::model::Model;
use super::relation::ManyToMany;
use crate::database::{DatabaseError, DbConnection};

/// Why a receiver refuses a write: any error. Those of `rest_framework` become the answer that they stand for.
pub type ReceiverError = Box<dyn std::error::Error + Send + Sync>;

/// A receiver's result.
pub type Received = Result<(), ReceiverError>;

/// The receivers of all apps, in the order in which they were connected. Clones share them.
#[derive(Clone, Default)]
pub struct Signals(Option<Arc<Receivers>>);

/// Receivers, each with the table that it listens to; none for all tables.
#[derive(Clone, Default)]
pub(crate) struct Receivers {
    pre_save: List<dyn Fn(&mut AnyPreSave<'_>) -> Received + Send + Sync>,
    post_save: List<dyn Fn(&mut AnyPostSave<'_>) -> Received + Send + Sync>,
    pre_delete: List<dyn Fn(&mut AnyDelete<'_>) -> Received + Send + Sync>,
    post_delete: List<dyn Fn(&mut AnyDelete<'_>) -> Received + Send + Sync>,
    m2m_changed: List<dyn Fn(&mut M2mChanged<'_>) -> Received + Send + Sync>,
    /// How the deleted rows of a table are read for those who know their type.
    loaders: Vec<(&'static str, Loader)>,
}

struct List<F: ?Sized>(Vec<(Option<&'static str>, Arc<F>)>);

impl<F: ?Sized> Clone for List<F> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<F: ?Sized> Default for List<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F: ?Sized> List<F> {
    fn of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a F> {
        self.0.iter().filter(move |(known, _)| known.is_none_or(|known| known == table)).map(|(_, f)| &**f)
    }

    fn has(&self, table: &str) -> bool {
        self.of(table).next().is_some()
    }
}

/// Methods that connect receivers without a type, for all models and for one.
macro_rules! connect_any {
    ($($list:ident, $event:ident, $any:ident, $of:ident, $name:literal;)*) => { $(
        #[doc = concat!("Connects a receiver of `", $name, "` of all models.")]
        pub fn $any(&mut self, receiver: impl Fn(&mut $event<'_>) -> Received + Send + Sync + 'static) {
            self.receivers().$list.0.push((None, Arc::new(receiver)));
        }

        #[doc = concat!("Connects a receiver of `", $name, "` of one model, whose type is not known.")]
        pub fn $of(
            &mut self,
            model: &'static ModelMeta,
            receiver: impl Fn(&mut $event<'_>) -> Received + Send + Sync + 'static,
        ) {
            self.receivers().$list.0.push((Some(model.table), Arc::new(receiver)));
        }
    )* };
}

impl Signals {
    connect_any! {
        pre_save, AnyPreSave, pre_save_any, pre_save_of, "pre_save";
        post_save, AnyPostSave, post_save_any, post_save_of, "post_save";
        pre_delete, AnyDelete, pre_delete_any, pre_delete_of, "pre_delete";
        post_delete, AnyDelete, post_delete_any, post_delete_of, "post_delete";
    }

    /// Connects a receiver that runs before a row of a model is inserted or updated, and may change what is stored.
    pub fn pre_save<T: Model>(
        &mut self,
        receiver: impl Fn(&mut PreSave<'_, T>) -> Received + Send + Sync + 'static,
    ) {
        self.pre_save_of(T::META, move |event| events::with_changes(event, &receiver));
    }

    /// Connects a receiver that runs after a row of a model was inserted or updated.
    pub fn post_save<T: Model>(
        &mut self,
        receiver: impl Fn(&mut PostSave<'_, T>) -> Received + Send + Sync + 'static,
    ) {
        self.post_save_of(T::META, move |event| events::with_saved(event, &receiver));
    }

    /// Connects a receiver that runs before a row of a model is deleted, and before any that the deletion cascades to.
    pub fn pre_delete<T: Model>(
        &mut self,
        receiver: impl Fn(&mut Delete<'_, T>) -> Received + Send + Sync + 'static,
    ) {
        self.load_deleted::<T>();
        self.pre_delete_of(T::META, move |event| events::with_deleted(event, &receiver));
    }

    /// Connects a receiver that runs after a row of a model was deleted.
    pub fn post_delete<T: Model>(
        &mut self,
        receiver: impl Fn(&mut Delete<'_, T>) -> Received + Send + Sync + 'static,
    ) {
        self.load_deleted::<T>();
        self.post_delete_of(T::META, move |event| events::with_deleted(event, &receiver));
    }

    /// Connects a receiver of changes of a many-to-many relation, from either side.
    pub fn m2m_changed<A: Model, B: Model>(
        &mut self,
        relation: ManyToMany<A, B>,
        receiver: impl Fn(&mut M2mChanged<'_>) -> Received + Send + Sync + 'static,
    ) {
        self.receivers().m2m_changed.0.push((Some(relation.table), Arc::new(receiver)));
    }

    /// Connects a receiver of changes of all many-to-many relations.
    pub fn m2m_changed_any(
        &mut self,
        receiver: impl Fn(&mut M2mChanged<'_>) -> Received + Send + Sync + 'static,
    ) {
        self.receivers().m2m_changed.0.push((None, Arc::new(receiver)));
    }

    /// Connects a receiver of changes of the many-to-many relations that a model declares, from either side.
    pub fn m2m_changed_of(
        &mut self,
        model: &'static ModelMeta,
        receiver: impl Fn(&mut M2mChanged<'_>) -> Received + Send + Sync + 'static,
    ) {
        let receiver: Arc<dyn Fn(&mut M2mChanged<'_>) -> Received + Send + Sync> = Arc::new(receiver);
        for relation in model.many_to_many {
            self.receivers().m2m_changed.0.push((Some(relation.table), Arc::clone(&receiver)));
        }
    }

    fn receivers(&mut self) -> &mut Receivers {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// Has the deleted rows read as a model's.
    fn load_deleted<T: Model>(&mut self) {
        let loader = (T::META.table, row::load::<T> as Loader);
        let loaders = &mut self.receivers().loaders;
        if !loaders.iter().any(|(table, known)| *table == loader.0 && std::ptr::fn_addr_eq(*known, loader.1))
        {
            loaders.push(loader);
        }
    }

    /// The receivers, if any listens to the saves of this table.
    pub(crate) fn of_saves(&self, table: &str) -> Option<Arc<Receivers>> {
        let receivers = self.0.as_ref()?;
        (receivers.pre_save.has(table) || receivers.post_save.has(table)).then(|| Arc::clone(receivers))
    }

    /// The receivers, if any listens to deletions.
    pub(crate) fn of_deletions(&self) -> Option<Arc<Receivers>> {
        let receivers = self.0.as_ref()?;
        let is_heard = !receivers.pre_delete.0.is_empty() || !receivers.post_delete.0.is_empty();
        is_heard.then(|| Arc::clone(receivers))
    }

    /// The receivers, if any listens to the changes of this table between two models.
    pub(crate) fn of_relation(&self, table: &str) -> Option<Arc<Receivers>> {
        let receivers = self.0.as_ref()?;
        receivers.m2m_changed.has(table).then(|| Arc::clone(receivers))
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |receivers| {
            receivers.pre_save.0.len()
                + receivers.post_save.0.len()
                + receivers.pre_delete.0.len()
                + receivers.post_delete.0.len()
                + receivers.m2m_changed.0.len()
        });
        write!(f, "Signals({count} receivers)")
    }
}

/// A receiver's error as that of the write.
fn refused(error: ReceiverError) -> DatabaseError {
    match error.downcast::<DatabaseError>() {
        Ok(error) => *error,
        Err(error) => match error.downcast::<diesel::result::Error>() {
            Ok(error) => DatabaseError::from(*error),
            Err(error) => DatabaseError::Receiver(error),
        },
    }
}

/// Runs a write and its receivers in a transaction: in the one that is open, if there is one.
fn in_transaction<T, E: From<DatabaseError>>(
    connection: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    if connection.is_in_transaction() { work(connection) } else { connection.atomic(work) }
}

#[cfg(test)]
mod tests;
