//! What a request knows of its view: values, and no classes that take a request. Those are the dispatcher's.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;

use super::parsers::reader::BodyReader;
use super::serializers::Serializer;
use super::throttling::rate::ThrottleRates;
use super::versioning::versions::Versions;
use vitamin_framework::timezone::TimeZone;

/// The description of a view.
pub(super) struct ViewInfo {
    pub(super) name: String,
    pub(super) description: &'static str,
    pub(super) methods: Vec<Method>,
    /// The methods as the value of `Allow`. `None` if they are unknown.
    pub(super) allow: Option<HeaderValue>,
    /// The namespace of its URL pattern, `v1` or `outer:inner`, if any.
    pub(super) namespace: Option<String>,
    /// The media types of its renderers.
    pub(super) media_types: Vec<&'static str>,
    pub(super) body_reader: BodyReader,
    /// Whether the view has authentication classes.
    pub(super) authenticates: bool,
    pub(super) throttle_scope: Option<&'static str>,
    pub(super) throttle_rates: ThrottleRates,
    pub(super) num_proxies: Option<usize>,
    pub(super) versions: Versions,
    pub(super) serializer: Option<Arc<Serializer>>,
    pub(super) time_zone: TimeZone,
}
