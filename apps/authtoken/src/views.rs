//! `obtain_auth_token` (`rest_framework/authtoken/views.py`): exchanges a username and a password for a token.

use serde_json::json;

use super::models::Token;
use super::serializers::{Credentials, auth_token_serializer};
use vitamin_framework::translation::gettext;
use vitamin_rest_framework::classes;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::error_detail::Detail;
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::parsers::{FormParser, JSONParser, MultiPartParser};
use vitamin_rest_framework::renderers::JSONRenderer;
use vitamin_rest_framework::request::Request;
use vitamin_rest_framework::response::Response;
use vitamin_rest_framework::views::APIView;

/// The view; a project mounts it with `path("api-token-auth/", obtain_auth_token())`.
///
/// It answers `{"token": "…"}`, always the same token for a user. It needs no permission. Failed logins are limited
/// (`LOGIN_THROTTLE`), as everywhere; requests are not, unless the project sets throttle classes. The default
/// authentication classes still run, so an invalid credential in the header is refused.
#[must_use]
pub fn obtain_auth_token() -> APIView {
    APIView::new("ObtainAuthToken")
        .throttle_classes(classes![])
        .permission_classes(classes![])
        .parser_classes(classes![FormParser, MultiPartParser, JSONParser])
        .renderer_classes(classes![JSONRenderer])
        .takes_credentials()
        .serializer(auth_token_serializer())
        .post(post)
}

async fn post(request: Request, data: Data) -> Result<Response, APIException> {
    let credentials = request.validated(&data);
    // Also if they are invalid.
    request.drop_data(data);
    let Credentials { username, password } = credentials?;
    let token = Token::log_in(&request, &username, &password).await?.ok_or_else(|| {
        let message = gettext("Unable to log in with provided credentials.");
        APIException::validation_error(Detail::non_field(message, "authorization"))
    })?;
    Ok(Response::new(json!({"token": token.key})))
}
