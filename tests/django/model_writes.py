#!/usr/bin/env python3
"""Prints what Django REST framework's model serializers answer to writes of several models at once, and of fields that are
unique for a date: answers and rows.

    model_writes.py > apps/rest_framework/src/serializers/model/tests/writes.jsonl

Run it with the reference's Python. Tables, rows and serializers are those of serializers/model/tests/writes.rs.
"""
import json
from datetime import date, datetime, timezone as zone

from model_serializers import Rollback, render, s, settings, transaction  # noqa: F401

from django.db import connection, models  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.validators import UniqueForDateValidator, UniqueForYearValidator, UniqueValidator  # noqa: E402


class Post(models.Model):
    slug = models.SlugField(unique_for_date="published")
    code = models.CharField(max_length=10, null=True, blank=True, unique_for_month="posted")
    word = models.CharField(max_length=10, blank=True, default="", unique_for_year="posted")
    published = models.DateField()
    posted = models.DateTimeField()

    class Meta:
        app_label = "desk"
        db_table = "desk_post"
        ordering = ["id"]


class Memo(models.Model):
    title = models.CharField(max_length=20, unique_for_date="made")
    tag = models.CharField(max_length=10, unique_for_year="seen")
    made = models.DateField(auto_now_add=True)
    seen = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "desk"
        db_table = "desk_memo"
        ordering = ["id"]


class Artist(models.Model):
    name = models.CharField(max_length=20)
    born = models.IntegerField(null=True, blank=True)

    class Meta:
        app_label = "desk"
        db_table = "desk_artist"
        ordering = ["id"]


class Word(models.Model):
    text = models.CharField(max_length=20)

    class Meta:
        app_label = "desk"
        db_table = "desk_word"
        ordering = ["text"]


class Album(models.Model):
    title = models.CharField(max_length=20)
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="albums")
    guest = models.ForeignKey(Artist, models.SET_NULL, null=True, blank=True, related_name="visits")
    words = models.ManyToManyField(Word, blank=True, related_name="albums", db_table="desk_album_words")

    class Meta:
        app_label = "desk"
        db_table = "desk_album"
        ordering = ["artist", "-title"]


class Cover(models.Model):
    album = models.OneToOneField(Album, models.CASCADE, related_name="cover")
    color = models.CharField(max_length=10)

    class Meta:
        app_label = "desk"
        db_table = "desk_cover"


MODELS = [Post, Memo, Artist, Word, Album, Cover]


def whole(of, names):
    class Whole(s.ModelSerializer):
        class Meta:
            model = of
            fields = names
            validators = []

    return Whole


ROWS = {
    "post": whole(Post, ["id", "slug", "code", "word", "published", "posted"]), "memo": whole(Memo, ["id", "title", "tag"]),
    "artist": whole(Artist, ["id", "name", "born"]), "word": whole(Word, ["id", "text"]), "album": whole(Album, ["id", "title", "artist", "guest", "words"]),
    "cover": whole(Cover, ["id", "album", "color"]),
}


class Posts(s.ModelSerializer):
    class Meta:
        model = Post
        fields = ["id", "slug", "code", "word", "published", "posted"]


class Slugs(s.ModelSerializer):
    """Of two fields the dates are there, of one it is read-only."""

    class Meta:
        model = Post
        fields = ["slug", "word", "published", "posted"]
        read_only_fields = ["published"]


class Own(s.ModelSerializer):
    class Meta:
        model = Post
        fields = ["slug", "word", "published", "posted"]
        validators = [UniqueForDateValidator(Post.objects.all(), "slug", "published", message="Taken on {date_field}."),
                      UniqueForYearValidator(Post.objects.all(), "word", "published")]


class Memos(s.ModelSerializer):
    class Meta:
        model = Memo
        fields = ["title", "tag", "made", "seen"]


class Unique(s.ModelSerializer):
    name = s.CharField(max_length=20, validators=[UniqueValidator(Artist.objects.all(), lookup="iexact")])

    class Meta:
        model = Artist
        fields = ["name", "born"]


class Hidden(s.ModelSerializer):
    """The dates are hidden fields."""

    class Meta:
        model = Memo
        fields = ["title", "tag"]


class ArtistSerializer(s.ModelSerializer):
    class Meta:
        model = Artist
        fields = ["id", "name", "born"]


