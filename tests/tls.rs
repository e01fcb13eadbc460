//! The server's own TLS, for who has no proxy in front.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
};

use crate::harness::database::Durability;
use crate::harness::on_every_site;
use crate::harness::server::Site;

/// Where the certificate lies, and its key.
const FILES: [&str; 2] = ["tls.pem", "tls.key"];

/// A new certificate for this machine.
fn certificate() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate can be made")
}

fn write(site: &Site, made: &CertifiedKey<KeyPair>) {
    let texts = [made.cert.pem(), made.signing_key.serialize_pem()];
    for (name, text) in FILES.iter().zip(texts) {
        std::fs::write(site.path(name), text).expect("the folder can be written");
    }
}

/// A site whose server speaks TLS with a certificate that only the tests know.
fn with_tls(site: &Site) -> (Site, CertifiedKey<KeyPair>) {
    let mut site = site.clone();
    let made = certificate();
    write(&site, &made);
    site.set("SIGNET_ISSUER", &format!("https://localhost:{}", site.address().port()));
    site.set("SIGNET_TLS_CERTIFICATE", &site.path(FILES[0]).display().to_string());
    site.set("SIGNET_TLS_KEY", &site.path(FILES[1]).display().to_string());
    (site, made)
}

/// Shakes hands as a client that trusts this certificate alone.
async fn connect(
    site: &Site,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("it is a certificate");
    let client = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .expect("the versions are there")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(site.address()).await?;
    let name = ServerName::try_from("localhost").expect("it is a name");
    TlsConnector::from(Arc::new(client)).connect(name, stream).await
}

/// The same, as often as it takes.
async fn until_connected(site: &Site, trusted: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        match connect(site, trusted, &[&TLS13, &TLS12]).await {
            Ok(stream) => return stream,
            Err(fault) => assert!(Instant::now() < deadline, "no TLS: {fault}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request can be sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it is answered");
    answer
}

/// 169 (RFC 9325 §3.1.1, §4.2): TLS 1.3 before 1.2, and nothing below; pages say that they
/// come over TLS alone.
#[test]
fn only_tls_that_is_good_today_is_spoken() {
    on_every_site(Durability::Relaxed, async |site| {
        let (site, made) = with_tls(&site);
        let trusted = made.cert.der();
        let server = site.clone().spawn();
        let mut stream = until_connected(&server, trusted).await;
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        let answer = ask(&mut stream, "/").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age="), "{answer}");

        let stream = connect(&site, trusted, &[&TLS12]).await.expect("TLS 1.2 is spoken");
        let chosen = stream.get_ref().1.negotiated_cipher_suite().expect("a suite was chosen");
        let chosen = format!("{:?}", chosen.suite());
        assert!(chosen.contains("ECDHE"), "{chosen}");
        assert!(chosen.contains("GCM") || chosen.contains("POLY1305"), "{chosen}");

        // protocol_version and handshake_failure (RFC 8446 §6.2)
        for (version, alert) in [(0x0301, 70), (0x0302, 70), (0x0303, 40)] {
            let mut old = TcpStream::connect(site.address()).await.expect("somebody listens");
            old.write_all(&old_hello(version)).await.expect("it can be sent");
            let mut record = [0; 7];
            old.read_exact(&mut record).await.expect("it is told");
            assert_eq!((record[0], record[5], record[6]), (21, 2, alert), "{version:x}");
        }
        let mut plain = TcpStream::connect(site.address()).await.expect("somebody listens");
        plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it is sent");
        let mut answer = Vec::new();
        // However it is told.
        drop(plain.read_to_end(&mut answer).await);
        assert!(!answer.starts_with(b"HTTP/"), "plain HTTP is answered");
    });
}

/// The first words of a client that knows only suites with CBC.
fn old_hello(version: u16) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    // No session; ECDHE with AES-CBC and SHA-1, for either kind of key; no compression.
    body.extend([0, 0, 4, 0xc0, 0x09, 0xc0, 0x13, 1, 0]);
    // P-256, uncompressed points, ECDSA and RSA with SHA-256.
    let extensions =
        [&[0, 10, 0, 4, 0, 2, 0, 23][..], &[0, 11, 0, 2, 1, 0], &[0, 13, 0, 6, 0, 4, 4, 3, 4, 1]]
            .concat();
    body.extend(u16::try_from(extensions.len()).expect("they are short").to_be_bytes());
    body.extend(extensions);
    let length = u16::try_from(body.len()).expect("it is short");
    let mut hello = vec![22, 3, 1];
    hello.extend((length + 4).to_be_bytes());
    hello.extend([1, 0]);
    hello.extend(length.to_be_bytes());
    hello.extend(body);
    hello
}

/// A certificate that is renewed is used without a restart, and one that does not fit is
/// not; a server with a wrong one does not start.
#[test]
fn a_renewed_certificate_is_used_at_once() {
    on_every_site(Durability::Relaxed, async |site| {
        let (site, made) = with_tls(&site);
        let server = site.clone().spawn();
        drop(until_connected(&server, made.cert.der()).await);

        let fresh = certificate();
        // For a moment the key is another one's.
        std::fs::write(site.path(FILES[0]), fresh.cert.pem()).expect("the folder can be written");
        tokio::time::sleep(Duration::from_secs(6)).await;
        connect(&site, made.cert.der(), &[&TLS13]).await.expect("the one from before is used");
        write(&site, &fresh);
        drop(until_connected(&server, fresh.cert.der()).await);
        assert!(connect(&site, made.cert.der(), &[&TLS13]).await.is_err());

        let (mut wrong, _) = with_tls(&site.twin());
        let other = certificate().signing_key.serialize_pem();
        std::fs::write(wrong.path(FILES[1]), other).expect("the folder can be written");
        let mut server = wrong.clone().spawn();
        assert!(!server.ended(Duration::from_mins(1)).await.success());
        assert!(server.log().contains("tls_key"), "{}", server.log());
        wrong.set("SIGNET_TLS_KEY", "");
        let mut server = wrong.spawn();
        assert!(!server.ended(Duration::from_mins(1)).await.success());
        assert!(server.log().contains("setting tls_key"), "{}", server.log());
    });
}

/// Whoever never shakes hands holds up no end.
#[test]
fn a_server_ends_though_somebody_has_not_shaken_hands() {
    on_every_site(Durability::Relaxed, async |site| {
        let (site, made) = with_tls(&site);
        let mut server = site.clone().spawn();
        drop(until_connected(&server, made.cert.der()).await);
        let silent = TcpStream::connect(site.address()).await.expect("somebody listens");
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.terminate();
        // Much less than the grace that requests are given.
        let status = server.ended(Duration::from_secs(10)).await;
        assert_eq!(status.code(), Some(0), "{status}");
        assert!(!server.log().contains("cut off"), "{}", server.log());
        drop(silent);
    });
}
