//! The seal of a module package: a keyed digest that only those can make who hold the key of the seeded space.
//!
//! Whoever may push packages could otherwise have Terraform run what they like, with every secret of the space in reach. The seal covers
//! every byte of the package, its id and its version: a sealed package under another name or number is as foreign as one without a seal.
//! It is the comment of the zip, so the package stays one that everybody can open, and it is looked at before anything of the zip is.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use secret::Secret;

/// HMAC-SHA-256 in hexadecimal.
const LENGTH: usize = 64;
/// The end record of a zip without a comment; its last two bytes are the comment's length.
const END_RECORD: usize = 22;
/// What this digest is of, so that none made with the key for another purpose passes for it.
const PURPOSE: &str = "octoferry module package 1";

/// The key is wanted at least this long, in bytes: what a person enters by hand must not be guessed from a package.
pub const SHORTEST_KEY: usize = 24;

/// Puts the seal on a zip without a comment.
#[must_use]
pub fn seal(mut zip: Vec<u8>, id: &str, version: &str, key: &Secret) -> Vec<u8> {
    debug_assert!(zip.len() >= END_RECORD && zip.ends_with(&[0, 0]), "a zip without a comment");
    let end = zip.len() - 2;
    zip[end..].copy_from_slice(&(LENGTH as u16).to_le_bytes());
    let digest = digest(&zip, id, version, key).finalize().into_bytes();
    zip.extend(hex(&digest).into_bytes());
    zip
}

/// Whether the package carries the seal of this key for this id and version.
#[must_use]
pub fn is_sealed(package: &[u8], id: &str, version: &str, key: &Secret) -> bool {
    let Some(length) = package.len().checked_sub(LENGTH).filter(|length| *length >= END_RECORD) else {
        return false;
    };
    let (zip, seal) = package.split_at(length);
    let Some(seal) = from_hex(seal) else { return false };
    // Compares in constant time.
    digest(zip, id, version, key).verify_slice(&seal).is_ok()
}

fn digest(zip: &[u8], id: &str, version: &str, key: &Secret) -> Hmac<Sha256> {
    keyed(key, &[PURPOSE, id, version]).chain_update(zip)
}

/// A keyed digest of texts, none of which can pass for the end of another.
#[must_use]
pub fn keyed(key: &Secret, texts: &[&str]) -> Hmac<Sha256> {
    let mut digest =
        Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes keys of any length");
    for text in texts {
        digest.update(&(text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    }
    digest
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.chunks(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn zip() -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("a.tf", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"content").unwrap();
        zip.finish().unwrap().into_inner()
    }

    fn key(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn only_the_same_bytes_under_the_same_name_with_the_same_key_are_sealed() {
        let sealed = seal(zip(), "octoferry-module-Spaces-2", "1.0.7", &key("k"));
        let is = |package: &[u8], id, version, text| is_sealed(package, id, version, &key(text));
        assert!(is(&sealed, "octoferry-module-Spaces-2", "1.0.7", "k"));
        assert!(!is(&sealed, "octoferry-module-Spaces-2", "1.0.8", "k"), "an old one as a new one");
        assert!(!is(&sealed, "octoferry-module-Spaces-2-Projects-1", "1.0.7", "k"), "another's");
        assert!(!is(&sealed, "octoferry-module-Spaces-21.0.7", "", "k"));
        assert!(!is(&sealed, "octoferry-module-Spaces-2", "1.0.7", "other"));
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(!is(&changed, "octoferry-module-Spaces-2", "1.0.7", "k"), "byte {position}");
        }
        for length in 0..sealed.len() {
            assert!(!is(&sealed[..length], "octoferry-module-Spaces-2", "1.0.7", "k"), "{length} bytes");
        }
    }

    #[test]
    fn a_sealed_package_is_a_zip() {
        let sealed = seal(zip(), "i", "1.0.1", &key("k"));
        let mut archive = zip::ZipArchive::new(Cursor::new(sealed)).unwrap();
        assert_eq!(archive.by_name("a.tf").unwrap().size(), 7);
        assert_eq!(archive.comment().len(), LENGTH);
    }
}
