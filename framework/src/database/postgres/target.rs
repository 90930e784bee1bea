//! How tokio-postgres reaches the server that libpq reaches.
//!
//! tokio-postgres reads no environment variables of libpq (`PGHOST` …), no service file and no password file. So libpq
//! connects first, and the connection tells what it uses.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::libpq::{Connection, Endpoint};
use super::opening::Purpose;
use super::pipeline::{LIMIT, LOCK_LIMIT};
use super::{REFUSED, libpq_url, options, with_options};
use crate::database::DatabaseSettings;

/// Why there is no pipelined connection.
#[derive(Debug)]
pub(super) enum Refusal {
    /// This server can't be reached in a way that a pipelined connection supports.
    Unsupported(&'static str),
    /// The connection failed.
    Failed(String),
}

pub(super) const POOLER: Refusal = Refusal::Unsupported("it is behind a connection pooler");

/// Connects by libpq, and returns the same connection for tokio-postgres, whose session is marked. This blocks.
pub(super) fn config(
    settings: &DatabaseSettings,
    url: &str,
    mark: &str,
    purpose: Purpose,
) -> Result<Config, Refusal> {
    let pgoptions = std::env::var("PGOPTIONS").ok();
    let url = with_options(&libpq_url(settings, url), &options(settings, mark), pgoptions.as_deref());
    let connection = Connection::open(&url).map_err(|reason| {
        if reason.contains(REFUSED) { POOLER } else { Refusal::Failed(settings.url.redact(&reason)) }
    })?;
    let limit = LIMIT.min(settings.statement_timeout);
    config_like(connection.endpoint(), &connection.parameters(), purpose, limit)
}

fn config_like(
    endpoint: Endpoint,
    parameters: &[(String, String)],
    purpose: Purpose,
    limit: Duration,
) -> Result<Config, Refusal> {
    let parameter = |name: &str| {
        let found = parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let address: Option<IpAddr> = endpoint.address.parse().ok();
    // libpq encrypts if the server happens to offer it, also to the same machine. Elsewhere it must stay encrypted.
    let may_be_plain = matches!(parameter("sslmode"), Some("allow" | "prefer"))
        && address.is_some_and(|address| address.is_loopback());
    if endpoint.is_encrypted && !may_be_plain {
        return Err(Refusal::Unsupported("its connections are encrypted"));
    }
    for name in ["requirepeer", "require_auth"] {
        if parameter(name).is_some() {
            return Err(Refusal::Unsupported("its URL demands a form of authentication"));
        }
    }
    if parameter("channel_binding") == Some("require") {
        return Err(Refusal::Unsupported("its connections are encrypted"));
    }
    let mut config = Config::new();
    config.ssl_mode(SslMode::Disable).user(endpoint.user).dbname(endpoint.database);
    match address {
        Some(address) => config.hostaddr(address),
        None if endpoint.host.starts_with('/') => config.host_path(endpoint.host),
        None => return Err(Refusal::Unsupported("its address is not known")),
    };
    if let Ok(port) = endpoint.port.parse() {
        config.port(port);
    }
    if !endpoint.password.is_empty() {
        config.password(endpoint.password);
    }
    if let Some(name) = parameter("application_name").or_else(|| parameter("fallback_application_name")) {
        config.application_name(name);
    }
    let seconds = |name| parameter(name).and_then(number).filter(|n| *n > 0).map(Duration::from_secs);
    if let Some(timeout) = seconds("connect_timeout") {
        config.connect_timeout(timeout);
    }
    if let Some(timeout) = parameter("tcp_user_timeout").and_then(number) {
        config.tcp_user_timeout(Duration::from_millis(timeout));
    }
    config.keepalives(parameter("keepalives") != Some("0"));
    if let Some(idle) = seconds("keepalives_idle") {
        config.keepalives_idle(idle);
    }
    if let Some(interval) = seconds("keepalives_interval") {
        config.keepalives_interval(interval);
    }
    if let Some(count) = parameter("keepalives_count").and_then(number) {
        config.keepalives_retries(count);
    }
    let own = match purpose {
        Purpose::Reads => "default_transaction_read_only=on".to_owned(),
        Purpose::Writes => format!("lock_timeout={}", LOCK_LIMIT.as_millis()),
    };
    // Of a repeated option, the last one wins.
    config.options(format!("{} -c statement_timeout={} -c {own}", endpoint.options, limit.as_millis()));
    Ok(config)
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(host: &str, address: &str, is_encrypted: bool) -> Endpoint {
        Endpoint {
            host: host.to_owned(),
            address: address.to_owned(),
            port: "5433".to_owned(),
            user: "u".to_owned(),
            password: b"p".to_vec(),
            database: "d".to_owned(),
            options: "-c a=1".to_owned(),
            is_encrypted,
        }
    }

    fn config(endpoint: Endpoint, parameters: &[(&str, &str)]) -> Result<Config, Refusal> {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        config_like(endpoint, &parameters, Purpose::Reads, Duration::from_millis(250))
    }

    #[test]
    fn it_is_the_same_server() {
        let parameters = [
            ("application_name", "shop"),
            ("connect_timeout", "5"),
            ("tcp_user_timeout", "5000"),
            ("keepalives_idle", "30"),
            ("sslmode", "prefer"),
        ];
        let config = config(endpoint("db", "192.0.2.1", false), &parameters).unwrap();
        assert_eq!(config.get_hostaddrs(), ["192.0.2.1".parse::<IpAddr>().unwrap()]);
        assert!(config.get_hosts().is_empty());
        assert_eq!((config.get_ports(), config.get_user()), (&[5433][..], Some("u")));
        assert_eq!((config.get_password(), config.get_dbname()), (Some(&b"p"[..]), Some("d")));
        assert_eq!(config.get_application_name(), Some("shop"));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(5)));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(5)));
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(30));
        let options = "-c a=1 -c statement_timeout=250 -c default_transaction_read_only=on";
        assert_eq!(config.get_options(), Some(options));
    }

    #[test]
    fn encryption_is_kept() {
        for (address, mode, is_allowed) in [
            ("127.0.0.1", "prefer", true),
            ("::1", "allow", true),
            ("127.0.0.1", "require", false),
            ("127.0.0.1", "verify-full", false),
            ("192.0.2.1", "prefer", false),
        ] {
            let config = config(endpoint("db", address, true), &[("sslmode", mode)]);
            assert_eq!(config.is_ok(), is_allowed, "{address} {mode}");
        }
    }

    #[test]
    fn demands_are_kept() {
        for (name, value, is_allowed) in [
            ("require_auth", "scram-sha-256", false),
            ("requirepeer", "postgres", false),
            ("channel_binding", "require", false),
            ("channel_binding", "prefer", true),
            ("require_auth", "", true),
        ] {
            let config = config(endpoint("/tmp", "", false), &[(name, value)]);
            assert_eq!(config.is_ok(), is_allowed, "{name} {value}");
        }
    }
}
