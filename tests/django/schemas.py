#!/usr/bin/env python3
"""Writes drf-spectacular's documents for small APIs to apps/rest_framework/src/schemas/fixtures/documents.json.

    schemas.py apps/rest_framework/src/schemas/fixtures

Run it with the reference's Python. The APIs are those of apps/rest_framework/src/schemas/tests.
"""
import decimal
import json
import sys
import uuid
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "django_filters", "drf_spectacular"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"},
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
)
django.setup()

import django_filters as filters  # noqa: E402
from django.core.validators import RegexValidator  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import include, path, re_path  # noqa: E402
from drf_spectacular.generators import SchemaGenerator  # noqa: E402
from drf_spectacular.plumbing import _load_enum_name_overrides  # noqa: E402
from drf_spectacular.renderers import OpenApiJsonRenderer  # noqa: E402
from drf_spectacular.settings import patched_settings  # noqa: E402
from drf_spectacular.types import OpenApiTypes  # noqa: E402
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view  # noqa: E402
from django.test import Client  # noqa: E402
from drf_spectacular.views import SpectacularAPIView, SpectacularJSONAPIView  # noqa: E402
from rest_framework import generics, pagination, serializers as s, versioning, viewsets  # noqa: E402
from rest_framework.authentication import TokenAuthentication  # noqa: E402
from rest_framework.decorators import action  # noqa: E402
from rest_framework.filters import OrderingFilter, SearchFilter  # noqa: E402
from rest_framework.parsers import JSONParser  # noqa: E402
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly  # noqa: E402
from rest_framework.renderers import BaseRenderer, JSONRenderer  # noqa: E402
from rest_framework.routers import DefaultRouter  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

COLORS = [("red", "Red"), ("blue", "Blue")]
SIZES = [(1, "Small"), (2, "Große")]


# --- fields

class PartSerializer(s.Serializer):
    """A part."""

    code = s.CharField(max_length=3)
    weight = s.FloatField(required=False)


class EmptySerializer(s.Serializer):
    pass


class FieldsSerializer(s.Serializer):
    """All kinds.

    And more."""

    text = s.CharField(max_length=9, min_length=2)
    blank = s.CharField(allow_blank=True, required=False)
    blank_min = s.CharField(allow_blank=True, min_length=2, help_text="May be empty.")
    email = s.EmailField(allow_blank=True, allow_null=True, max_length=254)
    url = s.URLField(max_length=200, label="Homepage")
    slug = s.SlugField(max_length=50)
    slug_unicode = s.SlugField(allow_unicode=True, default="é")
    regex = s.RegexField(r"\A[a-zé]{2}\Z", max_length=6)
    validated = s.CharField(max_length=7, validators=[RegexValidator(r"^#[0-9a-f]{6}$")])
    ip = s.IPAddressField()
    ip4 = s.IPAddressField(protocol="ipv4")
    ip6 = s.IPAddressField(protocol="ipv6")
    uuid = s.UUIDField(read_only=True)
    bool = s.BooleanField(default=False)
    bool_null = s.BooleanField(allow_null=True)
    int = s.IntegerField(min_value=-5, max_value=3_000_000_000)
    int_small = s.IntegerField(max_value=5)
    big = s.BigIntegerField(min_value=0)
    float = s.FloatField(min_value=0.5, max_value=2)
    decimal = s.DecimalField(max_digits=10, decimal_places=2, max_value=decimal.Decimal("9.50"))
    decimal_small = s.DecimalField(max_digits=2, decimal_places=2)
    decimal_free = s.DecimalField(max_digits=None, decimal_places=None)
    decimal_number = s.DecimalField(max_digits=6, decimal_places=2, coerce_to_string=False, min_value=1)
    date = s.DateField(allow_null=True, default=None)
    time = s.TimeField()
    datetime = s.DateTimeField(read_only=True, help_text="When it was made.")
    duration = s.DurationField()
    choice = s.ChoiceField(choices=COLORS, help_text="Pick one.")
    choice_blank = s.ChoiceField(choices=COLORS, allow_blank=True, allow_null=True, label="A colour")
    size = s.ChoiceField(choices=SIZES, default=1)
    mixed = s.ChoiceField(choices=[(1, "One"), (2.5, "More")])
    many = s.MultipleChoiceField(choices=SIZES)
    json = s.JSONField()
    any_list = s.ListField()
    list = s.ListField(child=s.CharField(max_length=4), min_length=1, max_length=3, help_text="Some.")
    nested_list = s.ListField(child=s.ListField(child=s.IntegerField(min_value=1)))
    dict = s.DictField()
    dict_int = s.DictField(child=s.IntegerField(max_value=7))
    hstore = s.HStoreField()
    file = s.FileField(required=False)
    image = s.ImageField(use_url=False)
    hidden = s.HiddenField(default=1)
    part = PartSerializer()
    part_read = PartSerializer(read_only=True, allow_null=True)
    parts = PartSerializer(many=True, required=False)
    nothing = EmptySerializer()
    password = s.CharField(write_only=True, label="pass-word")


