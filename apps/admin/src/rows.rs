//! The part of an admin that depends on its model's type: it reads and writes the rows.

use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::future::LocalBoxFuture;

use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{
    DbValue, DeletionError, ForeignKey, ManyToMany, Model, ModelMeta, Object, Path, Q, QuerySet,
    RelationVisitor, lock_row,
};
use vitamin_rest_framework::error_detail::Detail;
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::filters::{FormField, check_terms, search, takes_patterns};
use vitamin_rest_framework::generics::Destroy;
use vitamin_rest_framework::request::{Request, RequestInfo};
use vitamin_rest_framework::schemas::{DescribeSerializer as _, FieldSchema, SerializerSchema};
use vitamin_rest_framework::serializers::{ModelSerializer, Representation};

use crate::actions::ActionRequest;
use crate::any_model_admin::{
    AnyModelAdmin, Form, Found, ListCell, ListColumn, ListQuery, ListRow, LoadRows, Saved,
};
use crate::date_hierarchy::day;
use crate::display;
use crate::model_admin::ModelAdmin;
use crate::options::{Options, capitalized};

impl<T: Model> ModelAdmin<T> {
    /// The text of an object.
    fn text(&self, object: &Object<T>) -> String {
        self.display.as_ref().map_or_else(|| display::object(T::META, object.pk()), |display| display(object))
    }

    /// All rows, with the relations that the texts and columns read.
    fn all(&self) -> QuerySet<T> {
        self.options
            .list_select_related
            .iter()
            .fold(T::objects(), |rows, name| T::visit_relation(name, With(rows.clone())).unwrap_or(rows))
    }

    /// The rows that the pages show.
    fn visible(&self, info: &RequestInfo) -> QuerySet<T> {
        match &self.queryset {
            Some(own) => own(info, self.all()),
            None => self.all(),
        }
    }

    fn of_keys(rows: QuerySet<T>, keys: &[DbValue]) -> QuerySet<T> {
        match Path::<T>::named("pk") {
            Some(pk) => rows.filter_q(Q::one_of(&pk, keys)),
            None => rows.none(),
        }
    }

    /// A page of these rows, after the search and in the order.
    fn load_page(
        &self,
        connection: &mut DbConnection,
        mut rows: QuerySet<T>,
        query: &ListQuery,
    ) -> Result<Vec<ListRow>, APIException> {
        if !query.search.is_empty() && self.is_searchable() {
            if takes_patterns(&self.search_fields) {
                check_terms(connection, &query.search)?;
            }
            rows = rows.filter_q(search(&self.search_fields, &query.search));
        }
        let own = self.options.ordering.iter().map(|name| (*name).to_owned());
        let of_model = T::META.ordering.iter().filter_map(|(index, descending)| {
            let name = T::META.columns.get(*index)?.name;
            Some(if *descending { format!("-{name}") } else { name.to_owned() })
        });
        let mut order: Vec<String> = query.order.clone();
        if order.is_empty() {
            order.extend(own);
        }
        if order.is_empty() {
            order.extend(of_model);
        }
        if !is_total(T::META, &order) {
            order.push("-pk".to_owned());
        }
        let objects = rows.order_by(order).offset(query.offset).limit(query.limit).load(connection)?;
        let columns = self.columns();
        let row = |object: &Object<T>| ListRow {
            pk: object.pk().to_owned(),
            text: self.text(object),
            cells: columns.iter().map(|column| self.cell(object, column.name)).collect(),
        };
        Ok(objects.iter().map(row).collect())
    }

    fn serializer_of(&self, is_new: bool) -> &Arc<ModelSerializer<T>> {
        self.add_serializer.as_ref().filter(|_| is_new).unwrap_or(&self.serializer)
    }

    fn cell(&self, object: &Object<T>, name: &str) -> ListCell {
        if let Some((_, _, value)) = self.computed.iter().find(|(known, ..)| *known == name) {
            return ListCell::Text(value(object));
        }
        match T::META.find(name) {
            Some((index, _)) if name != "__str__" => ListCell::Value(object.value(index).to_owned()),
            _ => ListCell::Text(self.text(object)),
        }
    }

    /// The labels of the written fields whose columns or related rows differ.
    fn changed(&self, schema: &SerializerSchema, before: &[FieldState], after: &[FieldState]) -> Vec<String> {
        let fields = schema.fields.iter().zip(before.iter().zip(after));
        let is_written = |field: &FieldSchema| {
            !field.field.is_read_only() && !self.options.readonly_fields.contains(&field.name.as_ref())
        };
        fields
            .filter(|(field, (before, after))| before != after && is_written(field))
            .map(|(field, _)| vitamin_rest_framework::browsable::label(field))
            .collect()
    }

