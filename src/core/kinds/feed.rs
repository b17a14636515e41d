//! Feeds: where packages and images come from. One shape for each feed type.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd};
use crate::convert::model::*;
use crate::convert::table::plain as plain_value;
use crate::hcl::Block;
use crate::kinds::oidc;
use documents::collection::Collection;
use documents::complete::is_complete_feed;
use module::manifest::{FinishStep, FinishValue};

const NOTHING: &str = "no variable of a step reveals the credentials of a feed";

pub(super) const KIND: Kind = Kind {
    collection: Collection::Feeds,
    noun: "feed",
    file: "feeds.tf",
    discriminator: Some("FeedType"),
    by_finish: |kind, document| {
        if kind.shape(document).is_none() {
            return Some("the provider has no resource for this type of feed");
        }
        (!is_complete_feed(document.fields()))
            .then_some("the provider makes no feed of this type without the whole of its sign-in")
    },
    first: &[plain("Name")],
    shapes: &[
        Shape {
            when: "ArtifactoryGeneric",
            resource: "octopusdeploy_artifactory_generic_feed",
            fields: &[
                FEED_URI,
                plain("Repository").keep_empty(),
                plain("LayoutRegex"),
                finish("DownloadAttempts", NO_ATTEMPTS),
                finish("DownloadRetryBackoffSeconds", NO_ATTEMPTS),
                USERNAME,
                PASSWORD,
                LOCATIONS,
            ],
        },
        Shape {
            when: "AwsElasticContainerRegistry",
            resource: "octopusdeploy_aws_elastic_container_registry",
            fields: &[
                plain("Region").keep_empty(),
                plain("AccessKey"),
                secret("SecretKey", "Secret key", NOTHING),
                oidc::OF_AWS,
                ignored("FeedUri", "the server makes it of the region"),
                ignored("Username", "the server makes it of the key"),
                ignored("Password", "the server makes it of the key"),
                ignored("ApiVersion", "the server knows it"),
                ignored("RegistryPath", "the server knows it"),
                finish("DownloadAttempts", NO_ATTEMPTS),
                finish("DownloadRetryBackoffSeconds", NO_ATTEMPTS),
                LOCATIONS,
            ],
        },
        Shape {
            when: "AzureContainerRegistry",
            resource: "octopusdeploy_azure_container_registry",
            fields: &[
                FEED_URI,
                plain("ApiVersion"),
                plain("RegistryPath"),
                ATTEMPTS,
                BACKOFF,
                USERNAME,
                PASSWORD_OF_REGISTRY,
                oidc::OF_AZURE,
                finish("PackageAcquisitionLocationOptions", NO_ARGUMENT),
            ],
        },
        Shape {
            when: "Docker",
            resource: "octopusdeploy_docker_container_registry",
            fields: &[
                FEED_URI,
                plain("ApiVersion"),
                plain("RegistryPath"),
                ATTEMPTS,
                BACKOFF,
                USERNAME,
                PASSWORD_OF_REGISTRY,
                LOCATIONS,
            ],
        },
        Shape {
            when: "GcsStorage",
            resource: "octopusdeploy_gcs_storage_feed",
            fields: &[
                plain("Project"),
                flag("UseServiceAccountKey"),
                secret("ServiceAccountJsonKey", "JSON key of the service account", NOTHING),
                oidc::OF_GOOGLE,
                ATTEMPTS,
                BACKOFF,
                finish("PackageAcquisitionLocationOptions", NO_ARGUMENT),
                ignored("Username", "has no meaning for this type of feed"),
                ignored("Password", "has no meaning for this type of feed"),
            ],
        },
        Shape { when: "GitHub", resource: "octopusdeploy_github_repository_feed", fields: WITH_ATTEMPTS },
        Shape {
            when: "GoogleContainerRegistry",
            resource: "octopusdeploy_google_container_registry",
            fields: &[
                FEED_URI,
                plain("ApiVersion"),
                plain("RegistryPath"),
                ATTEMPTS,
                BACKOFF,
                USERNAME,
                PASSWORD_OF_REGISTRY,
                oidc::OF_GOOGLE,
                finish("PackageAcquisitionLocationOptions", NO_ARGUMENT),
            ],
        },
        Shape {
            when: "Helm",
            resource: "octopusdeploy_helm_feed",
            fields: &[
                FEED_URI,
                finish("DownloadAttempts", NO_ATTEMPTS),
                finish("DownloadRetryBackoffSeconds", NO_ATTEMPTS),
                USERNAME,
                PASSWORD,
                LOCATIONS,
            ],
        },
        Shape { when: "Maven", resource: "octopusdeploy_maven_feed", fields: WITH_ATTEMPTS },
        Shape { when: "Npm", resource: "octopusdeploy_npm_feed", fields: FORGETFUL },
        Shape {
            when: "NuGet",
            resource: "octopusdeploy_nuget_feed",
            fields: &[
                FEED_URI,
                plain("EnhancedMode")
                    .named("is_enhanced_mode")
                    .or(Literal::Flag(false))
                    .unless(Literal::Flag(true)),
                ATTEMPTS,
                BACKOFF,
                USERNAME,
                PASSWORD,
                LOCATIONS,
            ],
        },
        Shape {
            when: "OciRegistry",
            resource: "octopusdeploy_oci_registry_feed",
            fields: &[
                FEED_URI,
                finish("DownloadAttempts", NO_ATTEMPTS),
                finish("DownloadRetryBackoffSeconds", NO_ATTEMPTS),
                USERNAME,
                PASSWORD,
                finish("PackageAcquisitionLocationOptions", NO_ARGUMENT),
            ],
        },
        Shape { when: "PyPi", resource: "octopusdeploy_pypi_feed", fields: FORGETFUL },
        Shape {
            when: "S3",
            resource: "octopusdeploy_s3_feed",
            fields: &[
                plain("UseMachineCredentials").or(Literal::Flag(false)),
                plain("AccessKey"),
                secret("SecretKey", "Secret key", NOTHING),
                USERNAME,
                PASSWORD,
                finish("DownloadAttempts", NO_ATTEMPTS),
                finish("DownloadRetryBackoffSeconds", NO_ATTEMPTS),
                finish("PackageAcquisitionLocationOptions", NO_ARGUMENT),
            ],
        },
    ],
    last: &[ignored("FeedType", "tells the Terraform type"), slug(), ID, SPACE_ID],
    built_in: |document| match document.text("FeedType") {
        Some("BuiltIn") => Some(BuiltIn {
            id: "data.octopusdeploy_feeds.built_in.feeds[0].id",
            data: Some("built_in"),
            fields: BUILT_IN,
        }),
        Some("OctopusProject") => Some(BuiltIn {
            id: "data.octopusdeploy_feeds.releases.feeds[0].id",
            data: Some("releases"),
            fields: BUILT_IN,
        }),
        _ => None,
    },
    lookup: Some(Lookup { list: "feeds", data_source: "octopusdeploy_feeds", noun: "feed" }),
    ..Kind::DEFAULT
};

