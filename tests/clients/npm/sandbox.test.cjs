// Asks the sandbox through the official npm client: another reading of the same API than the Go client's.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { execFileSync } = require("node:child_process");
const api = require("@octopusdeploy/api-client");

const space = process.env.SANDBOX_SPACE_NAME;
const connect = (apiKey) => api.Client.create({ userAgentApp: "client-test", instanceURL: process.env.SANDBOX_URL, apiKey });

test("a wrong key is refused", async () => {
  const client = await connect("API-WRONGWRONGWRONG").catch((error) => error);
  if (client instanceof Error) return;
  await assert.rejects(new api.EnvironmentRepository(client, space).list());
});

test("a space is filled and a runbook runs to its end", async () => {
  const client = await connect(process.env.SANDBOX_API_KEY);
  const environments = new api.EnvironmentRepository(client, space);
  const environment = await environments.create({ Name: "Npm client" });
  assert.match(environment.Id, /^Environments-\d+$/);
  await assert.rejects(environments.create({ Name: "Npm client" }));
  assert.ok((await environments.list({ partialName: "pm cli" })).Items.some((item) => item.Id === environment.Id));

  const lifecycle = (await new api.LifecycleRepository(client, space).list({ take: 1 })).Items[0];
  const group = await new api.ProjectGroupRepository(client, space).create({ Name: "Npm group" });
  const project = await new api.ProjectRepository(client, space).create({ Name: "Npm project", LifecycleId: lifecycle.Id, ProjectGroupId: group.Id });
  assert.equal(project.Slug, "npm-project");

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "npm-client-"));
  fs.writeFileSync(path.join(folder, "say.sh"), "echo packaged-word\n");
  execFileSync("python3", ["-c", "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1],'w'); z.write(sys.argv[2],'say.sh'); z.close()", path.join(folder, "npm-tool.1.0.0.zip"), path.join(folder, "say.sh")]);
  const packages = new api.PackageRepository(client, space);
  await packages.push([path.join(folder, "npm-tool.1.0.0.zip")]);
  await assert.rejects(packages.push([path.join(folder, "npm-tool.1.0.0.zip")]));
  assert.equal((await packages.list({ nuGetPackageId: "npm-tool" })).Items[0].Version, "1.0.0");
  fs.rmSync(folder, { recursive: true });

  const runbooks = new api.RunbookRepository(client, space, project);
  const runbook = await runbooks.create({ Name: "Npm runbook", ProjectId: project.Id, SpaceId: project.SpaceId, MultiTenancyMode: "Untenanted",
    ConnectivityPolicy: { AllowDeploymentsToNoTargets: true }, EnvironmentScope: "All", Environments: [], DefaultGuidedFailureMode: "Off",
    RunRetentionPolicy: { QuantityToKeep: 100, ShouldKeepForever: false } });
  const processes = new api.RunbookProcessRepository(client, space, project);
  const process_ = await processes.get(runbook);
  process_.Steps = [{ Name: "Say", Condition: "Success", StartTrigger: "StartAfterPrevious", PackageRequirement: "LetOctopusDecide", Properties: {},
    Actions: [{ Name: "Say", ActionType: "Octopus.Script", Packages: [],
      Properties: { "Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.ScriptSource": "Inline", "Octopus.Action.Script.Syntax": "Bash",
        "Octopus.Action.Script.ScriptBody": "echo spoken-word\nset_octopusvariable Answer 42\n" } }] }];
  const saved = await processes.update(process_);
  assert.ok(saved.Steps[0].Actions[0].Id);
  await assert.rejects(processes.update(process_), "a stale process was taken");

  const snapshots = new api.RunbookSnapshotRepository(client, space, project);
  const snapshot = await snapshots.create(runbook, "Snapshot npm", true, "by the npm client").catch((error) => error);
  assert.ok(snapshot.Id, `publishing: ${snapshot}`);

  const answer = await new api.RunbookRunRepository(client, space).create({ spaceName: space, ProjectName: "Npm project", RunbookName: "Npm runbook", EnvironmentNames: ["Npm client"] });
  const tasks = answer.RunbookRunServerTasks.map((run) => run.ServerTaskId);
  assert.equal(tasks.length, 1);
  const ended = await new api.ServerTaskWaiter(client, space).waitForServerTaskToComplete(tasks[0], 200, 60000);
  assert.equal(ended.State, "Success");
  const details = await new api.SpaceServerTaskRepository(client, space).getDetails(tasks[0]);
  const spoken = (elements) => elements.flatMap((element) => [...element.LogElements.map((line) => line.MessageText), ...spoken(element.Children)]);
  assert.ok(spoken(details.ActivityLogs).includes("spoken-word"));
});
