//! TLS on the way to Django, with the cargo feature `shadow-tls`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{load_certs_from_paths, load_native_certs};

use crate::conf::Env;

/// Trusts the certificates of `SSL_CERT_FILE`, a file of PEM, or those that the machine trusts.
///
/// # Errors
/// There are none, or they can't be read.
pub(super) fn client_config(env: &Env) -> io::Result<Arc<ClientConfig>> {
    let found = match env.get("SSL_CERT_FILE") {
        Some(file) => load_certs_from_paths(Some(Path::new(file)), None),
        None => load_native_certs(),
    };
    let mut roots = RootCertStore::empty();
    // One that can't be parsed is not trusted; there may be such among a machine's own.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        let message = format!("there is no certificate to trust{why}; SSL_CERT_FILE names a file of them");
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    // In HTTP/2 the host would be that of the URL, not the client's.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
