//! What a project's database calls the tables and columns that `src/schema.rs` describes.
//!
//! diesel compiles the names in; a Django project chooses its own (`AUTH_USER_MODEL`, `Meta.db_table`, `USERNAME_FIELD`). A
//! connection therefore changes the quoted identifiers of each statement on its way to the database, and nothing else: a
//! value is always a parameter.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names of `src/schema.rs`, and what they are in the database. Those that are not here stay as they are. Clones share them.
///
/// A table that a query gives an alias keeps its columns' own names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Option<Arc<Renames>>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Renames {
    tables: BTreeMap<&'static str, String>,
    /// By the table's name in `src/schema.rs`.
    columns: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
}

impl Names {
    /// The table is called so in the database. A name that is the same changes nothing.
    pub fn rename_table(&mut self, table: &'static str, live: &str) {
        if table != live {
            Arc::make_mut(self.0.get_or_insert_default()).tables.insert(table, live.to_owned());
        }
    }

    /// The table's column is called so in the database.
    pub fn rename_column(&mut self, table: &'static str, column: &'static str, live: &str) {
        if column != live {
            let columns = &mut Arc::make_mut(self.0.get_or_insert_default()).columns;
            columns.entry(table).or_default().insert(column, live.to_owned());
        }
    }

    /// Whether every name is that of `src/schema.rs`.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What the database calls a table.
    #[must_use]
    pub fn table<'a>(&'a self, table: &'a str) -> &'a str {
        self.0.as_ref().and_then(|names| names.tables.get(table)).map_or(table, String::as_str)
    }

    /// What the database calls a column of a table of `src/schema.rs`.
    #[must_use]
    pub fn column<'a>(&'a self, table: &str, column: &'a str) -> &'a str {
        let columns = self.0.as_ref().and_then(|names| names.columns.get(table));
        columns.and_then(|columns| columns.get(column)).map_or(column, String::as_str)
    }

    /// A statement of diesel's with the names that the database knows.
    ///
    /// `` `t`.`c` `` is a column of `t`. An identifier by itself is a table, or a column of the table that the statement
    /// inserts into or updates, which is the first one in it.
    #[must_use]
    pub fn rename<'a>(&self, sql: &'a str) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(sql);
        }
        let first = sql.split_whitespace().next().unwrap_or_default();
        let writes =
            ["INSERT", "REPLACE", "UPDATE", "DELETE"].iter().any(|word| first.eq_ignore_ascii_case(word));
        let target = if writes { pieces(sql).find_map(Piece::name) } else { None };
        let mut renamed = String::with_capacity(sql.len() + 64);
        let mut all = pieces(sql).peekable();
        // The identifier before a dot that was just passed.
        let mut qualifier: Option<&str> = None;
        while let Some(piece) = all.next() {
            let Piece::Identifier { quote, name } = piece else {
                renamed.push_str(piece.text());
                if piece.text() != "." {
                    qualifier = None;
                }
                continue;
            };
            let qualifies = matches!(all.peek(), Some(Piece::Other(".")));
            let live = match qualifier.take() {
                Some(table) => self.column(table, name),
                None if self.table(name) != name => self.table(name),
                None if qualifies => name,
                None => target.map_or(name, |table| self.column(table, name)),
            };
            qualifier = qualifies.then_some(name);
            renamed.push(quote);
            // An identifier of a statement is escaped already, a new name is not.
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

/// What a statement is made of.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// A name in backticks (SQLite) or double quotes, with quotes inside it still doubled.
    Identifier { quote: char, name: &'a str },
    /// Anything else: a single character, a run of them, or a literal text with its quotes.
    Other(&'a str),
}

impl<'a> Piece<'a> {
    const fn name(self) -> Option<&'a str> {
        match self {
            Self::Identifier { name, .. } => Some(name),
            Self::Other(_) => None,
        }
    }

    const fn text(self) -> &'a str {
        match self {
            Self::Identifier { name, .. } => name,
            Self::Other(text) => text,
        }
    }
}

