//! What a space connects to: accounts, certificates, feeds, Git credentials, proxies, worker pools, targets, workers.

use serde_json::{Value, json};

use crate::making::{Making, no_secret, set, with};
use crate::text;

const UUID: &str = "6a1f9d1c-0b55-4f0e-9d0a-51a4f0b7c103";

pub(crate) fn make(making: &mut Making) {
    let types = [
        "UsernamePassword",
        "AmazonWebServicesAccount",
        "AmazonWebServicesOidcAccount",
        "AzureServicePrincipal",
        "AzureOidc",
        "AzureSubscription",
        "GoogleCloudAccount",
        "GenericOidcAccount",
        "SshKeyPair",
        "Token",
    ];
    for kind in making.chance.some(&types, 6) {
        account(making, kind);
    }
    for _ in 0..making.chance.below(3) {
        certificate(making);
    }
    let types = [
        "NuGet",
        "Docker",
        "Maven",
        "GitHub",
        "Helm",
        "OciRegistry",
        "Npm",
        "PyPi",
        "S3",
        "GcsStorage",
        "AwsElasticContainerRegistry",
        "AzureContainerRegistry",
        "GoogleContainerRegistry",
        "ArtifactoryGeneric",
    ];
    for kind in making.chance.some(&types, 6) {
        feed(making, kind);
    }
    for _ in 0..making.chance.below(3) {
        git_credential(making);
    }
    for _ in 0..making.chance.below(3) {
        proxy(making);
    }
    for _ in 0..making.chance.below(3) {
        pool(making);
    }
    let styles = [
        "TentaclePassive",
        "TentacleActive",
        "Ssh",
        "Kubernetes",
        "KubernetesTentacle",
        "AzureWebApp",
        "AzureServiceFabricCluster",
        "None",
        "OfflineDrop",
        "AzureCloudService",
    ];
    for style in making.chance.some(&styles, 6) {
        target(making, style);
    }
    for style in making.chance.some(&["TentaclePassive", "TentacleActive", "Ssh", "KubernetesTentacle"], 3) {
        worker(making, style);
    }
    let accounts = making.ids_with("accounts", "AccountType", "UsernamePassword");
    for id in making.ids("machinepolicies") {
        if making.chance.percent(20) && !accounts.is_empty() {
            let account = making.chance.one(&accounts);
            making.document("machinepolicies", &id)["MachineUpdatePolicy"]["TentacleUpdateAccountId"] =
                json!(account);
        }
    }
}

fn keys(making: &mut Making) -> Option<Value> {
    let all = ["space", "environment", "project", "tenant", "runbook", "account", "type", "target"];
    let keys = making.chance.some(&all, 4);
    (!keys.is_empty() && making.flag()).then(|| json!(keys))
}

fn claims(making: &mut Making) -> Option<Value> {
    making.chance.percent(40).then(|| json!({"ferry": making.line(), "a b": "c:d"}))
}

