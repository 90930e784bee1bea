//! Writes of several models at once, and of fields that are unique for a date.
//!
//! tests/django/model_writes.py has the same tables, rows and serializers, and writes the answers.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::Connection;
use diesel::connection::TransactionManager as _;

use super::*;
use crate::fields::CharField;
use vitamin_framework::models::{Changes, Lookup};

diesel::table! { desk_post (id) { id -> BigInt, slug -> Text, code -> Nullable<Text>, word -> Text, published -> Date, posted -> Timestamp, } }
diesel::table! { desk_memo (id) { id -> BigInt, title -> Text, tag -> Text, made -> Date, seen -> Timestamp, } }
diesel::table! { desk_artist (id) { id -> BigInt, name -> Text, born -> Nullable<Integer>, } }
diesel::table! { desk_word (id) { id -> BigInt, text -> Text, } }
diesel::table! { desk_album (id) { id -> BigInt, title -> Text, artist_id -> BigInt, guest_id -> Nullable<BigInt>, } }
diesel::table! { desk_cover (id) { id -> BigInt, album_id -> BigInt, color -> Text, } }

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_post, ordering("id"))]
struct Post {
    id: i64,
    #[model(slug, unique_for_date = "published")]
    slug: String,
    #[model(max_length = 10, blank, unique_for_month = "posted")]
    code: Option<String>,
    #[model(max_length = 10, blank, default = "", unique_for_year = "posted")]
    word: String,
    published: NaiveDate,
    posted: NaiveDateTime,
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_memo, ordering("id"))]
struct Memo {
    id: i64,
    #[model(max_length = 20, unique_for_date = "made")]
    title: String,
    #[model(max_length = 10, unique_for_year = "seen")]
    tag: String,
    #[model(auto_now_add)]
    made: NaiveDate,
    #[model(default_now)]
    seen: NaiveDateTime,
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_artist, ordering("id"))]
struct Artist {
    id: i64,
    #[model(max_length = 20)]
    name: String,
    #[model(blank)]
    born: Option<i32>,
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_word, ordering("text"))]
struct Word {
    id: i64,
    #[model(max_length = 20)]
    text: String,
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_album, ordering("artist", "-title"))]
#[model(many_to_many(words: Word, desk_album_words(album_id, word_id), blank))]
struct Album {
    id: i64,
    #[model(max_length = 20)]
    title: String,
    #[model(references(Artist), related_name = albums)]
    artist_id: i64,
    #[model(references(Artist), related_name = visits, on_delete = set_null, blank)]
    guest_id: Option<i64>,
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_cover)]
struct Cover {
    id: i64,
    #[model(references(Album), related_name = cover, unique)]
    album_id: i64,
    #[model(max_length = 10)]
    color: String,
}

const POST: [&str; 6] = ["id", "slug", "code", "word", "published", "posted"];

fn own() -> ModelSerializer<Post> {
    ModelSerializer::new(["slug", "word", "published", "posted"])
        .validator(UniqueForDateValidator::new("slug", "published").message("Taken on {date_field}."))
        .validator(UniqueForYearValidator::new("word", "published"))
}

fn artist() -> ModelSerializer<Artist> {
    ModelSerializer::new(["id", "name", "born"])
}

