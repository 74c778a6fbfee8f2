//! An HTTP client without opinions, for tests that look at the fakes themselves.

use std::path::Path;
use std::sync::Arc;

use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Follows no redirect, uses no proxy, and trusts only the certificates of this file.
pub(crate) fn http_client(roots: Option<&Path>) -> Client {
    let mut store = RootCertStore::empty();
    if let Some(path) = roots {
        for certificate in CertificateDer::pem_file_iter(path).unwrap() {
            store.add(certificate.unwrap()).unwrap();
        }
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    let client = Client::builder().tls_backend_preconfigured(tls).redirect(reqwest::redirect::Policy::none());
    client.no_proxy().build().unwrap()
}