class WordSerializer(s.ModelSerializer):
    class Meta:
        model = Word
        fields = ["text"]


class CoverSerializer(s.ModelSerializer):
    class Meta:
        model = Cover
        fields = ["color"]


class AlbumSerializer(s.ModelSerializer):
    artist = ArtistSerializer()
    guest = ArtistSerializer(allow_null=True, required=False)
    words = WordSerializer(many=True, required=False)
    cover = CoverSerializer(required=False)

    class Meta:
        model = Album
        fields = ["id", "title", "artist", "guest", "words", "cover"]

    def create(self, validated_data):
        artist, _ = Artist.objects.get_or_create(**validated_data.pop("artist"))
        guest = validated_data.pop("guest", None)
        words, cover = validated_data.pop("words", []), validated_data.pop("cover", None)
        album = Album.objects.create(artist=artist, guest=guest and Artist.objects.create(**guest), **validated_data)
        for word in words:
            album.words.create(**word)
        if cover:
            Cover.objects.create(album=album, **cover)
        return album

    def update(self, instance, validated_data):
        artist = validated_data.pop("artist", None)
        if "guest" in validated_data:
            guest = validated_data.pop("guest")
            instance.guest = guest and Artist.objects.get_or_create(**guest)[0]
        words, cover = validated_data.pop("words", None), validated_data.pop("cover", None)
        if artist is not None:
            for name, value in artist.items():
                setattr(instance.artist, name, value)
            instance.artist.save()
        instance.title = validated_data.get("title", instance.title)
        instance.save()
        if words is not None:
            instance.words.set([Word.objects.get_or_create(**word)[0] for word in words])
        if cover is not None:
            Cover.objects.update_or_create(album=instance, defaults=cover)
        return Album.objects.get(pk=instance.pk)


class ArtistWithAlbums(s.ModelSerializer):
    """Rows that refer to it, in their model's order, which is that of a foreign key."""

    albums = whole(Album, ["title", "words"])(many=True, read_only=True)

    class Meta:
        model = Artist
        fields = ["name", "albums"]


SERIALIZERS = {"post": Posts, "slug": Slugs, "own": Own, "memo": Memos, "hidden": Hidden, "unique": Unique, "album": AlbumSerializer}


def seed():
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    at = datetime(2026, 3, 31, 23, 59, 59, tzinfo=zone.utc)
    Post.objects.create(slug="one", code="a", word="x", published=date(2026, 3, 31), posted=at)
    Post.objects.create(slug="two", code=None, word="", published=date(2026, 4, 1), posted=at.replace(year=2025, month=1, day=1))
    Memo.objects.create(title="now", tag="now")
    Memo.objects.filter(pk=1).update(seen=timezone.now())
    Memo.objects.create(title="old", tag="old", seen=datetime(2020, 1, 1, tzinfo=zone.utc))
    Memo.objects.filter(pk=2).update(made=date(2020, 1, 1))
    ann, bob = Artist.objects.create(name="Ann", born=1950), Artist.objects.create(name="Bob")
    a, b = Word.objects.create(text="loud"), Word.objects.create(text="calm")
    first = Album.objects.create(title="First", artist=ann, guest=bob)
    first.words.set([a, b])
    Cover.objects.create(album=first, color="red")
    Album.objects.create(title="Second", artist=ann)
    Album.objects.create(title="Alone", artist=bob)


