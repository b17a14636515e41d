//! `.terraform.lock.hcl`: which bytes of a provider a module is applied with. `terraform providers lock` writes it, and `terraform init`.
//!
//! The format: <https://developer.hashicorp.com/terraform/language/files/dependency-lock>.

use std::collections::BTreeSet;

use crate::policy::{self, PROVIDER_SOURCE, Token};
use failure::Failure;

/// The file's name.
pub const FILE: &str = ".terraform.lock.hcl";
/// In bytes: one provider with its digests for all platforms takes some 3 KB.
const LARGEST: usize = 32 * 1024;
/// How a lock is made that holds wherever the steps run.
const HOW: &str = "In the folder of any module: terraform providers lock -platform=linux_amd64 -platform=darwin_arm64, then give its .terraform.lock.hcl.";

/// A provider as a lock file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// `registry.terraform.io/octopusdeploy/octopusdeploy`.
    pub address: String,
    /// `1.17.0`.
    pub version: String,
    /// `h1:…`: of a provider's unpacked files on one platform; `zh:…`: of a package, one for each platform.
    pub hashes: BTreeSet<String>,
}

/// The providers of a lock file; `None` when the text is none.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<Locked>> {
    let tokens: Vec<Token<'_>> =
        policy::tokens(text).ok()?.into_iter().filter(|token| *token != Token::Line).collect();
    let mut rest = tokens.as_slice();
    let mut all = Vec::new();
    while !rest.is_empty() {
        let [Token::Word("provider"), label @ ..] = rest else { return None };
        let (address, body) = quoted(label)?;
        let [Token::Sign('{'), body @ ..] = body else { return None };
        let mut locked =
            Locked { address: address.to_lowercase(), version: String::new(), hashes: BTreeSet::new() };
        rest = setting(body, &mut locked)?;
        all.push(locked);
    }
    Some(all)
}

/// Reads the settings of a provider up to the brace that ends it, and answers what comes behind.
fn setting<'a, 't>(mut rest: &'a [Token<'t>], locked: &mut Locked) -> Option<&'a [Token<'t>]> {
    loop {
        rest = match rest {
            [Token::Sign('}'), behind @ ..] => return Some(behind),
            [Token::Word("hashes"), Token::Sign('='), Token::Sign('['), list @ ..] => {
                let mut list = list;
                loop {
                    list = match list {
                        [Token::Sign(']'), behind @ ..] => break behind,
                        [Token::Sign(','), behind @ ..] => behind,
                        item => {
                            let (hash, behind) = quoted(item)?;
                            locked.hashes.insert(hash.to_owned());
                            behind
                        }
                    };
                }
            }
            [Token::Word(name), Token::Sign('='), value @ ..] => {
                let (value, behind) = quoted(value)?;
                if *name == "version" {
                    value.clone_into(&mut locked.version);
                }
                behind
            }
            _ => return None,
        };
    }
}

/// A text in quotes in which nothing is evaluated, and what comes behind.
fn quoted<'a, 't>(tokens: &'a [Token<'t>]) -> Option<(&'t str, &'a [Token<'t>])> {
    match tokens {
        [Token::Quote, Token::Text(text), Token::Quote, behind @ ..] => Some((text, behind)),
        _ => None,
    }
}

/// Looks whether these bytes are a lock of the one provider that modules use, and of nothing else.
///
/// # Errors
/// What they are instead.
pub fn check(bytes: &[u8]) -> Result<(), Failure> {
    let wrong = |what: String| Err(Failure::usage(format!("the provider lock {what}")).hint(HOW));
    if bytes.len() > LARGEST {
        return wrong(format!("has {} bytes, and may have {LARGEST}", bytes.len()));
    }
    let Some(all) = std::str::from_utf8(bytes).ok().and_then(parse) else {
        return wrong(format!("is none: Terraform calls it {FILE}"));
    };
    let wanted = format!("/{}", PROVIDER_SOURCE.to_lowercase());
    if let Some(other) = all.iter().find(|locked| !locked.address.ends_with(&wanted)) {
        return wrong(format!("is of {} too, and modules use {PROVIDER_SOURCE} alone", other.address));
    }
    match all.as_slice() {
        [] => wrong(format!("does not name {PROVIDER_SOURCE}")),
        [locked] if locked.hashes.is_empty() => wrong(format!("has no digests of {}", locked.address)),
        [locked] if !is_fitting(&locked.version) => {
            wrong(format!("is of version {}, and modules need {}", locked.version, crate::PROVIDER_VERSION))
        }
        [_] => Ok(()),
        _ => wrong("names the provider more than once".to_owned()),
    }
}

/// Whether a version is one that modules allow: of the same major number, and not older.
fn is_fitting(version: &str) -> bool {
    let numbers = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    };
    let wanted = numbers(crate::PROVIDER_VERSION.trim_start_matches("~> "));
    match (numbers(version), wanted) {
        (Some((major, minor)), Some((wanted_major, wanted_minor))) => {
            major == wanted_major && minor >= wanted_minor
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "# This file is maintained automatically by \"terraform init\".\n# Manual edits may be lost in future updates.\n\nprovider \"registry.terraform.io/octopusdeploy/octopusdeploy\" {\n  version     = \"1.17.0\"\n  constraints = \"~> 1.17\"\n  hashes = [\n    \"h1:abc+/=\",\n    \"zh:0123\",\n  ]\n}\n";

    #[test]
    fn what_terraform_writes_is_read() {
        let all = parse(LOCK).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].address, "registry.terraform.io/octopusdeploy/octopusdeploy");
        assert_eq!(all[0].version, "1.17.0");
        assert_eq!(all[0].hashes.iter().collect::<Vec<_>>(), ["h1:abc+/=", "zh:0123"]);
        check(LOCK.as_bytes()).unwrap();
        assert_eq!(parse("# nothing\n"), Some(vec![]));
    }

    #[test]
    fn what_is_no_lock_of_our_provider_is_refused() {
        let says = |text: &str, what: &str| {
            let failure = check(text.as_bytes()).unwrap_err().to_string();
            assert!(failure.contains(what), "{text}: {failure}");
        };
        says("", "does not name OctopusDeploy/octopusdeploy");
        says("provider {", "is none");
        says("resource \"x\" \"y\" {}", "is none");
        says(&LOCK.replace("\"zh:0123\"", "\"${file(\"/etc/passwd\")}\""), "is none");
        says(
            &LOCK.replace("octopusdeploy/octopusdeploy", "evil/octopusdeploy"),
            "is of registry.terraform.io/evil/octopusdeploy too",
        );
        says(&format!("{LOCK}{LOCK}"), "more than once");
        says(&LOCK.replace("1.17.0", "1.16.3"), "is of version 1.16.3, and modules need ~> 1.17");
        says(&LOCK.replace("1.17.0", "2.0.0"), "is of version 2.0.0");
        says(&LOCK.replace("\"h1:abc+/=\",\n    \"zh:0123\",\n", ""), "has no digests");
        says(&format!("# {}\n{LOCK}", "x".repeat(LARGEST)), "bytes, and may have");
        assert!(check(&[0xff]).is_err());
    }
}
