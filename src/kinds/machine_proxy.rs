//! Proxies between a server and its machines.

use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "proxies",
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
            finish("ProxyType", "the provider has no argument for it").unless(Literal::Text("HTTP")),
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
