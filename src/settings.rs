//! Arguments, environment, standard input and prompts → checked settings. The only reader of the environment.
//!
//! A key comes from the secrets on standard input (in a step), a file, the environment or a prompt; never from an argument. The environment
//! itself can't be changed safely while the program runs, so children don't inherit it: whoever starts a process gives it
//! [`child_environment`] and nothing else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::cli;
use crate::mark::digest::Made;
use crate::ui::Ui;
use failure::Failure;
use failure::While as _;
use module::{provider_lock, seal};
use octopus::client::{Client, Proxies, Thumbprint, Transport, Trust};
use octopus::role::Role;
use octopus::server::{self, Server};
use secret::{Secret, stream};
use terraform::process::Environment;

/// Names of the Octopus variables that hold what a step can't be given as an argument.
const SOURCE_KEY: &str = "Octoferry.Source.ApiKey";
const DESTINATION_KEY: &str = "Octoferry.Destination.ApiKey";
const MODULE_KEY: &str = "Octoferry.Module.Key";
/// The same at a workstation.
const MODULE_KEY_VARIABLE: &str = "OCTOFERRY_MODULE_KEY";

/// Everything that was given besides the arguments.
pub struct Settings<'a> {
    ui: &'a Ui,
    /// The `OCTOFERRY_…` variables. Keys stay in `Secret` from here on.
    environment: BTreeMap<String, Secret>,
    /// The secrets from standard input, if they were announced.
    streamed: Option<BTreeMap<String, Secret>>,
    /// From a file.
    filed: BTreeMap<String, Secret>,
}

/// The environment for processes that we start: everything but our own API keys.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
#[must_use]
pub fn child_environment() -> Environment {
    std::env::vars_os().filter(|(name, _)| !is_key_variable(&name.to_string_lossy())).collect()
}

/// One variable of the environment that is not octoferry's own, such as `PATH`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Connections with what is said about timeouts and trust.
///
/// # Errors
/// When a certificate authority can't be read.
pub fn transport(connection: &cli::Connection) -> Result<Transport, Failure> {
    if connection.timeout == 0 {
        return Err(Failure::usage("--timeout must be at least one second"));
    }
    let store_is_named =
        ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| environment_variable(name).is_some());
    let trust = Trust { ca_file: connection.ca_file.clone(), store_is_named };
    Transport::new(Duration::from_secs(connection.timeout), trust, proxies())
}

/// The proxies that the environment names, in lower case first, as most programs read them.
fn proxies() -> Proxies {
    let named = |name: &str| {
        let value = environment_variable(&name.to_lowercase()).or_else(|| environment_variable(name))?;
        value.into_string().ok()
    };
    Proxies {
        http: named("HTTP_PROXY"),
        https: named("HTTPS_PROXY"),
        all: named("ALL_PROXY"),
        none: named("NO_PROXY").unwrap_or_default(),
    }
}

/// The thumbprint of a server's certificate, from the command line or the environment; empty: none is given.
#[must_use]
pub fn thumbprint(role: Role, given: Option<&str>) -> String {
    let environment = || environment_variable(&variable(role, "THUMBPRINT"))?.into_string().ok();
    given.map(str::to_owned).or_else(environment).unwrap_or_default()
}

/// The transport to a server whose certificate is named by its thumbprint, where one is given.
///
/// # Errors
/// When it is none.
fn pinned(role: Role, given: Option<&str>, transport: &Transport) -> Result<Transport, Failure> {
    let text = &thumbprint(role, given);
    if text.is_empty() {
        return Ok(transport.clone());
    }
    let thumbprint = Thumbprint::parse(text).ok_or_else(|| {
        Failure::usage(format!("--{role}-thumbprint {text:?} is no thumbprint of a certificate"))
            .hint("It is the SHA-256 (64 hexadecimal digits) or the SHA-1 (40) of the certificate: openssl x509 -in server.pem -noout -fingerprint -sha256")
    })?;
    transport.pinned(&thumbprint)
}

