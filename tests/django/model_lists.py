#!/usr/bin/env python3
"""Prints what lists of Django REST framework answer to filters, search and order, also on annotations and related models.

    model_lists.py > apps/rest_framework/src/serializers/model/tests/lists.jsonl
    model_lists.py POSTGRES_URL | diff apps/rest_framework/src/serializers/model/tests/lists.jsonl -

Run it with the reference's Python. Models are those of model_serializers.py; views and rows are those of
serializers/model/tests/lists.rs.
"""
import json
import re
from datetime import datetime, timezone

from model_serializers import Shelf, Tag, Thing, s, seed, settings

from django.db.models import Count, Max  # noqa: E402
from django.urls import path  # noqa: E402
from django_filters import rest_framework as f  # noqa: E402
from rest_framework import generics  # noqa: E402
from rest_framework.filters import OrderingFilter, SearchFilter  # noqa: E402
from rest_framework.pagination import CursorPagination  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

settings.ROOT_URLCONF = __name__
settings.ALLOWED_HOSTS = ["localhost", "testserver"]


class Counted(s.ModelSerializer):
    part_count = s.IntegerField(read_only=True)
    last = s.DateTimeField(read_only=True)

    class Meta:
        model = Thing
        fields = ["id", "part_count", "last"]


class NumbersIn(f.BaseInFilter, f.NumberFilter):
    pass


class NumbersBetween(f.BaseRangeFilter, f.NumberFilter):
    pass


class ThingFilter(f.FilterSet):
    min_parts = f.NumberFilter(field_name="part_count", lookup_expr="gte")
    parts = f.NumberFilter(field_name="part_count")
    partless = f.BooleanFilter(field_name="last", lookup_expr="isnull")
    since = f.IsoDateTimeFilter(field_name="last", lookup_expr="gt")
    last_day = f.DateFilter(field_name="last", lookup_expr="date")
    parts_between = f.RangeFilter(field_name="part_count")
    size = f.RangeFilter()
    made = f.DateFromToRangeFilter()
    ids = NumbersIn(field_name="id", lookup_expr="in")
    id_range = NumbersBetween(field_name="id", lookup_expr="range")
    not_kind = f.ChoiceFilter(field_name="kind", choices=[("a", "Apple"), ("b", "Pear")], exclude=True)
    not_parent = f.CharFilter(field_name="parent__name", exclude=True)
    not_tag = f.CharFilter(field_name="tags__slug", exclude=True)
    any_tag = f.ModelMultipleChoiceFilter(field_name="tags", queryset=Tag.objects.exclude(slug="art"))
    all_tags = f.ModelMultipleChoiceFilter(field_name="tags__slug", to_field_name="slug", queryset=Tag.objects.all(), conjoined=True)
    no_tags = f.ModelMultipleChoiceFilter(field_name="tags", queryset=Tag.objects.all(), exclude=True)
    on_shelf = f.ModelChoiceFilter(field_name="shelf", queryset=Shelf.objects.exclude(name="Low"))
    shelf_code = f.ModelChoiceFilter(field_name="shelf", to_field_name="code", queryset=Shelf.objects.all())
    under = f.ModelChoiceFilter(field_name="parent", queryset=Thing.objects.all(), null_label="none")
    untagged = f.BooleanFilter(field_name="tags", lookup_expr="isnull")
    large = f.BooleanFilter(method="by_size")
    o = f.OrderingFilter(fields=[("name", "name"), ("part_count", "parts"), ("shelf__name", "shelf")])

    def by_size(self, rows, name, value):
        return rows.filter(size__gte=10) if value else rows.filter(size__lt=10)

    class Meta:
        model = Thing
        fields = {"name": ["exact", "in", "iendswith", "regex", "iregex", "startswith", "istartswith", "endswith", "contains", "icontains", "iexact"],
                  "size": ["icontains", "startswith", "regex"], "due": ["date", "date__gte", "date__lt", "date__in", "date__range", "year", "year__gt",
                          "month", "day__lte", "week_day", "iso_week_day", "week", "iso_year", "quarter__in", "hour", "minute", "second"],
                  "at": ["hour", "minute__gt"], "made": ["year__lte", "in", "isnull", "month__range", "quarter", "week_day"], "tags": ["exact"], "shelf": ["exact", "in"], "shelf__name": ["exact", "istartswith"],
                  "parent__shelf__code": ["exact", "isnull"], "parent": ["isnull", "exact"], "tags__slug": ["exact", "in"], "is_on": ["exact"]}


class Things(generics.ListAPIView):
    queryset = Thing.objects.annotate(part_count=Count("parts", distinct=True), last=Max("parts__due")).order_by("id")
    serializer_class = Counted
    filter_backends = [f.DjangoFilterBackend, SearchFilter, OrderingFilter]
    filterset_class = ThingFilter
    search_fields = ["name", "shelf__name", "^parent__name", "=note"]
    ordering_fields = ["name", "shelf__name", "parent__shelf__name", "part_count", "last", "shelf", "id"]