class Fields(APIView):
    serializer_class = FieldsSerializer

    def get(self, request): ...
    def post(self, request): ...
    def put(self, request): ...
    def patch(self, request): ...
    def delete(self, request): ...


FIELDS = [path("fields/", Fields.as_view())]


# --- choices

class FirstSerializer(s.Serializer):
    color = s.ChoiceField(choices=COLORS)
    kind = s.ChoiceField(choices=[("a", "A")])
    state = s.ChoiceField(choices=["x", "y"])


class SecondSerializer(s.Serializer):
    color = s.ChoiceField(choices=COLORS, help_text="The same.")
    kind = s.ChoiceField(choices=[("b", "B")])
    state = s.ChoiceField(choices=["x", "z"], allow_null=True)
    other_color = s.ChoiceField(choices=COLORS)


class ThirdSerializer(s.Serializer):
    state = s.ChoiceField(choices=["x", "z"], allow_blank=True)
    kinds = s.ListField(child=s.ChoiceField(choices=[("b", "B")], label="Kinds"))


def plain(name, serializer, method="post", **attributes):
    return type(name, (APIView,), {"serializer_class": serializer, method: lambda self, request: ..., **attributes}).as_view()


CHOICES = [
    path("a/", plain("First", FirstSerializer)),
    path("b/", plain("Second", SecondSerializer)),
    path("c/", plain("Third", ThirdSerializer)),
]


# --- paths and overrides

class Csv(BaseRenderer):
    media_type = "text/csv; header=present"
    format = "csv"


class Documented(APIView):
    """Described.

      Indented."""

    serializer_class = PartSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer, Csv]

    @extend_schema(
        operation_id="documented", tags=["Docs", "More"], summary="Short", description="Long.", deprecated=True,
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, required=True, description="Terms.", pattern="^[a-z]+$"),
            OpenApiParameter("sort", OpenApiTypes.STR, enum=["b", "a"], default="a"),
            OpenApiParameter("ids", OpenApiTypes.INT, many=True, style="form", explode=False),
            OpenApiParameter("X-Trace", OpenApiTypes.UUID, OpenApiParameter.HEADER),
            OpenApiParameter("format", exclude=True),
        ],
        responses={200: PartSerializer(many=True), 202: None, 404: OpenApiResponse(OpenApiTypes.OBJECT, "Gone."),
                   "409": {"type": "string", "maxLength": 3}},
        external_docs="https://example.com/docs", extensions={"x-level": 3})
    def get(self, request): ...

    @extend_schema(request=None, responses=OpenApiTypes.BINARY, auth=[{"tokenAuth": []}, {}])
    def post(self, request): ...

    @extend_schema(request=PartSerializer(many=True), responses={201: None})
    def put(self, request): ...

    @extend_schema(exclude=True)
    def delete(self, request): ...