fn album() -> ModelSerializer<Album> {
    let (word, cover) = (ModelSerializer::new(["text"]), ModelSerializer::new(["color"]));
    ModelSerializer::new(["id", "title", "artist", "guest", "words", "cover"])
        .field("artist", Nested::one(Album::ARTIST, artist()).writable())
        .field("guest", Nested::one(Album::GUEST, artist()).writable().allow_null().required(false))
        .field("words", Nested::through(Album::WORDS, word).writable().required(false))
        .field("cover", Nested::one_to_one(Album::COVER, cover).writable().required(false))
        .create(|save| {
            let (artist, _) = save
                .take_nested(Album::ARTIST)?
                .flatten()
                .unwrap_or_default()
                .get_or_create(save.connection())?;
            save.set(desk_album::artist_id, artist.id);
            if let Some(guest) = save.take_nested(Album::GUEST)?.flatten() {
                let guest = guest.insert(save.connection())?.id;
                save.set(desk_album::guest_id, guest);
            }
            let words = save.take_nested(Album::WORDS)?.unwrap_or_default();
            let cover = save.take_nested(Album::COVER)?.unwrap_or_default();
            let album = save.create()?;
            Album::WORDS.create(save.connection(), &album, words)?;
            Album::COVER.create(save.connection(), &album, cover)?;
            Ok(album)
        })
        .update(|save| {
            if let Some(artist) = save.take_nested(Album::ARTIST)?.flatten() {
                let key = save.instance().map(|album| album.artist_id);
                let found = Artist::objects().find(key).first(save.connection())?;
                found.unwrap().update(save.connection(), &artist)?;
            }
            match save.take_nested(Album::GUEST)? {
                None => {}
                Some(None) => save.set(desk_album::guest_id, None::<i64>),
                Some(Some(guest)) => {
                    let (guest, _) = guest.get_or_create(save.connection())?;
                    save.set(desk_album::guest_id, guest.id);
                }
            }
            let (words, cover) = (save.take_nested(Album::WORDS)?, save.take_nested(Album::COVER)?);
            let album = save.update()?;
            if let Some(words) = words {
                let mut keys = Vec::new();
                for word in words {
                    keys.push(word.get_or_create(save.connection())?.0.pk().to_owned());
                }
                Album::WORDS.set(save.connection(), album.pk(), &keys)?;
            }
            for cover in cover.into_iter().flatten() {
                match Album::COVER.of(&album).first(save.connection())? {
                    Some(mut found) => found.update(save.connection(), &cover)?,
                    None => Album::COVER.create(save.connection(), &album, [cover])?,
                }
            }
            Ok(album)
        })
}

fn seed_albums(project: &TestProject) {
    let is_postgres = !project.test_database().is_sqlite();
    let (key, time, zone) = if is_postgres {
        ("bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "timestamp with time zone", "+00")
    } else {
        ("integer PRIMARY KEY AUTOINCREMENT", "datetime", "")
    };
    project.execute(&format!(
        "CREATE TABLE desk_post (id {key}, slug varchar(50) NOT NULL, code varchar(10), word varchar(10) NOT NULL, published date NOT NULL,
            posted {time} NOT NULL);
        CREATE TABLE desk_memo (id {key}, title varchar(20) NOT NULL, tag varchar(10) NOT NULL, made date NOT NULL, seen {time} NOT NULL);
        CREATE TABLE desk_artist (id {key}, name varchar(20) NOT NULL, born integer);
        CREATE TABLE desk_word (id {key}, text varchar(20) NOT NULL);
        CREATE TABLE desk_album (id {key}, title varchar(20) NOT NULL, artist_id bigint NOT NULL, guest_id bigint);
        CREATE TABLE desk_cover (id {key}, album_id bigint NOT NULL UNIQUE, color varchar(10) NOT NULL);
        CREATE TABLE desk_album_words (id {key}, album_id bigint NOT NULL, word_id bigint NOT NULL, UNIQUE (album_id, word_id));
        INSERT INTO desk_post VALUES (1, 'one', 'a', 'x', '2026-03-31', '2026-03-31 23:59:59{zone}'),
            (2, 'two', NULL, '', '2026-04-01', '2025-01-01 23:59:59{zone}');
        INSERT INTO desk_memo VALUES (1, 'now', 'now', CURRENT_DATE, CURRENT_TIMESTAMP), (2, 'old', 'old', '2020-01-01', '2020-01-01 00:00:00{zone}');
        INSERT INTO desk_artist VALUES (1, 'Ann', 1950), (2, 'Bob', NULL);
        INSERT INTO desk_word VALUES (1, 'loud'), (2, 'calm');
        INSERT INTO desk_album VALUES (1, 'First', 1, 2), (2, 'Second', 1, NULL), (3, 'Alone', 2, NULL);
        INSERT INTO desk_cover VALUES (1, 1, 'red');
        INSERT INTO desk_album_words VALUES (1, 1, 1), (2, 1, 2);"
    ));
    reset(project.test_database().is_sqlite(), |sql| project.execute(sql));
}