class Searched(Things):
    filter_backends = [SearchFilter]
    search_fields = ["$name", "$parent__name", "note__startswith", "tags__slug__endswith"]


class Ordered(Things):
    ordering = ["-part_count", "shelf", "-id"]


class Plain(generics.ListAPIView):
    """Of the view's own fields."""

    queryset = Thing.objects.all()
    serializer_class = Counted
    filter_backends = [f.DjangoFilterBackend]
    filterset_fields = ["shelf__name", "tags", "parent__name", "tags__slug", "kind"]

    def get_serializer(self, *args, **kwargs):
        return Short(*args, **kwargs)


class Short(s.ModelSerializer):
    class Meta:
        model = Thing
        fields = ["id"]


class Cursors(CursorPagination):
    page_size = 2
    ordering = ["-part_count"]


class Paged(Things):
    ordering = ["-part_count", "id"]
    pagination_class = Cursors


urlpatterns = [path("things/", Things.as_view()), path("ordered/", Ordered.as_view()), path("searched/", Searched.as_view()), path("paged/", Paged.as_view()), path("plain/", Plain.as_view())]


def more_rows():
    """Things 4 to 12: on both shelves, some within others."""
    shelves, tags = [Shelf.objects.get(name=name) for name in ("Low", "High")], list(Tag.objects.order_by("slug"))
    for n in range(4, 13):
        thing = Thing.objects.create(
            id=n, shelf=shelves[n % 2], name=f"{'Box' if n % 3 else 'Jar'} {n}", kind="ab"[n % 2], size=n * 2, parent_id=[None, 1, 4, 5][n % 4] if n > 5 else None,
            due=datetime(2024 + n % 3, 1 + n % 12, n, 23 if n % 2 else 0, 30, tzinfo=timezone.utc) if n % 5 else None,
            made=f"202{n % 7}-0{1 + n % 9}-11" if n % 4 else None, note="old" if n == 7 else "", is_on=n % 2 == 0)
        thing.tags.set(tags[: n % 4])


