//! `get_object_or_404` (`django/shortcuts.py`, `rest_framework/generics.py`).

use std::any::type_name;
use std::ptr;

use actix_web::web::Data as AppData;
use diesel::OptionalExtension;
use diesel::dsl::Limit;
use diesel::query_dsl::methods::{LimitDsl, LoadQuery};
use diesel::{QueryDsl, RunQueryDsl};

use super::exceptions::APIException;
use super::request::Request;
use vitamin_auth::{PublicUser, UserModel};
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{Model, Object, QuerySet};

/// Returns the first row of a query, on either database. In a handler:
///
/// ```
/// use diesel::prelude::*;
/// use vitamin_rest_framework::exceptions::APIException;
/// use vitamin_rest_framework::request::Request;
/// use vitamin_rest_framework::response::Response;
/// use vitamin_rest_framework::shortcuts::get_object_or_404;
///
/// diesel::table! {
///     question { id -> BigInt, text -> Text, }
/// }
///
/// #[derive(Queryable, Selectable)]
/// #[diesel(table_name = question)]
/// struct Question {
///     id: i64,
///     text: String,
/// }
///
/// async fn get(request: Request) -> Result<Response, APIException> {
///     let pk: i64 = request.path_param("pk")?;
///     let query = question::table.find(pk).select(Question::as_select());
///     let question = request.database()?.run(move |db| get_object_or_404(db, query)).await?;
///     Ok(Response::new(question.text))
/// }
/// ```
///
/// # Errors
/// 404 if there is none: `No Question matches the given query.`, with the name of the row's struct as Django names the
/// model. The query fails.
pub fn get_object_or_404<'query, T, Q>(connection: &mut DbConnection, query: Q) -> Result<T, APIException>
where
    Q: QueryDsl + LimitDsl + RunQueryDsl<DbConnection>,
    Limit<Q>: LoadQuery<'query, DbConnection, T>,
{
    let found = query.first(connection).optional().map_err(DatabaseError::from)?;
    found.ok_or_else(|| {
        let message = format!("No {} matches the given query.", object_name(type_name::<T>()));
        APIException::not_found().with_message(message)
    })
}

/// Returns the first row of a query set.
///
/// # Errors
/// 404 if there is none: `No Question matches the given query.` The query fails.
pub fn find_or_404<T: Model>(
    connection: &mut DbConnection,
    rows: QuerySet<T>,
) -> Result<Object<T>, APIException> {
    rows.first(connection)?.ok_or_else(|| {
        APIException::not_found().with_message(format!("No {} matches the given query.", T::META.name))
    })
}

/// 404, with the model's name: that of the users is the project's.
pub(crate) fn not_found_in<T: Model>(request: &Request) -> APIException {
    let user_model = request.app_data::<AppData<UserModel>>().filter(|_| ptr::eq(T::META, PublicUser::META));
    let name = user_model.map_or(T::META.name, |model| model.object_name());
    APIException::not_found().with_message(format!("No {name} matches the given query."))
}

/// The name of a struct without its path and its parameters. A row without a struct has none.
fn object_name(type_name: &str) -> &str {
    let path = type_name.split('<').next().unwrap_or_default();
    let name = path.rsplit("::").next().unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name { name } else { "object" }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use diesel::SelectableHelper;
    use diesel::prelude::*;

    use super::super::request::Request;
    use super::super::response::Response;
    use super::super::testing::TestProject;
    use super::super::views::APIView;
    use super::*;
    use vitamin_auth::models::User;
    use vitamin_auth::schema::auth_user;
    use vitamin_framework::urls::{Pattern, path};

    async fn get(request: Request) -> Result<Response, APIException> {
        let name: String = request.path_param("name")?;
        let query = auth_user::table.filter(auth_user::username.eq(name)).select(User::as_select());
        let user = request.database()?.run(move |db| get_object_or_404(db, query)).await?;
        Ok(Response::new(user.username))
    }

    async fn fails(request: Request) -> Result<Response, APIException> {
        let query = diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT missing FROM nowhere");
        let query = auth_user::table.filter(auth_user::username.eq("x")).select(query);
        let number: i64 = request.database()?.run(move |db| get_object_or_404(db, query)).await?;
        Ok(Response::new(number))
    }

    fn urlpatterns() -> Vec<Pattern> {
        let view = APIView::new("UserView").get(get);
        vec![path("users/<name>/", view), path("fails/", APIView::new("FailingView").get(fails))]
    }

    /// The body is Django REST framework's.
    #[actix_web::test]
    async fn a_missing_object_is_404_with_the_model_s_name() {
        for project in TestProject::on_each(urlpatterns) {
            project.user("ann");
            let uris = ["/users/ann/", "/users/bob/", "/fails/"];
            let responses = project.send(uris.map(|uri| TestRequest::get().uri(uri)).into()).await;
            let [found, missing, fails] = &responses[..] else { panic!("three responses") };
            assert_eq!((found.status, found.body.as_str()), (200, "\"ann\""));
            let detail = r#"{"detail":"No User matches the given query."}"#;
            assert_eq!((missing.status, missing.body.as_str()), (404, detail));
            assert_eq!(fails.status, 500);
        }
    }

    #[test]
    fn a_type_s_name_is_short() {
        for (name, short) in [
            ("vitamin_auth::models::User", "User"),
            ("app::Row<alloc::string::String>", "Row"),
            ("(i32, alloc::string::String)", "object"),
            ("i64", "i64"),
        ] {
            assert_eq!(object_name(name), short, "{name}");
        }
    }
}