fn reset(is_sqlite: bool, mut execute: impl FnMut(&str)) {
    for table in ["post", "memo", "artist", "word", "album", "cover", "album_words"] {
        execute(&if is_sqlite {
            format!("UPDATE sqlite_sequence SET seq = 100 WHERE name = 'desk_{table}'")
        } else {
            format!("SELECT setval(pg_get_serial_sequence('desk_{table}', 'id'), 100)")
        });
    }
}

fn rows<T: Model>(
    connection: &mut DbConnection,
    fields: impl IntoIterator<Item = &'static str>,
) -> (ModelSerializer<T>, Vec<Object<T>>) {
    let serializer = ModelSerializer::new(fields).validators([]);
    let rows = T::objects().order_by(["pk"]).with_plan(serializer.plan(connection.is_postgres()).unwrap());
    let rows = rows.load(connection).unwrap();
    (serializer, rows)
}

/// The rows after a write.
#[derive(Default)]
struct Rows {
    post: Option<(ModelSerializer<Post>, Vec<Object<Post>>)>,
    memo: Option<(ModelSerializer<Memo>, Vec<Object<Memo>>)>,
    artist: Option<(ModelSerializer<Artist>, Vec<Object<Artist>>)>,
    word: Option<(ModelSerializer<Word>, Vec<Object<Word>>)>,
    album: Option<(ModelSerializer<Album>, Vec<Object<Album>>)>,
    cover: Option<(ModelSerializer<Cover>, Vec<Object<Cover>>)>,
}

fn texts<T: Model>((serializer, objects): &(ModelSerializer<T>, Vec<Object<T>>), request: &Request) -> Json {
    objects.iter().map(|object| text(serializer, object, request)).collect()
}

impl Rows {
    fn read(connection: &mut DbConnection, name: &str) -> Self {
        match name {
            "album" => Self {
                artist: Some(rows(connection, ["id", "name", "born"])),
                word: Some(rows(connection, ["id", "text"])),
                album: Some(rows(connection, ["id", "title", "artist", "guest", "words"])),
                cover: Some(rows(connection, ["id", "album", "color"])),
                ..Self::default()
            },
            "unique" => Self { artist: Some(rows(connection, ["id", "name", "born"])), ..Self::default() },
            "memo" | "hidden" => {
                Self { memo: Some(rows(connection, ["id", "title", "tag"])), ..Self::default() }
            }
            _ => Self { post: Some(rows(connection, POST)), ..Self::default() },
        }
    }