/// The certificates of a `--ca-file`, and nothing else that it may hold.
///
/// # Errors
/// When it can't be read, or holds none.
pub fn certificates_as_pem(file: &Path) -> Result<String, Failure> {
    use base64::Engine as _;
    let mut pem = String::new();
    for certificate in octopus::client::certificates(file)? {
        let text = base64::engine::general_purpose::STANDARD.encode(&certificate);
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    Ok(pem)
}

/// The text of a `--provider-lock`, as it goes into modules.
///
/// # Errors
/// When it can't be read, or is not a lock of the provider that modules use.
pub fn provider_lock(file: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let doing = || format!("--provider-lock {}", file.display());
    let bytes = std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", doing())))?;
    provider_lock::check(&bytes).while_doing(doing())?;
    // A step's parameter has passed through a portal and a shell.
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    Ok(Some(format!("{}\n", text.trim_end())))
}

/// The key for runbooks that a file holds; it must open the same space. `None`: no file is given.
///
/// # Errors
/// When the file can't be read, or the server refuses the key.
pub async fn runbook_key(
    server: &Server,
    role: Role,
    file: Option<&Path>,
) -> Result<Option<Secret>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let option = format!("--runbook-{role}-key-file");
    let key = key_from_file(&option, file)?;
    let client = server.client.with_key(key.clone())?;
    Server::connect(client, server.space_id()).await.while_doing(option)?;
    Ok(Some(key))
}

/// A space is not moved onto itself.
#[must_use]
pub fn same_space(source: &Server) -> Failure {
    Failure::usage(format!(
        "source and destination are the same space: {:?} ({}) of {}",
        source.space.name(),
        source.space_id(),
        source.client.address()
    ))
    .hint("One server may be both, one space may not: give another --destination-space.")
    .hint("If the source is a copy of the destination's server, restored from a backup of it at an address of its own: --source-is-copy, with every command.")
}

impl<'a> Settings<'a> {
    /// Takes the environment, and the secrets from standard input when they are announced.
    ///
    /// # Errors
    /// When the stream of secrets is not whole.
    pub fn read(secrets: Option<cli::SecretsFrom>, ui: &'a Ui) -> Result<Self, Failure> {
        let (streamed, filed) = match secrets {
            Some(cli::SecretsFrom::Stdin) => {
                (Some(stream::read_stream(std::io::stdin().lock())?), BTreeMap::new())
            }
            Some(cli::SecretsFrom::File(file)) => (None, secrets_of_file(&file)?),
            None => (None, BTreeMap::new()),
        };
        Ok(Self { ui, environment: octoferry_environment(), streamed, filed })
    }

    /// The secrets from standard input or from a file; empty when none were announced.
    #[must_use]
    pub fn secrets(&self) -> BTreeMap<String, Secret> {
        self.streamed.as_ref().unwrap_or(&self.filed).clone()
    }

    /// The key by which module packages are sealed: from the secrets of a step or a file, or `OCTOFERRY_MODULE_KEY`; `None` when it isn't given.
    ///
    /// # Errors
    /// When it could be guessed.
    pub fn given_module_key(&self) -> Result<Option<Secret>, Failure> {
        let key = match &self.streamed {
            Some(streamed) => streamed.get(MODULE_KEY),
            None => self.filed.get(MODULE_KEY).or_else(|| self.environment.get(MODULE_KEY_VARIABLE)),
        };
        match key {
            Some(key) if key.expose().trim().len() < seal::SHORTEST_KEY => Err(Failure::usage(format!(
                "the key of module packages has fewer than {} characters: it could be guessed",
                seal::SHORTEST_KEY
            ))
            .hint("Take a long random text, such as `openssl rand -hex 32` prints.")),
            key => Ok(key.cloned()),
        }
    }

