//! Proxies between a server and its machines.

use crate::convert::model::*;
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Proxies,
    noun: "proxy",
    file: "proxies.tf",
    shapes: &[Shape {
        resource: "octopusdeploy_machine_proxy",
        fields: &[
            plain("Name"),
            plain("Host").keep_empty(),
            plain("Port"),
            // Required by the provider, though the server allows a proxy without.
            plain("Username").keep_empty(),
            secret("Password", "Password", "no variable of a step reveals the password of a proxy")
                .keep_empty(),
            finish("ProxyType", NO_ARGUMENT).unless(Literal::Text("HTTP")),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup {
        list: "machine_proxies",
        data_source: "octopusdeploy_machine_proxies",
        noun: "proxy",
    }),
    ..Kind::DEFAULT
};

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn a_proxy_without_credentials() {
        let documents = json!({"proxies": [{"Id": "Proxies-1", "Name": "Open", "Host": "proxy.example", "Port": 80, "ProxyType": "HTTP", "Username": null, "Password": null}]});
        expect![[r#"
            resource "octopusdeploy_machine_proxy" "open" {
              name     = "Open"
              host     = "proxy.example"
              port     = 80
              username = ""
              password = ""
            }
        "#]]
        .assert_eq(&convert("proxies.tf", &documents));
    }

    #[test]
    fn a_full_proxy() {
        let documents = json!({"proxies": [{"Id": "Proxies-1", "SpaceId": "Spaces-2", "Name": "Barn", "Host": "proxy.example", "Port": 3128, "ProxyType": "SOCKS", "Username": "barn", "Password": {"HasValue": true, "NewValue": null}}]});
        expect![[r#"
            resource "octopusdeploy_machine_proxy" "barn" {
              name     = "Barn"
              host     = "proxy.example"
              port     = 3128
              username = "barn"
              password = var.proxy_barn_password
            }
            --- finish {"do":"set","target":{"collection":"proxies","key":["Barn"]},"path":["ProxyType"],"value":{"json":"SOCKS"}}
        "#]].assert_eq(&convert("proxies.tf", &documents));
    }
}