fn account(making: &mut Making, kind: &str) {
    let id = making.id("Accounts");
    let name = making.name("accounts");
    let slug = making.slug("accounts", &name);
    let mut document = json!({"AccountType": kind, "Description": making.optional("accounts", &name, "Description"), "Id": id, "Name": name, "Slug": slug});
    making.limit(&mut document);
    let mut subjects = |making: &mut Making| {
        for field in ["DeploymentSubjectKeys", "HealthCheckSubjectKeys", "AccountTestSubjectKeys"] {
            set(&mut document, field, keys(making));
        }
        set(&mut document, "CustomClaims", claims(making));
        let audience = making.flag().then(|| json!("api://audience"));
        set(&mut document, "Audience", audience);
    };
    let azure = || json!({"SubscriptionNumber": UUID, "ClientId": UUID, "TenantId": UUID});
    let clouds = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"];
    match kind {
        "UsernamePassword" => {
            document["Username"] = json!(making.chance.one(&["deploy", "üser", "a\\b", "${u}"]));
            document["Password"] = making.maybe_secret(&id, "Password");
        }
        "AmazonWebServicesAccount" => {
            document["AccessKey"] = json!("AKIARANDOM");
            document["SecretKey"] = making.secret(&id, "SecretKey");
            let region = making.flag().then(|| json!("eu-north-1"));
            set(&mut document, "Region", region);
        }
        "AmazonWebServicesOidcAccount" => {
            subjects(making);
            document["RoleArn"] = json!("arn:aws:iam::123456789012:role/random");
            let duration = making.flag().then(|| json!("7200"));
            set(&mut document, "SessionDuration", duration);
            let region = making.flag().then(|| json!("eu-west-3"));
            set(&mut document, "Region", region);
        }
        "AzureServicePrincipal" => {
            document = with(document, azure());
            document["Password"] = making.secret(&id, "Password");
            let cloud = making.flag().then(|| json!(making.chance.one(&clouds)));
            set(&mut document, "AzureEnvironment", cloud);
            document["ResourceManagementEndpointBaseUri"] =
                json!(making.chance.one(&["", "https://management.chinacloudapi.cn/"]));
            let address = making.flag().then(|| json!("https://login.chinacloudapi.cn/"));
            set(&mut document, "ActiveDirectoryEndpointBaseUri", address);
        }
        "AzureOidc" => {
            subjects(making);
            document = with(document, azure());
            let cloud = making.flag().then(|| json!(making.chance.one(&clouds)));
            set(&mut document, "AzureEnvironment", cloud);
            document["ResourceManagementEndpointBaseUri"] =
                json!(making.chance.one(&["", "https://management.chinacloudapi.cn/"]));
        }
        "AzureSubscription" => {
            document["SubscriptionNumber"] = json!(UUID);
            let cloud = making.flag().then(|| json!(making.chance.one(&clouds)));
            set(&mut document, "AzureEnvironment", cloud);
            let has_certificate = making.flag();
            if has_certificate {
                document["CertificateBytes"] = making.given_secret(&id, "CertificateBytes", "cm5kLTl2NHQ=");
                document["CertificateThumbprint"] = json!("0123456789ABCDEF0123456789ABCDEF01234567");
            }
            // An empty one is left out by the provider's client, so servers have none.
            let address = making.flag().then(|| json!("https://management.core.cloudapi.de/"));
            set(&mut document, "ServiceManagementEndpointBaseUri", address);
            let suffix = making.flag().then(|| json!("core.cloudapi.de"));
            set(&mut document, "ServiceManagementEndpointSuffix", suffix);
        }
        "GoogleCloudAccount" => document["JsonKey"] = making.secret(&id, "JsonKey"),
        "GenericOidcAccount" => subjects(making),
        "SshKeyPair" => {
            document["Username"] = json!("deploy");
            document["PrivateKeyFile"] = making.given_secret(&id, "PrivateKeyFile", "cm5kLTl2NHQtc3No");
            document["PrivateKeyPassphrase"] =
                if making.flag() { making.secret(&id, "PrivateKeyPassphrase") } else { Value::Null };
        }
        _ => document["Token"] = making.secret(&id, "Token"),
    }
    making.put("accounts", document);
}

fn certificate(making: &mut Making) {
    let known: Value =
        serde_json::from_str(include_str!("../certificates.json")).expect("the certificates are JSON");
    let known = making.chance.one(known.as_array().expect("a list"));
    let id = making.id("Certificates");
    let name = making.name("certificates");
    let mut document = with(
        known["Facts"].clone(),
        json!({"Id": id, "Name": name, "Notes": making.optional("certificates", &name, "Notes")}),
    );
    making.limit(&mut document);
    document["Password"] = no_secret();
    for (path, secret) in known["Secrets"].as_object().into_iter().flatten() {
        document[path] = making.given_secret(&id, path, secret.as_str().unwrap_or_default());
    }
    making.put("certificates", document);
}