    /// What each field of the form shows of an object.
    fn state(schema: &SerializerSchema, object: &Object<T>) -> Vec<FieldState> {
        let state = |name: &str| match T::META.find(name) {
            Some((index, _)) => vec![object.value(index).to_owned()],
            None => T::visit_relation(name, RelatedKeys(object)).unwrap_or_default(),
        };
        schema.fields.iter().map(|field| state(&field.name)).collect()
    }
}

/// The values of a field, or the keys of its related rows.
type FieldState = Vec<DbValue>;

/// Loads a relation with the rows.
struct With<T>(QuerySet<T>);

impl<A: Model> RelationVisitor<A> for With<A> {
    type Output = QuerySet<A>;

    fn foreign_key<B: Model>(self, key: ForeignKey<A, B>) -> QuerySet<A> {
        self.0.with(key)
    }

    fn many_to_many<B: Model>(self, relation: ManyToMany<A, B>) -> QuerySet<A> {
        self.0.with(relation)
    }
}

/// The keys of the related rows that were loaded with an object.
struct RelatedKeys<'a, T>(&'a Object<T>);

impl<A: Model> RelationVisitor<A> for RelatedKeys<'_, A> {
    type Output = Vec<DbValue>;

    fn foreign_key<B: Model>(self, _: ForeignKey<A, B>) -> Vec<DbValue> {
        Vec::new()
    }

    fn many_to_many<B: Model>(self, relation: ManyToMany<A, B>) -> Vec<DbValue> {
        let keys = relation.values(self.0, B::META.primary_key);
        let mut keys: Vec<DbValue> =
            keys.map(|keys| keys.map(|key| key.to_owned()).collect()).unwrap_or_default();
        keys.sort_by_key(|key| display::plain(key.as_ref()));
        keys
    }
}

impl<T: Model> AnyModelAdmin for ModelAdmin<T> {
    fn meta(&self) -> &'static ModelMeta {
        T::META
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn problems(&self) -> Vec<String> {
        self.mistakes()
    }

    fn columns(&self) -> Vec<ListColumn> {
        let names = &self.options.list_display;
        let own: &[&'static str] = if names.is_empty() { &["__str__"] } else { names };
        let column = |name: &&'static str| {
            let computed = self.computed.iter().find(|(known, ..)| known == name);
            let found = T::META.find(name).map(|(_, column)| column).filter(|_| computed.is_none());
            let label = match (computed, found) {
                (Some((_, label, _)), _) => (*label).to_owned(),
                (None, Some(column)) => {
                    let words = column.verbose_name.map_or_else(
                        || column.name.replace('_', " "),
                        |words| column.lazy_text(words).text().into_owned(),
                    );
                    capitalized(&words)
                }
                (None, None) => capitalized(&self.options.verbose_name),
            };
            ListColumn { name, label, column: found }
        };
        own.iter().map(column).collect()
    }

    fn filter_fields(&self) -> Vec<FormField> {
        self.filters.form_fields().cloned().collect()
    }

    fn filter_models(&self) -> Vec<(String, &'static ModelMeta)> {
        self.filters.models()
    }

    fn is_searchable(&self) -> bool {
        !self.search_fields.is_empty()
    }

    fn schema(&self, is_new: bool, is_postgres: bool) -> SerializerSchema {
        self.serializer_of(is_new).schema(is_postgres)
    }