const NO_ATTEMPTS: &str =
    "the provider has no argument for it with this type of feed, and writes 0 when it updates the feed";
const FEED_URI: Field = plain("FeedUri").keep_empty();
const ATTEMPTS: Field = plain("DownloadAttempts").unless(Literal::Number(5));
const BACKOFF: Field = plain("DownloadRetryBackoffSeconds").unless(Literal::Number(10));
/// Sensitive for the provider, plain for the API.
const USERNAME: Field = plain("Username");
const PASSWORD: Field = secret("Password", "Password", NOTHING);
const PASSWORD_OF_REGISTRY: Field = secret(
    "Password",
    "Password",
    "only a step sees it that refers to a package of the feed: octoferry seed --with read-feeds",
);
const LOCATIONS: Field = plain("PackageAcquisitionLocationOptions");

const WITH_ATTEMPTS: &[Field] = &[FEED_URI, ATTEMPTS, BACKOFF, USERNAME, PASSWORD, LOCATIONS];

/// The same, where the provider forgets the credentials whenever it updates the feed (1.17.0): finish sets them again.
const FORGETFUL: &[Field] = &[
    FEED_URI,
    ATTEMPTS,
    BACKOFF,
    custom("Username", username_again).writes(&["username"]),
    custom("Password", password_again).writes(&["password"]),
    LOCATIONS,
];

const FORGOTTEN: &str = "the provider forgets it whenever it updates the feed";

fn username_again(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    if !is_empty(value)
        && let Some(text) = plain_value(context, at, value)
    {
        into.set("username", text);
        context.set(at, value, FORGOTTEN);
    }
}

fn password_again(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    if value["HasValue"] == true {
        let hidden = Hidden { what: "Password", revealed: None, because: NOTHING };
        let (expression, name) = context.secret_and_name(at, &hidden, "password");
        into.set("password", expression);
        let value = FinishValue::Secret(name);
        context.finish(FinishStep::Set { target: at.target.clone(), path: at.path.clone(), value });
    } else if !is_empty(value) && !value.is_object() {
        odd(context, at, value);
    }
}

/// The feeds that every server has: their settings, where they differ from those of a new space.
const BUILT_IN: &[Field] = &[
    ignored("Name", "the server names it"),
    ignored("FeedType", "every space has one"),
    ignored("Slug", "the server names it"),
    ignored("FeedUri", "the server's own address"),
    ignored("PackageAcquisitionLocationOptions", "the server knows it"),
    ignored("Username", "has no meaning for this type of feed"),
    ignored("Password", "has no meaning for this type of feed"),
    finish("DeletePackagesAssociatedWithReleases", NO_ARGUMENT).unless(Literal::Flag(true)),
    finish("DeleteUnreleasedPackagesAfterDays", NO_ARGUMENT).unless(Literal::Number(30)),
    finish("IsBuiltInRepoSyncEnabled", NO_ARGUMENT).unless(Literal::Flag(false)),
    finish("DownloadAttempts", NO_ARGUMENT).unless(Literal::Number(5)),
    finish("DownloadRetryBackoffSeconds", NO_ARGUMENT).unless(Literal::Number(10)),
    ID,
    SPACE_ID,
];
