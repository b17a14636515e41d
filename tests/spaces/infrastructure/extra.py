#!/usr/bin/env python3
"""What the provider cannot make in the space "infrastructure".

usage: extra.py URL KEY      (after the apply of main.tf)
"""
import json
import sys
import urllib.request

URL, KEY = sys.argv[1:]
S = "/api/Spaces-2/"


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    head = {"X-Octopus-ApiKey": KEY, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, head, method=method)) as answer:
        return json.loads(answer.read() or b"null")


def named(collection, name):
    return next(d for d in call("GET", f"{S}{collection}?take=1000")["Items"] if d["Name"] == name)


def change(collection, name, **fields):
    doc = named(collection, name)
    return call("PUT", f"{S}{collection}/{doc['Id']}", {**doc, **fields})


def change_endpoint(collection, name, **fields):
    doc = named(collection, name)
    return call("PUT", f"{S}{collection}/{doc['Id']}", {**doc, "Endpoint": {**doc["Endpoint"], **fields}})


def add(collection, **fields):
    return call("POST", f"{S}{collection}", fields)


def secret(text):
    return {"HasValue": True, "NewValue": text, "Hint": None}


def id_of(collection, name):
    return named(collection, name)["Id"]


# accounts: what the provider has as arguments and never sends, or has no argument for
change("accounts", "Azure principal full", AzureEnvironment="AzureChinaCloud", Slug="china")
change("accounts", "Azure OIDC full", AzureEnvironment="AzureUSGovernment", Audience="api://harbour",
       CustomClaims={"ferry": "7"})
change("accounts", "AWS OIDC full", Audience="sts.amazonaws.com")
change("accounts", "Generic OIDC full", HealthCheckSubjectKeys=["space"], AccountTestSubjectKeys=["space", "account"])
add("accounts", Name="Account of tomorrow", AccountType="StarChartAccount", Description="No provider knows it",
    ChartKey=secret("inf-6d2p-chart-key"), Chart={"Sea": "north", "Depths": [1, 2, 3]},
    EnvironmentIds=[id_of("environments", "Sea")], TenantedDeploymentParticipation="Untenanted", TenantIds=[], TenantTags=[])

# feeds
change("feeds", "Helm full", DownloadAttempts=7, DownloadRetryBackoffSeconds=11)
change("feeds", "OCI full", DownloadAttempts=2, PackageAcquisitionLocationOptions=["ExecutionTarget", "NotAcquired"])
change("feeds", "S3 full", DownloadRetryBackoffSeconds=4, PackageAcquisitionLocationOptions=["Server"])
change("feeds", "GCS full", PackageAcquisitionLocationOptions=["Server", "ExecutionTarget"], Slug="buckets")
change("feeds", "ACR login", PackageAcquisitionLocationOptions=["ExecutionTarget"])
change("feeds", "Octopus Server (built-in)", DeleteUnreleasedPackagesAfterDays=14, IsBuiltInRepoSyncEnabled=True,
       DeletePackagesAssociatedWithReleases=False)
add("feeds", Name="Azure DevOps", FeedType="AzureDevOps", FeedUri="https://dev.azure.example/harbour",
    Username="devops", Password=secret("inf-6d2p-azure-devops"), DownloadAttempts=3,
    PackageAcquisitionLocationOptions=["Server", "ExecutionTarget"])
step = named("projects", "Timetable")
process = call("GET", f"{S}deploymentprocesses/{step['DeploymentProcessId']}")
process["Steps"][0]["Actions"][0]["Packages"][0]["FeedId"] = id_of("feeds", "Azure DevOps")
call("PUT", f"{S}deploymentprocesses/{process['Id']}", process)

# certificates, Git credentials
call("POST", f"{S}certificates/{id_of('certificates', 'Last year' + chr(39) + 's')}/archive")
add("git-credentials", Name="By key", Description="No provider knows it",
    Details={"Type": "SshKeyPair", "Username": "git", "PrivateKey": secret("inf-6d2p-git-key")},
    RepositoryRestrictions={"Enabled": False, "AllowedRepositories": []})

# proxies, pools, policies
add("proxies", Name="Open", Host="open.harbourline.example", Port=80, ProxyType="HTTP")
add("proxies", Name="Sock", Host="sock.harbourline.example", Port=1080, ProxyType="SOCKS", Username="sock",
    Password=secret("inf-6d2p-sock"))