/// All pieces in their order. What is quoted and never ends is one piece of something else.
fn pieces(sql: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (piece, after) = match first {
            '`' | '"' | '\'' => match closing(rest, first) {
                Some(end) => {
                    let (quoted, after) = rest.split_at(end + 1);
                    let name = quoted.get(1..end).unwrap_or_default();
                    let is_text = first == '\'';
                    (
                        if is_text { Piece::Other(quoted) } else { Piece::Identifier { quote: first, name } },
                        after,
                    )
                }
                None => (Piece::Other(rest), ""),
            },
            '.' => (Piece::Other("."), rest.get(1..).unwrap_or_default()),
            _ => {
                let (run, after) = rest.split_at(rest.find(['`', '"', '\'', '.']).unwrap_or(rest.len()));
                (Piece::Other(run), after)
            }
        };
        rest = after;
        Some(piece)
    })
}

/// Where the quote that opens `quoted` is closed: at the first that is not doubled.
fn closing(quoted: &str, quote: char) -> Option<usize> {
    let mut quotes = quoted.match_indices(quote).skip(1).map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.peek() != Some(&(at + 1)) {
            return Some(at);
        }
        quotes.next();
    }
    None
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
    fn statements_of_diesel_get_the_project_s_names() {
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
            (r#"update "auth_user" set "username" = 'x'"#, r#"update "members" set "email" = 'x'"#),
            // The same column's name in another table.
            (
                "SELECT `log`.`username`, `log`.`user_id`, `auth_user_groups`.`user_id` FROM `auth_user_groups`, `log`",
                "SELECT `log`.`username`, `log`.`user_id`, `members_groups`.`member_id` FROM `members_groups`, `log`",
            ),
            ("INSERT INTO `log` (`username`) VALUES (?)", "INSERT INTO `log` (`username`) VALUES (?)"),
            // Parts of names, texts, and what is not quoted.
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
    fn a_new_name_is_quoted() {
        let mut names = Names::default();
        names.rename_table("auth_user", "a`b\"c");
        assert_eq!(names.rename("FROM `auth_user`"), "FROM `a``b\"c`");
        assert_eq!(names.rename("FROM \"auth_user\""), "FROM \"a`b\"\"c\"");
    }

    #[test]
    fn the_same_names_are_none() {
        let mut names = Names::default();
        names.rename_table("auth_user", "auth_user");
        names.rename_column("auth_user", "username", "username");
        assert!(names.is_empty());
        assert!(matches!(names.rename("FROM `auth_user`"), Cow::Borrowed(_)));
        assert_eq!((names.table("x"), names.column("x", "y")), ("x", "y"));
    }

    proptest! {
        #[test]
        fn what_is_not_named_stays(sql in "[ -~é]*") {
            let mut names = Names::default();
            names.rename_table("zzzzzzzzz", "never");
            prop_assert_eq!(names.rename(&sql), sql.as_str());
        }

        #[test]
        fn texts_are_never_touched(text in "[ -~é`\"']*") {
            let sql = format!("SELECT '{}', `auth_user`", text.replace('\'', "''"));
            let expected = format!("SELECT '{}', `members`", text.replace('\'', "''"));
            prop_assert_eq!(names().rename(&sql), expected);
        }

        /// A quoted identifier is renamed where it is the whole name, whatever stands around it.
        #[test]
        fn whole_identifiers_only(before in "[a-z_`\"]{0,4}", after in "[a-z_`\"]{0,4}", quote in "[`\"]") {
            let double = quote.repeat(2);
            let name = format!("{before}auth_user{after}");
            let sql = format!("FROM {quote}{}{quote} AS x", name.replace(&quote, &double));
            let live = if name == "auth_user" { "members" } else { &name };
            prop_assert_eq!(names().rename(&sql), format!("FROM {quote}{}{quote} AS x", live.replace(&quote, &double)));
        }

        /// Back and forth is where it began.
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