class Keyword(TokenAuthentication):
    keyword = "Bearer"


class Unsafe(APIView):
    serializer_class = PartSerializer
    authentication_classes = [Keyword]
    permission_classes = [IsAuthenticated]

    def get(self, request, **kwargs): ...
    def post(self, request, **kwargs): ...


PATHS = [
    path("api/v1/docs/", Documented.as_view()),
    path("api/v1/docs/<int:doc_pk>/files/<path:file>", Unsafe.as_view()),
    path("api/v1/docs/<uuid:key>/<slug:slug>/<str:name>/<free>/", Unsafe.as_view()),
    re_path(r"^api/v1/docs/(?P<code>[a-z]{2})/x-y/(?P<pk>[^/.]+)/$", Unsafe.as_view()),
    path("api/v1/", Unsafe.as_view()),
    path("api/v1/x_y/", Unsafe.as_view()),
    path("api/v1/x-y/", Unsafe.as_view()),
    path("api/v1/schema/", SpectacularAPIView.as_view()),
]


# --- models

class Shelf(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=20, help_text="What is written on it.")

    class Meta:
        app_label = "library"


class Tag(models.Model):
    slug = models.SlugField(max_length=30, unique=True)

    class Meta:
        app_label = "library"


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE, related_name="books")
    sequel = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)
    title = models.CharField(max_length=80, verbose_name="main title", validators=[RegexValidator(r"^\S")])
    kind = models.CharField(max_length=5, choices=COLORS, blank=True, help_text="Its kind.")
    pages = models.PositiveIntegerField()
    stars = models.IntegerField(null=True, blank=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    weight = models.FloatField(default=1)
    link = models.URLField(blank=True)
    printed = models.DateField(null=True, blank=True)
    read = models.DateTimeField(auto_now=True)
    lent = models.BooleanField(default=False)
    extra = models.JSONField(default=dict)
    tags = models.ManyToManyField(Tag, blank=True)

    class Meta:
        app_label = "library"


class ShelfSerializer(s.ModelSerializer):
    class Meta:
        model = Shelf
        fields = ["id", "name"]


class TagSerializer(s.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["slug"]


class BookSerializer(s.ModelSerializer):
    """A book on a shelf."""

    url = s.HyperlinkedIdentityField(view_name="book-detail")
    shelf_detail = ShelfSerializer(source="shelf", read_only=True)
    shelf_name = s.ReadOnlyField(source="shelf.name")
    tags = s.SlugRelatedField(slug_field="slug", many=True, queryset=Tag.objects.all(), required=False, help_text="Its tags.")
    count = s.SerializerMethodField()
    names = s.SerializerMethodField()
    maybe = s.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["id", "url", "shelf", "shelf_detail", "shelf_name", "sequel", "title", "kind", "pages", "stars", "price", "weight",
                  "link", "printed", "read", "lent", "extra", "tags", "count", "names", "maybe"]
        read_only_fields = ["lent"]
        extra_kwargs = {"weight": {"min_value": 1, "default": 2}, "pages": {"write_only": True}}

    def get_count(self, book) -> int: ...
    def get_names(self, book) -> list[str]: ...
    def get_maybe(self, book) -> float | None: ...


class LinkedBookSerializer(s.HyperlinkedModelSerializer):
    shelf_text = s.StringRelatedField(source="shelf")
    tag_texts = s.StringRelatedField(source="tags", many=True, read_only=True)
    shelf_link = s.HyperlinkedRelatedField(view_name="shelf-detail", source="shelf", read_only=True)
    tag_links = s.HyperlinkedRelatedField(view_name="tag-detail", source="tags", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["url", "shelf", "sequel", "tags", "shelf_text", "tag_texts", "shelf_link", "tag_links"]


class KeyedBookSerializer(s.ModelSerializer):
    class Meta:
        model = Book
        fields = ["url", "title", "tags"]


class BookFilter(filters.FilterSet):
    min_stars = filters.NumberFilter(field_name="stars", lookup_expr="gte")
    heavier = filters.NumberFilter(field_name="weight", lookup_expr="gt", required=True)
    cheap = filters.NumberFilter(field_name="price", lookup_expr="lt")
    shelf_name = filters.CharFilter(field_name="shelf__name")
    lent = filters.BooleanFilter()
    printed_after = filters.DateFilter(field_name="printed", lookup_expr="gt")
    kinds = filters.MultipleChoiceFilter(field_name="kind", choices=COLORS)
    one = filters.ChoiceFilter(field_name="kind", choices=COLORS)
    text = filters.CharFilter(method="anywhere")

    class Meta:
        model = Book
        fields = {"shelf": ["exact"], "kind": ["exact"], "pages": ["exact", "in", "range"], "printed": ["year"]}

    def anywhere(self, queryset, name, value): ...


class Pages(pagination.PageNumberPagination):
    page_size = 10
    page_size_query_param = "size"


class Books(viewsets.ModelViewSet):
    queryset = Book.objects.all()
    serializer_class = BookSerializer
    pagination_class = Pages
    filterset_class = BookFilter
    filter_backends = [filters.rest_framework.DjangoFilterBackend, SearchFilter, OrderingFilter]

    @action(detail=True, methods=["post"], serializer_class=PartSerializer)
    def lend(self, request, pk=None):
        """Lends it."""

    @action(detail=False)
    def top(self, request): ...


@extend_schema_view(list=extend_schema(summary="All shelves"), create=extend_schema(tags=["made"]))
class Shelves(viewsets.ModelViewSet):
    """The shelves."""

    queryset = Shelf.objects.all()
    serializer_class = ShelfSerializer
    http_method_names = ["get", "post", "head"]


class Tags(viewsets.ReadOnlyModelViewSet):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    lookup_field = "slug"
    lookup_url_kwarg = "word"
    pagination_class = pagination.LimitOffsetPagination


class ShelfBooks(generics.ListCreateAPIView):
    queryset = Book.objects.all()
    serializer_class = BookSerializer
    pagination_class = pagination.CursorPagination


class LinkedBooks(viewsets.ModelViewSet):
    queryset = Book.objects.all()
    serializer_class = LinkedBookSerializer


class KeyedBooks(viewsets.ModelViewSet):
    queryset = Book.objects.all()
    serializer_class = KeyedBookSerializer

    @extend_schema(request=KeyedBookSerializer(many=True), responses={201: KeyedBookSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request): ...


router = DefaultRouter()
router.register("books", Books)
router.register("shelves", Shelves)
router.register("tags", Tags)
router.register("linked", LinkedBooks, "linked")
router.register("keyed", KeyedBooks, "keyed")
MODELS = [
    path("api/", include(router.urls)),
    path("api/shelves/<shelf_pk>/books/", ShelfBooks.as_view()),
]

# --- versions

versioning.BaseVersioning.allowed_versions = ["v1", "v2"]


class DefaultAccept(versioning.AcceptHeaderVersioning):
    default_version = "v2"


def versioned(name, versioning_class):
    return plain(name, PartSerializer, versioning_class=versioning_class)


VERSIONS = [
    re_path(r"^(?P<version>(v1|v2))/path/$", versioned("InPath", versioning.URLPathVersioning)),
    path("v1/", include(([path("space/", versioned("InSpace", versioning.NamespaceVersioning))], "app"), namespace="v1")),
    path("v2/", include(([path("space/", versioned("InSpace", versioning.NamespaceVersioning))], "app"), namespace="v2")),
    path("accept/", versioned("InAccept", versioning.AcceptHeaderVersioning)),
    path("default/", versioned("Default", DefaultAccept)),
    path("query/", versioned("InQuery", versioning.QueryParameterVersioning)),
]

SETTINGS = {
    "TITLE": "Ünïts", "DESCRIPTION": "Of\nmeasure.", "VERSION": "2", "TOS": "https://example.com/tos", "CONTACT": {"name": "Ann"},
    "LICENSE": {"name": "MIT"}, "SERVERS": [{"url": "https://example.com"}], "TAGS": [{"name": "a"}],
    "EXTERNAL_DOCS": {"url": "https://example.com/docs"}, "COMPONENT_SPLIT_REQUEST": True, "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]", "SCHEMA_PATH_PREFIX_TRIM": True, "SCHEMA_PATH_PREFIX_INSERT": "/svc",
    "ENUM_SUFFIX": "Choice", "ENUM_NAME_OVERRIDES": {"Paint": COLORS},
    "APPEND_COMPONENTS": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
}


def document(patterns, api_version=None, **custom):
    _load_enum_name_overrides.cache_clear()
    with patched_settings(custom):
        schema = SchemaGenerator(patterns=patterns, api_version=api_version).get_schema(request=None, public=True)
        return json.loads(OpenApiJsonRenderer().render(schema, renderer_context={}))


urlpatterns = [
    path("part/", plain("PartView", PartSerializer)),
    path("schema/", SpectacularAPIView.as_view()),
    path("schema.json", SpectacularJSONAPIView.as_view()),
]
CASES = [
    ("GET", "/schema/", None),
    ("GET", "/schema/", "application/yaml"),
    ("GET", "/schema/", "application/vnd.oai.openapi+json, application/json"),
    ("GET", "/schema/", "application/json; indent=1"),
    ("GET", "/schema/", "application/json; indent=0"),
    ("GET", "/schema/", "*/*;q=0.1"),
    ("GET", "/schema/", "text/html"),
    ("GET", "/schema/?format=json", None),
    ("GET", "/schema/?format=json", "application/json"),
    ("GET", "/schema/?format=yaml&version=2", None),
    ("GET", "/schema/?format=xml", None),
    ("GET", "/schema/?version=", None),
    ("POST", "/schema/", None),
    ("POST", "/schema/", "application/json"),
    ("GET", "/schema.json", None),
    ("GET", "/schema.json?version=v1", "application/json"),
    ("GET", "/schema.json", "application/yaml"),
]


def answer(method, url, accept):
    headers = {"accept": accept} if accept else {}
    response = Client().generic(method, url, headers=headers)
    body = response.content.decode()
    return [method, url, accept, response.status_code, response.headers.get("content-type"), response.headers.get("content-disposition"),
            body if len(body) < 200 else body[:60]]


def main():
    documents = {
        "fields": document(FIELDS),
        "fields_split": document(FIELDS, COMPONENT_SPLIT_REQUEST=True),
        "fields_strict": document(FIELDS, ENFORCE_NON_BLANK_FIELDS=True, COMPONENT_SPLIT_PATCH=False,
                                  ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE=False, ENUM_GENERATE_CHOICE_DESCRIPTION=False),
        "choices": document(CHOICES),
        "paths": document(PATHS),
        "paths_settings": document(PATHS[:-1] + CHOICES, **SETTINGS),
        "models": document(MODELS),
        "versions_1": document(VERSIONS, "v1"),
        "versions_2": document(VERSIONS, "v2"),
        "versions_none": document(VERSIONS),
        "models_split": document(MODELS, COMPONENT_SPLIT_REQUEST=True),
    }
    text = json.dumps(documents, ensure_ascii=False, indent=1)
    (Path(sys.argv[1]) / "documents.json").write_text(text + "\n")
    served = [answer(*case) for case in CASES]
    (Path(sys.argv[1]) / "served.jsonl").write_text("".join(json.dumps(line) + "\n" for line in served))


if __name__ == "__main__":
    main()
