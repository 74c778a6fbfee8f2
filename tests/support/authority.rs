//! A certificate authority of its own for every test that needs HTTPS.
//!
//! The function trusts it through `SSL_CERT_FILE`. The servers' certificates name `localhost` and the loopback
//! addresses 127.0.0.1 to 127.0.0.4, so that two fakes can stand on two different names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

const NAMES: [&str; 6] = ["localhost", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"];

/// A certificate authority whose root lies in a PEM file until it is dropped.
#[derive(Debug)]
pub struct Authority {
    pem: PathBuf,
    server: Arc<ServerConfig>,
}

impl Authority {
    /// Makes a root, writes it to the temporary directory, and signs one certificate for all servers.
    pub fn new() -> Self {
        let root_key = KeyPair::generate().expect("a key can be made");
        let mut root = CertificateParams::default();
        // A name of its own: OpenSSL takes a certificate whose issuer has its own subject's name for self-signed.
        root.distinguished_name.push(DnType::CommonName, "fake authority");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let certificate = root.self_signed(&root_key).expect("a root can be signed");
        let unique = const_hex::encode(&root_key.public_key_raw()[1..9]);
        let pem = std::env::temp_dir().join(format!("fake-authority-{unique}.pem"));
        std::fs::write(&pem, certificate.pem()).expect("the temporary directory is writable");
        let server = server_config(&Issuer::new(root, root_key));
        Self { pem, server: Arc::new(server) }
    }

    /// The file for `SSL_CERT_FILE`.
    pub fn pem_path(&self) -> &Path {
        &self.pem
    }

    /// What a server shows to its clients: HTTP/1.1, TLS 1.2 and 1.3.
    pub fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // The file is in the temporary directory: a failure to remove it harms nobody.
        let _removed = std::fs::remove_file(&self.pem);
    }
}

fn server_config(issuer: &Issuer<'_, KeyPair>) -> ServerConfig {
    let key = KeyPair::generate().expect("a key can be made");
    let leaf = CertificateParams::new(NAMES.map(str::to_owned)).expect("the names are valid");
    let certificate = leaf.signed_by(&key, issuer).expect("a certificate can be signed");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("the key is PKCS#8");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("the key fits the certificate");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}
