//! What most apps import, in one line: `use vitamin::rest_framework::prelude::*;`.
//!
//! A name of the app's own, or one that it imports itself, wins over these.
//!
//! ```
//! use vitamin_framework::urls::Pattern;
//! use vitamin_rest_framework::prelude::*;
//!
//! diesel::table! {
//!     notes_note (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, title -> Text, }
//! }
//!
//! #[derive(Model)]
//! #[model(table = notes_note, ordering("id"))]
//! # #[model(crate = vitamin_framework)]
//! struct Note {
//!     id: i64,
//!     #[model(references(PublicUser))]
//!     owner_id: UserId,
//!     #[model(max_length = 100)]
//!     title: String,
//! }
//!
//! fn note_serializer() -> ModelSerializer<Note> {
//!     ModelSerializer::new(["id", "owner", "title"])
//!         .field("owner", RelatedColumn::new(Note::OWNER, auth_user::username))
//! }
//!
//! fn is_owner_or_read_only() -> ObjectRule<Note> {
//!     ObjectRule::new(|user, note: &Note| note.owner_id == user.id).or_read_only()
//! }
//!
//! fn note_view_set() -> ModelViewSet<Note> {
//!     ModelViewSet::new("NoteViewSet", note_serializer())
//!         .permission_classes(classes![IsAuthenticated, is_owner_or_read_only()])
//!         .pagination(PageNumberPagination::new(20))
//!         .search_fields(fields![notes_note::title])
//!         .created_by(notes_note::owner_id)
//! }
//!
//! fn urlpatterns() -> Vec<Pattern> {
//!     DefaultRouter::new().register("notes", note_view_set()).urls()
//! }
//! # urlpatterns();
//! ```

pub use actix_web::http::{Method, StatusCode};
pub use vitamin_auth::schema::auth_user;
pub use vitamin_auth::{PublicUser, User, UserId};
pub use vitamin_framework::models::{
    Annotation, Changes, DbValue, Json, Lookup, Model, Object, Path, Q, QuerySet, Reverse,
};

pub use crate::classes;
pub use crate::data::{Data, Dict, Value};
pub use crate::error_detail::Detail;
pub use crate::exceptions::APIException;
pub use crate::fields::{
    BigIntegerField, BooleanField, CharField, ChoiceField, DateField, DateTimeField, DecimalField, DictField,
    DurationField, EmailField, FloatField, IPAddressField, IntegerField, JSONField, ListField,
    MultipleChoiceField, ReadOnlyField, RegexField, SlugField, TimeField, URLField, UUIDField,
};
pub use crate::filters::{FilterSet, SearchField, fields};
pub use crate::generics::*;
pub use crate::pagination::{CursorPagination, LimitOffsetPagination, PageNumberPagination};
pub use crate::permissions::{
    AllowAny, DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly, DjangoObjectPermissions,
    IsAdminUser, IsAuthenticated, IsAuthenticatedOrReadOnly, ObjectPermission, ObjectRule, Permission,
    SAFE_METHODS,
};
pub use crate::policy_result::PolicyResult;
pub use crate::request::Request;
pub use crate::response::Response;
pub use crate::routers::{DefaultRouter, SimpleRouter};
pub use crate::schemas::{ExtendSchema, OpenApiTypes};
pub use crate::serializers::{
    DisplayField, Extra, HyperlinkedIdentityField, HyperlinkedModelSerializer, HyperlinkedRelatedField,
    ModelSerializer, Nested, PrimaryKeyRelatedField, RelatedColumn, Serializer, SlugRelatedField,
    StringRelatedField, UniqueForDateValidator, UniqueForMonthValidator, UniqueForYearValidator,
    UniqueTogetherValidator, WholeField,
};
pub use crate::shortcuts::find_or_404;
pub use crate::throttling::{AnonRateThrottle, ScopedRateThrottle, UserRateThrottle};
pub use crate::views::{APIView, api_view};
pub use crate::viewsets::{Action, GenericViewSet, ModelViewSet, ReadOnlyModelViewSet, ViewSet};
