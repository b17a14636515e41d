//! What seed says about the Terraform backend before it stores its settings, where every project can read them.

use failure::Failure;

/// Arguments that hold secrets, by backend type; from Terraform's documentation of its backends (1.7 to 1.11).
const SECRET_ARGUMENTS: &[(&str, &[&str])] = &[
    ("s3", &["access_key", "secret_key", "token", "sse_customer_key"]),
    (
        "azurerm",
        &[
            "access_key",
            "sas_token",
            "client_secret",
            "client_certificate_password",
            "client_certificate",
            "oidc_token",
            "oidc_request_token",
        ],
    ),
    ("gcs", &["credentials", "access_token", "encryption_key"]),
    ("oss", &["access_key", "secret_key", "security_token"]),
    ("cos", &["secret_id", "secret_key", "security_token"]),
    ("consul", &["access_token", "http_auth", "key_file"]),
    ("pg", &["conn_str"]),
    ("http", &["password", "client_private_key_pem"]),
    ("kubernetes", &["password", "token", "client_key", "exec"]),
    ("remote", &["token"]),
];

/// Settings without which a backend can't begin, but for the key of the state, by its type; from the same documentation. What a worker may have in
/// its environment is asked for too: no other worker has it.
const REQUIRED_ARGUMENTS: &[(&str, &[&str])] = &[
    ("s3", &["bucket", "region"]),
    ("azurerm", &["storage_account_name", "container_name"]),
    ("gcs", &["bucket"]),
    ("oss", &["bucket"]),
    ("cos", &["bucket", "region"]),
    ("http", &["address"]),
    ("remote", &["organization"]),
];

/// Checks type and settings as `seed` takes them.
///
/// # Errors
/// Wrong usage: no type, a setting that the backend can't be without, a setting that is not `KEY=VALUE`, a known secret, a local state without a lasting place, a type
/// for which octoferry has no place for the key of the state.
pub fn check(backend: Option<&str>, settings: &[String]) -> Result<String, Failure> {
    let Some(backend) = backend else {
        return Err(Failure::usage("seed needs to know where Terraform keeps its state: --backend TYPE")
            .hint("For example: --backend s3 --backend-config bucket=my-states --backend-config region=eu-central-1"));
    };
    let mut pairs = Vec::new();
    for setting in settings {
        match setting.split_once('=') {
            Some((_, value)) if value.contains("#{") => {
                return Err(Failure::usage(format!(
                    "--backend-config {:?} holds an expression, which Octopus would evaluate in every run",
                    key_of(setting)
                ))
                .hint("Whoever may edit variables could move the state with it. Write out what is meant."));
            }
            Some((key, value)) if !key.trim().is_empty() && !setting.contains(['\n', '\r']) => {
                pairs.push((key.trim(), value));
            }
            _ => {
                return Err(Failure::usage(format!(
                    "--backend-config {:?} is not KEY=VALUE",
                    key_of(setting)
                )));
            }
        }
    }
    let known =
        SECRET_ARGUMENTS.iter().filter(|(kind, _)| *kind == backend).flat_map(|(_, arguments)| *arguments);
    for (key, value) in &pairs {
        if known.clone().any(|argument| argument == key) || crate::backend::is_secret(backend, key, value) {
            return Err(Failure::usage(format!("--backend-config {key} is a secret of the backend {backend}; every project would be able to read it"))
                .hint("Credentials come from an account variable in the run or from the worker's own identity."));
        }
    }
    let required =
        REQUIRED_ARGUMENTS.iter().filter(|(kind, _)| *kind == backend).flat_map(|(_, arguments)| *arguments);
    let has = |wanted: &str| pairs.iter().any(|(key, value)| *key == wanted && !value.trim().is_empty());
    let missing: Vec<String> = required
        .filter(|argument| !has(argument))
        .map(|argument| format!("--backend-config {argument}=…"))
        .collect();
    if !missing.is_empty() {
        return Err(Failure::usage(format!("the backend {backend} also needs {}", missing.join(" "))));
    }
    let value = |wanted: &str| pairs.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
    match backend {
        "local" => {
            if !value("path").is_some_and(|path| path.starts_with('/')) {
                return Err(Failure::usage("a local state needs a folder that lasts: --backend-config path=/absolute/folder")
                    .hint("It must be on one worker that all runs use. A shared backend (s3, azurerm, gcs …) is safer."));
            }
        }
        "s3" | "azurerm" | "gcs" | "oss" | "cos" | "consul" | "pg" | "kubernetes" => {}
        other => {
            if !pairs.iter().any(|(_, value)| value.contains("{key}")) {
                return Err(Failure::usage(format!("octoferry does not know where the backend {other} has the key of a state"))
                    .hint("Put {key} into the setting that tells states apart, such as --backend-config address=https://states.example/{key}"));
            }
        }
    }
    Ok(backend.to_owned())
}

/// The part of a setting that is safe to show.
fn key_of(setting: &str) -> &str {
    setting.split('=').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn settings_are_refused_when_they_would_do_harm() {
        let refused = |backend: Option<&str>, settings: &[&str]| {
            let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
            check(backend, &settings).map_err(|failure| failure.message)
        };
        assert_eq!(refused(Some("s3"), &["bucket=b", "region=r"]), Ok("s3".to_owned()));
        assert_eq!(refused(Some("local"), &["path=/srv/states"]), Ok("local".to_owned()));
        assert_eq!(refused(Some("http"), &["address=https://x/{key}"]), Ok("http".to_owned()));
        for (backend, settings) in [
            (None, vec![]),
            (Some("s3"), vec!["bucket"]),
            (Some("s3"), vec!["bucket=b"]),
            (Some("s3"), vec!["bucket=b", "region="]),
            (Some("azurerm"), vec!["container_name=states"]),
            (Some("gcs"), vec!["prefix=x"]),
            (Some("s3"), vec!["secret_key=hunter2"]),
            (Some("http"), vec!["address=https://user:hunter2@states.example/{key}"]),
            (Some("s3"), vec!["bucket=b", "endpoint=https://x/?sig=hunter2"]),
            (Some("s3"), vec!["bucket=#{Octoferry.Other}"]),
            (Some("local"), vec!["path=states"]),
            (Some("http"), vec!["address=https://x"]),
        ] {
            let message = refused(backend, &settings).unwrap_err();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
