//! An issue tracker's API, and its project: settings and URLs. Each file is named as in Django.

#![expect(missing_docs, reason = "the items are named as in Django, where they have no documentation either")]

pub mod admin;
pub mod apps;
pub mod filters;
pub mod models;
pub mod pagination;
pub mod permissions;
pub mod schema;
pub mod serializers;
pub mod settings;
pub mod urls;
pub mod views;
