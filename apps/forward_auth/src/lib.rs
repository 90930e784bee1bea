//! Forward authentication: a reverse proxy asks this view for a request's user before it passes the request on to
//! another program, such as an unmodified Django (nginx's `auth_request`, Traefik's `forwardAuth`, Caddy's
//! `forward_auth`). docs/nginx.md has the configuration.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use vitamin_auth::models::User;
use vitamin_authtoken::TokenAuthentication;
use vitamin_framework::app::App;
use vitamin_rest_framework::classes;
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::permissions::IsAuthenticated;
use vitamin_rest_framework::renderers::JSONRenderer;
use vitamin_rest_framework::request::Request;
use vitamin_rest_framework::response::Response;
use vitamin_rest_framework::views::APIView;

/// The app.
pub struct ForwardAuth;

impl App for ForwardAuth {
    fn label(&self) -> &'static str {
        "forward_auth"
    }
}

/// The view; a project mounts it with `path("auth/verify", forward_auth::verify())`.
///
/// It answers every method with an empty body: 200 and the headers below, or the error of the view's authentication
/// (401 with its challenge, and JSON).
///
/// - `X-User-Id`: the primary key, decimal, or a UUID with its dashes.
/// - `X-User`, `X-User-Email`: UTF-8, percent-encoded (RFC 3986) except letters, digits and `-._~@+`, so that a name
///   cannot end a header. Python's `urllib.parse.unquote` decodes it. The e-mail may be empty.
/// - `X-User-Is-Staff`, `X-User-Is-Superuser`: `true` or `false`.
///
/// It accepts tokens; `.authentication_classes(…)` changes that. With `SessionAuthentication` the proxy must pass on the
/// method of the original request (`X-Original-Method` or `X-Forwarded-Method`) with its `Cookie`, `Host`, `Origin`, `Referer`
/// and `X-CSRFToken`. Otherwise a session gets 403, since another site may have made the browser send the request. The default throttles don't run, because all requests
/// would share the proxy's one address. `Accept`, `Host` and the query are ignored for the renderer and the version,
/// because they belong to another request.
#[must_use]
pub fn verify() -> APIView {
    let view = APIView::new("ForwardAuthView")
        .description("Tells a proxy which user sent a request.")
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated])
        .throttle_classes(classes![])
        .without_versioning()
        .renderer_classes(classes![JSONRenderer])
        .ignore_client_content_negotiation()
        .for_proxied_request()
        .get(answer);
    let others = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    others.into_iter().fold(view, |view, method| view.on(method, answer))
}

async fn answer(request: Request) -> Result<Response, APIException> {
    let user = request.user().ok_or_else(APIException::not_authenticated)?;
    let response = Response::no_content().status(actix_web::http::StatusCode::OK);
    // Otherwise a caching proxy would let a revoked token in.
    let response = response.header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(headers(user).into_iter().fold(response, |response, (name, value)| {
        match HeaderValue::from_str(&value) {
            Ok(value) => response.header(HeaderName::from_static(name), value),
            // Unreachable: ASCII without control characters is always a valid value.
            Err(_) => response,
        }
    }))
}

fn headers(user: &User) -> [(&'static str, String); 5] {
    [
        ("x-user", encode(&user.username)),
        ("x-user-id", user.id.to_string()),
        ("x-user-email", encode(&user.email)),
        ("x-user-is-staff", user.is_staff.to_string()),
        ("x-user-is-superuser", user.is_superuser.to_string()),
    ]
}

/// The ASCII characters that Django allows in a username stay readable.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b'+');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::web::Data;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;
    use vitamin_framework::urls::{UrlConf, path};
    use vitamin_rest_framework::APISettings;
    use vitamin_rest_framework::versioning::{QueryParameterVersioning, Versions};

    /// The expected values are those of Python's `urllib.parse.quote(name, safe="@+")`.
    #[test]
    fn names_are_quoted_as_in_python() {
        for (name, quoted) in [
            ("joe+test@example.com", "joe+test@example.com"),
            ("walterwhité", "walterwhit%C3%A9"),
            ("50% & \"more\"", "50%25%20%26%20%22more%22"),
            ("x\r\nX-User-Is-Staff: true", "x%0D%0AX-User-Is-Staff%3A%20true"),
            ("a-b.c_d~e", "a-b.c_d~e"),
        ] {
            assert_eq!(encode(name), quoted);
        }
    }

    /// With versions in the project it would answer 404, but the version belongs to the proxied request.
    #[actix_web::test]
    async fn versions_are_ignored() {
        let settings = APISettings {
            default_versioning_class: Some(std::sync::Arc::new(QueryParameterVersioning::default())),
            versions: Versions { allowed_versions: vec![Some("v1")], ..Versions::default() },
            ..APISettings::default()
        };
        let urls = UrlConf::new(vec![path("verify", verify()), path("other", APIView::new("V"))]);
        let app = App::new().app_data(Data::new(settings)).configure(|config| drop(urls.register(config)));
        let app = init_service(app).await;
        for (uri, status) in [("/other?version=v9", 404), ("/verify?version=v9", 401)] {
            let answer = call_service(&app, TestRequest::get().uri(uri).to_request()).await;
            assert_eq!(answer.status().as_u16(), status, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_printable_ascii_and_decodes(name in ".*") {
            let quoted = encode(&name);
            prop_assert!(quoted.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(percent_decode_str(&quoted).decode_utf8().unwrap(), name);
        }
    }
}
