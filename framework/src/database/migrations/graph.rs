//! Which migrations build on which (`django/db/migrations/graph.py`).

use std::collections::BTreeSet;

use super::EmbeddedMigration;
use crate::conf::ImproperlyConfigured;

/// The label of the app whose first migration makes `django_migrations`.
const CONTENT_TYPES: &str = "contenttypes";

/// For each migration, those that it builds on, directly or not.
///
/// A migration builds on all earlier ones of its own app, and on all earlier ones of the apps that it names.
#[derive(Debug, Default)]
pub(super) struct Graph(Vec<BTreeSet<usize>>);

impl Graph {
    /// `all` is in the order in which migrations run.
    ///
    /// # Errors
    /// A migration names an app that has no migration before it, so the app is missing or its migrations come too late.
    pub(super) fn new(
        all: &[(&'static str, &'static EmbeddedMigration)],
    ) -> Result<Self, ImproperlyConfigured> {
        let mut graph = Self(Vec::with_capacity(all.len()));
        for (index, (app, migration)) in all.iter().enumerate() {
            let earlier = all.get(..index).unwrap_or_default();
            // A migration that is recorded in Django's table needs that table.
            let records = migration.sqlite.up.contains("django_migrations") && *app != CONTENT_TYPES;
            let named = migration.dependencies.iter().copied().chain(records.then_some(CONTENT_TYPES));
            let mut builds_on = BTreeSet::new();
            for label in named.chain([*app]) {
                let before: Vec<usize> =
                    (0..).zip(earlier).filter(|(_, (other, _))| *other == label).map(|(at, _)| at).collect();
                if before.is_empty() && label != *app {
                    return Err(ImproperlyConfigured::new(format!(
                        "The migration {} depends on the app '{label}', which has no migrations before it. Install the \
                         app, or correct the dependencies in the migration's metadata.toml.",
                        migration.name
                    )));
                }
                for at in before {
                    builds_on.extend(graph.requirements(at));
                    builds_on.insert(at);
                }
            }
            graph.0.push(builds_on);
        }
        Ok(graph)
    }

    /// The migrations that this one builds on, directly or not.
    pub(super) fn requirements(&self, index: usize) -> BTreeSet<usize> {
        self.0.get(index).cloned().unwrap_or_default()
    }

    /// These migrations and what they build on.
    pub(super) fn with_requirements(&self, indices: &[usize]) -> BTreeSet<usize> {
        indices.iter().flat_map(|&index| self.requirements(index).into_iter().chain([index])).collect()
    }

    /// These migrations and what builds on them.
    pub(super) fn with_dependents(&self, indices: &[usize]) -> BTreeSet<usize> {
        let builds_on =
            |requirements: &BTreeSet<usize>| indices.iter().any(|index| requirements.contains(index));
        let dependents =
            (0..).zip(&self.0).filter(|(_, requirements)| builds_on(requirements)).map(|(at, _)| at);
        dependents.chain(indices.iter().copied()).collect()
    }
}
