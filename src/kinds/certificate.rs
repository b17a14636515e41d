//! Certificates with their private keys.

use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "certificates",
    noun: "certificate",
    file: "certificates.tf",
    skip: |document| {
        document
            .get("Archived")
            .is_some_and(|archived| !archived.is_null())
            .then_some("it is archived, and nothing can use it")
    },
    shapes: &[Shape {
        resource: "octopusdeploy_certificate",
        fields: &[
            plain("Name"),
            plain("Notes"),
            revealed("CertificateData", "Certificate with its private key, base64,", "RawOriginal")
                .keep_empty(),
            revealed("Password", "Password", "Password"),
            references("EnvironmentIds", "environments").named("environments"),
            plain("TenantedDeploymentParticipation").unless(Literal::Text("Untenanted")),
            tags("TenantTags"),
            references("TenantIds", "tenants").named("tenants"),
            ignored("Archived", "archived ones are not carried"),
            ignored("CertificateChain", OF_THE_DATA),
            ignored("CertificateDataFormat", OF_THE_DATA),
            ignored("HasPrivateKey", OF_THE_DATA),
            ignored("IsExpired", OF_THE_DATA),
            ignored("IssuerCommonName", OF_THE_DATA),
            ignored("IssuerDistinguishedName", OF_THE_DATA),
            ignored("IssuerOrganization", OF_THE_DATA),
            ignored("NotAfter", OF_THE_DATA),
            ignored("NotBefore", OF_THE_DATA),
            ignored("ReplacedBy", "only archived certificates have it"),
            ignored("SelfSigned", OF_THE_DATA),
            ignored("SerialNumber", OF_THE_DATA),
            ignored("SignatureAlgorithmName", OF_THE_DATA),
            ignored("SubjectAlternativeNames", OF_THE_DATA),
            ignored("SubjectCommonName", OF_THE_DATA),
            ignored("SubjectDistinguishedName", OF_THE_DATA),
            ignored("SubjectOrganization", OF_THE_DATA),
            ignored("Thumbprint", OF_THE_DATA),
            ignored("Version", OF_THE_DATA),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup {
        list: "certificates",
        data_source: "octopusdeploy_certificates",
        noun: "certificate",
    }),
    ..Kind::DEFAULT
};

const OF_THE_DATA: &str = "the server reads it from the certificate's data";
