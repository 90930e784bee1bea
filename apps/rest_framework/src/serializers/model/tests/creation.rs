//! `get_or_create` where a constraint refuses the row (`get_or_create` of django/db/models/query.py).

use std::sync::Barrier;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as QueryError};

use super::app::*;
use super::*;
use crate::generics::CreateAPIView;
use vitamin_framework::database::DatabaseError;
use vitamin_framework::models::Changes;

fn shelf_of(name: &str, code: &str) -> Changes<Shelf> {
    let mut changes = Changes::new();
    changes.set(desk_shelf::name, name).set(desk_shelf::code, code);
    changes
}

fn is_refused(result: Result<(Object<Shelf>, bool), DatabaseError>) -> bool {
    matches!(
        result.map(|_| ()),
        Err(DatabaseError::Query(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    )
}

fn urlpatterns() -> Vec<Pattern> {
    let shelves = ModelSerializer::<Shelf>::new(["name"]).create(|save| {
        // The name is that of a shelf with another code.
        assert!(is_refused(shelf_of("High", "other").get_or_create(save.connection())));
        save.create()
    });
    vec![path("shelves/", CreateAPIView::new("Shelves", shelves).authentication_classes(crate::classes![]))]
}

#[actix_web::test]
async fn a_refused_row_leaves_the_transaction_usable() {
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        project.on_database(|connection| {
            let found = connection.atomic(|connection| {
                assert!(is_refused(shelf_of("High", "other").get_or_create(connection)));
                let mut by_name = Changes::<Shelf>::new();
                by_name.set(desk_shelf::name, "New");
                let mut new = Vec::new();
                for code in ["new", "newer"] {
                    let mut defaults = Changes::new();
                    defaults.set(desk_shelf::code, code);
                    let (shelf, is_new) = by_name.get_or_create_with(connection, &defaults)?;
                    new.push((shelf.pk().to_owned(), is_new));
                }
                assert!(new[0].1 && !new[1].1 && new[0].0 == new[1].0);
                Ok::<_, DatabaseError>(shelf_of("New", "new").get_or_create(connection)?.1)
            });
            assert!(!found.unwrap());
            assert_eq!(Shelf::objects().count(connection).unwrap(), 3);
        });
        let request = TestRequest::post().uri("/shelves/").set_json(json!({"name": "Posted"}));
        let response = project.send_one(request).await;
        assert_eq!((response.status, response.body.as_str()), (201, r#"{"name":"Posted"}"#));
        project.on_database(|connection| assert_eq!(Shelf::objects().count(connection).unwrap(), 4));
    }
}

/// On SQLite there is one transaction that writes at a time.
#[test]
fn a_row_that_another_request_inserts_meanwhile_is_found() {
    for project in
        TestProject::on_each(urlpatterns).into_iter().filter(|one| !one.test_database().is_sqlite())
    {
        seed(&project);
        project.on_database(|first| project.on_database(|second| race(first, second)));
    }
}

fn race(first: &mut DbConnection, second: &mut DbConnection) {
    let inserted = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let done = first.atomic(|connection| {
                shelf_of("New", "new").insert(connection)?;
                inserted.wait();
                std::thread::sleep(Duration::from_millis(200));
                Ok::<_, DatabaseError>(())
            });
            done.unwrap();
        });
        inserted.wait();
        let found = second.atomic(|connection| {
            let (_, is_new) = shelf_of("New", "new").get_or_create(connection)?;
            Ok::<_, DatabaseError>((is_new, Shelf::objects().count(connection)?))
        });
        assert_eq!(found.unwrap(), (false, 3));
    });
}
