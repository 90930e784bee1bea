//! The admin of tokens (`rest_framework/authtoken/admin.py`). A token's key is shown once, when it is made; the list has its last
//! four characters.
//!
//! ```
//! use vitamin_admin::AdminSite;
//!
//! pub fn site() -> AdminSite {
//!     AdminSite::new().include(vitamin_admin::authtoken::site())
//! }
//! # site();
//! ```
//!
//! As in Django REST framework, an object is named by its user's key, never by its own, so that no key is in a URL or in the log; and
//! the permissions are those of its proxy model, such as `authtoken.add_tokenproxy`.

mod add_token;
mod models;

use actix_web::http::Method;
use vitamin_auth::schema::auth_user;
use vitamin_framework::audit::{self, Entry, Event};
use vitamin_framework::models::{DbValue, Model as _, ModelMeta, Object};
use vitamin_framework::urls::{Pattern, path};
use vitamin_rest_framework::fields;
use vitamin_rest_framework::serializers::ModelSerializer;

use self::models::{LAST_FOUR, TokenProxy, with_last_four};
use crate::auth::user_id;
use crate::request::{AdminRequest, admin_view};
use crate::{AdminSite, ModelAdmin};

/// The registry of tokens, for [`AdminSite::include`]. The project must install the app `AuthToken`.
#[must_use]
pub fn site() -> AdminSite {
    let serializer = ModelSerializer::new(["user", "created"]).read_only_fields(["user", "created"]);
    let mut tokens = ModelAdmin::new(serializer);
    tokens.options.deleted = Some(record_revocations);
    tokens.options.is_fixed = true;
    let tokens = tokens
        .verbose_name("Token", "Tokens")
        .display(text)
        .get_queryset(|_, tokens| with_last_four(tokens))
        .column("key", "Key", last_four)
        .list_display(["user", "key", "created"])
        .list_select_related(["user"])
        .search_fields(fields![TokenProxy::USER.field(auth_user::username)])
        .search_help_text("Username")
        .ordering(["-created"]);
    AdminSite::new().register(tokens)
}

/// The models that a deletion must look at.
pub(crate) fn models(site: &AdminSite) -> Option<&'static ModelMeta> {
    Some(TokenProxy::META).filter(|meta| site.of(meta).is_some())
}

/// The pages of tokens that are not those of any model. They come before these.
pub(crate) fn urlpatterns() -> Vec<Pattern> {
    let add = admin_view("AddToken", &[Method::GET, Method::POST], add_token::add_token);
    vec![path("authtoken/tokenproxy/add/", add).name("authtoken_tokenproxy_add")]
}

/// Django REST framework's text is the key itself, which the log would keep.
fn text(token: &Object<TokenProxy>) -> String {
    let user = TokenProxy::USER.get(token).ok().flatten();
    token_text(user.map(|user| &*user.username).unwrap_or_default())
}

/// What a token's text begins with.
const TOKEN_OF: &str = "Token of ";

fn token_text(username: &str) -> String {
    format!("{TOKEN_OF}{username}")
}

fn record_revocations(request: &AdminRequest, tokens: &[(DbValue, String)]) {
    for (key, text) in tokens {
        let Some(user_id) = user_id(key) else { continue };
        let username = text.strip_prefix(TOKEN_OF).unwrap_or_default();
        audit::record(request, || Entry::new(Event::TokenRevoked).user(user_id, username));
    }
}

fn last_four(token: &Object<TokenProxy>) -> String {
    match token.annotation(LAST_FOUR) {
        Ok(DbValue::Text(end)) => format!("…{end}"),
        _ => String::new(),
    }
}
