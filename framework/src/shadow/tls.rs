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
pub(super) fn client_config(env: &Env) -> io::Result<Arc<ClientConfig>> {
    let found = match env.text("SSL_CERT_FILE") {
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
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    // HTTP/2 would send the URL's host instead of the client's.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