change("workerpools", "Bridge", Slug="the-bridge")
change("machinepolicies", "Policy full", PollingRequestMaximumMessageProcessingTimeout="00:20:00",
       MachineRpcCallRetryPolicy={"Enabled": False, "HealthCheckRetryDuration": "00:03:00", "RetryDuration": "00:04:00"})
days = named("machinepolicies", "Policy small")
for field in ("Id", "Slug"):
    days.pop(field, None)
add("machinepolicies", **{**days, "Name": "Policy of days", "ConnectionConnectTimeout": "00:01:00.5000000",
                          "ConnectionRetrySleepInterval": "00:00:00.2500000", "PollingRequestQueueTimeout": "1.00:02:00",
                          "MachineCleanupPolicy": {"DeleteMachinesBehavior": "DeleteUnavailableMachines",
                                                   "DeleteMachinesElapsedTimeSpan": "10.00:00:00"},
                          "MachineHealthCheckPolicy": {**days["MachineHealthCheckPolicy"], "HealthCheckInterval": "2.12:00:00"}})
never = {**days, "Name": "Policy without health checks"}
never["MachineHealthCheckPolicy"] = {**days["MachineHealthCheckPolicy"], "HealthCheckInterval": None}
add("machinepolicies", **never)

# targets
change_endpoint("machines", "Drop as artifact", SensitiveVariablesEncryptionPassword=secret("inf-6d2p-drop"))
change_endpoint("machines", "Web app full", DefaultWorkerPoolId=id_of("workerpools", "Bridge"))
change("machines", "Listening full", Slug="the-big-one")
# Terraform's part of the module refers to what only finish can make
aws = named("machines", "Kubernetes by AWS")["Endpoint"]
change_endpoint("machines", "Kubernetes by AWS", Container={**aws["Container"], "FeedId": id_of("feeds", "Azure DevOps")})
change_endpoint("machines", "Cloud service", AccountId=id_of("accounts", "Account of tomorrow"))
sea = [id_of("environments", "Sea")]
add("machines", Name="Kubernetes without login", EnvironmentIds=sea, Roles=["k8s"], Endpoint={
    "CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k8s09.harbourline.example", "Namespace": "", "SkipTlsVerification": "False",
    "Authentication": {"AuthenticationType": "None"}})
add("machines", Name="Container service", EnvironmentIds=sea, Roles=["ecs"], IsDisabled=True,
    MachinePolicyId=id_of("machinepolicies", "Policy full"), TenantedDeploymentParticipation="TenantedOrUntenanted",
    TenantIds=[id_of("tenants", "Skerry")], TenantTags=["Island/North"], Endpoint={
        "CommunicationStyle": "StepPackage", "DeploymentTargetTypeId": "aws-ecs-target", "StepPackageId": "aws-ecs-target",
        "StepPackageVersion": "1.0.0", "DefaultWorkerPoolId": id_of("workerpools", "Bridge"),
        "Inputs": {"clusterName": "north", "region": "eu-north-1",
                   "authentication": {"type": "account", "account": id_of("accounts", "AWS full")},
                   "awsAccount": id_of("accounts", "AWS full"), "token": secret("inf-6d2p-ecs-token")}})

# workers
add("workers", Name="Polling worker", IsDisabled=True, WorkerPoolIds=[id_of("workerpools", "Bridge"), id_of("workerpools", "Small pool")],
    MachinePolicyId=id_of("machinepolicies", "Policy full"), Slug="polls", Endpoint={
        "CommunicationStyle": "TentacleActive", "Uri": "poll://worker06abcdefghijkl/", "Thumbprint": "96203ED84246201C26A2F4360D7CBC36AC1D2344"})
add("workers", Name="SSH worker with Mono", WorkerPoolIds=[id_of("workerpools", "Bridge")], Endpoint={
    "CommunicationStyle": "Ssh", "AccountId": id_of("accounts", "SSH small"), "Host": "worker07.harbourline.example", "Port": 22,
    "Fingerprint": "SHA256:bW9ubw", "DotNetCorePlatform": None, "ProxyId": None})
