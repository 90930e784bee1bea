//! The database names of the tables and columns in `src/schema.rs`.
//!
//! diesel compiles names in, but a Django project chooses its own (`AUTH_USER_MODEL`, `Meta.db_table`,
//! `USERNAME_FIELD`). So a connection replaces the quoted identifiers of each statement, and nothing else: values are
//! always parameters.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::tokens::{Piece, pieces, statements};
use super::user_id::KeyType;

/// Maps names of `src/schema.rs` to names in the database. Names that are not listed stay unchanged. Clones share the
/// map.
///
/// The columns of an aliased table are not renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Option<Arc<Renames>>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Renames {
    tables: BTreeMap<&'static str, String>,
    /// Columns by the table's name in `src/schema.rs`.
    columns: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
    /// Columns that the database does not have, in the same way.
    constants: BTreeMap<&'static str, BTreeMap<&'static str, Constant>>,
    /// The type of users' keys.
    key_type: KeyType,
}

/// What a query reads instead of a column that the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// An empty text.
    EmptyText,
    /// A boolean.
    Bool(bool),
    /// A time that is NULL.
    NoTime,
    /// The begin of 1970, UTC.
    Epoch,
}

impl Constant {
    /// The expression. PostgreSQL must know the type, and no bare constant may stand in ORDER BY.
    pub(crate) const fn sql(self, is_postgres: bool) -> &'static str {
        match self {
            Self::EmptyText => "CAST('' AS varchar)",
            Self::Bool(true) => "CAST(1 AS boolean)",
            Self::Bool(false) => "CAST(0 AS boolean)",
            Self::NoTime if is_postgres => "CAST(NULL AS timestamp with time zone)",
            Self::NoTime => "NULL",
            Self::Epoch if is_postgres => "CAST('1970-01-01 00:00:00+00' AS timestamp with time zone)",
            Self::Epoch => "CAST('1970-01-01 00:00:00' AS text)",
        }
    }
}

impl Names {
    /// Renames a table. An equal name changes nothing.
    pub fn rename_table(&mut self, table: &'static str, live: &str) {
        if table != live {
            Arc::make_mut(self.0.get_or_insert_default()).tables.insert(table, live.to_owned());
        }
    }

    /// Renames a column of a table.
    pub fn rename_column(&mut self, table: &'static str, column: &'static str, live: &str) {
        if column != live {
            let columns = &mut Arc::make_mut(self.0.get_or_insert_default()).columns;
            columns.entry(table).or_default().insert(column, live.to_owned());
        }
    }

    /// Reads a constant instead of a column. Statements that write the column fail.
    pub fn replace_column(&mut self, table: &'static str, column: &'static str, constant: Constant) {
        let constants = &mut Arc::make_mut(self.0.get_or_insert_default()).constants;
        constants.entry(table).or_default().insert(column, constant);
    }

    /// Sets the type of users' keys. It must be known where the database does not tell texts from UUIDs, as SQLite.
    pub fn set_key_type(&mut self, key: KeyType) {
        if key != self.key_type() {
            Arc::make_mut(self.0.get_or_insert_default()).key_type = key;
        }
    }

