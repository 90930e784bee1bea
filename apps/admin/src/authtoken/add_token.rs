//! The page that makes a token for a user, and shows its key this once.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data as AppData;
use minijinja::context;
use vitamin_auth::User;
use vitamin_authtoken::{Token, TokenSettings};
use vitamin_framework::audit::{self, Entry, Event};
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::Model as _;
use vitamin_framework::translation::gettext;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::APIException;

use super::models::TokenProxy;
use super::token_text;
use crate::auth::form::{Errors, context as fields, field, text};
use crate::auth::require_still;
use crate::log_entry::{ActionFlag, ChangeMessage, log_actions};
use crate::request::{AdminRequest, Breadcrumb};

const PERM: &str = "authtoken.add_tokenproxy";
const TEMPLATE: &str = "admin/authtoken/tokenproxy/add_form.html";

/// The page.
pub(super) async fn add_token(request: &AdminRequest, data: Data) -> Result<HttpResponse, APIException> {
    if request.site().of(TokenProxy::META).is_none() {
        return Err(APIException::not_found());
    }
    request.require(request.permissions().has_perm(PERM))?;
    if *request.method() != Method::POST {
        return page(request, "", &Errors::new());
    }
    let username = text(&data, "user").trim().to_owned();
    if username.is_empty() {
        return page(request, "", &vec![("user", gettext("This field is required.").to_owned())]);
    }
    let settings = request.app_data::<AppData<TokenSettings>>();
    let settings =
        settings.ok_or_else(|| APIException::server_error("the app AuthToken is not installed"))?.clone();
    let (staff, name) = (request.staff().clone(), username.clone());
    let issued =
        request.database()?.write(move |connection| issue(connection, &settings, &staff, &name)).await?;
    match issued {
        Ok(Issued { token, user, event }) => {
            audit::record(request, || Entry::new(event).user(user.id, &user.username));
            // No redirect, which could only pass the key on in a cookie.
            let context =
                context!(key => &token.key, username => &user.username, list_url => list_url(request)?);
            request.page(StatusCode::OK, TEMPLATE, "Add Token", &breadcrumbs(request)?, context)
        }
        Err(message) => page(request, &username, &vec![("user", message.to_owned())]),
    }
}

/// A new token.
struct Issued {
    token: Token,
    user: User,
    event: Event,
}

/// Makes the token, and logs it. The inner error: what is wrong with the name.
fn issue(
    connection: &mut DbConnection,
    settings: &TokenSettings,
    staff: &User,
    username: &str,
) -> Result<Result<Issued, &'static str>, APIException> {
    require_still(connection, staff, &[PERM])?;
    let Some(user) = User::get_by_natural_key(connection, username)? else {
        return Ok(Err(gettext("Select a valid choice. That choice is not one of the available choices.")));
    };
    let (token, event) = Token::get_or_create(connection, settings, user.id)?;
    let Some(event) = event else { return Ok(Err(gettext("Token with this User already exists."))) };
    let objects = [(user.id.to_string(), token_text(&user.username))];
    log_actions(
        connection,
        staff.id,
        TokenProxy::META,
        &objects,
        ActionFlag::Addition,
        &ChangeMessage::Added,
    )?;
    Ok(Ok(Issued { token, user, event }))
}

fn page(request: &AdminRequest, username: &str, errors: &Errors) -> Result<HttpResponse, APIException> {
    let help = "The user’s name. A user has one token at most.".to_owned();
    let mut user = field("user", gettext("User"), help, errors);
    user.required = true;
    username.clone_into(&mut user.value);
    let context = context!(fields => fields(&[user]), has_errors => !errors.is_empty());
    request.page(StatusCode::OK, TEMPLATE, "Add Token", &breadcrumbs(request)?, context)
}

fn list_url(request: &AdminRequest) -> Result<String, APIException> {
    request.url("changelist", &[("app_label", &"authtoken"), ("model_name", &"tokenproxy")])
}

fn breadcrumbs(request: &AdminRequest) -> Result<[Breadcrumb; 3], APIException> {
    Ok([
        Breadcrumb { name: request.site().name_of_app("authtoken"), url: None },
        Breadcrumb { name: "Tokens".to_owned(), url: Some(list_url(request)?) },
        Breadcrumb { name: "Add Token".to_owned(), url: None },
    ])
}
