//! Object permissions that need no type of their own: a closure of the user and the object.

use super::{ObjectPermission, Permission, SAFE_METHODS};
use crate::policy_result::PolicyResult;
use crate::request::Request;
use vitamin_auth::User;
use vitamin_framework::models::{Model, QuerySet};

type Rule<T> = dyn for<'a> Fn(&'a Request, &'a T) -> PolicyResult<'a, bool> + Send + Sync;

/// An object permission that is a closure. Anonymous requests are denied.
///
/// ```
/// use vitamin_rest_framework::permissions::ObjectRule;
///
/// struct Note {
///     owner: String,
/// }
///
/// fn is_owner_or_read_only() -> ObjectRule<Note> {
///     ObjectRule::new(|user, note: &Note| note.owner == user.username)
///         .or_read_only()
///         .message("Only its owner may change a note.")
/// }
/// ```
pub struct ObjectRule<T> {
    rule: Box<Rule<T>>,
    read_only: bool,
    message: Option<&'static str>,
}

impl<T: 'static> ObjectRule<T> {
    /// Allows the request if the closure returns true.
    pub fn new(rule: impl Fn(&User, &T) -> bool + Send + Sync + 'static) -> Self {
        Self::of(move |request, object| request.user().is_some_and(|user| rule(user, object)).into())
    }

    /// Allows the request if the query set that the closure returns has a row.
    pub fn exists<U: Model>(rows: impl Fn(&User, &T) -> QuerySet<U> + Send + Sync + 'static) -> Self {
        Self::of(move |request, object| {
            let Some(user) = request.user() else { return false.into() };
            let rows = rows(user, object);
            PolicyResult::later(request.exists(rows))
        })
    }

    fn of(
        rule: impl for<'a> Fn(&'a Request, &'a T) -> PolicyResult<'a, bool> + Send + Sync + 'static,
    ) -> Self {
        Self { rule: Box::new(rule), read_only: false, message: None }
    }

    /// Allows safe methods too.
    #[must_use]
    pub fn or_read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The message of a 403.
    #[must_use]
    pub fn message(mut self, message: &'static str) -> Self {
        self.message = Some(message);
        self
    }
}

impl<T: Send + Sync> Permission for ObjectRule<T> {
    /// The rule is about the object.
    fn has_permission(&self, _request: &Request) -> PolicyResult<'_, bool> {
        true.into()
    }

    fn message(&self) -> Option<&str> {
        self.message
    }
}

impl<T: Send + Sync + 'static> ObjectPermission<T> for ObjectRule<T> {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        if self.read_only && SAFE_METHODS.contains(request.method()) {
            return true.into();
        }
        (self.rule)(request, object)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use diesel::prelude::*;

    use super::*;
    use crate::authentication::{Authentication, Identity};
    use crate::classes;
    use crate::exceptions::APIException;
    use crate::response::Response;
    use crate::testing::TestProject;
    use crate::views::APIView;
    use vitamin_auth::PublicUser;
    use vitamin_auth::schema::auth_user;
    use vitamin_framework::urls::{Pattern, path};

    /// The user `ann`, if a header asks for it.
    struct Ann;

    impl Authentication for Ann {
        fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
            if request.headers().get("x-ann").is_none() {
                return None.into();
            }
            Some(Identity::new(User::named(1, "ann"))).into()
        }
    }

    async fn check(request: Request) -> Result<Response, APIException> {
        let owns = ObjectRule::new(|user, owner: &String| user.username == *owner).message("Not yours.");
        let owns_or_reads = ObjectRule::new(|user, owner: &String| user.username == *owner).or_read_only();
        let exists = ObjectRule::exists(|_, owner: &String| {
            PublicUser::objects().filter(auth_user::username.eq(owner.clone()))
        });
        let owner = request.query_string().to_owned();
        let rules: [&dyn ObjectPermission<String>; 3] = [&owns, &owns_or_reads, &exists];
        let mut allowed = String::new();
        for rule in rules {
            allowed.push(match request.check_object_permissions(&owner, &[rule]).await {
                Ok(()) => 'y',
                Err(error) if error.detail().get_codes() == "permission_denied".into() => 'n',
                Err(_) => '?',
            });
        }
        Ok(Response::new(allowed))
    }

    fn urlpatterns() -> Vec<Pattern> {
        let view = APIView::new("Check").authentication_classes(classes![Ann]);
        vec![path("check/", view.get(check).post(check))]
    }

    #[actix_web::test]
    async fn rules_see_the_user_and_the_object() {
        for project in TestProject::on_each(urlpatterns) {
            project.user("bob");
            for (method, user, owner, expected) in [
                ("GET", true, "ann", "yyn"),
                ("GET", true, "bob", "nyy"),
                ("POST", true, "bob", "nny"),
                ("POST", true, "ann", "yyn"),
                // The anonymous request is not authenticated.
                ("GET", false, "bob", "?y?"),
                ("POST", false, "bob", "???"),
            ] {
                let request =
                    TestRequest::default().method(method.parse().unwrap()).uri(&format!("/check/?{owner}"));
                let request = if user { request.insert_header(("x-ann", "1")) } else { request };
                let response = project.send_one(request).await;
                assert_eq!(response.body, format!("\"{expected}\""), "{method} {user} {owner}");
            }
        }
    }

    #[test]
    fn the_message_is_the_rule_s() {
        let rule = ObjectRule::new(|_, _: &()| false);
        assert_eq!(Permission::message(&rule), None);
        assert_eq!(Permission::message(&rule.message("No.")), Some("No."));
    }
}