def cases():
    post = {"slug": "new", "code": "b", "word": "y", "published": "2026-03-31", "posted": "2026-03-01T00:00:00Z"}
    changes = [
        {}, {"slug": "one"}, {"slug": "one", "published": "2026-03-30"}, {"slug": "one", "published": "2025-03-31"}, {"slug": "two", "published": "2026-04-01"},
        {"code": "a"}, {"code": "a", "posted": "2024-03-05T00:00:00Z"}, {"code": "a", "posted": "2024-04-05T00:00:00Z"}, {"code": None},
        {"code": None, "posted": "2001-01-05T00:00:00Z"}, {"code": "", "posted": "2001-01-05T00:00:00Z"}, {"word": "x"}, {"word": "x", "posted": "2026-12-31T23:59:59Z"},
        {"word": "x", "posted": "2027-01-01T00:00:00Z"}, {"word": "x", "posted": "2027-01-01T00:00:00+05:00"}, {"word": ""}, {"word": "", "posted": "2025-07-01T00:00:00Z"},
        {"slug": "one", "code": "a", "word": "x"}, {"slug": "a b"}, {"published": "x"}, {"published": None}, {"posted": None},
    ]
    for instance, partial in [(None, False), (1, False), (2, False), (1, True), (2, True)]:
        for name in ["post", "slug", "own"]:
            for change in changes:
                yield [name, instance, partial, change if partial and instance == 2 else {**post, **change}]
            for missing in post:
                yield [name, instance, partial, {key: value for key, value in post.items() if key != missing}]
            yield [name, instance, partial, {"slug": "one", "published": "2026-03-31"}]
        for body in [{"name": "New"}, {"name": "ANN"}, {"name": "bob", "born": 1}, {"name": ""}, {"name": "ann "}, {"name": "a\x00b"}, {"born": 2}, {}]:
            yield ["unique", instance, partial, body]
        for name in ["memo", "hidden"]:
            for body in [{"title": "new", "tag": "new"}, {"title": "now", "tag": "new"}, {"title": "old", "tag": "new"}, {"title": "new", "tag": "now"},
                         {"title": "new", "tag": "old"}, {"title": "new", "tag": "old", "seen": "2020-12-31T00:00:00Z"}, {"title": "now", "tag": "now"},
                         {"title": "new", "tag": "new", "made": "2020-01-01"}, {"title": "new"}, {"tag": "now"}, {"tag": "old", "seen": "2020-02-02"}, {}]:
                yield [name, instance, partial, body]
    album = {"title": "New", "artist": {"name": "Cid"}}
    for instance, partial in [(None, False), (1, False), (2, False), (1, True), (2, True)]:
        for change in [{}, {"artist": {"name": "Ann"}}, {"artist": {"name": "Ann", "born": 1950}}, {"artist": {"id": 7, "name": "Dan"}}, {"artist": None}, {"artist": {}},
                       {"artist": "x"}, {"artist": {"name": "", "born": "x"}}, {"artist": [{"name": "x"}]}, {"guest": None}, {"guest": {"name": "Eve"}},
                       {"guest": {"name": "Bob", "born": None}}, {"guest": {}}, {"words": []}, {"words": [{"text": "loud"}, {"text": "new"}]}, {"words": [{}, {"text": ""}]},
                       {"words": None}, {"words": {"text": "x"}}, {"cover": {"color": "blue"}}, {"cover": {}}, {"cover": None}, {"title": ""},
                       {"artist": {"name": "Fay"}, "guest": {"name": "Gil"}, "words": [{"text": "calm"}], "cover": {"color": "x"}}]:
            if not partial:
                yield ["album", instance, partial, {**album, **change}]
            else:
                if change == {"guest": {}}:
                    # Several artists are what is sought.
                    continue
                yield ["album", instance, partial, change]
        yield ["album", instance, partial, {"artist": {"name": "Cid"}}]


def rows(of):
    names = {"album": ["artist", "word", "album", "cover"], "memo": ["memo"], "hidden": ["memo"], "unique": ["artist"]}.get(of, ["post"])
    return {name: [render(ROWS[name](row)) for row in ROWS[name].Meta.model.objects.order_by("pk")] for name in names}


def answer(name, pk, partial, data):
    serializer_class = SERIALIZERS[name]
    try:
        with transaction.atomic():
            instance = pk and serializer_class.Meta.model.objects.get(pk=pk)
            serializer = serializer_class(instance, data=data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save()
            result = {"rows": rows(name)}
            if name not in ("memo", "hidden"):
                result["data"] = render(serializer)
            raise Rollback
    except Rollback:
        return result
    except s.ValidationError as error:
        return {"errors": JSONRenderer().render(error.detail).decode()}
    except Exception as error:
        return {"raises": type(error).__name__}


def reset():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = 100 WHERE name LIKE 'desk\\_%' ESCAPE '\\'")


if __name__ == "__main__":
    seed()
    reset()
    print(json.dumps({"shown": [render(ArtistWithAlbums(artist)) for artist in Artist.objects.all()]}))
    seen = set()
    for case in cases():
        if repr(case) in seen:
            continue
        seen.add(repr(case))
        reset()
        print(json.dumps({"case": [*case[:3], json.dumps(case[3])], **answer(*case)}))
