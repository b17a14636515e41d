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

test("lists come in pages, packages by mode, tasks can be read and cancelled", async () => {
  const client = await connect(process.env.SANDBOX_API_KEY);
  const me = await api.userGetCurrent(client);
  assert.ok(me.IsActive);
  const groups = new api.ProjectGroupRepository(client, space);
  for (let number = 0; number < 32; number++) await groups.create({ Name: `Npm page ${number}` });
  const first = await groups.list({ partialName: "Npm page", take: 20 });
  const second = await groups.list({ partialName: "Npm page", take: 20, skip: 20 });
  assert.deepEqual([first.Items.length, second.Items.length, first.TotalResults], [20, 12, 32]);
  const group = first.Items[0];
  group.Description = "changed";
  assert.equal((await groups.modify(group)).Description, "changed");
  await groups.del(second.Items[0]);
  assert.equal((await groups.list({ partialName: "Npm page", take: 1 })).TotalResults, 31);

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "npm-client-"));
  const file = path.join(folder, "npm-kit.1.0.0.zip");
  const packages = new api.PackageRepository(client, space);
  fs.writeFileSync(file, "one");
  await packages.push([file]);
  fs.writeFileSync(file, "two, longer");
  await assert.rejects(packages.push([file], api.OverwriteMode.FailIfExists));
  await packages.push([file], api.OverwriteMode.IgnoreIfExists);
  assert.equal((await packages.get("npm-kit.1.0.0")).PackageSizeBytes, 3);
  await packages.push([file], api.OverwriteMode.OverwriteExisting);
  assert.equal((await packages.get("npm-kit.1.0.0")).PackageSizeBytes, 11);
  fs.rmSync(folder, { recursive: true });

  const environment = await new api.EnvironmentRepository(client, space).create({ Name: "Npm tasks" });
  const lifecycle = (await new api.LifecycleRepository(client, space).list({ take: 1 })).Items[0];
  const project = await new api.ProjectRepository(client, space).create({ Name: "Npm tasks", LifecycleId: lifecycle.Id, ProjectGroupId: group.Id });
  const runbook = await new api.RunbookRepository(client, space, project).create({ Name: "Npm endless", ProjectId: project.Id, SpaceId: project.SpaceId,
    MultiTenancyMode: "Untenanted", ConnectivityPolicy: { AllowDeploymentsToNoTargets: true }, EnvironmentScope: "All", Environments: [],
    DefaultGuidedFailureMode: "Off", RunRetentionPolicy: { QuantityToKeep: 100, ShouldKeepForever: false } });
  const processes = new api.RunbookProcessRepository(client, space, project);
  const process_ = await processes.get(runbook);
  process_.Steps = [{ Name: "Wait", Properties: {}, Actions: [{ Name: "Wait", ActionType: "Octopus.Script", Packages: [],
    Properties: { "Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.ScriptSource": "Inline", "Octopus.Action.Script.Syntax": "Bash",
      "Octopus.Action.Script.ScriptBody": "echo waiting-word\nsleep 60\n" } }] }];
  await processes.update(process_);
  await new api.RunbookSnapshotRepository(client, space, project).create(runbook, "One", true);
  const runs = new api.RunbookRunRepository(client, space);
  const answer = await runs.create({ spaceName: space, ProjectName: project.Name, RunbookName: runbook.Name, EnvironmentNames: [environment.Name] });
  const task = answer.RunbookRunServerTasks[0].ServerTaskId;
  const tasks = new api.SpaceServerTaskRepository(client, space);
  for (let tries = 0; !(await tasks.getRaw(task)).includes("waiting-word"); tries++) {
    assert.ok(tries < 200, "the log does not grow");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new api.ServerTaskRepository(client).cancel(task);
  const ended = await new api.ServerTaskWaiter(client, space).waitForServerTaskToComplete(task, 50, 60000);
  assert.equal(ended.State, "Canceled");
  assert.equal((await runs.list({ projects: [project.Id], environments: [environment.Id] })).Items[0].TaskId, task);
});

