//! Django REST framework's token authentication, and the views around it, in Rust: actix-web and diesel, structured as
//! Django-like apps. It answers as Django REST framework answers and works on a live Django project's own database.
//!
//! This crate re-exports the others under one name: what Django itself provides stands at the root ([`app`], [`urls`],
//! [`database`], …), and each app has a module of its own. [`parsing`] is what rest_framework parses with.

pub mod management;
#[doc(hidden)]
pub mod scaffold;

#[cfg(feature = "admin")]
pub use vitamin_admin as admin;
pub use vitamin_auth as auth;
pub use vitamin_authtoken as authtoken;
pub use vitamin_forward_auth as forward_auth;
pub use vitamin_framework::*;
pub use vitamin_outbox as outbox;
pub use vitamin_parsing as parsing;
pub use vitamin_rest_framework as rest_framework;

#[cfg(feature = "testing")]
pub mod testing;
