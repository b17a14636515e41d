//! Where Terraform keeps its state: type and settings of the backend, the key of one module's state, credentials.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::cli;
use crate::mark::name::{BACKEND_CONFIG, BACKEND_TYPE};
use crate::ui::shell_quoted;
use failure::Failure;
use failure::While as _;
use module::manifest::{Manifest, Origin, Scope};
use octopus::server::Server;
use secret::Secret;
use terraform::memory_file::MemoryFile;

/// The typed account variable whose parts are the credentials, such as `Octoferry.Backend.Account.SecretKey`.
pub const ACCOUNT_VARIABLE: &str = "Octoferry.Backend.Account";

/// What to do about older versions of a state that hold secrets, wherever it is kept.
pub const OLDER_STATES: &str =
    "delete the versions, backups and copies that its backend keeps, or renew these secrets.";

/// A checked backend: what Terraform calls its type, and its settings without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    pub kind: String,
    pub config: BTreeMap<String, String>,
}

/// What one module's run needs: files, arguments and variables of Terraform's own environment.
pub struct Prepared {
    /// `-backend-config=…` of `init`.
    pub arguments: Vec<String>,
    pub environment: BTreeMap<OsString, OsString>,
    /// The key of the state, for messages.
    pub key: String,
    /// Kept as long as Terraform runs.
    _credentials: Option<MemoryFile>,
}

/// Variables of Terraform's environment that a backend takes its credentials from, each with the part of the account that it is.
fn of_environment(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "azurerm" => &[
            ("ARM_SUBSCRIPTION_ID", "SubscriptionNumber"),
            ("ARM_CLIENT_ID", "Client"),
            ("ARM_CLIENT_SECRET", "Password"),
            ("ARM_TENANT_ID", "TenantId"),
        ],
        "pg" => &[("PGUSER", "Username"), ("PGPASSWORD", "Password")],
        "http" => &[("TF_HTTP_USERNAME", "Username"), ("TF_HTTP_PASSWORD", "Password")],
        _ => &[],
    }
}

impl Backend {
    /// From the command line, else from the secrets on standard input. `None`: nothing is said about a backend.
    ///
    /// # Errors
    /// When something is said twice, is secret, or can't be right.
    pub fn choose(
        given: &cli::Backend,
        streamed: &BTreeMap<String, Secret>,
    ) -> Result<Option<Self>, Failure> {
        if let Some(kind) = &given.backend {
            return Self::new(kind, &given.backend_config).map(Some);
        }
        if !given.backend_config.is_empty() {
            return Err(Failure::usage("--backend-config says nothing without --backend TYPE"));
        }
        let Some(kind) = streamed.get(BACKEND_TYPE).filter(|kind| !kind.expose().trim().is_empty()) else {
            return Ok(None);
        };
        let lines = streamed.get(BACKEND_CONFIG).map_or("", Secret::expose);
        let config: Vec<String> =
            lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Self::new(kind.expose().trim(), &config).map(Some)
    }

