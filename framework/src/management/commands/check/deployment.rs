//! The checks of `check --deploy` on settings that are fine in development. Those on a weak `SECRET_KEY`, `DEBUG` and empty
//! `ALLOWED_HOSTS` are beside the checks of every start.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::checks::CheckMessage;
use crate::http::ForwardedAllowIps;
use crate::middleware::HttpSettings;
use crate::project::Project;
use crate::server::Address;

pub(super) fn checks(project: &Project) -> Vec<CheckMessage> {
    let http = &project.settings.http;
    let checks = [
        reachable_without_tls(project.settings.server.address),
        any_host(http),
        unknown_clients(project),
        plain_text_database(project),
        database_file(project).and_then(|path| readable_by_all("vitamin.W024", path)),
        project.env.file().and_then(|path| readable_by_all("vitamin.W025", path)),
    ];
    checks.into_iter().flatten().collect()
}

/// The server does not speak TLS.
fn reachable_without_tls(Address(address): Address) -> Option<CheckMessage> {
    let is_inside = match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    let message = format!(
        "ADDRESS is {address}, where other machines can reach the server by plain HTTP, with passwords and tokens in plain \
         text."
    );
    (!is_inside).then(|| {
        CheckMessage::warning("vitamin.W020", message).hint(
            "Listen on a loopback or private address, behind a proxy that speaks TLS (docs/nginx.md). If a firewall or a \
             container keeps others out, silence this check.",
        )
    })
}

fn any_host(http: &HttpSettings) -> Option<CheckMessage> {
    http.allowed_hosts.iter().any(|host| host == "*").then(|| {
        let message =
            "ALLOWED_HOSTS has *, so that a client chooses the host of the URLs that responses contain.";
        CheckMessage::warning("vitamin.W021", message).hint("List the hosts that this site answers for.")
    })
}

/// Something says that there is a proxy, but not whose `X-Forwarded-For` tells the client's address.
fn unknown_clients(project: &Project) -> Option<CheckMessage> {
    let http = &project.settings.http;
    let about_a_proxy = [
        ("SECURE_PROXY_SSL_HEADER", http.secure_proxy_ssl_header.is_some()),
        ("USE_X_FORWARDED_HOST", http.use_x_forwarded_host),
        ("FORWARDED_ALLOW_IPS", http.forwarded_allow_ips != ForwardedAllowIps::default()),
        (
            "NUM_PROXIES",
            project.env.variable("NUM_PROXIES").is_some_and(|number| !matches!(number, "" | "0")),
        ),
    ];
    let (name, _) = about_a_proxy.into_iter().find(|(_, is_set)| *is_set)?;
    let message = format!(
        "{name} is set, but not TRUSTED_PROXIES: all clients of the proxy count as one address, so that anybody can use up the \
         limit of failed logins of all."
    );
    http.trusted_proxies.is_empty().then(|| {
        CheckMessage::warning("vitamin.W022", message)
            .hint("Name the addresses of your proxies, e.g. TRUSTED_PROXIES=127.0.0.1.")
    })
}

fn plain_text_database(project: &Project) -> Option<CheckMessage> {
    let url = &project.settings.database.url;
    let message = "DATABASE_URL leads to another machine, and its sslmode accepts a connection in plain text, which others \
                   may read and change.";
    url.may_be_plain_text(project.env.variable("PGSSLMODE")).then(|| {
        CheckMessage::warning("vitamin.W023", message)
            .hint("Add sslmode=verify-full and sslrootcert, or at least sslmode=require.")
    })
}

/// The path of SQLite's file.
fn database_file(project: &Project) -> Option<&Path> {
    let path = project.settings.database.url.sqlite_path()?;
    let path = match path.strip_prefix("file:") {
        Some(uri) => uri.split('?').next().map(|path| path.strip_prefix("//").unwrap_or(path))?,
        None => path,
    };
    Some(Path::new(path))
}

/// Its secrets are those of every user of the machine.
fn readable_by_all(id: &'static str, path: &Path) -> Option<CheckMessage> {
    const OTHERS: u32 = 0o007;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    (mode & OTHERS != 0).then(|| {
        CheckMessage::warning(
            id,
            format!("{path} has the mode {mode:04o}, so all users of this machine may use it."),
        )
        .hint(format!("chmod 0600 {path}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_inside_are_fine() {
        for inside in ["127.0.0.1:8000", "[::1]:8000", "10.1.2.3:80", "192.168.0.1:80", "[fd00::1]:80"] {
            assert_eq!(reachable_without_tls(inside.parse().unwrap()), None, "{inside}");
        }
        for outside in ["0:8000", "[::]:8000", "203.0.113.7:80", "[2001:db8::1]:80"] {
            assert!(reachable_without_tls(outside.parse().unwrap()).is_some(), "{outside}");
        }
    }
}
