//! The one place that makes HTTPS clients: those of TikTok's API and of AWS's services share their TLS.
//!
//! It knows nothing of who is called. The client is cheap to build (no root is parsed, no file is read unless roots are
//! given), since every cold start pays for it; *ring* signs its handshakes, because aws-lc spends 30 ms of CPU on its
//! first random bytes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::{redirect, retry};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{CipherSuite, ClientConfig, RootCertStore};

/// How long a connection may take to come about, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Idle connections are dropped before common load balancers drop them.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// How the function names itself to servers.
pub const USER_AGENT: &str = concat!("tiktok-audiences/", env!("CARGO_PKG_VERSION"));

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

/// A client that trusts Mozilla's roots as bundled, or instead those in the PEM file `roots`. See [`Tls::client`].
pub fn client(roots: Option<&Path>) -> Result<reqwest::Client, HttpsError> {
    Tls::new(roots)?.client()
}

/// Whom clients trust, and how they encrypt.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Trusts Mozilla's roots as bundled, or instead those in the PEM file `roots`.
    pub fn new(roots: Option<&Path>) -> Result<Self, HttpsError> {
        let roots = match roots {
            Some(path) => read_roots(path)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        let config = ClientConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .map_err(HttpsError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config) })
    }

    /// A client. Redirects are not followed, so a token never travels to a place that an answer names, and no proxy is
    /// used.
    pub fn client(&self) -> Result<reqwest::Client, HttpsError> {
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(ClientConfig::clone(&self.config))
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(no_retries())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            .user_agent(USER_AGENT);
        builder.build().map_err(HttpsError::Client)
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

/// Who calls decides what is repeated. The library would only do so where HTTP/2 asks for it, and copy each request.
fn no_retries() -> retry::Builder {
    retry::never().max_retries_per_request(0)
}

/// *ring*, but first what costs least where the server leaves the choice to us: processors have instructions for
/// SHA-256, and the key schedule of AES-256 in TLS 1.3 takes SHA-384, for which they have none.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    provider
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
