//! The certificate of local TLS servers that names are mapped to: made when a host starts and kept
//! in its data folder, so that the server can be started with it. Requests to those names trust it
//! and nothing else does.

use crate::storage::durable_file;
use std::io;
use std::path::{Path, PathBuf};
use ureq::tls::{Certificate, RootCerts};

const FOLDER: &str = "test-certificate";

/// Where the certificate and its key lie, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCertificate {
    /// The certificate, which is its own authority.
    pub certificate: PathBuf,
    /// Its private key; only this user can read it.
    pub key: PathBuf,
}

impl TestCertificate {
    /// The one of a data folder when it is for these names, else a new one.
    pub(crate) fn for_names(data_dir: &Path, names: &[String]) -> io::Result<TestCertificate> {
        let folder = data_dir.join(FOLDER);
        let certificate = TestCertificate {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        };
        let (list, names_file) = (names.join("\n"), folder.join("names.txt"));
        let is_kept = certificate.roots().is_ok() && certificate.key.exists();
        if is_kept && std::fs::read_to_string(&names_file).is_ok_and(|kept| kept == list) {
            return Ok(certificate);
        }
        std::fs::create_dir_all(&folder)?;
        let new = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        durable_file::write(&certificate.key, new.signing_key.serialize_pem().as_bytes())?;
        durable_file::write(&certificate.certificate, new.cert.pem().as_bytes())?;
        durable_file::write(&names_file, list.as_bytes())?;
        Ok(certificate)
    }

    /// What a client that trusts this certificate alone trusts.
    pub(crate) fn roots(&self) -> io::Result<RootCerts> {
        let pem = std::fs::read(&self.certificate)?;
        let certificate = Certificate::from_pem(&pem).map_err(io::Error::other)?;
        Ok(RootCerts::new_with_certs(&[certificate]))
    }
}