    /// Checks type and settings, `KEY=VALUE` each.
    ///
    /// # Errors
    /// Usage: no `=`, a key twice, a setting that is known to be secret, a `local` path that is not absolute, no place for the state's key.
    pub fn new(kind: &str, settings: &[String]) -> Result<Self, Failure> {
        if kind.is_empty() || !kind.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Err(Failure::usage(format!("{kind:?} is no Terraform backend type"))
                .hint("Such as s3, azurerm, gcs, consul, pg, kubernetes, http, local."));
        }
        let mut config = BTreeMap::new();
        for setting in settings {
            let Some((key, value)) = setting.split_once('=') else {
                return Err(Failure::usage("a --backend-config is not like KEY=VALUE"));
            };
            let (key, value) = (key.trim(), value.trim());
            if is_secret(kind, key, value) {
                return Err(Failure::usage(format!("the setting {key:?} of the backend {kind} is a secret"))
                    .hint("Terraform would write it to its folder. Credentials come from the account variable Octoferry.Backend.Account, or are the worker's own identity."));
            }
            if config.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(Failure::usage(format!("the setting {key:?} of the backend is given twice")));
            }
        }
        let backend = Self { kind: kind.to_owned(), config };
        if kind == "local" && !backend.config.get("path").is_some_and(|path| Path::new(path).is_absolute()) {
            return Err(Failure::usage("the backend local needs path=FOLDER, an absolute one")
                .hint("It must be on one lasting worker: a state that is lost means a space that can't be changed any more. Other workers need a shared backend."));
        }
        let has_place =
            backend.key_setting().is_some() || backend.config.values().any(|value| value.contains("{key}"));
        if !has_place {
            return Err(Failure::usage(format!(
                "octoferry doesn't know where the backend {kind} wants the key of a state"
            ))
            .hint("Put {key} into one of the values of --backend-config."));
        }
        Ok(backend)
    }

    /// The names of Octoferry variables that may hold credentials of this type, for `needs`.
    #[must_use]
    pub fn credential_names(kind: &str) -> Vec<String> {
        let parts: &[&str] = match kind {
            "s3" => &["AccessKey", "SecretKey"],
            "azurerm" => &["SubscriptionNumber", "Client", "Password", "TenantId"],
            "gcs" => &["JsonKey"],
            "consul" | "http" | "pg" => &["Username", "Password"],
            _ => &[],
        };
        parts.iter().map(|part| format!("{ACCOUNT_VARIABLE}.{part}")).collect()
    }

    /// Writes the backend block into the working copy and gives what `init` and Terraform's environment need.
    ///
    /// # Errors
    /// When the block can't be written or a credential can't be used.
    pub fn prepare(
        &self,
        working_copy: &Path,
        key: &str,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<Prepared, Failure> {
        let block = format!("terraform {{\n  backend \"{}\" {{}}\n}}\n", self.kind);
        std::fs::write(working_copy.join("octoferry_backend_override.tf"), block)
            .while_doing("writing the backend's block")?;
        let mut config = self.settings_for(key);
        if self.kind == "local" {
            let folder = config.get("path").and_then(|path| Path::new(path).parent());
            if let Some(folder) = folder {
                private(folder)
                    .while_doing(format!("making the folder for the state, {}", folder.display()))?;
            }
        }
        let (credentials, environment) = self.credentials(secrets)?;
        if let Some(file) = &credentials {
            config.insert("shared_credentials_files".to_owned(), format!("[\"{}\"]", file.path()));
        }
        Ok(Prepared {
            arguments: config.iter().map(|(name, value)| format!("-backend-config={name}={value}")).collect(),
            environment,
            key: key.to_owned(),
            _credentials: credentials,
        })
    }

    /// The settings with the state's key in its place.
    fn settings_for(&self, key: &str) -> BTreeMap<String, String> {
        let mut config = self.config.clone();
        let mut placed = false;
        for value in config.values_mut().filter(|value| value.contains("{key}")) {
            *value = value.replace("{key}", key);
            placed = true;
        }
        let Some(name) = self.key_setting().filter(|_| !placed) else { return config };
        let given = config.remove(name).map(|text| text.trim_end_matches('/').to_owned());
        let given = given.filter(|text| !text.is_empty());
        let value = match self.kind.as_str() {
            "local" => format!("{}/{key}.tfstate", given.unwrap_or_default()),
            // Names of schemas and Kubernetes secrets are short and know no slash.
            "pg" => format!("{}_{}", given.unwrap_or_else(|| "octoferry".to_owned()), digest(key)),
            "kubernetes" => format!("{}-{}", given.unwrap_or_else(|| "octoferry".to_owned()), digest(key)),
            _ => given.map_or_else(|| key.to_owned(), |prefix| format!("{prefix}/{key}")),
        };
        config.insert(name.to_owned(), value);
        config
    }

    /// The setting that takes the key of a state.
    fn key_setting(&self) -> Option<&'static str> {
        Some(match self.kind.as_str() {
            "s3" | "azurerm" | "oss" | "cos" => "key",
            "gcs" => "prefix",
            "local" | "consul" => "path",
            "pg" => "schema_name",
            "kubernetes" => "secret_suffix",
            _ => return None,
        })
    }

    /// Credentials, if the stream has them: a memory file where the backend reads one, else variables of Terraform's environment.
    fn credentials(
        &self,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<(Option<MemoryFile>, BTreeMap<OsString, OsString>), Failure> {
        let part =
            |name: &str| secrets.get(&format!("{ACCOUNT_VARIABLE}.{name}")).filter(|value| !value.is_empty());
        let mut environment = BTreeMap::new();
        let mut set = |name: &str, value: &str| environment.insert(name.into(), value.into());
        match self.kind.as_str() {
            "s3" => {
                if let (Some(access), Some(secret)) = (part("AccessKey"), part("SecretKey")) {
                    let profile = self.config.get("profile").map_or("default", String::as_str);
                    let text = Zeroizing::new(format!(
                        "[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                        access.expose(),
                        secret.expose()
                    ));
                    return Ok((Some(MemoryFile::with("octoferry-aws", text.as_bytes())?), environment));
                }
            }
            "gcs" => {
                if let Some(encoded) = part("JsonKey") {
                    // Octopus gives the JSON in base64 (Calamari decodes it as well).
                    let json = STANDARD
                        .decode(encoded.expose().trim())
                        .ok()
                        .and_then(|json| String::from_utf8(json).ok());
                    let json = json.ok_or_else(|| {
                        Failure::failed(format!("{ACCOUNT_VARIABLE}.JsonKey is not base64 of a JSON text"))
                    })?;
                    set("GOOGLE_BACKEND_CREDENTIALS", &json);
                }
            }
            "consul" => {
                if let (Some(user), Some(password)) = (part("Username"), part("Password")) {
                    set(
                        "CONSUL_HTTP_AUTH",
                        &Zeroizing::new(format!("{}:{}", user.expose(), password.expose())),
                    );
                }
            }
            kind => {
                let parts = of_environment(kind).iter().filter_map(|(to, from)| Some((to, part(from)?)));
                parts.for_each(|(to, value)| {
                    set(to, value.expose());
                });
            }
        }
        Ok((None, environment))
    }

    /// Removes the copy of a state that Terraform leaves beside a local one; what a person has to do about the versions that other backends keep.
    ///
    /// # Errors
    /// When the copy can't be removed.
    pub fn forget_older(&self, key: &str) -> Result<String, Failure> {
        let settings = self.settings_for(key);
        let setting = |name: &str| settings.get(name).map_or("…", String::as_str);
        Ok(match self.kind.as_str() {
            "local" => {
                let copy = format!("{}.backup", setting("path"));
                match std::fs::remove_file(&copy) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Failure::failed(format!(
                            "removing {copy}, which holds secrets: {error}"
                        )));
                    }
                    _ => format!(
                        "Terraform's copy beside it is removed; delete backups of {}, or renew these secrets.",
                        setting("path")
                    ),
                }
            }
            "s3" => format!(
                "if the bucket keeps versions, list them and delete all but the newest, or renew these secrets:\n  aws s3api list-object-versions --bucket {bucket} --prefix {key}\n  aws s3api delete-object --bucket {bucket} --key {key} --version-id VERSION",
                bucket = shell_quoted(setting("bucket")),
                key = shell_quoted(setting("key"))
            ),
            "azurerm" => format!(
                "if the container keeps versions, snapshots or deleted blobs, list and delete them, or renew these secrets (what soft delete keeps goes at the end of its days, or when soft delete is switched off):\n  az storage blob list --account-name {account} --container-name {container} --prefix {key} --include vsd\n  az storage blob delete --account-name {account} --container-name {container} --name {key} --version-id VERSION",
                account = shell_quoted(setting("storage_account_name")),
                container = shell_quoted(setting("container_name")),
                key = shell_quoted(setting("key"))
            ),
            "gcs" => format!(
                "if the bucket keeps versions, list them and delete all but the newest, or renew these secrets:\n  gcloud storage ls --all-versions {0}\n  gcloud storage rm {0}/default.tfstate#GENERATION",
                shell_quoted(&format!("gs://{}/{}", setting("bucket"), setting("prefix")))
            ),
            _ => OLDER_STATES.to_owned(),
        })
    }

    /// The commands by which a person releases a lock that nobody holds any more.
    #[must_use]
    pub fn unlock_commands(&self, key: &str, lock_id: &str) -> String {
        let settings: Vec<String> = self
            .settings_for(key)
            .iter()
            .map(|(name, value)| shell_quoted(&format!("-backend-config={name}={value}")))
            .collect();
        format!(
            "mkdir unlock && cd unlock && echo 'terraform {{ backend \"{}\" {{}} }}' > main.tf &&\n  terraform init {} &&\n  terraform force-unlock {lock_id}",
            self.kind,
            settings.join(" ")
        )
    }
}

