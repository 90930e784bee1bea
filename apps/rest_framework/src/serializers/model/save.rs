//! Stores validated data (`BaseSerializer.save`).

use std::any::Any;
use std::sync::Arc;

use diesel::Column as DieselColumn;

use super::ModelSerializer;
use super::destination::{Destination, Progress};
use super::entry::Target;
use super::hooks::Store;
use super::negative_zero::NegativeZeros;
use super::pk_input::pk_of;
use super::resolved::Resolved;
use super::single_row::{ValidData, keep_user};
use super::validation::{Validation, find_kept, gone};
use super::writing::{Kept, Writing};
use crate::data::{Data, Dict, Value};
use crate::exceptions::APIException;
use crate::request::RequestInfo;
use vitamin_auth::models::User;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{Changes, DbValue, Model, Object, QuerySet};

/// Validated data that is about to be stored: what `create` and `update` of a serializer and `perform_create` of a view get.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_poll (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, title -> Text, closed -> Bool, } }
/// # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     #[model(references(PublicUser))]
/// #     owner_id: UserId,
/// #     #[model(max_length = 100)]
/// #     title: String,
/// #     #[model(default = false)]
/// #     closed: bool,
/// # }
/// # #[derive(Model)]
/// # #[model(table = polls_vote, crate = vitamin_framework)]
/// # struct Vote {
/// #     id: i64,
/// #     #[model(references(Poll), related_name = votes)]
/// #     poll_id: i64,
/// #     #[model(max_length = 10)]
/// #     choice: String,
/// # }
/// fn poll_serializer() -> ModelSerializer<Poll> {
///     let votes = Nested::many(Poll::VOTES, ModelSerializer::new(["choice"])).writable().required(false);
///     ModelSerializer::new(["id", "title", "votes"]).field("votes", votes).create(|save| {
///         let owner = save.user()?.id;
///         save.set(polls_poll::owner_id, owner);
///         let votes = save.take_nested(Poll::VOTES)?.unwrap_or_default();
///         let poll = save.create()?;
///         Poll::VOTES.create(save.connection(), &poll, votes)?;
///         Ok(poll)
///     })
/// }
/// ```
pub struct Save<'a, T: Model> {
    connection: &'a mut DbConnection,
    info: &'a RequestInfo,
    resolved: &'a Resolved<T>,
    values: Dict,
    /// Columns that the app sets itself.
    own: Changes<T>,
    instance: Option<Object<T>>,
    kept: Kept,
    negative_zeros: NegativeZeros,
    progress: Progress,
}

