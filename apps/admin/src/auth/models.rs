//! The user as the admin site shows and makes it: `django.contrib.auth`'s `User`, of which [`PublicUser`](vitamin_auth::PublicUser) is
//! what an API may show.

use chrono::NaiveDateTime;
use vitamin_auth::schema::auth_user;
use vitamin_auth::{Group, Permission, UserId};
use vitamin_framework::models::Model;

/// A row of `auth_user` with its permissions, but without the password: what is not in this type can't be shown, searched or
/// written to the log by mistake.
#[derive(Clone, Debug, Model)]
#[diesel(table_name = auth_user)]
#[model(crate = vitamin_framework, name = "User", ordering("username"))]
#[model(many_to_many(groups: Group, auth_user_groups(user_id, group_id), blank))]
#[model(many_to_many(user_permissions: Permission, auth_user_user_permissions(user_id, permission_id), blank))]
pub(crate) struct Account {
    pub(crate) id: UserId,
    #[model(
        unique,
        translated,
        max_length = 150,
        verbose_name = "username",
        unique_message = "A user with that username already exists.",
        help_text = "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
        regex(
            r"^[\w.@+-]+\Z",
            "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
        )
    )]
    pub(crate) username: String,
    #[model(blank, translated, max_length = 150, verbose_name = "first name")]
    pub(crate) first_name: String,
    #[model(blank, translated, max_length = 150, verbose_name = "last name")]
    pub(crate) last_name: String,
    #[model(blank, email, translated, verbose_name = "email address")]
    pub(crate) email: String,
    #[model(
        default = true,
        translated,
        verbose_name = "active",
        help_text = "Designates whether this user should be treated as active. Unselect this instead of deleting accounts."
    )]
    pub(crate) is_active: bool,
    #[model(
        default = false,
        translated,
        verbose_name = "staff status",
        help_text = "Designates whether the user can log into this admin site."
    )]
    pub(crate) is_staff: bool,
    #[model(
        default = false,
        translated,
        verbose_name = "superuser status",
        help_text = "Designates that this user has all permissions without explicitly assigning them."
    )]
    pub(crate) is_superuser: bool,
    #[model(blank, translated, verbose_name = "last login")]
    pub(crate) last_login: Option<NaiveDateTime>,
    #[model(default_now, translated, verbose_name = "date joined")]
    pub(crate) date_joined: NaiveDateTime,
}

/// A new row of `auth_user`. It is only inserted, never read for a page.
#[derive(Model)]
#[diesel(table_name = auth_user)]
#[model(crate = vitamin_framework, name = "User")]
pub(crate) struct NewAccount {
    pub(crate) id: UserId,
    pub(crate) password: String,
    pub(crate) username: String,
    #[model(default = "")]
    pub(crate) first_name: String,
    #[model(default = "")]
    pub(crate) last_name: String,
    #[model(default = "")]
    pub(crate) email: String,
    #[model(default = true)]
    pub(crate) is_active: bool,
    #[model(default = false)]
    pub(crate) is_staff: bool,
    #[model(default = false)]
    pub(crate) is_superuser: bool,
    #[model(default_now)]
    pub(crate) date_joined: NaiveDateTime,
}
