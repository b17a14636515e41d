//! By which door the secrets of accounts and certificates come: a step reads them as parts of a typed variable, or the source exports a certificate by
//! its API. What is exported needs no variable, and so no run that would have to be allowed.

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

use super::found;
use super::name;

/// Whether the runbooks' key may export certificates, as seed noted it.
#[must_use]
pub fn may_export(inventory: &Inventory) -> bool {
    found::settings_variables(inventory)
        .iter()
        .any(|variable| variable["Name"] == name::EXPORTS && variable["Value"] == name::EXPORTED)
}

/// Whether export alone serves a certificate. One with a password is exported as it was uploaded, which nobody could open unless a step reads the
/// password.
#[must_use]
pub fn is_exported(certificate: &Document, may_export: bool) -> bool {
    may_export && certificate.get("Password").is_none_or(|password| password["HasValue"] != true)
}

/// The type of the variable by which a step sees the secrets of an account or certificate; `None` where there is no such type, nothing secret to
/// see, or where the certificate is exported.
#[must_use]
pub fn typed_variable(collection: Collection, document: &Document, may_export: bool) -> Option<&'static str> {
    let exported = collection == Collection::Certificates && is_exported(document, may_export);
    name::typed_variable_type(collection, document).filter(|_| !exported)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_certificate_with_a_password_needs_a_step() {
        let certificate = |has: bool| {
            let document = json!({"Id": "Certificates-1", "Name": "a", "Password": {"HasValue": has}});
            Document::new(document).unwrap()
        };
        let typed = |has, may| typed_variable(Collection::Certificates, &certificate(has), may);
        assert_eq!(typed(false, true), None);
        for (has, may) in [(true, true), (false, false), (true, false)] {
            assert_eq!(typed(has, may), Some("Certificate"));
        }
    }
}
