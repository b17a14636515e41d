#!/usr/bin/env python3
"""What the provider cannot make in the space "operations": schedules and switches without an argument, a freeze that recurs, settings of projects.

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
    call("PUT", f"{S}{collection}/{doc['Id']}", {**doc, **fields})


tickets, lighthouse = named("projects", "Tickets"), named("projects", "Lighthouse")
quay, sea = named("environments", "Quay"), named("environments", "Sea")
skua, pump, wake = named("tenants", "Skua"), named("runbooks", "Pump the bilge"), named("runbooks", "Wake the keeper")
storm = named("channels", "Storm")

# settings of projects, runbooks, channels, tenants without an argument
change("projects", "Tickets", AllowIgnoreChannelRules=False, CombineHealthAndSyncStatusInDashboardLiveStatus=True, ForcePackageDownload=True,
       ProvisioningRunbookId=pump["Id"], DeprovisioningRunbookId=named("runbooks", "Polish the brass")["Id"],
       Icon={"Id": "ship", "Color": "#1F5FA8"}, ExecuteDeploymentsOnResilientPipeline=True)
settings = call("GET", f"{S}projects/{tickets['Id']}/deploymentsettings")
call("PUT", f"{S}projects/{tickets['Id']}/deploymentsettings", {**settings, "FailTargetDiscovery": True})
change("channels", "Trial", AutomaticEphemeralEnvironmentDeployments=True)
change("runbooks", "Polish the brass", Slug="shine")
change("tenants", "Skua", Icon={"Id": "bird", "Color": "#C8102E"}, Slug="great-skua")
change("lifecycles", "Short crossing", Slug="short")
trials = next(d for d in call("GET", f"{S}environments/v2?type=Parent&take=100")["Items"] if d["Name"] == "Trials")
path = f"/api/spaces/Spaces-2/parentEnvironments/{trials['Id']}"
call("PUT", path, {**call("GET", path), "EnvironmentTags": ["Water/Calm"]})

# schedules without a block, and actions with what has no argument
def trigger(**fields):
    call("POST", f"{S}projecttriggers", {"SpaceId": "Spaces-2", "ProjectId": tickets["Id"], "Description": None, "IsDisabled": False, **fields})


trigger(Name="Days of the week", Description="By hand.",
        Filter={"FilterType": "DaysPerWeekSchedule", "StartTime": "2026-03-01T09:00:00.000Z", "RunType": "ScheduledTime", "Interval": "OnceDaily",
                "Timezone": "Europe/Oslo", "Monday": True, "Tuesday": False, "Wednesday": False, "Thursday": False, "Friday": True,
                "Saturday": False, "Sunday": False},
        Action={"ActionType": "RunRunbook", "RunbookId": pump["Id"], "EnvironmentIds": [quay["Id"]], "TenantIds": [skua["Id"]],
                "TenantTags": ["Water/Rough"]})
trigger(Name="Every two hours",
        Filter={"FilterType": "DailySchedule", "StartTime": "2026-03-01T00:30:00.000Z", "RunType": "Continuously", "Interval": "OnceHourly",
                "HourInterval": 2, "Timezone": "UTC"},
        Action={"ActionType": "DeployNewRelease", "EnvironmentId": quay["Id"], "ChannelId": storm["Id"], "TenantIds": [], "TenantTags": []})
trigger(Name="Newest to the sea", IsDisabled=True,
        Filter={"FilterType": "OnceDailySchedule", "StartTime": "2026-03-01T04:00:00.000Z", "DaysOfWeek": ["Monday"], "Timezone": "UTC"},
        Action={"ActionType": "DeployLatestRelease", "SourceEnvironmentIds": [], "DestinationEnvironmentId": sea["Id"],
                "ShouldRedeployWhenReleaseIsCurrent": False, "ChannelId": None, "TenantIds": [], "TenantTags": []})
for name, fields in (("Each morning", {"TenantTags": ["Water/Rough"]}), ("A new till", {"TenantTags": ["Water/Calm"], "TenantIds": [skua["Id"]]})):
    doc = named("projecttriggers", name)
    call("PUT", f"{S}projects/{doc['ProjectId']}/triggers/{doc['Id']}",
         {**doc, "Description": "Changed by hand." if name == "A new till" else doc["Description"], "Action": {**doc["Action"], **fields}})

# a freeze that recurs
call("POST", "/api/deploymentfreezes", {
    "Name": "Nights", "Start": "2031-01-01T20:00:00Z", "End": "2031-01-02T05:00:00Z",
    "ProjectEnvironmentScope": {tickets["Id"]: [sea["Id"]]}, "TenantProjectEnvironmentScope": [],
    "RecurringSchedule": {"Type": "Daily", "Unit": 1, "UserUtcOffsetInMinutes": 120, "EndType": "OnDate", "EndOnDate": "2032-01-01T00:00:00Z"}})

# a published runbook
call("POST", f"{S}runbookSnapshots?publish=true", {"ProjectId": tickets["Id"], "RunbookId": pump["Id"], "Name": "Snapshot P1", "Notes": ""})

# a template of the community library
community = call("GET", "/api/communityactiontemplates?take=1")["Items"][0]
call("POST", f"/api/communityactiontemplates/{community['Id']}/installation/Spaces-2", {})
