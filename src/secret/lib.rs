//! Values that must never be seen, and the masking of text that might hold them.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod exact;
pub mod mask;
pub mod placeholder;
pub mod stream;
pub mod token;

use zeroize::Zeroizing;

use failure::Failure;

/// What octoferry enters at a prompt of the space that must be answered and has no default. Whatever holds it is no value of the source.
pub const UNANSWERED: &str = "octoferry-has-no-answer";

/// A secret value. Deliberately without `Debug`, `Display`, `Serialize` and `PartialEq`; zeroed when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Random bytes that nobody can guess, from the system.
///
/// # Errors
/// When the system gives none.
pub fn random() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut random = Zeroizing::new([0_u8; 32]);
    let mut filled = 0;
    while filled < random.len() {
        filled += rustix::rand::getrandom(&mut random[filled..], rustix::rand::GetRandomFlags::empty())
            .map_err(|error| Failure::failed(format!("the system gives no random numbers: {error}")))?;
    }
    Ok(random)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{Read as _, Seek as _, SeekFrom};

    use super::*;

    /// Letters that stand nowhere in the program: each is made where it is needed.
    fn letter(index: usize) -> u8 {
        b'a' + u8::try_from((index * 7 + index / 3) % 26).expect("a letter")
    }

    /// How often this process's memory holds the value, without holding it for that.
    fn in_memory(length: usize) -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
        let mut found = 0;
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            if memory.seek(SeekFrom::Start(from)).is_err() || memory.read_exact(&mut bytes).is_err() {
                continue;
            }
            found += bytes
                .windows(length)
                .filter(|window| window.iter().enumerate().all(|(index, byte)| *byte == letter(index)))
                .count();
            // A copy of what was looked at would be found next.
            bytes.fill(0);
        }
        found
    }

    #[test]
    fn nothing_of_a_secret_is_left_in_memory() {
        const LENGTH: usize = 300;
        let mut text = String::with_capacity(LENGTH);
        (0..LENGTH).for_each(|index| text.push(char::from(letter(index))));
        let secret = Secret::new(text);
        assert!(in_memory(LENGTH) > 0, "it is found while it is there");
        let copy = secret.clone();
        let written = exact::written(&copy);
        let mut read = BTreeMap::from([(format!("{}x", exact::VARIABLES), written)]);
        exact::read(&mut read);
        drop((secret, copy, read));
        assert_eq!(in_memory(LENGTH), 0, "copies of a dropped secret");
    }
}