test("tenants have values in both views", async () => {
  const client = await connect(process.env.SANDBOX_API_KEY);
  const environment = await new api.EnvironmentRepository(client, space).create({ Name: "Npm tenants" });
  const lifecycle = (await new api.LifecycleRepository(client, space).list({ take: 1 })).Items[0];
  const group = (await new api.ProjectGroupRepository(client, space).list({ take: 1 })).Items[0];
  const project = await new api.ProjectRepository(client, space).create({ Name: "Npm tenants", LifecycleId: lifecycle.Id, ProjectGroupId: group.Id,
    Templates: [{ Name: "Npm.Key", Label: "Key", DisplaySettings: { "Octopus.ControlType": "Sensitive" } }, { Name: "Npm.Word", DefaultValue: "usual", DisplaySettings: {} }] });
  const sets = new api.TagSetRepository(client, space);
  const set = await sets.create({ Name: "Npm ring", Tags: [{ Name: "Early", Color: "#333333" }] });
  assert.equal(set.Tags[0].CanonicalTagName, "Npm ring/Early");
  const tenants = new api.TenantRepository(client, space);
  const tenant = await tenants.create({ Name: "Npm tenant", TenantTags: ["Npm ring/Early"], ProjectEnvironments: { [project.Id]: [environment.Id] } });
  await assert.rejects(tenants.create({ Name: "Npm odd tenant", TenantTags: ["Npm ring/Nowhere"], ProjectEnvironments: {} }));
  assert.equal((await tenants.list({ projectId: project.Id })).TotalResults, 1);

  const [key, word] = ["Npm.Key", "Npm.Word"].map((name) => project.Templates.find((template) => template.Name === name).Id);
  const view = await tenants.getVariables(tenant);
  view.ProjectVariables[project.Id].Variables[environment.Id] = { [key]: { HasValue: true, NewValue: "npm-3k8w-secret" }, [word]: "special" };
  const written = await tenants.setVariables(tenant, view);
  assert.deepEqual(written.ProjectVariables[project.Id].Variables[environment.Id][key], { HasValue: true, NewValue: null, Hint: null });
  const values = (await tenants.getProjectVariables(tenant, true)).Variables;
  assert.deepEqual(values.map((value) => [value.TemplateId, value.Scope.EnvironmentIds]).sort(), [[key, [environment.Id]], [word, [environment.Id]]].sort());
  assert.equal(values.find((value) => value.TemplateId === word).Value, "special");
});

test("a runbook is committed to a branch and runs from there", async () => {
  const client = await connect(process.env.SANDBOX_API_KEY);
  const environment = await new api.EnvironmentRepository(client, space).create({ Name: "Npm git" });
  const lifecycle = (await new api.LifecycleRepository(client, space).list({ take: 1 })).Items[0];
  const group = (await new api.ProjectGroupRepository(client, space).list({ take: 1 })).Items[0];
  const project = await new api.ProjectRepository(client, space).create({ Name: "Npm git", LifecycleId: lifecycle.Id, ProjectGroupId: group.Id });
  await client.doCreate(`~/api/{spaceId}/projects/{id}/git/convert`, { CommitMessage: "Into Git",
    VersionControlSettings: { Type: "VersionControlled", Url: "https://git.example/npm.git", DefaultBranch: "main", BasePath: ".octopus" } },
  { spaceName: space, id: project.Id });
  const runbooks = new api.RunbookRepository(client, space, project);
  const made = await runbooks.createWithGitRef({ Name: "Npm in git", ProjectId: project.Id, SpaceId: project.SpaceId, MultiTenancyMode: "Untenanted",
    ConnectivityPolicy: { AllowDeploymentsToNoTargets: true }, EnvironmentScope: "All", Environments: [], DefaultGuidedFailureMode: "Off",
    RunRetentionPolicy: { QuantityToKeep: 100, ShouldKeepForever: false }, ChangeDescription: "a runbook" }, "refs/heads/main");
  assert.equal(made.Id, "npm-in-git");
  // The answer to the making holds five fields; what is changed is read first.
  const whole = await runbooks.getWithGitRef(made.Id, "main");
  whole.Description = "changed";
  await runbooks.modifyWithGitRef(whole, "main");
  const read = await runbooks.getWithGitRef("npm-in-git", "main");
  assert.equal(read.Description, "changed");
  const processes = new api.RunbookProcessRepository(client, space, project);
  const process_ = await processes.getWithGitRef(read, "main");
  process_.Steps = [{ Name: "Say", Properties: {}, Actions: [{ Name: "Say", ActionType: "Octopus.Script", Packages: [],
    Properties: { "Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.ScriptSource": "Inline", "Octopus.Action.Script.Syntax": "Bash",
      "Octopus.Action.Script.ScriptBody": "echo committed-word\n" } }] }];
  await processes.updateWithGitRef(process_, "main");
  const answer = await new api.RunbookRunRepository(client, space).createGit(
    { spaceName: space, ProjectName: "Npm git", RunbookName: "Npm in git", EnvironmentNames: ["Npm git"] }, "main");
  const task = answer.RunbookRunServerTasks[0].ServerTaskId;
  const ended = await new api.ServerTaskWaiter(client, space).waitForServerTaskToComplete(task, 50, 60000);
  assert.equal(ended.State, "Success");
  assert.ok((await new api.SpaceServerTaskRepository(client, space).getRaw(task)).includes("committed-word"));
  await runbooks.deleteWithGitRef(read, "main");
  await assert.rejects(runbooks.getWithGitRef("npm-in-git", "main"));
});