    fn json(&self, request: &Request) -> Json {
        let all = [
            ("post", self.post.as_ref().map(|rows| texts(rows, request))),
            ("memo", self.memo.as_ref().map(|rows| texts(rows, request))),
            ("artist", self.artist.as_ref().map(|rows| texts(rows, request))),
            ("word", self.word.as_ref().map(|rows| texts(rows, request))),
            ("album", self.album.as_ref().map(|rows| texts(rows, request))),
            ("cover", self.cover.as_ref().map(|rows| texts(rows, request))),
        ];
        all.into_iter()
            .filter_map(|(name, rows)| Some((name.to_owned(), rows?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// Stores a body, and rolls back.
async fn save<T: Model>(request: &Request, serializer: ModelSerializer<T>, case: &Json, data: Data) -> Json {
    let serializer = Arc::new(serializer);
    let name = case[0].as_str().unwrap().to_owned();
    let (instance, partial) = (case[1].as_i64(), case[2].as_bool().unwrap());
    let (info, own, of) = (request.info().clone(), Arc::clone(&serializer), name.clone());
    let saved = request.database().unwrap().run(move |connection: &mut DbConnection| {
        <DbConnection as Connection>::TransactionManager::begin_transaction(connection).unwrap();
        let mut work = || {
            let instance = match instance {
                None => None,
                Some(key) => T::objects().find(key).first(connection)?,
            };
            let object = own.save(connection, &info, &data, instance, partial, None)?;
            Ok((object, Rows::read(connection, &of)))
        };
        let saved: Result<_, APIException> = work();
        <DbConnection as Connection>::TransactionManager::rollback_transaction(connection).unwrap();
        let is_sqlite = !connection.is_postgres();
        reset(is_sqlite, |sql| connection.batch_execute(sql).unwrap());
        Ok::<_, APIException>(saved)
    });
    match saved.await.unwrap() {
        Ok((_, rows)) if matches!(name.as_str(), "memo" | "hidden") => json!({"rows": rows.json(request)}),
        Ok((object, rows)) => {
            json!({"rows": rows.json(request), "data": text(&serializer, &object, request)})
        }
        Err(error) if error.status() == 400 => {
            json!({"errors": String::from_utf8(crate::json::to_bytes(error.detail(), None).unwrap().to_vec()).unwrap()})
        }
        Err(error) => json!({"raises": format!("{error:?}")}),
    }
}

async fn run(request: Request, data: Data) -> Result<Response, APIException> {
    let case: Json = serde_json::from_slice(request.headers().get("x-case").unwrap().as_bytes()).unwrap();
    let request = &request;
    Ok(Response::new(match case[0].as_str().unwrap() {
        "shown" => {
            let albums = Nested::many(Artist::ALBUMS, ModelSerializer::new(["title", "words"]));
            shown(
                request,
                ModelSerializer::new(["name", "albums"]).field("albums", albums),
                Artist::objects(),
            )
            .await
        }
        "post" => save(request, ModelSerializer::<Post>::new(POST), &case, data).await,
        "slug" => {
            let slug = ModelSerializer::<Post>::new(["slug", "word", "published", "posted"])
                .read_only_fields(["published"]);
            save(request, slug, &case, data).await
        }
        "own" => save(request, own(), &case, data).await,
        "memo" => {
            save(request, ModelSerializer::<Memo>::new(["title", "tag", "made", "seen"]), &case, data).await
        }
        "unique" => {
            let name = UniqueValidator::new(Artist::objects(), desk_artist::name).lookup(Lookup::IExact);
            let artist = ModelSerializer::<Artist>::new(["name", "born"])
                .field("name", CharField::new().max_length(20).unique(name));
            save(request, artist, &case, data).await
        }
        "hidden" => save(request, ModelSerializer::<Memo>::new(["title", "tag"]), &case, data).await,
        "album" => save(request, album(), &case, data).await,
        other => panic!("{other}"),
    }))
}

fn urlpatterns() -> Vec<Pattern> {
    vec![path("run/", APIView::new("Run").post(run))]
}

#[actix_web::test]
async fn writes_of_several_models_are_those_of_django_rest_framework() {
    let cases: Vec<Json> =
        include_str!("writes.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for project in TestProject::on_each(urlpatterns) {
        seed_albums(&project);
        compare(&project, &cases, "application/json", Json::eq).await;
    }
}

#[test]
fn get_or_create_inserts_once() {
    let project = TestProject::new(urlpatterns, &[]);
    seed_albums(&project);
    project.on_database(|connection| {
        let mut artist = Changes::<Artist>::new();
        artist.set(desk_artist::name, "Bob").set(desk_artist::born, None::<i32>);
        assert_eq!(
            artist.get_or_create(connection).map(|(artist, is_new)| (artist.id, is_new)).unwrap(),
            (2, false)
        );
        artist.set(desk_artist::born, 1960);
        assert_eq!(
            artist.get_or_create(connection).map(|(artist, is_new)| (artist.id, is_new)).unwrap(),
            (101, true)
        );
        assert_eq!(
            artist.get_or_create(connection).map(|(artist, is_new)| (artist.id, is_new)).unwrap(),
            (101, false)
        );
    });
}
