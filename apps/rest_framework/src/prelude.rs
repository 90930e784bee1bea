//! What most apps import, in one line: `use vitamin::rest_framework::prelude::*;`.
//!
//! A name of the app's own, or one that it imports itself, wins over these.

pub use actix_web::http::{Method, StatusCode};
pub use vitamin_auth::schema::auth_user;
pub use vitamin_auth::{PublicUser, User, UserId};
pub use vitamin_framework::models::{
    Changes, DbValue, Json, Lookup, Model, Object, Path, Q, QuerySet, Reverse,
};

pub use crate::classes;
pub use crate::data::{Data, Dict, Value};
pub use crate::error_detail::Detail;
pub use crate::exceptions::APIException;
pub use crate::fields::{
    BigIntegerField, BooleanField, CharField, ChoiceField, DateField, DateTimeField, DecimalField, DictField,
    DurationField, EmailField, FloatField, IntegerField, IpAddressField, JsonField, ListField,
    MultipleChoiceField, ReadOnlyField, RegexField, SlugField, TimeField, UrlField, UuidField,
};
pub use crate::filters::{FilterSet, SearchField, fields};
pub use crate::generics::*;
pub use crate::pagination::{CursorPagination, LimitOffsetPagination, PageNumberPagination};
pub use crate::permissions::{
    AllowAny, DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly, IsAdminUser, IsAuthenticated,
    IsAuthenticatedOrReadOnly, ObjectPermission, ObjectRule, Permission, SAFE_METHODS,
};
pub use crate::policy_result::PolicyResult;
pub use crate::request::Request;
pub use crate::response::Response;
pub use crate::routers::{DefaultRouter, SimpleRouter};
pub use crate::schemas::{ExtendSchema, OpenApiTypes};
pub use crate::serializers::{
    DisplayField, Extra, HyperlinkedIdentityField, HyperlinkedRelatedField, ModelSerializer, Nested,
    PrimaryKeyRelatedField, RelatedColumn, Serializer, SlugRelatedField, UniqueTogetherValidator,
};
pub use crate::shortcuts::find_or_404;
pub use crate::throttling::{AnonRateThrottle, ScopedRateThrottle, UserRateThrottle};
pub use crate::views::{APIView, api_view};
pub use crate::viewsets::{Action, GenericViewSet, ModelViewSet, ReadOnlyModelViewSet, ViewSet};
