//! The checks of `manage doctor` on tokens.

use diesel::prelude::*;

use super::TokenCache;
use super::models::Token;
use crate::schema::authtoken_token;
use crate::uses::vitamin_token_use;
use vitamin_framework::database::DatabaseError;
#[cfg(feature = "postgres")]
use vitamin_framework::database::DbConnection;
use vitamin_framework::database::needs::NeededTable;
use vitamin_framework::diagnosis::{Examination, Severity};

const SECTION: &str = "Tokens";
/// Number of newest rows that are checked one by one.
const NEWEST: i64 = 20;

pub(super) fn tables(records_uses: bool) -> Vec<NeededTable> {
    let tokens = NeededTable::new(authtoken_token::table)
        .unique(&[&[authtoken_token::key::NAME], &[authtoken_token::user_id::NAME]])
        .written();
    let uses = NeededTable::new(vitamin_token_use::table).unique(&[&[vitamin_token_use::user_id::NAME]]);
    [tokens].into_iter().chain(records_uses.then(|| uses.written())).collect()
}

pub(super) fn diagnose(examination: &mut Examination<'_>, cache: TokenCache) -> Result<(), DatabaseError> {
    if examination.can_read(authtoken_token::table) {
        let all: i64 = authtoken_token::table.count().get_result(examination.connection)?;
        let newest: QueryResult<Vec<Token>> = authtoken_token::table
            .order(authtoken_token::created.desc())
            .limit(NEWEST)
            .select(Token::as_select())
            .load(examination.connection);
        match newest {
            Ok(_) => examination.diagnosis.add(
                SECTION,
                Severity::Fine,
                format!("{all} tokens of rest_framework.authtoken. They work here unchanged."),
            ),
            // The error's message may contain the value.
            Err(diesel::result::Error::DeserializationError(_)) => {
                let table = examination.settings.database.names.table("authtoken_token");
                let message =
                    format!("A row of {table} can't be read: a value does not have its column's type.");
                examination.diagnosis.add(SECTION, Severity::Problem, message);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let table = examination.settings.database.names.table("authtoken_token");
    let schema = examination.schema;
    if !schema.has(table) {
        let alike = schema.tables.iter().filter(|(_, live)| {
            let has = |name: &str| live.columns.iter().any(|column| column.name == name);
            ["key", "created", "user_id"].iter().all(|name| has(name))
        });
        if let [(name, _)] = alike.collect::<Vec<_>>().as_slice() {
            let message =
                format!("The table {table} is missing; {name} looks like it: set TOKEN_DB_TABLE={name}.");
            examination.diagnosis.add(SECTION, Severity::Problem, message);
            examination.diagnosis.propose_setting("TOKEN_DB_TABLE", name.as_str());
        }
    }
    if examination.schema.has("knox_authtoken") {
        let message = "There are also tokens of django-rest-knox, which no view here reads. Leave those URLs to Django.";
        examination.diagnosis.add(SECTION, Severity::Note, message);
    }
    diagnose_cache(examination, cache)
}

fn diagnose_cache(examination: &mut Examination<'_>, cache: TokenCache) -> Result<(), DatabaseError> {
    #[cfg(feature = "postgres")]
    if let DbConnection::Postgres(_) = examination.connection {
        use super::lookup::bounded::triggers::{TriggerState, trigger_state};
        let state = trigger_state(examination.connection)?;
        let (severity, message) = match (cache, state) {
            (TokenCache::Exact, TriggerState::Missing) => return Ok(()),
            (TokenCache::Exact, _) => (
                Severity::Note,
                "The triggers of TOKEN_CACHE=bounded are installed, but it is not set. `manage install_token_triggers \
                 --uninstall` removes them.",
            ),
            (TokenCache::Bounded, TriggerState::Installed) => {
                (Severity::Fine, "The triggers that TOKEN_CACHE=bounded needs are installed.")
            }
            (TokenCache::Bounded, TriggerState::Other) => (
                Severity::Warning,
                "The triggers that TOKEN_CACHE=bounded needs are incomplete, disabled or of another version, so each token \
                 is looked up. `manage install_token_triggers` repairs them.",
            ),
            (TokenCache::Bounded, TriggerState::Missing) => (
                Severity::Warning,
                "The triggers that TOKEN_CACHE=bounded needs are not installed, so each token is looked up. `manage \
                 install_token_triggers` installs them.",
            ),
        };
        examination.diagnosis.add(SECTION, severity, message);
        return Ok(());
    }
    if cache == TokenCache::Bounded {
        let message = "TOKEN_CACHE=bounded is for PostgreSQL; on SQLite the token cache is always exact.";
        examination.diagnosis.add(SECTION, Severity::Note, message);
    }
    Ok(())
}
