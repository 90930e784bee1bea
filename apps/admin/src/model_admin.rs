//! How a model appears in the admin (`ModelAdmin` of `django/contrib/admin/options.py`).

use std::sync::Arc;

use vitamin_framework::models::{
    Column, ColumnKind, FieldClass, ForeignKey, ManyToMany, Model, Object, Path, QuerySet, RelationVisitor,
};
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::filters::{FilterSet, SearchField};
use vitamin_rest_framework::generics::Destroy;
use vitamin_rest_framework::request::RequestInfo;
use vitamin_rest_framework::serializers::{ModelSerializer, Perform, Save};

use crate::actions::AdminAction;
use crate::options::Options;

type Display<T> = Arc<dyn Fn(&Object<T>) -> String + Send + Sync>;
type GetQuerySet<T> = Arc<dyn Fn(&RequestInfo, QuerySet<T>) -> QuerySet<T> + Send + Sync>;
type PerformDestroy<T> = Arc<dyn Fn(&mut Destroy<'_, T>) -> Result<(), APIException> + Send + Sync>;

/// A model's pages, in the terms of Django's `ModelAdmin`.
pub struct ModelAdmin<T: Model> {
    pub(crate) options: Options,
    pub(crate) serializer: Arc<ModelSerializer<T>>,
    /// The serializer of the form that adds, if it is another one.
    pub(crate) add_serializer: Option<Arc<ModelSerializer<T>>>,
    pub(crate) display: Option<Display<T>>,
    /// Columns of the list that are computed: their names, labels and values.
    pub(crate) computed: Vec<(&'static str, &'static str, Display<T>)>,
    pub(crate) search_fields: Vec<SearchField<T>>,
    pub(crate) filters: FilterSet<T>,
    pub(crate) queryset: Option<GetQuerySet<T>>,
    pub(crate) save_model: Option<Arc<Perform<T>>>,
    pub(crate) delete_model: Option<PerformDestroy<T>>,
    pub(crate) actions: Vec<AdminAction<T>>,
}

impl<T: Model> ModelAdmin<T> {
    /// The admin of a model whose forms have the fields of this serializer. Its checks and its `create` and `update` apply, as they
    /// do in a view.
    #[must_use]
    pub fn new(serializer: ModelSerializer<T>) -> Self {
        Self {
            options: Options::of(T::META),
            serializer: Arc::new(serializer),
            add_serializer: None,
            display: None,
            computed: Vec::new(),
            search_fields: Vec::new(),
            filters: FilterSet::new(),
            queryset: None,
            save_model: None,
            delete_model: None,
            actions: Vec::new(),
        }
    }

    /// The admin of a model whose forms have all its fields, in their order: `admin.site.register(Poll)`.
    #[must_use]
    pub fn all_fields() -> Self {
        let own = T::META
            .columns
            .iter()
            .filter(|column| !column.primary_key || column.editable && !is_automatic(column));
        let between = T::META.many_to_many.iter().map(|relation| relation.name);
        let names: Vec<&'static str> = own.map(|column| column.name).chain(between).collect();
        Self::new(ModelSerializer::new(names))
    }

    /// The serializer of the form that adds, such as one that also takes a password (`add_form` of Django's `UserAdmin`).
    #[must_use]
    pub fn add_serializer(mut self, serializer: ModelSerializer<T>) -> Self {
        self.add_serializer =
            Some(Arc::new(serializer.without_input(self.options.readonly_fields.iter().copied())));
        self
    }

    /// The text of an object for people (`Model.__str__`). Without it, the text is Django's own default: `Poll object (1)`.
    #[must_use]
    pub fn display(mut self, display: impl Fn(&Object<T>) -> String + Send + Sync + 'static) -> Self {
        self.display = Some(Arc::new(display));
        self
    }

    /// The model's name in the singular and the plural, in lower case (`Meta.verbose_name` and `verbose_name_plural`).
    #[must_use]
    pub fn verbose_name(mut self, singular: &str, plural: &str) -> Self {
        singular.clone_into(&mut self.options.verbose_name);
        plural.clone_into(&mut self.options.verbose_name_plural);
        self
    }

    /// The columns of the list: names of model fields, of computed [columns](Self::column), or `__str__` for the object's text.
    #[must_use]
    pub fn list_display(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.options.list_display = names.into_iter().collect();
        self
    }

    /// A computed column of the list, with its heading (a method of `ModelAdmin` with `@admin.display`). What it reads of related
    /// rows must be named in [`list_select_related`](Self::list_select_related).
    #[must_use]
    pub fn column(
        mut self,
        name: &'static str,
        label: &'static str,
        value: impl Fn(&Object<T>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.computed.push((name, label, Arc::new(value)));
        self
    }

    /// Loads these relations with each object, for its text and the computed columns. Foreign keys among the columns need no mention:
    /// their texts take one query a column.
    #[must_use]
    pub fn list_select_related(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.options.list_select_related = names.into_iter().collect();
        self
    }

    /// The number of rows of a page, by default 100.
    #[must_use]
    pub const fn list_per_page(mut self, rows: u32) -> Self {
        self.options.list_per_page = rows;
        self
    }

    /// The order of the list by the names of model fields, each descending with a leading `-`; by default the model's.
    #[must_use]
    pub fn ordering(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.options.ordering = names.into_iter().collect();
        self
    }

    /// The columns that the search looks at, as in a view: `fields![polls_poll::title]`.
    #[must_use]
    pub fn search_fields(mut self, fields: Vec<Path<T>>) -> Self {
        self.search_fields.extend(fields.into_iter().map(SearchField::new));
        self
    }

    /// A column that the search looks at in another way, such as [`SearchField::starts_with`], which can use an index.
    #[must_use]
    pub fn search_field(mut self, field: SearchField<T>) -> Self {
        self.search_fields.push(field);
        self
    }

    /// A sentence below the search.
    #[must_use]
    pub const fn search_help_text(mut self, text: &'static str) -> Self {
        self.options.search_help_text = Some(text);
        self
    }

    /// Filters by model fields, each by its exact value or as `budget__gte`.
    #[must_use]
    pub fn list_filter(self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.filters(FilterSet::of_fields(names))
    }

    /// The filters of a view, instead of those of [`list_filter`](Self::list_filter).
    #[must_use]
    pub fn filters(mut self, filters: FilterSet<T>) -> Self {
        self.filters = filters;
        self
    }

    /// A column of dates or times, by whose years, months and days the list can be narrowed. It should have an index.
    #[must_use]
    pub const fn date_hierarchy(mut self, name: &'static str) -> Self {
        self.options.date_hierarchy = Some(name);
        self
    }

    /// Fields of the form that are shown, and never written.
    #[must_use]
    pub fn readonly_fields(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.options.readonly_fields = names.into_iter().collect();
        let names = || self.options.readonly_fields.iter().copied();
        self.serializer = Arc::new((*self.serializer).clone().without_input(names()));
        self.add_serializer = self.add_serializer.map(|own| Arc::new((*own).clone().without_input(names())));
        self
    }

    /// Foreign keys whose form field is the key with a link to look it up, however few rows there are. The others offer the rows
    /// themselves as long as there are 50 at most.
    #[must_use]
    pub fn raw_id_fields(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.options.raw_id_fields = names.into_iter().collect();
        self
    }

    /// The rows that the pages show and change, by default all.
    #[must_use]
    pub fn get_queryset(
        mut self,
        rows: impl Fn(&RequestInfo, QuerySet<T>) -> QuerySet<T> + Send + Sync + 'static,
    ) -> Self {
        self.queryset = Some(Arc::new(rows));
        self
    }

    /// Runs before a valid form is stored, in its transaction (`perform_create` and `perform_update` of a view). It may set columns
    /// that the form does not have.
    #[must_use]
    pub fn save_model(
        mut self,
        save: impl Fn(&mut Save<'_, T>) -> Result<(), APIException> + Send + Sync + 'static,
    ) -> Self {
        self.save_model = Some(Arc::new(save));
        self
    }

    /// Deletes an object in a way of the app's own, in its transaction (`perform_destroy` of a view).
    #[must_use]
    pub fn delete_model(
        mut self,
        delete: impl Fn(&mut Destroy<'_, T>) -> Result<(), APIException> + Send + Sync + 'static,
    ) -> Self {
        self.delete_model = Some(Arc::new(delete));
        self
    }

    /// Adds an action on several objects of the list. Their deletion is one already.
    #[must_use]
    pub fn action(mut self, action: AdminAction<T>) -> Self {
        self.actions.push(action);
        self
    }

    /// Adds actions on several objects of the list.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = AdminAction<T>>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Returns the mistakes of the declaration, as sentences for the developer (`django/contrib/admin/checks.py`).
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let (meta, options) = (T::META, &self.options);
        let serializers = [Some(&self.serializer), self.add_serializer.as_ref()];
        let mut found: Vec<String> =
            serializers.into_iter().flatten().filter_map(|serializer| serializer.check().err()).collect();
        found.extend(self.filters.problems().iter().cloned());
        let is_column = |name: &str| meta.find(name).is_some();
        let is_computed =
            |name: &str| name == "__str__" || self.computed.iter().any(|(known, ..)| *known == name);
        let mut check = |option: &str, name: &str, is_known: bool| {
            if !is_known {
                found.push(format!(
                    "the admin of {}: `{option}` names `{name}`, which is not a field",
                    meta.name
                ));
            }
        };
        for name in &options.list_display {
            check("list_display", name, is_column(name) || is_computed(name));
        }
        if let Some(name) = options.date_hierarchy {
            let kind = meta.find(name).map(|(_, column)| column.kind);
            check("date_hierarchy", name, matches!(kind, Some(ColumnKind::Date | ColumnKind::DateTime)));
        }
        for name in &options.readonly_fields {
            let is_field = self.serializer.info(false).is_ok_and(|fields| fields.contains_key(*name));
            check("readonly_fields", name, is_field || self.serializer.check().is_err());
        }
        for name in &options.ordering {
            check("ordering", name, is_column(name.trim_start_matches('-')));
        }
        for name in &options.list_select_related {
            check("list_select_related", name, T::visit_relation(name, Exists).is_some());
        }
        for name in &options.raw_id_fields {
            check("raw_id_fields", name, T::visit_relation(name, Exists).is_some());
        }
        found
    }
}

/// Whether the database or Django itself sets the key.
fn is_automatic(column: &Column) -> bool {
    column.class == FieldClass::Auto || column.has_default()
}

/// A relation is there.
struct Exists;

impl<A: Model> RelationVisitor<A> for Exists {
    type Output = ();

    fn foreign_key<B: Model>(self, _: ForeignKey<A, B>) {}

    fn many_to_many<B: Model>(self, _: ManyToMany<A, B>) {}
}

#[cfg(test)]
mod tests {
    use vitamin_auth::PublicUser;

    use super::*;

    fn admin() -> ModelAdmin<PublicUser> {
        ModelAdmin::new(ModelSerializer::new(["username", "email"]))
    }

    #[test]
    fn a_name_that_is_no_field_is_a_mistake() {
        let right = admin()
            .list_display(["__str__", "username", "short"])
            .column("short", "Short", |_| String::new());
        assert_eq!(
            right
                .ordering(["-username", "pk"])
                .list_filter(["is_staff"])
                .date_hierarchy("date_joined")
                .mistakes(),
            [""; 0]
        );
        let wrong = [
            admin().list_display(["name"]),
            admin().ordering(["-name"]),
            admin().list_select_related(["username"]),
            admin().raw_id_fields(["username"]),
            admin().list_filter(["name"]),
            admin().readonly_fields(["name"]),
            admin().date_hierarchy("username"),
            ModelAdmin::new(ModelSerializer::new(["name"])),
        ];
        for (index, admin) in wrong.iter().enumerate() {
            let mistakes = admin.mistakes();
            assert_eq!(mistakes.len(), 1, "{index}: {mistakes:?}");
        }
    }

    #[test]
    fn all_fields_are_those_of_the_model_without_its_key() {
        let admin = ModelAdmin::<PublicUser>::all_fields();
        assert_eq!(admin.mistakes(), [""; 0]);
        let schema = crate::any_model_admin::AnyModelAdmin::schema(&admin, false, false);
        let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_ref()).collect();
        assert_eq!(
            names,
            ["username", "first_name", "last_name", "email", "is_staff", "is_active", "date_joined"]
        );
    }
}
