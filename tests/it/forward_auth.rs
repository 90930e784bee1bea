//! `GET /auth/verify`: a proxy asks for a request's user.

use diesel::{ExpressionMethods as _, RunQueryDsl as _};
use insta::assert_snapshot;
use vitamin::auth::schema::auth_user;

use crate::support::*;

database_tests!(a_proxy_gets_the_token_s_user, a_name_can_not_inject_headers);

fn a_proxy_gets_the_token_s_user(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let server = database.serve();
    let (key, user) = (database.token("Pepe"), database.user("Pepe").unwrap());
    let proxy = server.token(&key);
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        // The headers belong to the proxied request.
        let response = proxy.request(method, "/auth/verify?format=html").header("accept", "text/html").send();
        assert_eq!((response.status, response.body.as_str()), (200, ""), "{method}");
        assert_eq!(response.header("x-user"), "Pepe", "{method}");
        assert_eq!(response.header("x-user-id"), user.id.to_string(), "{method}");
        assert_eq!(response.header("cache-control"), "no-store", "{method}");
        assert_eq!(
            (response.header("x-user-is-staff"), response.header("x-user-is-superuser")),
            ("true", "true")
        );
    }
    assert_snapshot!(server.anonymous().get("/auth/verify").snapshot(), @r#"
    401
    allow: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS
    content-type: application/json
    www-authenticate: Token

    {"detail":"Authentication credentials were not provided."}
    "#);
    assert_snapshot!(server.token("no-such-key").get("/auth/verify").snapshot(), @r#"
    401
    allow: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS
    content-type: application/json
    www-authenticate: Token

    {"detail":"Invalid token."}
    "#);
    database.deactivate("Pepe");
    assert_eq!(proxy.get("/auth/verify").status, 401);
    // The tutorial's app serves the other paths.
    assert_eq!(server.anonymous().get("/auth/nothing/").status, 404);
    assert_eq!(server.anonymous().get("/auth/verify/").status, 404);
}

fn a_name_can_not_inject_headers(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    // Django's validator rejects such a name, but other programs may write to the table.
    diesel::update(auth_user::table)
        .set((
            auth_user::username.eq("é\r\nX-User-Id: 0"),
            auth_user::email.eq("a b@example.com"),
            auth_user::is_staff.eq(false),
        ))
        .execute(&mut *database.connection())
        .unwrap();
    let response = database.serve().token(&key).get("/auth/verify");
    assert_eq!(response.header("x-user"), "%C3%A9%0D%0AX-User-Id%3A%200");
    assert_eq!(response.header("x-user-email"), "a%20b@example.com");
    assert_eq!(response.header("x-user-is-staff"), "false");
    assert_eq!(response.headers.iter().filter(|(name, _)| name == "x-user-id").count(), 1);
}
