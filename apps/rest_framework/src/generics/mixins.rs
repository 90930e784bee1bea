//! The six actions of a resource (rest_framework/mixins.py).

use actix_web::FromRequest as _;

use super::GenericView;
use super::filtering::django_name;
use super::model_view::Destroy;
use super::position::PositionOf;
use crate::data::Data;
use crate::exceptions::APIException;
use crate::filters::compare;
use crate::pagination::{CursorPagination, CursorPlan, Pagination, Plan, Rows, parse_position, position};
use crate::response::Response;
use crate::serializers::Destination;
use vitamin_framework::models::{Lookup, Model, Object, QuerySet};

impl<T: Model> GenericView<T> {
    /// A page of the view's objects (`ListModelMixin`).
    ///
    /// # Errors
    /// 400: a filter has no valid value; 404: there is no such page.
    pub async fn list(&self) -> Result<Response, APIException> {
        self.paginate(self.get_queryset().await?).await
    }

    /// A page of these objects, after the view's filters.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn paginate(&self, rows: QuerySet<T>) -> Result<Response, APIException> {
        let (rows, ordering) = self.filter(rows).await?;
        let rows = self.with_relations(rows)?;
        let pagination = match &self.view.pagination {
            Some(own) => own.clone(),
            None => self.settings().and_then(|settings| settings.default_pagination_class.clone()),
        };
        let mut body = Vec::with_capacity(4096);
        let Some(pagination) = pagination else {
            let objects = self.request().fetch(rows).await?;
            self.write_list(&objects, &mut body)?;
            return Ok(Response::rendered(body));
        };
        let query = self.request().query_params()?;
        match pagination.plan(self.request(), &query, &ordering)? {
            None => {
                let objects = self.request().fetch(rows).await?;
                self.write_list(&objects, &mut body)?;
            }
            Some(Plan::Cursor(plan)) => self.cursor_page(&*pagination, plan, rows, &mut body).await?,
            Some(Plan::Offset(offset)) => {
                let database = self.request().database()?;
                let (count, objects) = match offset.offset {
                    Some(skip) => rows.fetch_page(database, offset.limit, skip).await?,
                    None => {
                        let last = offset.clone();
                        rows.fetch_page_by_count(database, offset.limit, move |count| last.offset_in(count))
                            .await?
                    }
                };
                let page = pagination.page(self.request(), &Plan::Offset(offset), &Rows::Counted(count))?;
                #[cfg(feature = "browsable-api")]
                self.request().keep_listed(&page);
                let mut results = Vec::with_capacity(4096);
                self.write_list(&objects, &mut results)?;
                pagination.write(&page, &results, &mut body).map_err(APIException::server_error)?;
            }
        }
        Ok(Response::rendered(body))
    }

    async fn cursor_page(
        &self,
        pagination: &dyn Pagination,
        plan: CursorPlan,
        rows: QuerySet<T>,
        body: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        let first = plan.order_by().next();
        let first = first.ok_or_else(|| APIException::server_error("a cursor needs an order"))?;
        let of = PositionOf::find(&rows, &first.name)?;
        let mut rows = rows.order_by(plan.order_by().map(|term| django_name(&term)));
        if let Some(text) = &plan.position {
            let zone = self.request().time_zone();
            let value = parse_position(text, of.filter_column(), zone)
                .ok_or_else(CursorPagination::invalid_cursor)?;
            let lookup = if plan.is_less_than() { Lookup::Lt } else { Lookup::Gt };
            rows = rows.filter_q(compare(of.path(), lookup, &value));
        }
        let limit = i64::try_from(plan.limit).unwrap_or(i64::MAX);
        rows = rows.limit(limit).offset(i64::try_from(plan.offset).unwrap_or(i64::MAX));
        let objects = self.request().fetch(rows).await?;
        let use_tz = self.request().time_zone().use_tz();
        let at = |number: usize| {
            objects.get(number).map(|object| position(of.value(object), use_tz)).unwrap_or_default()
        };
        let loaded = Rows::Loaded { number: objects.len(), position: &at };
        let page = pagination.page(self.request(), &Plan::Cursor(plan), &loaded)?;
        #[cfg(feature = "browsable-api")]
        self.request().keep_listed(&page);
        let mut shown: Vec<&Object<T>> =
            objects.iter().take(usize::try_from(page.page_size).unwrap_or(usize::MAX)).collect();
        if page.reversed {
            shown.reverse();
        }
        let mut results = Vec::with_capacity(4096);
        self.write_list(shown, &mut results)?;
        pagination.write(&page, &results, body).map_err(APIException::server_error)
    }

    /// One object (`RetrieveModelMixin`).
    ///
    /// # Errors
    /// As [`get_object`](Self::get_object).
    pub async fn retrieve(&self) -> Result<Response, APIException> {
        let object = self.get_object().await?;
        if self.view.object.is_some() {
            // It came without relations.
            return self.serialize(object).await;
        }
        self.respond(&object)
    }

    /// Updates an object (`UpdateModelMixin`). `partial` for PATCH.
    ///
    /// # Errors
    /// As [`get_object`](Self::get_object); 400 with the errors of each field.
    pub async fn update(&self, partial: bool) -> Result<Response, APIException> {
        let object = self.find_object(false).await?;
        let data = self.data().await?;
        let (serializer, perform) = (self.get_serializer(), self.view.perform_update.clone());
        let updated = self
            .write(move |connection, info| {
                let to = Destination::object(object, partial);
                serializer.store(connection, info, &data, to, perform.as_deref())
            })
            .await?;
        self.respond(&updated)
    }

    /// Deletes an object (`DestroyModelMixin`): 204.
    ///
    /// # Errors
    /// As [`get_object`](Self::get_object); those of the view's own `perform_destroy`.
    pub async fn destroy(&self) -> Result<Response, APIException> {
        let object = self.find_object(false).await?;
        let perform = self.view.perform_destroy.clone();
        self.write(move |connection, info| {
            let mut destroy = Destroy::new(connection, info, &object);
            match perform {
                Some(perform) => perform(&mut destroy),
                None => destroy.delete_last(),
            }
        })
        .await?;
        Ok(Response::no_content())
    }

    /// The request's body (`request.data`).
    ///
    /// # Errors
    /// 400: it cannot be parsed; 415: no parser reads it.
    pub async fn data(&self) -> Result<Data, APIException> {
        let mut payload = self.request().take_payload();
        Data::from_request(self.request().http(), &mut payload).await
    }
}