    fn rows<'a>(
        self: Arc<Self>,
        request: &'a Request,
        query: ListQuery,
    ) -> LocalBoxFuture<'a, Result<LoadRows, APIException>> {
        Box::pin(async move {
            let visible = self.visible(request.info());
            let mut rows = self.filters.filter_rows(visible, &query.filters, request).await?;
            if let Some(column) = self.options.date_hierarchy {
                rows = query.dates.filter(rows, column, request.info().time_zone());
            }
            let load: LoadRows = Box::new(move |connection| self.load_page(connection, rows, &query));
            Ok(load)
        })
    }

    fn date_bounds(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
    ) -> Result<Option<(NaiveDate, NaiveDate)>, DatabaseError> {
        let Some(column) = self.options.date_hierarchy else { return Ok(None) };
        let found = Path::<T>::named(column).zip(T::META.find(column));
        let Some((path, (index, _))) = found else { return Ok(None) };
        let rows = self.visible(info).filter_q(Q::is_null(&path, false));
        let mut end = |order: String| {
            let row = rows.clone().order_by([order]).first(connection)?;
            Ok::<_, DatabaseError>(row.and_then(|row| day(&row.value(index).to_owned(), info.time_zone())))
        };
        Ok(end(column.to_owned())?.zip(end(format!("-{column}"))?))
    }

    fn texts(
        &self,
        connection: &mut DbConnection,
        keys: &[DbValue],
    ) -> Result<Vec<(DbValue, String)>, DatabaseError> {
        if keys.iter().all(DbValue::is_null) {
            return Ok(Vec::new());
        }
        let objects = Self::of_keys(self.all(), keys).load(connection)?;
        Ok(objects.iter().map(|object| (object.pk().to_owned(), self.text(object))).collect())
    }

    fn find<'a>(
        &'a self,
        request: &'a Request,
        pk: DbValue,
    ) -> LocalBoxFuture<'a, Result<Option<Found>, APIException>> {
        Box::pin(async move {
            let plan = self.serializer.plan(request.database()?.is_postgres())?;
            let rows = self.visible(request.info()).find(pk).with_plan(plan);
            let Some(object) = request.first(rows).await? else { return Ok(None) };
            let mut json = Vec::new();
            let context = Representation::new(request);
            self.serializer.write(&object, &context, &mut json)?;
            let json = serde_json::from_slice(&json).map_err(APIException::server_error)?;
            let values = (0..T::META.columns.len()).map(|index| object.value(index).to_owned()).collect();
            Ok(Some(Found { pk: object.pk().to_owned(), text: self.text(&object), json, values }))
        })
    }

    fn save(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        form: &Form<'_>,
    ) -> Result<Option<Saved>, APIException> {
        let is_postgres = connection.is_postgres();
        let serializer = self.serializer_of(form.pk.is_none());
        let schema = serializer.schema(is_postgres);
        let plan = serializer.plan(is_postgres)?;
        let instance = match form.pk {
            None => None,
            Some(pk) => {
                // Of two forms of one version, the second one must see the first one's change.
                lock_row::<T>(connection, pk.clone())?;
                let found = self.visible(info).find(pk.clone()).with_plan(plan).first(connection)?;
                let Some(found) = found else { return Ok(None) };
                let values: Vec<DbValue> =
                    (0..T::META.columns.len()).map(|index| found.value(index).to_owned()).collect();
                if form.version.is_some_and(|known| known != form.versions.version(&values)) {
                    return Err(conflict(&self.options.verbose_name));
                }
                Some(found)
            }
        };
        let before = instance.as_ref().map(|object| Self::state(&schema, object));
        let perform = self.save_model.as_deref();
        let object = serializer.save(connection, info, form.data, instance, false, perform)?;
        let changed = before.map(|before| self.changed(&schema, &before, &Self::state(&schema, &object)));
        let pk = object.pk().to_owned();
        let text = match (&self.display, self.options.list_select_related.is_empty()) {
            // The text may read relations that the serializer does not load.
            (Some(_), false) => {
                let stored = self.all().find(pk.clone()).first(connection)?;
                stored.map_or_else(|| self.text(&object), |stored| self.text(&stored))
            }
            _ => self.text(&object),
        };
        Ok(Some(Saved { pk, text, changed: changed.unwrap_or_default() }))
    }

    fn selected(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        keys: &[DbValue],
    ) -> Result<Vec<(DbValue, String)>, APIException> {
        let objects = Self::of_keys(self.visible(info), keys).load(connection)?;
        Ok(objects.iter().map(|object| (object.pk().to_owned(), self.text(object))).collect())
    }

    fn delete(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        keys: &[DbValue],
    ) -> Result<(), APIException> {
        let rows = Self::of_keys(self.visible(info), keys);
        let Some(delete) = &self.delete_model else {
            return rows.delete(connection, info.models()).map_err(|error| match error {
                DeletionError::Protected(model) => APIException::validation_error(format!(
                    "Objects of the model {model} prevent the deletion."
                )),
                error => error.into(),
            });
        };
        let objects = rows.load(connection)?;
        objects.iter().try_for_each(|object| delete(&mut Destroy::new(connection, info, object)))
    }

    fn actions(&self) -> Vec<(&'static str, &'static str, &[&'static str])> {
        self.actions.iter().map(|action| (action.name, action.label, action.permissions.as_slice())).collect()
    }

    fn act(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        action: &str,
        keys: &[DbValue],
    ) -> Result<String, APIException> {
        let action =
            self.actions.iter().find(|known| known.name == action).ok_or_else(APIException::not_found)?;
        let rows = Self::of_keys(self.visible(info), keys);
        (action.run)(&mut ActionRequest::new(connection, info, rows))
    }
}

/// Whether an order leaves no two rows equal, so that no page repeats or leaves out a row (`ChangeList._get_deterministic_ordering`).
fn is_total(meta: &ModelMeta, order: &[String]) -> bool {
    let columns =
        order.iter().filter_map(|term| meta.find(term.trim_start_matches('-')).map(|(_, column)| column));
    let columns: Vec<_> = columns.filter(|column| !column.null).collect();
    let has = |name: &&str| columns.iter().any(|column| column.name == *name);
    columns.iter().any(|column| column.primary_key || column.unique)
        || meta.unique_together.iter().any(|names| names.iter().all(has))
}

/// The error of a form whose object changed since it was drawn.
fn conflict(verbose_name: &str) -> APIException {
    let message = format!(
        "Somebody else has changed this {verbose_name} since this page was made. Save again to overwrite that change with what is \
         written here."
    );
    APIException::validation_error(Detail::non_field(message, "conflict"))
}
