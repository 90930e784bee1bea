//! An issue tracker's API, and its project: settings and URLs. Each file is named as in Django.

pub mod apps;
#[expect(missing_docs, reason = "the fields are named as in Django")]
pub mod models;
#[expect(missing_docs, reason = "the models document the columns")]
pub mod schema;
pub mod settings;
pub mod urls;
