//! URLs of PostgreSQL: from the forms that Django projects use to the one that libpq reads.

use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{decode, parameters as split_parameters};

/// The parameters that Django itself reads, or that choose something about its driver, not about the session.
const DJANGO_S: [&str; 8] = [
    "conn_max_age",
    "conn_health_checks",
    "atomic_requests",
    "autocommit",
    "disable_server_side_cursors",
    "time_zone",
    "pool",
    "server_side_binding",
];

/// What an IPv6 address keeps.
const ADDRESS: AsciiSet = PARAMETER.remove(b'[').remove(b']').remove(b':');

/// Returns the URL for libpq, of the part after the scheme's `://`. It has only escapes that libpq reads, since libpq quotes
/// a URL that it can't parse, with the password.
///
/// As dj-database-url reads it, and as django-environ where that accepts more: several hosts, a folder of a socket before
/// the name, `#` in a password. `+` is a space in parameters only, so that passwords stay whole.
pub(super) fn url(rest: &str) -> Result<String, &'static str> {
    if rest.contains(char::is_control) {
        return Err("it has a line break or another control character.");
    }
    let (user, location) = split_user(rest);
    let (location, query) = location.split_once('?').unwrap_or((location, ""));
    if location.contains('#') || query.contains('#') {
        return Err("it has a #; write it as %23.");
    }
    let (hosts, name) = match location.split_once('/') {
        Some((hosts, name)) => (hosts, Some(name)),
        None => (location, None),
    };
    let mut out = String::from("postgres://");
    if let Some(user) = user {
        let (name, password) = match user.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (user, None),
        };
        out.push_str(&encode(name)?);
        if let Some(password) = password {
            out.push(':');
            out.push_str(&encode(password)?);
        }
        out.push('@');
    }
    let (folder, name) = match name {
        // django-environ's form of a socket.
        Some(path) if path.starts_with('/') => match path.rsplit_once('/') {
            Some((folder, name)) => (Some(folder), Some(name)),
            None => (None, Some(path)),
        },
        name => (None, name),
    };
    match folder {
        Some(_) if !hosts.is_empty() => return Err("it has a host and a socket's folder."),
        Some(folder) => out.push_str(&encode(folder)?),
        None => out.push_str(&hosts.split(',').map(host).collect::<Result<Vec<_>, _>>()?.join(",")),
    }
    if let Some(name) = name {
        if name.contains('@') {
            return Err(PASSWORD);
        }
        out.push('/');
        out.push_str(&encode(name)?);
    }
    let parameters = parameters(query)?;
    if !parameters.is_empty() {
        out.push('?');
        out.push_str(&parameters.join("&"));
    }
    Ok(out)
}

const PASSWORD: &str = "the text after the host is not a port; write / and @ in a password as %2F and %40.";

/// Splits user and password from the rest. They may contain `?`, `#` and `@`, but no `/`.
fn split_user(rest: &str) -> (Option<&str>, &str) {
    let authority = rest.split('/').next().unwrap_or_default();
    // `h?user=a@b` has no user, and `u:a?b@h` has.
    let is_query = |at: usize| {
        let (start, query) = authority.split_at_checked(at)?;
        let host = start.rsplit('@').next()?;
        let port = host.split_once(':').map_or("", |(_, port)| port);
        Some(port.bytes().all(|byte| byte.is_ascii_digit()) && (query.contains('=') || !query.contains('@')))
    };
    let end = authority.match_indices('?').map(|(at, _)| at).find(|at| is_query(*at) == Some(true));
    let end = end.unwrap_or(authority.len());
    match authority.get(..end).and_then(|authority| authority.rfind('@')) {
        Some(at) => (rest.get(..at), rest.get(at + 1..).unwrap_or_default()),
        None => (None, rest),
    }
}

/// A name or an address, perhaps with a port. IPv6 addresses are in brackets.
fn host(host: &str) -> Result<String, &'static str> {
    let end = if host.starts_with('[') {
        host.find(']').ok_or(PASSWORD)? + 1
    } else {
        host.find(':').unwrap_or(host.len())
    };
    let (name, port) = host.split_at_checked(end).ok_or(PASSWORD)?;
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_port || name.contains(' ') {
        return Err(PASSWORD);
    }
    let name = decode(name).ok_or("its host is not UTF-8.")?;
    let kept = if name.starts_with('[') { &ADDRESS } else { &PARAMETER };
    Ok(format!("{}{port}", utf8_percent_encode(&name, kept)))
}

/// Returns the parameters for libpq.
fn parameters(query: &str) -> Result<Vec<String>, &'static str> {
    let (mut found, mut options) = (Vec::new(), Vec::new());
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let [name, value] = [name, value].map(|text| decode(&text.replace('+', " ")));
        let (name, value) = (name.ok_or(NOT_UTF_8)?, value.ok_or(NOT_UTF_8)?);
        if value.is_empty() || DJANGO_S.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        match name.as_str() {
            "options" => options.push(value),
            "currentSchema" => options.push(setting("search_path", &value)),
            "assume_role" => options.push(setting("role", &value)),
            _ => found.push((name, value)),
        }
    }
    if !options.is_empty() {
        found.push(("options".to_owned(), options.join(" ")));
    }
    let encoded = |text: &str| utf8_percent_encode(text, &PARAMETER).to_string();
    Ok(found.into_iter().map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value))).collect())
}

/// Whether libpq may connect to another machine without TLS: by `sslmode`, whose default is `prefer`. `url` is what [`url`]
/// returned.
pub(super) fn may_be_plain_text(url: &str, default_mode: Option<&str>) -> bool {
    let (start, parameters) = split_parameters(url);
    let parameter = |name: &str| {
        parameters.iter().rev().find_map(|parameter| parameter.strip_prefix(name)?.strip_prefix('='))
    };
    let authority =
        start.split_once("://").map_or(start, |(_, rest)| rest).rsplit('@').next().unwrap_or_default();
    let hosts = authority.split('/').next().filter(|hosts| !hosts.is_empty());
    let hosts = parameter("hostaddr").or(parameter("host")).or(hosts).and_then(decode).unwrap_or_default();
    let is_encrypted = ["require", "verify-ca", "verify-full"]
        .contains(&parameter("sslmode").or(default_mode).unwrap_or_default());
    !is_encrypted && !hosts.split(',').all(is_this_machine)
}

/// A host, perhaps with a port. An empty one, and a folder, is a Unix socket.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if host.matches(':').count() > 1 => host,
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    name.is_empty() || name.starts_with(['/', '@']) || name == "localhost" || is_loopback()
}

/// What every other part keeps.
const PARAMETER: AsciiSet = NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.');

const NOT_UTF_8: &str = "a parameter is not UTF-8.";

/// A setting of the session, in the form of the server's command line, where spaces separate words.
fn setting(name: &str, value: &str) -> String {
    format!("-c {name}={}", value.replace('\\', "\\\\").replace(' ', "\\ "))
}

fn encode(text: &str) -> Result<String, &'static str> {
    let text = decode(text).ok_or("it is not UTF-8.")?;
    if text.contains('\0') {
        return Err("it has a NUL.");
    }
    Ok(utf8_percent_encode(&text, &PARAMETER).to_string())
}
