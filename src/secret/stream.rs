//! Secrets on standard input: how the shell of a step hands them over.
//!
//! `octoferry-secrets/1` NUL, then per record name NUL value NUL, then an empty name NUL, the number of records in decimal NUL, end of
//! file. A shell that died in the middle leaves no trailer, so a cut stream is refused before anything is written. A value of exactly one
//! newline means "absent": that is what `get_octopusvariable` prints for a variable that isn't there. So does one that holds [`crate::UNANSWERED`].

use std::collections::BTreeMap;
use std::io::{Read, Write};

use zeroize::{Zeroize as _, Zeroizing};

use crate::Secret;
use failure::Failure;

const HEADER: &str = "octoferry-secrets/1";

/// Reads a whole stream: values by name, without the absent ones.
///
/// # Errors
/// When the stream is cut, of another version, contradicts itself, or is no such stream.
pub fn read_stream(input: impl Read) -> Result<BTreeMap<String, Secret>, Failure> {
    let bytes = read_all(input)?;
    parse(&bytes)
}

/// Writes the stream that [`read_stream`] reads.
///
/// # Errors
/// What the receiver's end says, or a name or value with a NUL byte in it.
pub fn write_stream(secrets: &BTreeMap<String, Secret>, mut output: impl Write) -> std::io::Result<()> {
    write!(output, "{HEADER}\0")?;
    for (name, value) in secrets {
        if name.is_empty() || name.contains('\0') || value.expose().contains('\0') {
            let what = format!("the variable {name:?} has an empty name or a NUL byte");
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, what));
        }
        write!(output, "{name}\0")?;
        output.write_all(value.expose().as_bytes())?;
        output.write_all(b"\0")?;
    }
    write!(output, "\0{}\0", secrets.len())?;
    output.flush()
}

fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Secret>, Failure> {
    // Every part ends with NUL, so what stands behind the last one must be nothing.
    let mut parts = bytes.split(|byte| *byte == 0);
    let header = parts.next().unwrap_or_default();
    if header != HEADER.as_bytes() {
        return Err(wrong_header(header));
    }
    let mut records = Vec::new();
    loop {
        let name = parts.next().filter(|_| !bytes.is_empty()).ok_or_else(cut)?;
        if name.is_empty() {
            break;
        }
        records.push((name, parts.next().ok_or_else(cut)?));
    }
    let count = parts.next().ok_or_else(cut)?;
    // Behind the count comes its NUL, and then nothing.
    match (parts.next(), parts.next()) {
        (Some([]), None) => {}
        (None, _) => return Err(cut()),
        _ => return Err(Failure::failed("the secrets on standard input go on behind their end")),
    }
    let said: Option<usize> = std::str::from_utf8(count).ok().and_then(|text| text.parse().ok());
    if said != Some(records.len()) {
        return Err(cut());
    }
    // Only now a name is known to be one: where a NUL got lost, values stand in the place of names.
    let mut secrets = BTreeMap::new();
    for (number, (name, value)) in (1_usize..).zip(records) {
        let name = std::str::from_utf8(name)
            .map_err(|_| Failure::failed("the secrets on standard input have a name that is not UTF-8"))?;
        let value = std::str::from_utf8(value).map_err(|_| {
            Failure::failed(format!(
                "the value of {name} on standard input is not UTF-8 text; it would arrive altered"
            ))
        })?;
        // What a prompt was told is nobody's secret, nor is what Octopus has made of it.
        let absent = value == "\n" || value.contains(crate::UNANSWERED);
        if !absent && secrets.insert(name.to_owned(), Secret::new(value.to_owned())).is_some() {
            // Not by its name: the shells of the step templates send none twice, so it may be no name.
            return Err(Failure::failed(format!(
                "the secrets on standard input name one variable twice (number {number} of them is the second)"
            )));
        }
    }
    Ok(secrets)
}

fn cut() -> Failure {
    Failure::failed("the secrets on standard input are not complete; nothing was done")
        .hint("The shell that sends them ended early. Is openssl installed on the worker, or in the container image? Its log is above.")
}