fn feed(making: &mut Making, kind: &str) {
    let id = making.id("Feeds");
    let name = making.name("feeds");
    let slug = making.slug("feeds", &name);
    let places = making.chance.some(&["Server", "ExecutionTarget", "NotAcquired"], 2);
    let mut document = json!({"FeedType": kind, "Id": id, "Name": name, "PackageAcquisitionLocationOptions": places, "Slug": slug});
    let login = |making: &mut Making, document: &mut Value| {
        document["Password"] = making.maybe_secret(&id, "Password");
        if document["Password"]["HasValue"] == true {
            document["Username"] = json!(making.chance.one(&["reader", "lesér"]));
        }
    };
    // The provider has no argument for them with these types; with the others it always writes them.
    if !["Helm", "OciRegistry", "S3", "ArtifactoryGeneric", "AwsElasticContainerRegistry"].contains(&kind)
        || making.flag()
    {
        document["DownloadAttempts"] = json!(making.chance.between(1, 9));
        document["DownloadRetryBackoffSeconds"] = json!(making.chance.between(1, 60));
    }
    let subjects = || json!(["space", "feed"]);
    match kind {
        "S3" => {
            document["UseMachineCredentials"] = json!(making.flag());
            document["SecretKey"] = making.maybe_secret(&id, "SecretKey");
            document["Password"] = no_secret();
            let key = (document["SecretKey"]["HasValue"] == true).then(|| json!("AKIARANDOM"));
            set(&mut document, "AccessKey", key);
        }
        "GcsStorage" => {
            let with_key = making.flag();
            document["UseServiceAccountKey"] = json!(with_key);
            if with_key {
                document["ServiceAccountJsonKey"] = making.secret(&id, "ServiceAccountJsonKey");
            } else {
                document["OidcAuthentication"] =
                    json!({"Audience": "//iam.googleapis.com/x", "SubjectKeys": subjects()});
            }
            let project = making.flag().then(|| json!("harbour"));
            set(&mut document, "Project", project);
        }
        "AwsElasticContainerRegistry" => {
            document["Region"] = json!("eu-north-1");
            if making.flag() {
                document["AccessKey"] = json!("AKIARANDOM");
                document["SecretKey"] = making.secret(&id, "SecretKey");
            } else {
                document["SecretKey"] = no_secret();
                document["OidcAuthentication"] = json!({"Audience": "sts.amazonaws.com", "RoleArn": "arn:aws:iam::1:role/x", "SessionDuration": "1800", "SubjectKeys": subjects()});
            }
        }
        "AzureContainerRegistry" | "GoogleContainerRegistry" | "Docker" => {
            document["FeedUri"] = json!("https://registry.random.example");
            let federated = kind != "Docker" && making.flag();
            if federated {
                document["Password"] = no_secret();
                document["OidcAuthentication"] = if kind == "AzureContainerRegistry" {
                    json!({"Audience": "api://x", "ClientId": UUID, "SubjectKeys": subjects(), "TenantId": UUID})
                } else {
                    json!({"Audience": "//iam.googleapis.com/x", "SubjectKeys": subjects()})
                };
            } else {
                login(making, &mut document);
            }
            let version = making.flag().then(|| json!(making.chance.one(&["v1", "v2"])));
            set(&mut document, "ApiVersion", version);
            let path = making.flag().then(|| json!("a/b"));
            set(&mut document, "RegistryPath", path);
        }
        "ArtifactoryGeneric" => {
            document["FeedUri"] = json!("https://artifactory.random.example");
            document["Repository"] = json!("boats");
            let layout = making.flag().then(|| json!("(?<orgPath>.+?)/(?<module>[^/]+)$"));
            set(&mut document, "LayoutRegex", layout);
            login(making, &mut document);
        }
        _ => {
            document["FeedUri"] = json!(if kind == "OciRegistry" {
                "oci://oci.random.example"
            } else {
                "https://feed.random.example/${x}?a=b"
            });
            if kind == "NuGet" {
                document["EnhancedMode"] = json!(making.flag());
            }
            login(making, &mut document);
        }
    }
    making.put("feeds", document);
}

fn git_credential(making: &mut Making) {
    let id = making.id("GitCredentials");
    let name = making.name("git-credentials");
    let restricted = making.flag();
    let allowed = if restricted { json!(["https://git.random.example/*"]) } else { json!([]) };
    let details = json!({"Password": making.secret(&id, "Details/Password"), "Type": "UsernamePassword", "Username": making.chance.one(&["git", "git\\user"])});
    let mut document = json!({
        "Description": making.optional("git-credentials", &name, "Description"), "Details": details, "Id": id, "Name": name,
        "RepositoryRestrictions": {"AllowedRepositories": allowed, "Enabled": restricted},
    });
    if !restricted {
        making.lack("git-credentials", &name, &mut document, &["RepositoryRestrictions"]);
    }
    making.put("git-credentials", document);
}

