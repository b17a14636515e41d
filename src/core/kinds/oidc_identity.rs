//! Identities by which pipelines act as service accounts. Service accounts are users and belong to the server: an identity is made where the
//! destination has a service account of the name, by finish; the provider's resource would stop the plan where it has none.

use serde_json::{Map, Value};

use crate::convert::context::{Context, Subject};
use crate::convert::fields::read;
use crate::convert::model::*;
use crate::kinds::team::UserNames;
use documents::collection::Collection;
use module::manifest::Target;

const WITH_USER: &str =
    "the service account is a user, which is not carried; finish makes the identity where there is one";

pub(super) const KIND: Kind = Kind {
    collection: Collection::OidcIdentities,
    noun: "OIDC identity",
    file: "teams.tf",
    expand: Some(expand),
    ..Kind::DEFAULT
};

pub(super) const FIELDS: &[Field] = &[
    finish("Name", WITH_USER),
    finish("Issuer", WITH_USER),
    finish("Subject", WITH_USER),
    finish("Audience", WITH_USER),
    finish("ServiceAccountId", WITH_USER),
    ignored("ExternalId", "the server gives it"),
    ID,
];

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let document = subject.document;
    // Finish gets the document as a whole.
    let mut wanted = Map::new();
    read(context, &subject.at, document.fields(), |_, fields| {
        for field in FIELDS.iter().filter(|field| matches!(field.carry, Carry::Finish(_))) {
            let value = fields.take(field.api);
            if !value.is_null() {
                wanted.insert(field.api.to_owned(), value.clone());
            }
        }
        fields.ignore_all(FIELDS, "as the table says");
    });
    let account =
        context.inventory.get(Collection::Users, document.text("ServiceAccountId").unwrap_or_default());
    let Some(account) = account.and_then(|user| user.text("Username")) else {
        let text = "its service account can't be seen with the source API key";
        return context.note(&subject.at, "not-carried", text, "Make it by hand at the destination.");
    };
    context.drawers.open::<UserNames>().0.insert(account.to_owned());
    let text = "service accounts are users, which are not carried: the identity is made where the destination has the account under the name that users.json gives it";
    context.note(
        &subject.at,
        "users",
        text,
        "Make the service account, name it in users.json, deploy again.",
    );
    wanted.insert("ServiceAccountId".to_owned(), super::team::reference(account));
    let target =
        Target { collection: KIND.collection, key: vec![account.to_owned(), document.name().to_owned()] };
    context.finish_document(target, document.id(), Value::Object(wanted));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn identities() {
        let documents = json!({"users": [{"Id": "Users-7", "Username": "robot", "IsService": true}], "oidcidentities": [
            {"Id": "OidcIdentities-1", "Name": "Pipeline", "Issuer": "https://ci.example", "Subject": "repo:x", "ServiceAccountId": "Users-7", "UnheardOf": 1},
            {"Id": "OidcIdentities-2", "Name": "Lost", "Issuer": "https://ci.example", "Subject": "repo:x", "ServiceAccountId": "Users-9"}]});
        expect![[r#"
            --- finish {"do":"document","target":{"collection":"oidcidentities","key":["robot","Pipeline"]},"document":{"Name":"Pipeline","Issuer":"https://ci.example","Subject":"repo:x","ServiceAccountId":{"$ref":{"collection":"users","key":["robot"]}}}}
            --- note not-carried ["Lost"] : its service account can't be seen with the source API key
            --- note unknown-field ["robot", "Pipeline"] UnheardOf: holds a number, and octoferry does not know this field: it is not carried
            --- note users ["robot", "Pipeline"] : service accounts are users, which are not carried: the identity is made where the destination has the account under the name that users.json gives it
        "#]].assert_eq(&convert("none", &documents));
    }
}