    /// The same, where nothing goes without.
    ///
    /// # Errors
    /// When it isn't given, or could be guessed.
    pub fn module_key(&self) -> Result<Secret, Failure> {
        self.given_module_key()?.ok_or_else(|| {
            Failure::usage("the key of module packages is not given: only what is sealed with it is ever deployed by a step")
                .hint(format!("In a step: the sensitive variable {MODULE_KEY}; octoferry seed makes it in the library variable set \"Octoferry\", in runbooks of your own it is a long random text that you enter."))
                .hint(format!("At a workstation: set {MODULE_KEY_VARIABLE} for serialize --push, and for octoferry seed, so that both are the same."))
        })
    }

    /// Looks whether the backend is the one that a seeded step was made for.
    ///
    /// # Errors
    /// When it is another.
    pub fn verify_backend(&self, given: &cli::Backend) -> Result<(), Failure> {
        let Some(digest) = &given.backend_digest else { return Ok(()) };
        let made = Made::ForBackend {
            kind: given.backend.as_deref().unwrap_or_default(),
            settings: &given.backend_config,
        };
        made.verify(digest, &self.module_key()?)
    }

    /// Reaches the source server and finds the space.
    ///
    /// # Errors
    /// When something isn't given, or the server refuses.
    pub async fn source(&self, given: &cli::Source, transport: &Transport) -> Result<Server, Failure> {
        let side = Side {
            role: Role::Source,
            url: given.source_url.as_deref(),
            space: given.source_space.as_deref(),
            key_file: given.source_api_key_file.as_deref(),
            thumbprint: given.source_thumbprint.as_deref(),
            digest: given.source_digest.as_deref(),
            streamed_key: SOURCE_KEY,
        };
        let server = self.server(&side, transport).await?;
        if !given.source_is_copy {
            return Ok(server);
        }
        // A step says what seed was told and asked.
        if !self.ui.in_step() && !server.is_potential_copy().await {
            let question = format!(
                "{} doesn't say that it is a copy of another server (IsPotentialClone). Is it one all the same, with work of its own going on nowhere?",
                server.client.address()
            );
            self.ui.confirm(&question, false)?;
        }
        Ok(server.as_copy())
    }

    /// Reaches the destination server and finds the space, which must exist.
    ///
    /// # Errors
    /// When something isn't given, or the server refuses.
    pub async fn destination(
        &self,
        given: &cli::Destination,
        transport: &Transport,
    ) -> Result<Server, Failure> {
        let side = Side {
            role: Role::Destination,
            url: given.destination_url.as_deref(),
            space: given.destination_space.as_deref(),
            key_file: given.destination_api_key_file.as_deref(),
            thumbprint: given.destination_thumbprint.as_deref(),
            digest: given.destination_digest.as_deref(),
            streamed_key: DESTINATION_KEY,
        };
        self.server(&side, transport).await
    }

    /// The destination, where a command can do without: `None` when no address is given. No question is asked for it.
    ///
    /// # Errors
    /// As [`Self::destination`].
    pub async fn destination_if_given(
        &self,
        given: &cli::Destination,
        transport: &Transport,
    ) -> Result<Option<Server>, Failure> {
        if given.destination_url.is_none() && self.plain(Role::Destination, "URL").is_none() {
            return Ok(None);
        }
        self.destination(given, transport).await.map(Some)
    }

    /// Reaches both servers, and says aloud which they are.
    ///
    /// # Errors
    /// As [`Self::source`] and [`Self::destination`]; and when both are the same space.
    pub async fn both(
        &self,
        source: &cli::Source,
        destination: &cli::Destination,
        transport: &Transport,
    ) -> Result<(Server, Server), Failure> {
        let source = self.source(source, transport).await?;
        let destination = self.destination(destination, transport).await?;
        if source.is_same_space(&destination) {
            return Err(same_space(&source));
        }
        self.ui.info(&format!("source:      {}", source.described()));
        self.ui.info(&format!("destination: {}", destination.described()));
        Ok((source, destination))
    }

