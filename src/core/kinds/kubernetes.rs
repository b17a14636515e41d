//! How a Kubernetes target proves to its cluster who it is: one block for each type of authentication.

use crate::convert::model::*;
use crate::kinds::endpoint::ACCOUNT;
use documents::collection::Collection;

/// The type of authentication → block and fields.
pub(super) const AUTHENTICATION: OneOf = OneOf {
    discriminator: "AuthenticationType",
    no_case: "the provider has no block for this type of authentication",
    cases: &[
        Case {
            when: "KubernetesStandard",
            argument: "authentication",
            fields: &[reference("AccountId", Collection::Accounts)],
        },
        Case {
            when: "KubernetesAws",
            argument: "aws_account_authentication",
            fields: &[
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
            ],
        },
        Case {
            when: "KubernetesAzure",
            argument: "azure_service_principal_authentication",
            fields: &[
                ACCOUNT,
                plain("ClusterName").keep_empty(),
                plain("ClusterResourceGroup").keep_empty(),
                plain("AdminLogin"),
            ],
        },
        Case {
            when: "KubernetesCertificate",
            argument: "certificate_authentication",
            fields: &[reference("ClientCertificate", Collection::Certificates)],
        },
        Case {
            when: "KubernetesGoogleCloud",
            argument: "gcp_account_authentication",
            fields: &[
                ACCOUNT,
                plain("ClusterName").keep_empty(),
                plain("Project").keep_empty(),
                plain("Region"),
                plain("Zone"),
                plain("ServiceAccountEmails"),
                plain("ImpersonateServiceAccount"),
                plain("UseVmServiceAccount"),
            ],
        },
        Case {
            when: "KubernetesPodService",
            argument: "pod_authentication",
            fields: &[plain("TokenPath").keep_empty()],
        },
    ],
};
