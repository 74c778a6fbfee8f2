//! HTTPS: whom it trusts, and what it refuses to start with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::Request;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tiktok_audiences::net::https::{self, HttpsError, Tls};
use tiktok_audiences::net::origin::{self, Origin, OriginError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A TLS server of its own making on loopback, and the file with its certificate.
async fn server(file_name: &str) -> (String, PathBuf) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::Pkcs8(signing_key.serialize_der().into()))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            }
        }
    });
    (url, file(file_name, &cert.pem()))
}

#[tokio::test]
async fn the_given_roots_are_trusted_instead_of_the_bundled_ones() {
    let (url, roots) = server("trusted.pem").await;
    let (other_url, other_roots) = server("other.pem").await;
    let client = https::client(Some(&roots)).unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 204);
    assert!(client.get(&other_url).send().await.unwrap_err().is_connect());
    let bundled = https::client(None).unwrap();
    assert!(bundled.get(&url).send().await.unwrap_err().is_connect());

    for (roots, is_trusted) in [(Some(&roots), true), (Some(&other_roots), false), (None, false)] {
        let origin = Origin::new(url.trim_end_matches('/'), &Tls::new(roots.map(PathBuf::as_path)).unwrap()).unwrap();
        let answer = origin.exchange(Request::new(origin::text("")), 0).await;
        match answer {
            Ok(answer) => assert!(is_trusted && answer.status() == 204),
            Err(error) => assert!(!is_trusted && matches!(error, OriginError::Connect(_)), "{error}"),
        }
    }

    let both = std::fs::read_to_string(&roots).unwrap() + &std::fs::read_to_string(other_roots).unwrap();
    let client = https::client(Some(&file("both.pem", &both))).unwrap();
    for url in [url, other_url] {
        assert_eq!(client.get(url).send().await.unwrap().status(), 204);
    }
}

#[test]
fn a_file_without_usable_roots_is_named() {
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing.pem");
    assert!(matches!(https::client(Some(&missing)), Err(HttpsError::Unreadable { .. })));
    let error = https::client(Some(&missing)).unwrap_err().to_string();
    assert!(error.contains("missing.pem"), "{error}");

    let broken = file("broken.pem", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n");
    assert!(matches!(https::client(Some(&broken)), Err(HttpsError::NotPem { .. })));
    for (name, text) in [
        ("empty.pem", ""),
        ("text.pem", "no certificate here\n"),
        ("odd.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        let error = https::client(Some(&file(name, text))).unwrap_err();
        assert!(matches!(error, HttpsError::NoCertificate { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}
