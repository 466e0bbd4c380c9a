//! Whom we believe who the provider is: the authorities of this machine, or the one that the admin names.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The file of authorities cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ca_file: {file} is no file with the certificate of an authority (PEM): {why}")]
pub struct UnfitAuthority {
    /// The file.
    pub file: String,
    /// Why.
    pub why: String,
}

/// Trusts the authorities in a file and no other: who names one knows who must have signed.
///
/// # Errors
/// It cannot be read, or there is no certificate in it.
pub fn only(file: &Path) -> Result<ClientConfig, UnfitAuthority> {
    let unfit = |why: &dyn std::fmt::Display| UnfitAuthority { file: file.display().to_string(), why: why.to_string() };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unfit(&error))? {
        let certificate = certificate.map_err(|error| unfit(&error))?;
        roots.add(certificate).map_err(|error| unfit(&error))?;
    }
    if roots.is_empty() {
        return Err(unfit(&"there is none in it"));
    }
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(&error))?;
    Ok(client.with_root_certificates(roots).with_no_client_auth())
}
