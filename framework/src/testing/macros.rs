//! One test body, every database.

/// Defines each named function, which takes a [`&TestDatabase`](crate::testing::TestDatabase), as a test on every database:
/// `sqlite::name`, and `postgres::name` with the cargo feature `postgres` of `vitamin`.
///
/// The database is empty; a [`TestProject`](crate::testing::TestProject) migrates it. insta's snapshots are shared by the
/// tests of a function.
#[cfg(feature = "postgres")]
#[macro_export]
macro_rules! database_tests {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                let database = $crate::testing::TestDatabase::sqlite();
                $crate::testing::allow_duplicates! { super::$name(&database) }
            })*
        }

        mod postgres {
            $(#[test]
            fn $name() {
                // Without PostgreSQL, `TestDatabase::postgres` has reported it.
                if let Some(database) = $crate::testing::TestDatabase::postgres() {
                    $crate::testing::allow_duplicates! { super::$name(&database) }
                }
            })*
        }
    };
}

/// Defines each named function, which takes a [`&TestDatabase`](crate::testing::TestDatabase), as a test on every database:
/// `sqlite::name`, and `postgres::name` with the cargo feature `postgres` of `vitamin`.
///
/// The database is empty; a [`TestProject`](crate::testing::TestProject) migrates it. insta's snapshots are shared by the
/// tests of a function.
#[cfg(not(feature = "postgres"))]
#[macro_export]
macro_rules! database_tests {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                let database = $crate::testing::TestDatabase::sqlite();
                $crate::testing::allow_duplicates! { super::$name(&database) }
            })*
        }
    };
}