impl<T: Model> Save<'_, T> {
    /// Returns the user, the path and the other facts of the request.
    #[must_use]
    pub fn request(&self) -> &RequestInfo {
        self.info
    }

    /// The request's user.
    ///
    /// # Errors
    /// 401 or 403: the request is anonymous.
    pub fn user(&self) -> Result<&User, APIException> {
        self.info.authenticated()
    }

    /// The connection, in the transaction of this write.
    pub fn connection(&mut self) -> &mut DbConnection {
        self.connection
    }

    /// Deletes rows, and what depends on them.
    ///
    /// # Errors
    /// 500: a protected foreign key refers to one; the database refuses it.
    pub fn delete<U: Model>(&mut self, rows: &QuerySet<U>) -> Result<(), APIException> {
        Ok(rows.delete(self.connection, self.info.models())?)
    }

    /// The object that is updated. `None` for a new one.
    #[must_use]
    pub fn instance(&self) -> Option<&Object<T>> {
        self.instance.as_ref()
    }

    /// A validated value, by its field's name or source.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Takes a validated value out, so that it is not stored.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.values.shift_remove(name)
    }

    /// The object of a validated value by its field's name, such as that of a related field.
    ///
    /// # Errors
    /// 500: there is no such value, it is null, or the object is gone; the query fails.
    pub fn object<U: Model>(&mut self, name: &str) -> Result<Arc<Object<U>>, APIException> {
        let missing = || APIException::server_error(format!("there is no validated `{name}`"));
        let pk = pk_of::<U>(self.values.get(name).ok_or_else(missing)?, self.info)?;
        if let Some(found) = find_kept::<U>(&self.kept, &pk) {
            return Ok(found);
        }
        let found = Arc::new(U::objects().find(pk).first(self.connection)?.ok_or_else(gone::<U>)?);
        self.kept.push(Arc::clone(&found) as _);
        Ok(found)
    }

    /// The nested serializer of a source.
    pub(super) fn nested(&self, source: &str) -> Option<Arc<dyn Any + Send + Sync>> {
        self.resolved.targets.iter().find_map(|(known, target)| match target {
            Target::Nested(nested) if known == source => Some(Arc::clone(nested).into_any()),
            _ => None,
        })
    }

    /// Sets a column, whatever the client sent (`serializer.save(owner=user)`).
    pub fn set<C: DieselColumn<Table = T::Table>>(&mut self, column: C, value: impl Into<DbValue>) {
        self.own.set(column, value);
    }

    /// Sets columns, as [`set`](Self::set) does.
    pub(crate) fn set_all(&mut self, changes: &Changes<T>) {
        self.own.merge(changes);
    }

    /// Stores the data as a new object, with its many-to-many relations.
    ///
    /// # Errors
    /// The database refuses it.
    pub fn create(&mut self) -> Result<Object<T>, APIException> {
        let changes = self.changes()?;
        if self.is_only_change(&changes) {
            let mut object = changes.insert_last(self.connection)?;
            self.negative_zeros.keep(&mut object);
            self.attach_known(&mut object);
            return Ok(object);
        }
        let mut object = changes.insert(self.connection)?;
        self.negative_zeros.keep(&mut object);
        self.set_many(&object)?;
        Ok(object)
    }

    /// Stores the data in the object that is updated, with its many-to-many relations.
    ///
    /// # Errors
    /// The database refuses it; 404 if the object is gone.
    pub fn update(&mut self) -> Result<Object<T>, APIException> {
        let changes = self.changes()?;
        let is_only_change = self.is_only_change(&changes);
        let mut object =
            self.instance.take().ok_or_else(|| APIException::server_error("there is no object to update"))?;
        if is_only_change {
            object.update_last(self.connection, &changes)?;
            self.negative_zeros.keep(&mut object);
            self.attach_known(&mut object);
            return Ok(object);
        }
        object.update(self.connection, &changes)?;
        self.negative_zeros.keep(&mut object);
        self.set_many(&object)?;
        Ok(object)
    }

    fn changes(&mut self) -> Result<Changes<T>, APIException> {
        self.negative_zeros = NegativeZeros::of(self.resolved, &self.values);
        let mut changes = self.resolved.changes(&mut self.values, self.info)?;
        changes.merge(&self.own);
        Ok(changes)
    }

    /// Whether these changes are all that the request writes, and nothing must be read after them. Then they need no
    /// transaction, where it has not begun.
    fn is_only_change(&mut self, changes: &Changes<T>) -> bool {
        if self.progress != Progress::IsLast || !self.connection.is_before_transaction() {
            return false;
        }
        let mut many = self.resolved.targets.iter().filter(|(_, target)| matches!(target, Target::Many(..)));
        if many.any(|(source, _)| self.values.contains_key(source)) {
            return false;
        }
        keep_user(&mut self.kept, self.info.user());
        self.resolved.plan.is_known(changes, self.instance.as_ref(), &self.kept)
    }

    fn attach_known(&mut self, object: &mut Object<T>) {
        // A trigger may have changed a foreign key.
        if self.resolved.plan.attach_known(object, &self.kept) {
            self.progress = Progress::IsLoaded;
        }
    }

    fn set_many(&mut self, object: &Object<T>) -> Result<(), APIException> {
        for (source, target) in &self.resolved.targets {
            let Target::Many(set, kind) = target else { continue };
            let Some(Value::List(items)) = self.values.shift_remove(source) else { continue };
            let kind = self.info.kind_of(*kind);
            let keys = items.iter().map(|item| DbValue::from_validated(item, kind));
            let keys = keys.collect::<Result<Vec<_>, _>>().map_err(APIException::server_error)?;
            set(self.connection, object.pk(), &keys)?;
        }
        Ok(())
    }
}

