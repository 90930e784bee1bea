//! The tutorial's two views.
//!
//! POST follows the tutorial's prose, which wants "a correct user and password". Its listing instead hands out the
//! first user's token.

use actix_web::http::StatusCode;
use serde_json::json;

use vitamin::auth::User;
use vitamin::authtoken::{Token, TokenAuthentication};
use vitamin::crypto::Zeroizing;
use vitamin::rest_framework::classes;
use vitamin::rest_framework::data::{Data, Value};
use vitamin::rest_framework::exceptions::{APIException, ExceptionKind};
use vitamin::rest_framework::permissions::IsAuthenticated;
use vitamin::rest_framework::request::Request;
use vitamin::rest_framework::response::Response;
use vitamin::rest_framework::views::APIView;

/// Returns a user's token for the user's name and password.
#[must_use]
pub fn test_view() -> APIView {
    APIView::new("TestView").takes_credentials().get(async || Response::detail("GET Response")).post(post)
}

/// Allows only requests with a valid token.
#[must_use]
pub fn auth_view() -> APIView {
    APIView::new("AuthView")
        .description("Authentication is needed for this methods")
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated])
        .get(async || Response::detail("I suppose you are authenticated"))
}

async fn post(request: Request, data: Result<Data, APIException>) -> Result<Response, APIException> {
    let wrong_credentials = || Response::new("Wrong credentials").status(StatusCode::UNAUTHORIZED);
    let data = match data {
        Err(error) if error.kind() == ExceptionKind::ParseError => {
            return Ok(Response::new(format!("Invalid JSON - {error}")).status(StatusCode::BAD_REQUEST));
        }
        other => other?,
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let credentials = data.get("user").zip(data.get("password"));
    let credentials = credentials.map(|(user, password)| (text(user), text(password).map(Zeroizing::new)));
    // Overwrites the password in it.
    request.drop_data(data);
    let Some(credentials) = credentials else {
        return Ok(wrong_credentials());
    };
    if !request.database()?.run(User::exists).await.map_err(APIException::from)? {
        return Ok(Response::new("No default user, please create one").status(StatusCode::NOT_FOUND));
    }
    let (Some(user), Some(password)) = credentials else {
        return Ok(wrong_credentials());
    };
    let Some(token) = Token::log_in(&request, &user, &password).await? else {
        return Ok(wrong_credentials());
    };
    Ok(Response::new(json!({"detail": "POST answer", "token": token.key})))
}
