//! Helpers of several modules (`rest_framework/utils`).

pub(crate) mod urls;