    async fn server(&self, side: &Side<'_>, transport: &Transport) -> Result<Server, Failure> {
        let role = side.role;
        let url = match side.url.map(str::to_owned).or_else(|| self.plain(role, "URL")) {
            Some(url) => url,
            None => self
                .ui
                .ask(&format!("Address of the {role} server"))?
                .ok_or_else(|| missing(role, "address", "url", "URL"))?,
        };
        let key = self.key(side)?;
        if let Some(digest) = side.digest {
            let space = side.space.unwrap_or_default();
            Made::ForServer { role, url: &url, space, key: &key }.verify(digest, &self.module_key()?)?;
        }
        let transport = pinned(role, side.thumbprint, transport)?;
        let client = Client::new(role, &url, key, &transport)?;
        if is_plain(client.address()) {
            self.ui.warning(&format!(
                "{} is no https: whoever is on the way to the {role} server can read the API key and all secrets",
                client.address()
            ));
        }
        let space = match side.space.map(str::to_owned).or_else(|| self.plain(role, "SPACE")) {
            Some(space) => space,
            None if self.ui.can_ask() => {
                let there = server::names(&server::spaces(&client).await?);
                let question = format!("Space of the {role} server; there are {there}");
                self.ui.ask(&question)?.ok_or_else(|| missing(role, "space", "space", "SPACE"))?
            }
            None => return Err(missing(role, "space", "space", "SPACE")),
        };
        Server::connect(client, &space).await
    }

    fn key(&self, side: &Side<'_>) -> Result<Secret, Failure> {
        let role = side.role;
        if let Some(file) = side.key_file {
            return key_from_file(&format!("--{role}-api-key-file"), file);
        }
        if let Some(streamed) = &self.streamed {
            return streamed.get(side.streamed_key).cloned().ok_or_else(|| {
                Failure::failed(format!("the variable {} has no value in this run", side.streamed_key))
                    .hint("It belongs to the library variable set \"Octoferry\", scoped to the environment \"Octoferry\": is the set linked to this project?")
            });
        }
        // With a file of secrets the keys may stay where they are at a workstation.
        if let Some(key) = self.filed.get(side.streamed_key) {
            return Ok(key.clone());
        }
        if let Some(key) = self.environment.get(&variable(role, "API_KEY")) {
            return Ok(key.clone());
        }
        self.ui.ask_secret(&format!("API key of the {role} server (not shown)"))?.ok_or_else(|| {
            Failure::usage(format!("the {role} API key is not given")).hint(format!(
                "Set {}, or name a file that holds it: --{role}-api-key-file FILE.",
                variable(role, "API_KEY")
            ))
        })
    }

    /// A variable of the environment that is no secret.
    fn plain(&self, role: Role, what: &str) -> Option<String> {
        Some(self.environment.get(&variable(role, what))?.expose().to_owned())
    }
}

/// What the arguments say about one of the two servers.
struct Side<'a> {
    role: Role,
    url: Option<&'a str>,
    space: Option<&'a str>,
    key_file: Option<&'a Path>,
    thumbprint: Option<&'a str>,
    /// What a seeded step was made for.
    digest: Option<&'a str>,
    streamed_key: &'static str,
}

/// Whether a connection goes unencrypted over a network.
fn is_plain(address: &str) -> bool {
    let Some(host) = address.strip_prefix("http://") else { return false };
    let host = host.split('/').next().unwrap_or_default();
    let name =
        host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    !(name == "localhost" || name == "[::1]" || name.starts_with("127."))
}

fn variable(role: Role, what: &str) -> String {
    format!("OCTOFERRY_{}_{what}", role.name().to_uppercase())
}

fn is_key_variable(name: &str) -> bool {
    name.starts_with("OCTOFERRY_") && (name.ends_with("_API_KEY") || name == MODULE_KEY_VARIABLE)
}

