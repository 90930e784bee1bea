//! TLS to Django, with the cargo feature `shadow-tls`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{load_certs_from_paths, load_native_certs};

use crate::conf::Env;

/// Trusts the certificates of `SSL_CERT_FILE` (PEM), or those of the system.
///
/// # Errors
/// There are no certificates, or they can't be read.
pub(super) fn client_config(env: &Env) -> io::Result<ClientConfig> {
    let found = match env.get("SSL_CERT_FILE") {
        Some(file) => load_certs_from_paths(Some(Path::new(file)), None),
        None => load_native_certs(),
    };
    let mut roots = RootCertStore::empty();
    // Certificates that can't be parsed are skipped; a system's own may include some.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        let message = format!("there is no certificate to trust{why}; name a PEM file in SSL_CERT_FILE");
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    config_with(roots)
}

/// Trusts no server, where there is no `https`.
///
/// # Errors
/// The library does not support TLS 1.2.
pub(super) fn untrusting_config() -> io::Result<ClientConfig> {
    config_with(RootCertStore::empty())
}

fn config_with(roots: RootCertStore) -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    // Without a protocol by name, it is HTTP/1.1. HTTP/2 would send the URL's host instead of the client's.
    Ok(versions.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth())
}
