//! How a Kubernetes target proves to its cluster who it is: one block for each type of authentication.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{carry, is_empty, odd};
use crate::hcl::Block;
use crate::kinds::model::*;

const ACCOUNT: Field = reference("AccountId", "accounts").keep_empty();
const AUTHENTICATION_TYPE: Field = ignored("AuthenticationType", "tells the block");

/// The type of authentication → block and fields.
const AUTHENTICATIONS: &[(&str, &str, &[Field])] = &[
    ("KubernetesStandard", "authentication", &[reference("AccountId", "accounts"), AUTHENTICATION_TYPE]),
    (
        "KubernetesAws",
        "aws_account_authentication",
        &[
            ACCOUNT,
            plain("ClusterName").keep_empty(),
            plain("AssumeRole"),
            plain("AssumeRoleSessionDurationSeconds")
                .named("assume_role_session_duration")
                .unless(Literal::Number(0)),
            plain("AssumeRoleExternalId"),
            plain("AssumedRoleArn"),
            plain("AssumedRoleSession"),
            plain("UseInstanceRole"),
            AUTHENTICATION_TYPE,
        ],
    ),
    (
        "KubernetesAzure",
        "azure_service_principal_authentication",
        &[
            ACCOUNT,
            plain("ClusterName").keep_empty(),
            plain("ClusterResourceGroup").keep_empty(),
            plain("AdminLogin"),
            AUTHENTICATION_TYPE,
        ],
    ),
    (
        "KubernetesCertificate",
        "certificate_authentication",
        &[reference("ClientCertificate", "certificates"), AUTHENTICATION_TYPE],
    ),
    (
        "KubernetesGoogleCloud",
        "gcp_account_authentication",
        &[
            ACCOUNT,
            plain("ClusterName").keep_empty(),
            plain("Project").keep_empty(),
            plain("Region"),
            plain("Zone"),
            plain("ServiceAccountEmails"),
            plain("ImpersonateServiceAccount"),
            plain("UseVmServiceAccount"),
            AUTHENTICATION_TYPE,
        ],
    ),
    ("KubernetesPodService", "pod_authentication", &[plain("TokenPath").keep_empty(), AUTHENTICATION_TYPE]),
];

/// Whether the provider has a block for this type of authentication.
pub(super) fn has_block(name: &str) -> bool {
    block_of(name).is_some()
}

fn block_of(name: &str) -> Option<(&'static str, &'static [Field])> {
    let (_, argument, fields) =
        AUTHENTICATIONS.iter().find(|(authentication, _, _)| *authentication == name)?;
    Some((argument, fields))
}

/// The block of the type that the document names.
pub(super) fn authentication(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let Value::Object(fields) = value else {
        if !is_empty(value) {
            odd(context, at, value);
        }
        return;
    };
    let name = fields.get("AuthenticationType").and_then(Value::as_str).unwrap_or_default();
    match block_of(name) {
        Some((argument, table)) => {
            let mut block = Block::new(argument, &[]);
            carry(context, table, fields, at, &mut block);
            into.blocks.push(block);
        }
        None if name == "None" || name.is_empty() => {}
        None => context.set(at, value, "the provider has no block for this type of authentication"),
    }
}