/// Makes the folder for a state, which holds secrets: only we may enter it, and only we may read what an older octoferry has left in it.
fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// What a state is of, at the destination: by the server's own id, so that it survives a new host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    server: String,
    address: String,
    space: String,
}

impl Place {
    /// Of a destination. A server that says to be a copy of another (`IsPotentialClone`) has that one's id: there the address tells them apart.
    pub async fn of(destination: &Server) -> Self {
        let is_copy = destination.is_potential_copy().await;
        let address = destination.client.address().to_owned();
        let server = if is_copy { address.clone() } else { destination.identity().to_owned() };
        Self { server, address, space: destination.space_id().to_owned() }
    }

    /// `octoferry/<installation>/<space>/<destination's installation>/<destination space>/<project, project and runbook, or "space">`: one state
    /// per module and destination.
    #[must_use]
    pub fn key(&self, source: &Origin, what: &str) -> String {
        key_of(&source.installation_id, &source.space_id, &self.server, &self.space, what)
    }

    /// The key under which an older octoferry kept it: with the destination's host in place of its id. `None`: the same.
    #[must_use]
    pub fn former_key(&self, source: &Origin, what: &str) -> Option<String> {
        let key = key_of(&source.installation_id, &source.space_id, &self.address, &self.space, what);
        (key != self.key(source, what)).then_some(key)
    }
}

