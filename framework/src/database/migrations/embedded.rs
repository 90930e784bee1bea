//! The migrations that an app brings, as `migrations!()` compiles them in.

/// The migrations of an app: what [`App::migrations`](crate::app::App::migrations) returns.
#[derive(Clone, Copy, Debug)]
pub struct AppMigrations {
    pub(super) label: Option<&'static str>,
    pub(super) migrations: &'static [EmbeddedMigration],
}

impl AppMigrations {
    /// For `migrations!()`.
    #[must_use]
    pub const fn new(migrations: &'static [EmbeddedMigration]) -> Self {
        Self { label: None, migrations }
    }

    /// Puts them below another label than the app's, for an app that takes the place of several of Django's.
    #[must_use]
    pub const fn label(mut self, label: &'static str) -> Self {
        self.label = Some(label);
        self
    }
}

/// A migration's SQL for both databases.
#[derive(Debug)]
pub struct EmbeddedMigration {
    /// The folder's name: `2026-11-23-000200_auth_initial`.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: Script,
    /// For PostgreSQL.
    pub postgres: Script,
    /// The labels of the apps that it builds on: `dependencies` of `metadata.toml`.
    pub dependencies: &'static [&'static str],
    /// Whether it runs in a transaction of its own: `run_in_transaction` of `metadata.toml`.
    pub run_in_transaction: bool,
    /// The text of `metadata.toml`, if there is one.
    pub metadata: Option<&'static str>,
}

/// The two directions of a migration.
#[derive(Debug)]
pub struct Script {
    /// `up.sql`.
    pub up: &'static str,
    /// `down.sql`.
    pub down: &'static str,
}

impl EmbeddedMigration {
    /// For `migrations!()`: the folder's name, then `up.sql` and `down.sql` for each database.
    #[must_use]
    pub const fn new(
        name: &'static str,
        sqlite: (&'static str, &'static str),
        postgres: (&'static str, &'static str),
    ) -> Self {
        Self {
            name,
            sqlite: Script { up: sqlite.0, down: sqlite.1 },
            postgres: Script { up: postgres.0, down: postgres.1 },
            dependencies: &[],
            run_in_transaction: true,
            metadata: None,
        }
    }

    /// For `migrations!()`: what `metadata.toml` says, and its text.
    #[must_use]
    pub const fn metadata(
        mut self,
        dependencies: &'static [&'static str],
        run_in_transaction: bool,
        text: &'static str,
    ) -> Self {
        self.dependencies = dependencies;
        self.run_in_transaction = run_in_transaction;
        self.metadata = Some(text);
        self
    }

    /// The part of the name that diesel's table records: `20261123000200`.
    #[must_use]
    pub fn version(&self) -> String {
        self.name.split('_').next().unwrap_or_default().replace('-', "")
    }
}
