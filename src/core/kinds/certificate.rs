//! Certificates with their private keys.

use crate::convert::context::{Context, Subject};
use crate::convert::model::*;
use crate::convert::{make, resource};
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use module::manifest::FinishStep;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Certificates,
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
            plain("Notes").keep_empty(),
            revealed("CertificateData", "Certificate with its private key, base64,", "RawOriginal")
                .keep_empty(),
            revealed("Password", "Password", "Password"),
            references("EnvironmentIds", Collection::Environments).named("environments").keep_empty(),
            // Left out, the provider sends an empty text.
            plain("TenantedDeploymentParticipation").accepts(PARTICIPATIONS),
            tags("TenantTags").keep_empty(),
            references("TenantIds", Collection::Tenants).named("tenants").keep_empty(),
            ignored("Archived", "archived ones are not carried"),
            computed("CertificateChain", OF_THE_DATA),
            computed("CertificateDataFormat", OF_THE_DATA),
            computed("HasPrivateKey", OF_THE_DATA),
            computed("IsExpired", OF_THE_DATA),
            computed("IssuerCommonName", OF_THE_DATA),
            computed("IssuerDistinguishedName", OF_THE_DATA),
            computed("IssuerOrganization", OF_THE_DATA),
            computed("NotAfter", OF_THE_DATA),
            computed("NotBefore", OF_THE_DATA),
            ignored("ReplacedBy", "only archived certificates have it"),
            computed("SelfSigned", OF_THE_DATA),
            computed("SerialNumber", OF_THE_DATA),
            computed("SignatureAlgorithmName", OF_THE_DATA),
            computed("SubjectAlternativeNames", OF_THE_DATA),
            computed("SubjectCommonName", OF_THE_DATA),
            computed("SubjectDistinguishedName", OF_THE_DATA),
            computed("SubjectOrganization", OF_THE_DATA),
            computed("Thumbprint", OF_THE_DATA),
            computed("Version", OF_THE_DATA),
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
    expand: Some(expand),
    ..Kind::DEFAULT
};

/// Terraform gives a new certificate its data; one that is there keeps what it has, until finish replaces it.
fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let block = resource(context, &KIND, &KIND.shapes[0], subject);
    if let (Some(data), Some(thumbprint)) =
        (variable(&block, "certificate_data"), subject.document.text("Thumbprint"))
    {
        context.finish(FinishStep::Certificate {
            target: subject.at.target.clone(),
            thumbprint: thumbprint.to_owned(),
            data,
            password: variable(&block, "password"),
        });
    }
    make(context, &KIND, subject, block);
}

/// The name of the variable that an argument is.
fn variable(block: &Block, argument: &str) -> Option<String> {
    let attribute = block.attributes.iter().find(|attribute| attribute.name == argument)?;
    match &attribute.value {
        Expr::Reference(path) => path.get(1).cloned(),
        _ => None,
    }
}

const OF_THE_DATA: &str = "the server reads it from the certificate's data";

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn an_archived_certificate_is_noted() {
        let documents = json!({"certificates": [{"Id": "Certificates-1", "Name": "Old", "Archived": "2026-01-01T00:00:00.000Z"}]});
        expect![[r#"
            --- note not-carried ["Old"] : the certificate "Old" is not carried: it is archived, and nothing can use it
        "#]].assert_eq(&convert("certificates.tf", &documents));
    }

    #[test]
    fn a_full_certificate() {
        let documents = json!({"certificates": [{"Id": "Certificates-1", "SpaceId": "Spaces-2", "Name": "shop.example", "Notes": "Renew.", "CertificateData": {"HasValue": true, "NewValue": null}, "Password": {"HasValue": true, "NewValue": null}, "EnvironmentIds": ["Environments-1"], "TenantedDeploymentParticipation": "Tenanted", "TenantTags": ["Region/EU"], "TenantIds": ["Tenants-1"], "Archived": null, "Thumbprint": "AB", "Version": 3, "HasPrivateKey": true}]});
        expect![[r#"
            resource "octopusdeploy_certificate" "shop_example" {
              name                              = "shop.example"
              notes                             = "Renew."
              certificate_data                  = var.certificate_shop_example_data
              password                          = var.certificate_shop_example_password
              environments                      = [octopusdeploy_environment.production.id]
              tenanted_deployment_participation = "Tenanted"
              tenant_tags                       = ["${octopusdeploy_tag_set.region.name}/${octopusdeploy_tag.region_eu.name}"]
              tenants                           = [octopusdeploy_tenant.prairie_glow.id]
            }
            --- finish {"do":"certificate","target":{"collection":"certificates","key":["shop.example"]},"thumbprint":"AB","data":"certificate_shop_example_data","password":"certificate_shop_example_password"}
        "#]]
        .assert_eq(&convert("certificates.tf", &documents));
    }
}
