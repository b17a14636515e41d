//! Rows as a server's database would have them, made by encrypting what the sandbox holds.

use std::os::unix::fs::PermissionsExt as _;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockEncryptMut as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The master key of the server.
pub(crate) const KEY: [u8; 16] = *b"sixteen bytes!!!";

/// A value as the database has it.
pub(crate) fn encrypted(value: &str, number: usize) -> String {
    let mut vector = [7; 16];
    vector[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let cipher = cbc::Encryptor::<aes::Aes128>::new(&KEY.into(), &vector.into());
    let bytes = cipher.encrypt_padded_vec_mut::<Pkcs7>(value.as_bytes());
    format!("{}|{}", STANDARD.encode(bytes), STANDARD.encode(vector))
}

/// Collections, and the tables of their documents.
const TABLES: [(&str, &str); 16] = [
    ("accounts", "Account"),
    ("actiontemplates", "ActionTemplate"),
    ("certificates", "Certificate"),
    ("deploymentprocesses", "DeploymentProcess"),
    ("feeds", "Feed"),
    ("git-credentials", "GitCredential"),
    ("libraryvariablesets", "LibraryVariableSet"),
    ("machines", "Machine"),
    ("projects", "Project"),
    ("projecttriggers", "ProjectTrigger"),
    ("proxies", "Proxy"),
    ("runbookprocesses", "RunbookProcess"),
    ("subscriptions", "Subscription"),
    ("tenantvariablevalues", "TenantVariable"),
    ("variables", "VariableSet"),
    ("workers", "Worker"),
];

/// What the query would print.
pub(crate) fn rows(dump: &Value) -> Value {
    let mut rows = Vec::new();
    for (collection, table) in TABLES {
        let documents = dump["Documents"]["Spaces-2"][collection].as_object();
        for (id, document) in documents.into_iter().flatten() {
            let Some(secrets) = dump["Secrets"][id].as_object() else { continue };
            let mut json = document.clone();
            for (path, value) in secrets {
                let text = encrypted(value.as_str().expect("a text"), rows.len() + path.len());
                put(&mut json, path, &text);
            }
            let mut row =
                Map::from_iter([("Id".to_owned(), json!(id)), ("SpaceId".to_owned(), json!("Spaces-2"))]);
            if let Some(name) = document["Name"].as_str() {
                row.insert("Name".to_owned(), json!(name));
            }
            if table == "TenantVariable" {
                row["Id"] = json!(format!("{id}-in-the-database"));
                row.insert("TenantId".to_owned(), document["TenantId"].clone());
                let owner =
                    if document["ProjectId"].is_string() { "ProjectId" } else { "LibraryVariableSetId" };
                row.insert("OwnerId".to_owned(), document[owner].clone());
                row.insert("VariableTemplateId".to_owned(), document["TemplateId"].clone());
                row.insert("EnvironmentId".to_owned(), document["EnvironmentIds"][0].clone());
            }
            row.insert("JSON".to_owned(), json!(json.to_string()));
            rows.push(json!({"Table": table, "Row": row}));
        }
    }
    json!({"Format": "octoferry-rows/1", "Space": "Spaces-2", "Rows": rows})
}

/// Puts an encrypted value where the database has it: in an object where a value may be secret or not.
fn put(document: &mut Value, path: &str, text: &str) {
    let mut parts: Vec<&str> = path.split('/').collect();
    if let Some(index) = parts.iter().position(|part| *part == "Properties") {
        // Names of properties may have a slash.
        let name = path.splitn(index + 2, '/').last().expect("a name");
        parts = path.splitn(index + 2, '/').take(index + 1).collect();
        parts.push(name);
    }
    let mut here = document;
    for part in &parts {
        here = match here {
            Value::Array(items) => {
                items.iter_mut().find(|item| item["Id"] == **part || item["Name"] == **part).expect("an item")
            }
            other => &mut other[*part],
        };
    }
    if parts[0] == "Variables" {
        here["Value"] = json!(text);
    } else if matches!(parts[0], "Steps" | "Parameters" | "Templates" | "Value") {
        *here = json!({"SensitiveValue": text});
    } else {
        *here = json!(text);
    }
}

/// A file that only its owner may read.
pub(crate) fn private(path: &str, text: &str) {
    std::fs::write(path, text).expect("a file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
}