fn proxy(making: &mut Making) {
    let id = making.id("Proxies");
    let name = making.name("proxies");
    let password = making.maybe_secret(&id, "Password");
    let username = if password["HasValue"] == true { json!("proxy") } else { Value::Null };
    let mut document = json!({
        "Host": "proxy.random.example", "Id": id, "Name": name, "Password": password, "Port": making.chance.one(&[80, 1080, 65535]),
        "ProxyType": making.chance.one(&["HTTP", "SOCKS"]), "Username": username,
    });
    if document["ProxyType"] == "HTTP" {
        making.lack("proxies", &name, &mut document, &["ProxyType"]);
    }
    making.put("proxies", document);
}

fn pool(making: &mut Making) {
    let id = making.id("WorkerPools");
    let name = making.name("workerpools");
    let slug = making.slug("workerpools", &name);
    let mut document = json!({
        "CanAddWorkers": true, "Description": making.optional("workerpools", &name, "Description"), "Id": id, "IsDefault": false, "Name": name, "Slug": slug,
        "SortOrder": making.chance.below(9), "WorkerPoolType": "StaticWorkerPool",
    });
    if making.chance.percent(25) {
        document = with(
            document,
            json!({"CanAddWorkers": false, "WorkerPoolType": "DynamicWorkerPool", "WorkerType": "Ubuntu2204"}),
        );
    }
    making.put("workerpools", document);
}

/// What a server says of the health of a machine.
fn machine(id: &str, name: &str, slug: &str) -> Value {
    json!({
        "Architecture": "Unknown", "HasLatestCalamari": false, "HealthStatus": "Unknown", "Id": id, "IsInProcess": false, "Name": name,
        "OperatingSystem": "Unknown", "ShellName": "Unknown", "ShellVersion": "Unknown", "SkipInitialHealthCheck": false, "Slug": slug,
        "Status": "Unknown",
        "StatusSummary": "This machine was recently added. Please perform a health check.", "Thumbprint": null, "Uri": null,
    })
}

fn of_type(making: &mut Making, kinds: &[&str]) -> Option<String> {
    let accounts: Vec<String> =
        kinds.iter().flat_map(|kind| making.ids_with("accounts", "AccountType", kind)).collect();
    (!accounts.is_empty()).then(|| making.chance.one(&accounts))
}

fn pool_or_none(making: &mut Making) -> Value {
    let pools = making.ids("workerpools");
    if making.flag() { json!("") } else { json!(making.chance.one(&pools)) }
}

fn with_proxy(making: &mut Making, endpoint: &mut Value) {
    let proxy = making.any("proxies").filter(|_| making.flag());
    set(endpoint, "ProxyId", proxy.map(Value::from));
}

const PRINT: &str = "96203ED84246201C26A2F4360D7CBC36AC1D232D";

/// Endpoints that both targets and workers have; address and thumbprint stand at the machine too.
fn common_endpoint(making: &mut Making, style: &str, machine: &mut Value) -> Option<Value> {
    let mut endpoint = json!({"CommunicationStyle": style, "Id": null});
    match style {
        "TentaclePassive" | "TentacleActive" => {
            let uri = if style == "TentaclePassive" {
                "https://web01.random.example:10933/"
            } else {
                "poll://ship01abcdefghijklmn/"
            };
            endpoint = with(endpoint, json!({"Thumbprint": PRINT, "Uri": uri}));
            if style == "TentaclePassive" {
                with_proxy(making, &mut endpoint);
            }
            *machine = with(machine.take(), json!({"Thumbprint": PRINT, "Uri": uri}));
        }
        "Ssh" => {
            let account = of_type(making, &["SshKeyPair", "UsernamePassword"])?;
            let port = making.chance.one(&[22, 2222]);
            let uri = format!("ssh://db01.random.example:{port}/");
            endpoint = with(
                endpoint,
                json!({"AccountId": account, "DotNetCorePlatform": making.chance.one(&["linux-x64", "linux-arm64"]),
                "Fingerprint": "SHA256:c2hpcA", "Host": "db01.random.example", "Port": port, "Uri": uri}),
            );
            with_proxy(making, &mut endpoint);
            machine["Uri"] = json!(uri);
        }
        _ => {
            endpoint = with(
                endpoint,
                json!({"UpgradeLocked": making.flag(),
                "TentacleEndpointConfiguration": {"CommunicationMode": "Polling", "Thumbprint": PRINT, "Uri": "poll://agent01abcdefghijklm/"}}),
            );
        }
    }
    Some(endpoint)
}