/// A view's closure that runs before the data are stored: `perform_create` or `perform_update`.
pub type Perform<T> = dyn Fn(&mut Save<'_, T>) -> Result<(), APIException> + Send + Sync;

impl<T: Model> ModelSerializer<T> {
    /// Validates a body and stores it: as a new object, or in `instance`. Run it in a transaction.
    ///
    /// # Errors
    /// 400 with the errors of each field; errors of the checks and of the database.
    pub fn save(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        data: &Data,
        instance: Option<Object<T>>,
        partial: bool,
        perform: Option<&Perform<T>>,
    ) -> Result<Object<T>, APIException> {
        let progress = Progress::Unknown;
        self.store(connection, info, data, Destination { instance, partial, progress }, perform)
    }

    /// [`save`](Self::save) in a destination.
    ///
    /// # Errors
    /// As `save`.
    pub(crate) fn store(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        data: &Data,
        Destination { instance, partial, progress }: Destination<T>,
        perform: Option<&Perform<T>>,
    ) -> Result<Object<T>, APIException> {
        let resolved = self.resolve(connection.is_postgres())?;
        let writing = Writing { connection: &mut *connection, info };
        let validated = self.validated(resolved, writing, data, instance.as_ref(), partial)?;
        let to = Destination { instance, partial, progress };
        self.store_validated(Writing { connection, info }, validated, to, perform)
    }

    /// Stores data of a new object that are validated already.
    ///
    /// # Errors
    /// Errors of the database, and of the app's own code.
    pub(crate) fn store_valid(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        valid: ValidData,
        perform: &Perform<T>,
    ) -> Result<Object<T>, APIException> {
        let writing = Writing { connection, info };
        self.store_validated(writing, valid.into_parts(), Destination::new_object(), Some(perform))
    }

    /// Whether the app stores new objects itself ([`create`](Self::create)).
    pub(crate) const fn creates_itself(&self) -> bool {
        self.hooks.create.is_some()
    }

    /// Stores validated values, with the relations that the serializer reads.
    fn store_validated(
        &self,
        Writing { connection, info }: Writing<'_>,
        validated: (Dict, Kept),
        to: Destination<T>,
        perform: Option<&Perform<T>>,
    ) -> Result<Object<T>, APIException> {
        let resolved = self.resolve(connection.is_postgres())?;
        let writing = Writing { connection: &mut *connection, info };
        let (mut object, progress) = self.store_values(writing, validated, to, perform)?;
        if progress != Progress::IsLoaded {
            object.load(connection, &resolved.plan)?;
        }
        Ok(object)
    }

    /// Stores validated values as a new object. Its relations are not loaded.
    pub(super) fn create_object(
        &self,
        writing: Writing<'_>,
        validated: (Dict, Kept),
        perform: Option<&Perform<T>>,
    ) -> Result<Object<T>, APIException> {
        let to = Destination { instance: None, partial: false, progress: Progress::Unknown };
        Ok(self.store_values(writing, validated, to, perform)?.0)
    }

    fn store_values(
        &self,
        Writing { connection, info }: Writing<'_>,
        (values, kept): (Dict, Kept),
        Destination { instance, progress, .. }: Destination<T>,
        perform: Option<&Perform<T>>,
    ) -> Result<(Object<T>, Progress), APIException> {
        let resolved = self.resolve(connection.is_postgres())?;
        let is_new = instance.is_none();
        let store: Option<&Store<T>> =
            if is_new { self.hooks.create.as_ref() } else { self.hooks.update.as_ref() };
        let mut save = Save {
            connection,
            info,
            resolved,
            values,
            own: Changes::new(),
            instance,
            kept,
            negative_zeros: NegativeZeros::default(),
            progress: Progress::Unknown,
        };
        if let Some(perform) = perform {
            perform(&mut save)?;
        }
        // The app's own code may write more.
        save.progress = if store.is_some() { Progress::Unknown } else { progress };
        let object = match store {
            Some(store) => store(&mut save)?,
            None if is_new => save.create()?,
            None => save.update()?,
        };
        Ok((object, save.progress))
    }

    fn validated(
        &self,
        resolved: &Resolved<T>,
        writing: Writing<'_>,
        data: &Data,
        instance: Option<&Object<T>>,
        partial: bool,
    ) -> Result<(Dict, Kept), APIException> {
        let (info, pk) = (writing.info, instance.map(|object| object.pk().to_owned()));
        writing.validated(data, pk, partial, |input, context| {
            let Some(lookups) = context.database else {
                return Err(APIException::server_error("a model serializer needs a database"));
            };
            resolved.validate(input, &self.hooks, context, &Validation { lookups, info, instance })
        })
    }

    /// Validates a body without storing it.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn run_validation(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        data: &Data,
    ) -> Result<Validated<T>, APIException> {
        let resolved = self.resolve(connection.is_postgres())?;
        let (mut values, _) = self.validated(resolved, Writing { connection, info }, data, None, false)?;
        Ok(Validated { changes: resolved.changes(&mut values, info)?, values })
    }
}

/// A valid body that an action stores itself.
pub struct Validated<T> {
    /// The values of columns.
    pub changes: Changes<T>,
    /// All other values.
    pub values: Dict,
}