    /// The type of users' keys.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        self.0.as_ref().map(|names| names.key_type).unwrap_or_default()
    }

    /// What is read instead of a column, by the table's name in `src/schema.rs`. `None` if the database has the column.
    #[must_use]
    pub fn constant(&self, table: &str, column: &str) -> Option<Constant> {
        self.0.as_ref()?.constants.get(table)?.get(column).copied()
    }

    /// Whether they are clones of the same names.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Returns whether all names equal those of `src/schema.rs`.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns a table's name in the database.
    #[must_use]
    pub fn table<'a>(&'a self, table: &'a str) -> &'a str {
        self.0.as_ref().and_then(|names| names.tables.get(table)).map_or(table, String::as_str)
    }

    /// Returns a column's name in the database, by the table's name in `src/schema.rs`.
    #[must_use]
    pub fn column<'a>(&'a self, table: &str, column: &'a str) -> &'a str {
        let columns = self.0.as_ref().and_then(|names| names.columns.get(table));
        columns.and_then(|columns| columns.get(column)).map_or(column, String::as_str)
    }

    /// Replaces the names in a script of several statements, such as a migration. Comments, string literals and the bodies
    /// of functions stay as they are.
    #[must_use]
    pub fn rename_script<'a>(&self, sql: &'a str) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(sql);
        }
        Cow::Owned(statements(sql).into_iter().map(|statement| self.rename(statement)).collect())
    }

    /// Replaces the names in a diesel statement.
    ///
    /// `` `t`.`c` `` is a column of `t`. An unqualified identifier is a table, or a column of the table that the
    /// statement inserts into or updates, which is its first identifier. In ``REFERENCES `t` (`c`)`` it is a column of `t`.
    #[must_use]
    pub fn rename<'a>(&self, sql: &'a str) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(sql);
        }
        let first = pieces(sql).find_map(Piece::first_word).unwrap_or_default();
        let writes =
            ["INSERT", "REPLACE", "UPDATE", "DELETE"].iter().any(|word| first.eq_ignore_ascii_case(word));
        let target = if writes { pieces(sql).find_map(Piece::name) } else { None };
        let mut renamed = String::with_capacity(sql.len() + 64);
        let pieces: Vec<Piece<'_>> = pieces(sql).collect();
        let mut rest = pieces.as_slice();
        // The identifier before the preceding dot.
        let mut qualifier: Option<&str> = None;
        // The table that a foreign key refers to, up to the end of its columns.
        let mut referenced: Option<&str> = None;
        let mut refers = false;
        while let Some((piece, after)) = rest.split_first() {
            rest = after;
            let Piece::Identifier { quote, name } = *piece else {
                renamed.push_str(piece.text());
                if piece.text() != "." {
                    qualifier = None;
                }
                if let Piece::Other(text) = *piece {
                    refers = text
                        .split_whitespace()
                        .last()
                        .is_some_and(|word| word.eq_ignore_ascii_case("REFERENCES"));
                    referenced = referenced.filter(|_| !text.contains(')') && !text.contains(','));
                }
                continue;
            };
            let table_of_column = referenced;
            if std::mem::take(&mut refers) {
                referenced = Some(name);
            }
            if let [Piece::Other("."), Piece::Identifier { name: column, .. }, after @ ..] = after
                && let Some(constant) = self.constant(name, column)
            {
                // Only PostgreSQL's names are in double quotes.
                renamed.push_str(constant.sql(quote == '"'));
                rest = after;
                continue;
            }
            let qualifies = matches!(after.first(), Some(Piece::Other(".")));
            let live = match qualifier.take() {
                Some(table) => self.column(table, name),
                None if table_of_column.is_some_and(|table| self.column(table, name) != name) => {
                    table_of_column.map_or(name, |table| self.column(table, name))
                }
                None if self.table(name) != name => self.table(name),
                None if qualifies => name,
                None => target.map_or(name, |table| self.column(table, name)),
            };
            qualifier = qualifies.then_some(name);
            renamed.push(quote);
            // Identifiers in the statement are escaped already; a new name is not.
            if live == name {
                renamed.push_str(name);
            } else {
                live.chars().for_each(|c| {
                    renamed.extend(std::iter::repeat_n(c, if c == quote { 2 } else { 1 }));
                });
            }
            renamed.push(quote);
        }
        Cow::Owned(renamed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.rename_table("auth_user", "members");
        names.rename_column("auth_user", "username", "email");
        names.rename_table("auth_user_groups", "members_groups");
        names.rename_column("auth_user_groups", "user_id", "member_id");
        names
    }

    #[test]
    fn diesel_statements_get_the_projects_names() {
        for (sql, renamed) in [
            (
                "SELECT `auth_user`.`id`, `auth_user`.`username` FROM `auth_user` WHERE (`auth_user`.`username` = ?)",
                "SELECT `members`.`id`, `members`.`email` FROM `members` WHERE (`members`.`email` = ?)",
            ),
            (
                r#"INSERT INTO "auth_user" ("password", "username") VALUES ($1, $2) RETURNING "auth_user"."username""#,
                r#"INSERT INTO "members" ("password", "email") VALUES ($1, $2) RETURNING "members"."email""#,
            ),
            (
                r#"UPDATE "auth_user" SET "username" = $1 WHERE ("auth_user"."id" = $2)"#,
                r#"UPDATE "members" SET "email" = $1 WHERE ("members"."id" = $2)"#,
            ),
            (
                r#"CREATE TABLE "x" ("id" integer REFERENCES "auth_user" ("username"), "username" text references "y" ("username"))"#,
                r#"CREATE TABLE "x" ("id" integer REFERENCES "members" ("email"), "username" text references "y" ("username"))"#,
            ),
            (r#"update "auth_user" set "username" = 'x'"#, r#"update "members" set "email" = 'x'"#),
            // A column of the same name in another table.
            (
                "SELECT `log`.`username`, `log`.`user_id`, `auth_user_groups`.`user_id` FROM `auth_user_groups`, `log`",
                "SELECT `log`.`username`, `log`.`user_id`, `members_groups`.`member_id` FROM `members_groups`, `log`",
            ),
            ("INSERT INTO `log` (`username`) VALUES (?)", "INSERT INTO `log` (`username`) VALUES (?)"),
            // Parts of names, string literals, and unquoted names.
            (
                "SELECT 'it''s `auth_user`', auth_user, `auth_user_x`.`username`",
                "SELECT 'it''s `auth_user`', auth_user, `auth_user_x`.`username`",
            ),
            ("SELECT `a``auth_user`, \"\"\"auth_user\"", "SELECT `a``auth_user`, \"\"\"auth_user\""),
            ("SELECT `auth_user", "SELECT `auth_user"),
        ] {
            assert_eq!(names().rename(sql), renamed);
        }
    }

    #[test]
    fn a_column_that_is_missing_is_read_as_a_constant() {
        let mut names = names();
        names.replace_column("auth_user", "is_active", Constant::Bool(true));
        names.replace_column("auth_user", "date_joined", Constant::Epoch);
        assert_eq!(names.constant("auth_user", "is_active"), Some(Constant::Bool(true)));
        assert_eq!((names.constant("auth_user", "email"), names.constant("x", "is_active")), (None, None));
        for (sql, renamed) in [
            (
                "SELECT `auth_user`.`is_active`, `auth_user`.`id`, `x`.`is_active` FROM `auth_user` ORDER BY `auth_user`.`date_joined`",
                "SELECT CAST(1 AS boolean), `members`.`id`, `x`.`is_active` FROM `members` ORDER BY CAST('1970-01-01 00:00:00' AS text)",
            ),
            (
                r#"SELECT "auth_user"."date_joined" FROM "auth_user" WHERE "auth_user"."is_active""#,
                r#"SELECT CAST('1970-01-01 00:00:00+00' AS timestamp with time zone) FROM "members" WHERE CAST(1 AS boolean)"#,
            ),
            // The database says that there is no such column.
            (r#"UPDATE "auth_user" SET "is_active" = $1"#, r#"UPDATE "members" SET "is_active" = $1"#),
        ] {
            assert_eq!(names.rename(sql), renamed);
        }
    }

    #[test]
    fn new_names_are_escaped() {
        let mut names = Names::default();
        names.rename_table("auth_user", "a`b\"c");
        assert_eq!(names.rename("FROM `auth_user`"), "FROM `a``b\"c`");
        assert_eq!(names.rename("FROM \"auth_user\""), "FROM \"a`b\"\"c\"");
    }

    #[test]
    fn equal_names_change_nothing() {
        let mut names = Names::default();
        names.rename_table("auth_user", "auth_user");
        names.rename_column("auth_user", "username", "username");
        assert!(names.is_empty());
        assert!(matches!(names.rename("FROM `auth_user`"), Cow::Borrowed(_)));
        assert_eq!((names.table("x"), names.column("x", "y")), ("x", "y"));
    }

    proptest! {
        #[test]
        fn other_names_are_unchanged(sql in "[ -~é]*") {
            let mut names = Names::default();
            names.rename_table("zzzzzzzzz", "never");
            prop_assert_eq!(names.rename(&sql), sql.as_str());
        }

        #[test]
        fn string_literals_are_unchanged(text in "[ -~é`\"']*") {
            let sql = format!("SELECT '{}', `auth_user`", text.replace('\'', "''"));
            let expected = format!("SELECT '{}', `members`", text.replace('\'', "''"));
            prop_assert_eq!(names().rename(&sql), expected);
        }

        /// A quoted identifier is renamed only if the whole name matches.
        #[test]
        fn only_whole_identifiers_are_renamed(before in "[a-z_`\"]{0,4}", after in "[a-z_`\"]{0,4}", quote in "[`\"]") {
            let double = quote.repeat(2);
            let name = format!("{before}auth_user{after}");
            let sql = format!("FROM {quote}{}{quote} AS x", name.replace(&quote, &double));
            let live = if name == "auth_user" { "members" } else { &name };
            prop_assert_eq!(names().rename(&sql), format!("FROM {quote}{}{quote} AS x", live.replace(&quote, &double)));
        }

        /// Renaming and renaming back gives the original statement.
        #[test]
        fn names_can_be_renamed_back(column in "(id|username|email|x)", table in "(auth_user|auth_user_groups|y)") {
            let mut there = Names::default();
            there.rename_table("auth_user", "members");
            there.rename_column("auth_user", "username", "login");
            let mut back = Names::default();
            back.rename_table("members", "auth_user");
            back.rename_column("members", "login", "username");
            for sql in [
                format!("SELECT `{table}`.`{column}` FROM `{table}`"),
                format!("UPDATE `{table}` SET `{column}` = ?"),
            ] {
                prop_assert_eq!(back.rename(&there.rename(&sql)).into_owned(), sql.clone());
            }
        }
    }
}
