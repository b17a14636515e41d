//! How an Octopus server encrypts values in its database: `base64(ciphertext)|base64(initialization vector)`, AES in CBC mode with PKCS#7
//! padding. The key is the server's master key, base64 of 16 bytes (AES-128) or, on servers set up since 2024.4, of 32 (AES-256).

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use failure::Failure;
use secret::Secret;

/// The bytes of an initialization vector, and of a block.
const BLOCK: usize = 16;

/// The master key of a server. Zeroed when dropped, never shown.
pub struct MasterKey(Zeroizing<Vec<u8>>);

impl MasterKey {
    /// Reads the key as the server's console shows it.
    ///
    /// # Errors
    /// Usage: it is no base64 of 16 or 32 bytes. What was given is not told.
    pub fn read(text: &Secret) -> Result<Self, Failure> {
        let bytes = STANDARD.decode(text.expose().trim()).map(Zeroizing::new).unwrap_or_default();
        if matches!(bytes.len(), 16 | 32) {
            return Ok(Self(bytes));
        }
        Err(Failure::usage("this is no master key: base64 of 16 or 32 bytes")
            .hint("On the server: Octopus.Server.exe show-master-key"))
    }

    /// Decrypts a value; `None` when the key does not fit or the value is damaged.
    #[must_use]
    pub fn decrypt(&self, value: &Encrypted) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(value.ciphertext.clone());
        let length = match self.0.len() {
            16 => {
                let cipher = cbc::Decryptor::<aes::Aes128>::new_from_slices(&self.0, &value.vector).ok()?;
                cipher.decrypt_padded_mut::<Pkcs7>(&mut bytes).ok()?.len()
            }
            _ => {
                let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(&self.0, &value.vector).ok()?;
                cipher.decrypt_padded_mut::<Pkcs7>(&mut bytes).ok()?.len()
            }
        };
        Some(Zeroizing::new(bytes[..length].to_vec()))
    }
}

/// An encrypted value.
pub struct Encrypted {
    ciphertext: Vec<u8>,
    vector: Vec<u8>,
}

impl Encrypted {
    /// Takes a text apart; `None` when it does not have the form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (ciphertext, vector) = text.split_once('|')?;
        let (ciphertext, vector) = (STANDARD.decode(ciphertext).ok()?, STANDARD.decode(vector).ok()?);
        let whole = !ciphertext.is_empty() && ciphertext.len().is_multiple_of(BLOCK);
        (whole && vector.len() == BLOCK).then_some(Self { ciphertext, vector })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> MasterKey {
        MasterKey::read(&Secret::new(text.to_owned())).ok().unwrap()
    }

    #[test]
    fn the_known_answer() {
        let value = Encrypted::parse("tHdE5KI9QVdsFSq6F6HeSA==|7oD+XzuTFF1uCQLXm8A3eg==").unwrap();
        assert_eq!(&**key("6EdU6IWsCtMEwk0kPKflQQ==").decrypt(&value).unwrap(), b"success");
        assert!(key("6EdU6IWsCtMEwk0kPKflQg==").decrypt(&value).is_none(), "another key");
        assert!(key(&STANDARD.encode([7; 32])).decrypt(&value).is_none(), "a longer one");
    }

    #[test]
    fn what_is_no_encrypted_value_is_reported_apart() {
        for text in [
            "",
            "a|b",
            "|",
            "tHdE5KI9QVdsFSq6F6HeSA==|",
            "tHdE5KI9QVdsFSq6F6He|7oD+XzuTFF1uCQLXm8A3eg==",
            "a=b|c",
        ] {
            assert!(Encrypted::parse(text).is_none(), "{text}");
        }
        assert!(MasterKey::read(&Secret::new("c2hvcnQ=".to_owned())).is_err());
    }
}