fn missing(role: Role, what: &str, option: &str, variable_part: &str) -> Failure {
    Failure::usage(format!("the {role} {what} is not given"))
        .hint(format!("Give --{role}-{option}, or set {}.", variable(role, variable_part)))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn octoferry_environment() -> BTreeMap<String, Secret> {
    let ours = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    ours.filter(|(name, value)| name.starts_with("OCTOFERRY_") && !value.is_empty())
        .map(|(name, value)| (name, Secret::new(value)))
        .collect()
}

/// A secret from a file that only its owner may read, or from standard input (`-`).
///
/// # Errors
/// Usage: others may read the file, or it can't be read. `option` names it.
pub fn private_file(option: &str, file: &Path) -> Result<Secret, Failure> {
    let trouble = |error: std::io::Error| Failure::usage(format!("{option} {}: {error}", file.display()));
    let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map_err(trouble)?;
    } else {
        let mut opened = std::fs::File::open(file).map_err(trouble)?;
        let mode = opened.metadata().map_err(trouble)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Failure::usage(format!("{option} {}: others may read this file", file.display()))
                .hint(format!("chmod 600 {}", file.display())));
        }
        opened.read_to_string(&mut text).map_err(trouble)?;
    }
    Ok(Secret::new(text.trim().to_owned()))
}

/// Secrets by the names of Octopus variables.
fn secrets_of_file(file: &Path) -> Result<BTreeMap<String, Secret>, Failure> {
    let text = private_file("--secrets", file)?;
    // An error's own text would show what it found.
    let secrets: BTreeMap<String, String> = serde_json::from_str(text.expose()).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::usage(format!("--secrets {}: not a JSON object of texts ({place})", file.display()))
            .hint("Such as {\"Database.Password\": \"…\"}; octoferry needs MODULE prints the names.")
    })?;
    Ok(secrets.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// The key alone, with or without a newline at the end.
fn key_from_file(option: &str, file: &Path) -> Result<Secret, Failure> {
    let content = std::fs::read_to_string(file).map(Zeroizing::new);
    let content = content.map_err(|error| Failure::usage(format!("{option} {}: {error}", file.display())))?;
    Ok(Secret::new(content.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_unencrypted_is_known() {
        for plain in
            ["http://octopus.example", "http://10.0.0.1:8080/octopus", "http://[fe80::1]:80", "http://127x"]
        {
            assert!(is_plain(plain), "{plain}");
        }
        for fine in ["https://octopus.example", "http://127.0.0.1:8065", "http://localhost", "http://[::1]:1"]
        {
            assert!(!is_plain(fine), "{fine}");
        }
    }

    #[test]
    fn a_file_of_secrets_is_for_its_owner_and_shows_nothing_when_it_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.json");
        let with = |text: &str, mode: u32| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            secrets_of_file(&file)
        };
        let secrets = with(r##"{"Payment.Key": " s3cr#{t} ", "Empty": ""}"##, 0o600).ok().unwrap();
        assert_eq!(secrets["Payment.Key"].expose(), " s3cr#{t} ");
        assert_eq!(secrets.len(), 2);
        let open = with("{}", 0o640).err().unwrap();
        assert!(open.message.contains("others may read"), "{open}");
        for wrong in [r#"{"A": hunter2}"#, r#"{"A": ["hunter2"]}"#, r#""hunter2""#, "hunter2"] {
            let failure = with(wrong, 0o600).err().unwrap();
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        }
    }

    #[test]
    fn children_see_no_keys() {
        assert!(is_key_variable("OCTOFERRY_SOURCE_API_KEY"));
        assert!(is_key_variable("OCTOFERRY_DESTINATION_API_KEY"));
        assert!(is_key_variable("OCTOFERRY_MODULE_KEY"));
        assert!(!is_key_variable("OCTOFERRY_SOURCE_URL"));
        assert!(!is_key_variable("PATH"));
    }
}