/// The part of the key that tells a module from others of its space.
#[must_use]
pub fn part_of_key(manifest: &Manifest) -> String {
    match &manifest.scope {
        Scope::Space => "space".to_owned(),
        Scope::Project { id, .. } => id.clone(),
        // Beside its project's: neither may plan to destroy what the other has made.
        Scope::Runbook { id, project_id, .. } => format!("{project_id}/{id}"),
    }
}

fn key_of(
    installation: &str,
    source_space: &str,
    destination_address: &str,
    destination_space: &str,
    what: &str,
) -> String {
    let host = destination_address.split_once("://").map_or(destination_address, |(_, host)| host);
    ["octoferry", installation, source_space, host, destination_space, what].map(plain_part).join("/")
}

/// A part of a key with characters that every backend takes: `127.0.0.1:8080` → `127.0.0.1_8080`.
fn plain_part(part: &str) -> String {
    let plain: String = part
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' })
        .collect();
    if plain.is_empty() { "unknown".to_owned() } else { plain }
}

fn digest(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether Terraform's documentation of the backend says that this setting is a credential.
#[must_use]
pub fn is_secret(kind: &str, key: &str, value: &str) -> bool {
    let names: &[&str] = match kind {
        "s3" => &["access_key", "secret_key", "token", "sse_customer_key"],
        "azurerm" => &[
            "access_key",
            "sas_token",
            "client_secret",
            "client_certificate",
            "client_certificate_password",
            "oidc_token",
            "oidc_request_token",
        ],
        "gcs" => &["access_token", "encryption_key"],
        "consul" => &["access_token", "http_auth"],
        "http" => &["password", "client_private_key_pem"],
        "kubernetes" => &["password", "token", "client_key"],
        "oss" => &["access_key", "secret_key", "security_token"],
        "cos" => &["secret_id", "secret_key", "security_token"],
        "remote" => &["token"],
        _ => &["access_key", "secret_key", "password", "token"],
    };
    names.contains(&key)
        || holds_password(value)
        // A file's path is none, a JSON text is.
        || (kind == "gcs" && key == "credentials" && value.trim_start().starts_with('{'))
        || (kind == "pg" && key == "conn_str" && has_password(value))
}

/// An address with a password or a signature in it, whatever the setting: `https://user:word@host/…`, `…?sig=…`, also inside another text such as
/// `endpoints={s3="https://user:word@host"}`.
fn holds_password(value: &str) -> bool {
    const SECRET_PARTS: [&str; 7] =
        ["sig=", "token=", "access_token=", "password=", "secret=", "api_key=", "x-amz-signature="];
    value.match_indices("://").any(|(start, mark)| {
        let rest = &value[start + mark.len()..];
        let end = rest
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\''))
            .unwrap_or(rest.len());
        let address = rest[..end].to_lowercase();
        let (authority, query) =
            (address.split(['/', '?', '#']).next().unwrap_or_default(), address.split_once('?'));
        let with_user = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
        let signed = query.is_some_and(|(_, query)| {
            query.split('&').any(|part| SECRET_PARTS.iter().any(|secret| part.starts_with(secret)))
        });
        with_user || signed
    })
}