fn target(making: &mut Making, style: &str) {
    let id = making.id("Machines");
    let name = making.name("machines");
    let slug = making.slug("machines", &name);
    let mut document = machine(&id, &name, &slug);
    let endpoint = match style {
        "TentaclePassive" | "TentacleActive" | "Ssh" => common_endpoint(making, style, &mut document),
        "KubernetesTentacle" => common_endpoint(making, style, &mut document).map(|mut endpoint| {
            let namespace = making.flag().then(|| json!("ferries"));
            set(&mut endpoint, "DefaultNamespace", namespace);
            endpoint
        }),
        "Kubernetes" => kubernetes(making),
        "AzureWebApp" => of_type(making, &["AzureServicePrincipal", "AzureOidc"]).map(|account| {
            json!({"AccountId": account, "DefaultWorkerPoolId": pool_or_none(making), "ResourceGroupName": "harbour", "WebAppName": "timetable",
                "WebAppSlotName": making.chance.one(&["", "staging"])})
        }),
        "AzureCloudService" => of_type(making, &["AzureSubscription"]).map(|account| {
            json!({"AccountId": account, "CloudServiceName": "timetable", "DefaultWorkerPoolId": pool_or_none(making),
                "Slot": making.chance.one(&["Production", "Staging"]), "StorageAccountName": "harbour", "SwapIfPossible": making.flag(),
                "UseCurrentInstanceCount": making.flag()})
        }),
        "AzureServiceFabricCluster" => Some(match making.chance.below(3) {
            0 => json!({"ConnectionEndpoint": "fabric.random.example:19000", "SecurityMode": "Unsecure"}),
            1 => json!({"CertificateStoreLocation": "CurrentUser", "CertificateStoreName": "My", "ClientCertVariable": "Fabric.Certificate",
                "ConnectionEndpoint": "fabric.random.example:19000", "SecurityMode": "SecureClientCertificate", "ServerCertThumbprint": PRINT}),
            _ => json!({"AadCredentialType": "UserCredential", "AadUserCredentialPassword": making.secret(&id, "Endpoint/AadUserCredentialPassword"),
                "AadUserCredentialUsername": "fabric", "ConnectionEndpoint": "fabric.random.example:19000", "SecurityMode": "SecureAzureAD",
                "ServerCertThumbprint": PRINT}),
        }),
        "OfflineDrop" => {
            let destination = if making.flag() {
                json!({"DestinationType": "Artifact"})
            } else {
                json!({"DestinationType": "FileSystem", "DropFolderPath": "\\\\nas\\${drop}"})
            };
            let password =
                if making.flag() { making.secret(&id, "Endpoint/SensitiveVariablesEncryptionPassword") } else { Value::Null };
            Some(json!({"ApplicationsDirectory": "C:\\Applications", "Destination": destination, "OctopusWorkingDirectory": "/opt/octopus",
                "SensitiveVariablesEncryptionPassword": password}))
        }
        _ => Some(json!({"DefaultWorkerPoolId": pool_or_none(making)})),
    };
    let Some(endpoint) = endpoint else { return };
    document["Endpoint"] = with(json!({"CommunicationStyle": style, "Id": null}), endpoint);
    making.limit(&mut document);
    if document["EnvironmentIds"] == json!([]) {
        let environments = making.ids("environments");
        document["EnvironmentIds"] = json!([making.chance.one(&environments)]);
    }
    let mut roles = making.chance.some(text::ROLES, 3);
    if roles.is_empty() {
        roles.push("web");
    }
    let policies = making.ids("machinepolicies");
    document = with(
        document,
        json!({"IsDisabled": making.chance.percent(20), "MachinePolicyId": making.chance.one(&policies), "Roles": roles}),
    );
    making.put("machines", document);
}

