//! The one constructor of an HTTPS client: TikTok's API and AWS's services share its connections and its TLS.
//!
//! It knows nothing of who is called. The client is cheap to build (no root is parsed, no file is read unless roots are
//! given), since every cold start pays for it; *ring* signs its handshakes, because aws-lc spends 30 ms of CPU on its
//! first random bytes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take to come about, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Idle connections are dropped before common load balancers drop them.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
const USER_AGENT: &str = concat!("tiktok-audiences/", env!("CARGO_PKG_VERSION"));

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The file of roots cannot be read.
    #[error("the certificate file {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of roots is not PEM.
    #[error("the certificate file {} is not PEM", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// Where it is not.
        source: pem::Error,
    },
    /// The file of roots has no certificate that could be a root.
    #[error("the certificate file {} holds no usable certificate", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The HTTP library refuses the settings.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// Builds the client. It trusts Mozilla's roots as bundled, or instead those in the PEM file `roots`.
///
/// Redirects are not followed, so a token never travels to a place that an answer names, and no proxy is used.
pub fn client(roots: Option<&Path>) -> Result<reqwest::Client, HttpsError> {
    let roots = match roots {
        Some(path) => read_roots(path)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(HttpsError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .user_agent(USER_AGENT)
        .build()
        .map_err(HttpsError::Client)
}

fn read_roots(path: &Path) -> Result<RootCertStore, HttpsError> {
    let text = std::fs::read(path).map_err(|source| HttpsError::Unreadable { path: path.into(), source })?;
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|source| HttpsError::NotPem { path: path.into(), source })?;
    let mut roots = RootCertStore::empty();
    // A bundle may hold an oddity that webpki does not take; the others still count.
    let (usable, _ignored) = roots.add_parsable_certificates(certificates);
    if usable == 0 { Err(HttpsError::NoCertificate { path: path.into() }) } else { Ok(roots) }
}