def queries():
    shelf, low = [str(Shelf.objects.get(name=name).pk) for name in ("High", "Low")]
    for view in ["things", "ordered"]:
        for order in ["", "ordering=name", "ordering=-name", "ordering=shelf__name,-name", "ordering=parent__shelf__name,id", "ordering=-parent__shelf__name,id",
                      "ordering=part_count,name", "ordering=-part_count,-name", "ordering=last,id", "ordering=-last,-id", "ordering=shelf,id", "ordering=-shelf,-id",
                      "ordering=parent__name", "ordering=shelf_id", "ordering=due", "ordering=tags__slug", "ordering=parts", "ordering=-id",
                      "ordering=part_count__x,id", "o=name", "o=-name", "o=parts,-name", "o=-parts,name", "o=x", "o=-shelf,name", "o=", "o=name&ordering=-id"]:
            if "last" in order:
                # The databases disagree where NULL comes.
                order += "&partless=false"
            if "parent__shelf__name" in order:
                order += "&parent__isnull=false"
            yield f"/{view}/?{order}"
    values = {
        "min_parts": ["0", "1", "2", "1.5", "-1", "99", "99999999999999999999", "x", ""], "parts": ["0", "1", "1.0", "x"], "partless": ["true", "false", "x"],
        "since": ["2024-01-01T00:00:00Z", "2025-06-01", "x"], "last_day": ["2025-11-10", "2026-09-08", "2024-10-09", "x"],
        "parts_between_min": ["1", "1&parts_between_max=2", "x&parts_between_max=y"], "parts_between_max": ["0", "1"],
        "size_min": ["10", "10&size_max=16", "x"], "size_max": ["10", "1.9"], "made_after": ["2023-01-01", "2022-01-01&made_before=2024-07-11", "x"],
        "made_before": ["2023-01-01", "2024-06-11"], "ids": ["1", "1,2,7", "", "1,x", "1,,2", "99"], "id_range": ["2,5", "2", "5,2", "2,x", "1,2,3"],
        "not_kind": ["a", "b", "x", ""], "not_parent": ["Cup", "Box 4", "x"], "not_tag": ["art", "iron", "wood", "x"],
        "any_tag": ["1", "2", "3", "1&any_tag=2", "x", "99", "01", ""], "all_tags": ["wood", "wood&all_tags=art", "wood&all_tags=art&all_tags=iron", "x", ""],
        "no_tags": ["1", "1&no_tags=2"], "on_shelf": [shelf, low, "x", shelf.upper(), ""], "shelf_code": ["high", "low", "x"],
        "under": ["1", "4", "null", "99", "x", "", "01"], "untagged": ["true", "false", "1", "x"], "large": ["true", "false", "x", ""],
        "name": ["Cup", "cup", "x", ""], "name__in": ["Cup", "Cup,Lid", "Cup,,x", ""], "name__iendswith": ["P", "d", "4"],
        "name__regex": ["^C.p$", "^c", "p|d", "[0-9]{2}", "[^a-z 0-9]ox", "^(Box|Jar) (4|6)$", "", "%5C%5CCup", "%C3%A9"], "name__iregex": ["^c.P$", "BOX [4-6]", "%C3%89"],
        "name__startswith": ["Box 1", "Ca"], "name__istartswith": ["bOX 1", "x"], "name__endswith": ["p", "11"], "name__contains": ["up", "x 1"],
        "name__icontains": ["UP", "X 1"], "name__iexact": ["CUP", "cu"], "size__icontains": ["2", "12", "x"], "size__startswith": ["2", "1.5"], "size__regex": ["2", "x"],
        "due__date": ["2026-01-02", "2024-07-06", "2025-08-07", "x"], "due__date__gte": ["2025-08-07", "2025-08-08"], "due__date__lt": ["2025-08-07", "2025-08-08"],
        "due__date__in": ["2026-01-02,2024-07-06", "x"], "due__date__range": ["2024-01-01,2025-08-07", "2024-01-01"], "due__year": ["2025", "2024", "x"],
        "due__year__gt": ["2024", "2026"], "due__month": ["1", "7", "7.9", "13", "x"], "due__day__lte": ["6"], "due__week_day": ["6", "1", "7"],
        "due__iso_week_day": ["5", "7"], "due__week": ["1", "32"], "due__iso_year": ["2024", "2026"], "due__quarter__in": ["1,3", "4"],
        "due__hour": ["0", "23", "3"], "due__minute": ["30", "4"], "due__second": ["5", "0"], "at__hour": ["10", "11"], "at__minute__gt": ["19", "20"],
        "made__month__range": ["1,5", "5"], "made__quarter": ["2", "3"], "made__week_day": ["4", "1"], "made__year__lte": ["2023", "2020"], "made__in": ["2026-05-06", "2026-05-06,2022-06-11"], "made__isnull": ["true", "false"],
        "tags": ["1", "1&tags=3", "x", "99", ""], "shelf": [shelf, low, "x", ""], "shelf__in": [shelf, f"{shelf},{low}", "x", f"{shelf},x", low.upper(), ""],
        "shelf__name": ["High", "high", "x"], "shelf__name__istartswith": ["h", "L"], "parent__shelf__code": ["high", "low", "x"],
        "parent__shelf__code__isnull": ["true", "false"], "parent__isnull": ["true", "false"], "parent": ["1", "5", "x", "99"], "tags__slug": ["art", "wood", "x"],
        "tags__slug__in": ["art", "x"], "is_on": ["true", "false", "x"], "search": ["cup", "box 4", "high", "Low jar", "lid", "old", "ol", "box,jar", "%"],
    }
    for name, texts in values.items():
        for text in texts:
            yield f"/things/?{name}={text}"
    for pair in ["min_parts=1&search=box", "min_parts=1&ordering=-part_count,id&shelf__name=High", "parts=0&any_tag=1&ordering=-name",
                 "partless=false&since=2025-01-01T00:00:00Z&ordering=name", "under=null&large=true&o=-name", "search=box&ordering=-shelf__name,id&parts=0"]:
        yield f"/things/?{pair}"
    for term in ["cup", "^c", "^c+p$", "^c+^l", "box.[46]", "x$,^b", "ol", "old", "d", "ood", "art", "^jar+ood", "b..\\s4", "(", '"^box 4$"']:
        if term != "(":
            yield f"/searched/?search={term}"
    for plain in ["", "shelf__name=Low", "tags=1", "tags=1&tags=2", "tags=x", "parent__name=Cup", "tags__slug=wood", "kind=a", "kind=x", "shelf__name=Low&kind=b"]:
        yield f"/plain/?{plain}"


if __name__ == "__main__":
    seed()
    more_rows()
    client = APIClient(raise_request_exception=False)
    # What a URI must not have.
    for target in (re.sub(r'[\^|{}"\\]', lambda found: f"%{ord(found[0]):02X}", query.replace(" ", "+")) for query in queries()):
        response = client.get(target, HTTP_HOST="localhost")
        print(json.dumps([target, response.status_code, response.content.decode()], ensure_ascii=False))
    # All pages, there and back. A cursor that cannot be read is 500 there.
    for start in ["/paged/", "/paged/?ordering=part_count,id", "/paged/?ordering=last,id&partless=false", "/paged/?ordering=-last,id&partless=false",
                  "/paged/?min_parts=1", "/paged/?ordering=name,id"]:
        for link in ["next", "previous"]:
            target = start if link == "next" else target
            while target:
                response = client.get(target, HTTP_HOST="localhost")
                print(json.dumps([target, response.status_code, response.content.decode()], ensure_ascii=False))
                last, target = target, (response.json()[link] or "").removeprefix("http://localhost")
            target = last