fn kubernetes(making: &mut Making) -> Option<Value> {
    let authentication = match making.chance.below(6) {
        0 => json!({"AuthenticationType": "KubernetesPodService", "TokenPath": "/var/run/secrets/token"}),
        1 => {
            let certificate = making.any("certificates")?;
            json!({"AuthenticationType": "KubernetesCertificate", "ClientCertificate": certificate})
        }
        2 => {
            let account = of_type(making, &["GoogleCloudAccount"])?;
            json!({"AccountId": account, "AuthenticationType": "KubernetesGoogleCloud", "ClusterName": "west", "ImpersonateServiceAccount": false,
                "Project": "harbour-line", "UseVmServiceAccount": false, "Zone": "europe-north1-a"})
        }
        3 => {
            let account = of_type(making, &["AmazonWebServicesAccount", "AmazonWebServicesOidcAccount"])?;
            if making.flag() {
                json!({"AccountId": account, "AssumeRole": true, "AssumeRoleExternalId": "external", "AssumeRoleSessionDurationSeconds": 1800,
                    "AssumedRoleArn": "arn:aws:iam::1:role/k8s", "AssumedRoleSession": "session", "AuthenticationType": "KubernetesAws",
                    "ClusterName": "north", "UseInstanceRole": false})
            } else {
                json!({"AccountId": account, "AssumeRole": false, "AuthenticationType": "KubernetesAws", "ClusterName": "north", "UseInstanceRole": false})
            }
        }
        4 => {
            let account = of_type(making, &["AzureServicePrincipal", "AzureOidc"])?;
            json!({"AccountId": account, "AdminLogin": making.chance.one(&["True", "False"]), "AuthenticationType": "KubernetesAzure",
                "ClusterName": "east", "ClusterResourceGroup": "harbour"})
        }
        _ => {
            let account = of_type(making, &["Token", "UsernamePassword"])?;
            json!({"AccountId": account, "AuthenticationType": "KubernetesStandard"})
        }
    };
    let mut endpoint = json!({
        "Authentication": authentication, "ClusterUrl": "https://k8s.random.example",
        "Container": {"Dockerfile": null, "FeedId": null, "GitUrl": null, "Image": null}, "DefaultWorkerPoolId": pool_or_none(making),
        "RunningInContainer": making.flag(), "SkipTlsVerification": making.chance.one(&["True", "False"]),
    });
    let feed = making.ids_with("feeds", "FeedType", "Docker").first().cloned().filter(|_| making.flag());
    if let Some(feed) = feed {
        endpoint["Container"] = json!({"FeedId": feed, "Image": "octopusdeploy/worker-tools:6"});
    }
    match making.chance.below(3) {
        0 => {
            let certificate = making.any("certificates");
            set(&mut endpoint, "ClusterCertificate", certificate.map(Value::from));
        }
        1 => endpoint["ClusterCertificatePath"] = json!("/etc/ca.pem"),
        _ => {}
    }
    let namespace = making.flag().then(|| json!("ferries"));
    set(&mut endpoint, "Namespace", namespace);
    let options = making.chance.percent(30).then(|| json!("--network host"));
    set(&mut endpoint, "ContainerOptions", options);
    with_proxy(making, &mut endpoint);
    Some(endpoint)
}

fn worker(making: &mut Making, style: &str) {
    let id = making.id("Workers");
    let name = making.name("workers");
    let slug = making.slug("workers", &name);
    let mut document = machine(&id, &name, &slug);
    let Some(endpoint) = common_endpoint(making, style, &mut document) else { return };
    let pools = making.ids_with("workerpools", "WorkerPoolType", "StaticWorkerPool");
    let mut chosen = making.chance.some(&pools, 2);
    if chosen.is_empty() {
        chosen.push(pools[0].clone());
    }
    let policies = making.ids("machinepolicies");
    document = with(
        document,
        json!({"Endpoint": endpoint, "IsDisabled": making.chance.percent(20),
        "MachinePolicyId": making.chance.one(&policies), "WorkerPoolIds": chosen}),
    );
    making.put("workers", document);
}
