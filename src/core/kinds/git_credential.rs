//! Git credentials.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd};
use crate::convert::model::*;
use crate::convert::table::{carry, object_of};
use crate::hcl::Block;
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::GitCredentials,
    noun: "Git credential",
    file: "git_credentials.tf",
    discriminator: Some("Details/Type"),
    by_finish: |kind, document| {
        if kind.shape(document).is_none() {
            return Some("the provider has no resource for this type of Git credential");
        }
        let details = document.get("Details").cloned().unwrap_or_default();
        // `schemas/git_credential.go` of 1.17.0 wants at least one character of both.
        match (details["Username"].as_str().unwrap_or_default(), &details["Password"]["HasValue"]) {
            ("", _) => Some("the provider makes no Git credential without a user name"),
            (_, has) if *has != true => Some("the provider makes no Git credential without a password"),
            _ => None,
        }
    },
    first: &[plain("Name"), plain("Description")],
    inside: Some(Inside { field: "Details", fields: &[] }),
    shapes: &[Shape {
        when: "UsernamePassword",
        resource: "octopusdeploy_git_credential",
        fields: &[
            plain("Type"),
            plain("Username").keep_empty(),
            secret("Password", "Password", "no variable of a step reveals a Git credential").keep_empty(),
        ],
    }],
    last: &[
        custom("RepositoryRestrictions", restrictions).writes(&["repository_restrictions"]),
        slug(),
        ID,
        SPACE_ID,
    ],
    lookup: Some(Lookup {
        list: "git_credentials",
        data_source: "octopusdeploy_git_credentials",
        noun: "Git credential",
    }),
    ..Kind::DEFAULT
};

/// The provider's default is: none.
fn restrictions(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let Value::Object(fields) = value else {
        if !is_empty(value) {
            odd(context, at, value);
        }
        return;
    };
    let mut inner = Block::default();
    carry(
        context,
        at,
        [plain("Enabled").or(Literal::Flag(false)), plain("AllowedRepositories").or(Literal::NoItems)],
        fields,
        &mut inner,
    );
    let none = fields.get("Enabled").and_then(Value::as_bool) != Some(true)
        && fields.get("AllowedRepositories").is_none_or(is_empty);
    if !none {
        into.set("repository_restrictions", object_of(inner));
        if let Some(repositories) = fields.get("AllowedRepositories") {
            context.keep_order(&at.field("AllowedRepositories"), repositories);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::convert::SecretSources;
    use crate::kinds::testing::{convert, inventory};
    use crate::modules;
    use crate::selection::Selection;

    #[test]
    fn a_minimal_git_credential() {
        let documents = json!({"git-credentials": [{"Id": "GitCredentials-1", "Name": "Reader", "Details": {"Type": "UsernamePassword", "Username": "r"}}, {"Id": "GitCredentials-2", "Name": "App", "Details": {"Type": "GitHub", "Id": "1"}}]});
        expect![[r#"
            --- finish {"do":"document","target":{"collection":"git-credentials","key":["App"]},"document":{"Name":"App","Details":{"Type":"GitHub","Id":"1"}}}
            --- finish {"do":"document","target":{"collection":"git-credentials","key":["Reader"]},"document":{"Name":"Reader","Details":{"Type":"UsernamePassword","Username":"r"}}}
        "#]].assert_eq(&convert("git_credentials.tf", &documents));
    }

    #[test]
    fn a_full_git_credential() {
        let documents = json!({"git-credentials": [{"Id": "GitCredentials-1", "SpaceId": "Spaces-2", "Name": "Reader", "Description": "Reads.", "Details": {"Type": "UsernamePassword", "Username": "r", "Password": {"HasValue": true, "NewValue": null}}, "RepositoryRestrictions": {"Enabled": true, "AllowedRepositories": ["https://git.example/*"]}}]});
        expect![[r#"
            resource "octopusdeploy_git_credential" "reader" {
              name        = "Reader"
              description = "Reads."
              type        = "UsernamePassword"
              username    = "r"
              password    = var.git_credential_reader_password

              repository_restrictions = {
                enabled              = true
                allowed_repositories = ["https://git.example/*"]
              }
            }
        "#]]
        .assert_eq(&convert("git_credentials.tf", &documents));
    }

    #[test]
    fn two_secrets_of_one_credential_are_described_apart() {
        let hidden = json!({"HasValue": true, "NewValue": null});
        let documents = json!({"git-credentials": [{"Id": "GitCredentials-1", "Name": "By key", "Details": {"Type": "SshKey", "PrivateKey": hidden, "Passphrase": hidden}}]});
        let (inventory, sources) = (inventory(&documents), SecretSources::default());
        let module = modules::space(&inventory, &Selection::default(), &sources).expect("a module");
        let described: Vec<String> =
            module.manifest.secrets.into_iter().map(|secret| secret.description).collect();
        assert_eq!(
            described,
            [
                "Secret value of the Git credential \"By key\" (Details/Passphrase)",
                "Secret value of the Git credential \"By key\" (Details/PrivateKey)"
            ]
        );
    }
}