/// Whether it is short enough to be repeated, and no secret: digits and points.
fn is_version(text: &str) -> bool {
    (1..20).contains(&text.len()) && text.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
}

fn wrong_header(header: &[u8]) -> Failure {
    match std::str::from_utf8(header).ok().and_then(|text| text.strip_prefix("octoferry-secrets/")) {
        Some(version) if is_version(version) => {
            let said = "the secrets on standard input are in format";
            Failure::failed(format!("{said} {version}; this octoferry reads format 1"))
                .hint("Step templates and package are of different versions. Renew both: octoferry seed")
        }
        _ if HEADER.as_bytes().starts_with(header) => cut(),
        _ => Failure::failed("standard input does not hold secrets as the step templates send them")
            .hint("--secrets stdin is for the step templates. At a workstation give keys by environment or --…-api-key-file."),
    }
}

/// Reads to the end without leaving copies behind: a buffer that is too small is zeroed when it is replaced.
fn read_all(mut input: impl Read) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(vec![0; 64 * 1024]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; bytes.len() * 2]);
            larger[..filled].copy_from_slice(&bytes);
            bytes = larger;
        }
        match input.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(Failure::failed(format!("reading the secrets from standard input: {error}")));
            }
        }
    }
    bytes[filled..].zeroize();
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(stream: &[u8]) -> String {
        match read_stream(stream) {
            Ok(_) => panic!("accepted"),
            Err(failure) => failure.message,
        }
    }

    #[test]
    fn values_come_byte_for_byte_and_a_single_newline_is_absent() {
        let secrets = read_stream(&b"octoferry-secrets/1\0A\0a\n\0B\0\n\0C\0\0\x003\0"[..]).ok().unwrap();
        let seen: Vec<(&str, &str)> =
            secrets.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(seen, [("A", "a\n")].into_iter().chain([("C", "")]).collect::<Vec<_>>());
    }

    #[test]
    fn what_octoferry_said_at_a_prompt_is_absent_also_inside_another_value() {
        let stream = format!("octoferry-secrets/1\0A\0{0}\0B\0key-{0}-1\0C\0c\0\x003\0", crate::UNANSWERED);
        let secrets = read_stream(stream.as_bytes()).ok().unwrap();
        assert_eq!(secrets.keys().collect::<Vec<_>>(), ["C"]);
    }

    #[test]
    fn no_secrets_at_all_are_a_stream_too() {
        assert_eq!(read_stream(&b"octoferry-secrets/1\0\x000\0"[..]).ok().unwrap().len(), 0);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let whole = b"octoferry-secrets/1\0A\0a\0B\0b\0\x002\0";
        for length in 0..whole.len() {
            assert!(message(&whole[..length]).contains("not complete"), "cut after {length} bytes");
        }
        assert!(message(b"octoferry-secrets/1\0A\0a\0\x002\0").contains("not complete"));
        assert!(message(b"octoferry-secrets/1\0A\0a\0A\0b\0\x002\0").contains("twice"));
        assert!(message(b"octoferry-secrets/1\0\x000\0more").contains("behind their end"));
        assert!(message(b"octoferry-secrets/2\0").contains("format 2"));
        assert!(message(b"{\"A\":1}").contains("does not hold secrets"));
        assert!(message(b"octoferry-secrets/1\0A\0\xff\0\x001\0").contains("value of A"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::btree_map("[^\0]{1,20}", "[^\0]{0,40}", 0..8)) {
            let secrets: BTreeMap<String, Secret> =
                values.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
            let mut stream = Vec::new();
            write_stream(&secrets, &mut stream).unwrap();
            let read = read_stream(stream.as_slice()).ok().unwrap();
            let read: BTreeMap<String, String> = read.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect();
            let expected: BTreeMap<String, String> = values.into_iter().filter(|(_, value)| value != "\n").collect();
            prop_assert_eq!(read, expected);
        }
    }
}
