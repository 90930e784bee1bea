//! Lists of a model's objects as a whole body (`ListSerializer` with a `ModelSerializer`).

use std::sync::Arc;

use super::ModelSerializer;
use super::nested::NestedKind;
use super::save::Perform;
use super::writing::Writing;
use crate::data::{Data, Value};
use crate::exceptions::APIException;
use crate::fields::{BaseField as _, Field};
use crate::request::RequestInfo;
use crate::schemas::BodySchema;
use crate::serializers::list::{Lengths, length_methods};
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{Model, Object};

/// A serializer of a list of objects (`many=True`), which creates all of them: [`ModelSerializer::many`].
///
/// A view set makes it for each request, with [`GenericView::many`](crate::generics::GenericView::many):
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_vote (id) { id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_vote, crate = vitamin_framework)]
/// # struct Vote {
/// #     id: i64,
/// #     #[model(max_length = 10)]
/// #     choice: String,
/// # }
/// fn vote_view_set() -> ModelViewSet<Vote> {
///     ModelViewSet::new("VoteViewSet", ModelSerializer::new(["id", "choice"]))
///         .action(Action::list("bulk").post(bulk))
/// }
///
/// async fn bulk(view: GenericView<Vote>) -> Result<Response, APIException> {
///     view.create_many(view.many().allow_empty(false).max_length(100)).await
/// }
/// ```
pub struct ModelListSerializer<T: Model> {
    child: Arc<ModelSerializer<T>>,
    lengths: Lengths,
}

impl<T: Model> ModelSerializer<T> {
    /// The serializer of a list of its objects.
    #[must_use]
    pub fn many(self) -> ModelListSerializer<T> {
        ModelListSerializer::new(Arc::new(self))
    }
}

impl<T: Model> ModelListSerializer<T> {
    /// A list of what the serializer accepts.
    #[must_use]
    pub fn new(child: Arc<ModelSerializer<T>>) -> Self {
        Self { child, lengths: Lengths::default() }
    }

    length_methods!();

    /// Validates a body, and creates its objects with the serializer's own `create`. All are validated before the first is
    /// created, so a unique value that appears twice in the list is an error of the database, as in Django REST framework.
    /// Run it in a transaction.
    ///
    /// # Errors
    /// 400 with the errors of each object by its position; errors of the checks and of the database.
    pub fn save(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        data: &Data,
        perform: Option<&Perform<T>>,
    ) -> Result<Vec<Object<T>>, APIException> {
        let field = Field::of_kind(NestedKind::list(Arc::clone(&self.child), self.lengths));
        let (values, kept) =
            Writing { connection, info }.validated(data, None, false, |input, context| {
                let result = field.run_validation(Some(input), context);
                result.map_err(|detail| APIException::validation_error(detail.into_serializer_error()))
            })?;
        let Some(Value::List(items)) = values else {
            return Err(APIException::server_error("a list serializer made no list"));
        };
        let mut objects = Vec::with_capacity(items.len());
        for item in items {
            let Value::Dict(values) = item else {
                return Err(APIException::server_error("a list serializer made no objects"));
            };
            let writing = Writing { connection: &mut *connection, info };
            objects.push(self.child.create_object(writing, (values, kept.clone()), perform)?);
        }
        let plan = self.child.plan(connection.is_postgres())?;
        Object::load_all(&mut objects, connection, plan)?;
        Ok(objects)
    }
}

impl<T: Model> From<ModelListSerializer<T>> for BodySchema {
    fn from(list: ModelListSerializer<T>) -> Self {
        Self::Many(list.child)
    }
}