/// `postgres://user:password@host/…` or `password=…`.
fn has_password(connection: &str) -> bool {
    let user = connection.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':')) || connection.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use module::manifest;

    fn backend(kind: &str, settings: &[&str]) -> Result<Backend, Failure> {
        Backend::new(kind, &settings.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn setting(kind: &str, settings: &[&str], name: &str) -> String {
        backend(kind, settings).ok().unwrap().settings_for("octoferry/i/s/h/d/space")[name].clone()
    }

    #[test]
    fn the_key_stands_where_each_type_wants_it() {
        let key = "octoferry/i/s/h/d/space";
        assert_eq!(setting("s3", &["bucket=b"], "key"), key);
        assert_eq!(setting("s3", &["key=team/"], "key"), format!("team/{key}"));
        assert_eq!(setting("azurerm", &[], "key"), key);
        assert_eq!(setting("gcs", &["bucket=b"], "prefix"), key);
        assert_eq!(setting("local", &["path=/var/state/"], "path"), format!("/var/state/{key}.tfstate"));
        assert_eq!(setting("consul", &[], "path"), key);
        assert_eq!(setting("http", &["address=https://h/{key}"], "address"), format!("https://h/{key}"));
        assert_eq!(setting("kubernetes", &[], "secret_suffix").len(), "octoferry-".len() + 24);
        assert!(setting("pg", &[], "schema_name").starts_with("octoferry_"));
    }

    #[test]
    fn what_can_not_work_is_refused() {
        for (kind, settings, why) in [
            ("local", &["path=state"][..], "absolute"),
            ("local", &[], "absolute"),
            ("http", &["address=https://h/x"], "key of a state"),
            ("s3", &["bucket"], "KEY=VALUE"),
            ("s3", &["secret_key=x"], "is a secret"),
            ("pg", &["conn_str=postgres://u:p@h/db"], "is a secret"),
            ("http", &["address=https://user:word@h/{key}"], "is a secret"),
            ("http", &["address=https://h/{key}?x=1&SIG=abc"], "is a secret"),
            ("s3", &["endpoints={s3=\"https://u:p@h\"}"], "is a secret"),
            ("gcs", &["credentials={\"a\":1}"], "is a secret"),
            ("s3", &["bucket=a", "bucket=b"], "twice"),
            ("s 3", &[], "no Terraform backend type"),
        ] {
            let failure = backend(kind, settings).expect_err(kind);
            assert!(failure.message.contains(why), "{kind}: {failure}");
        }
    }

    #[test]
    fn a_value_may_hold_equal_signs() {
        let backend = backend("s3", &["endpoints={s3=\"http://h:1\"}"]).ok().unwrap();
        assert_eq!(backend.config["endpoints"], "{s3=\"http://h:1\"}");
    }

    #[test]
    fn parts_of_a_key_are_plain() {
        assert_eq!(plain_part("octopus.example:8080/octopus"), "octopus.example_8080_octopus");
        assert_eq!(plain_part(""), "unknown");
    }

    fn place(address: &str, server: &str) -> Place {
        let (server, address, space) = (server.to_owned(), address.to_owned(), "Spaces-9".to_owned());
        Place { server, address, space }
    }

    #[test]
    fn a_state_survives_a_new_host_name_and_is_found_where_an_older_one_kept_it() {
        let nothing = String::new;
        let source = Origin {
            installation_id: "i".to_owned(),
            space_id: "Spaces-2".to_owned(),
            space_name: nothing(),
        };
        let (old, new) =
            (place("https://old.example", "Inst-2"), place("https://new.example:8443", "Inst-2"));
        assert_eq!(old.key(&source, "space"), "octoferry/i/Spaces-2/Inst-2/Spaces-9/space");
        assert_eq!(old.key(&source, "space"), new.key(&source, "space"));
        assert_eq!(
            new.former_key(&source, "space").as_deref(),
            Some("octoferry/i/Spaces-2/new.example_8443/Spaces-9/space")
        );
        // A server that does not tell its id, or is a copy of one that has the same.
        let by_address = place("https://new.example", "https://new.example");
        assert_eq!(by_address.key(&source, "space"), "octoferry/i/Spaces-2/new.example/Spaces-9/space");
        assert_eq!(by_address.former_key(&source, "space"), None);
    }

    #[test]
    fn a_runbook_has_a_state_beside_its_projects() {
        let key = |scope: &serde_json::Value| {
            let source =
                serde_json::json!({"installation_id": "i", "space_id": "Spaces-2", "space_name": "Shop"});
            let manifest =
                serde_json::json!({"format": 1, "octoferry": "1", "scope": scope, "source": source});
            let manifest = manifest::parse(manifest.to_string().as_bytes()).ok().unwrap();
            place("https://new.example", "Inst-2").key(&manifest.source, &part_of_key(&manifest))
        };
        let of_project =
            key(&serde_json::json!({"of": "project", "id": "Projects-1", "name": "Web", "slug": "web"}));
        let of_runbook = key(
            &serde_json::json!({"of": "runbook", "id": "Runbooks-1", "name": "Backup", "slug": "backup", "project_id": "Projects-1", "project": "Web"}),
        );
        assert_ne!(of_project, of_runbook);
        assert!(of_runbook.starts_with(&of_project));
    }
}
