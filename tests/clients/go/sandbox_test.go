// Package clients asks the sandbox through the official Go client: what that client can't read, writes in vain or
// takes for an error, the sandbox does wrong.
package clients

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/accounts"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/client"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/core"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/deployments"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/environments"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/feeds"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/lifecycles"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/packages"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/projectgroups"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/projects"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/runbooks"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/tenants"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/variables"
)

func TestAWrongKeyIsRefused(t *testing.T) {
	octopus, err := connect(t, "API-WRONGWRONGWRONG")
	if err == nil {
		_, err = environments.GetAll(octopus, os.Getenv("SANDBOX_SPACE"))
	}
	if err == nil {
		t.Fatal("a wrong key was let in")
	}
}

func TestASpaceIsFilledAndARunbookRuns(t *testing.T) {
	octopus := must[*client.Client](t, "connect")(connect(t, os.Getenv("SANDBOX_API_KEY")))
	space := octopus.GetSpaceID()

	environment := must[*environments.Environment](t, "environment")(environments.Add(octopus, environments.NewEnvironment("Go client")))
	if environment.GetID() == "" || environment.Slug != "go-client" {
		t.Fatalf("environment came back as %+v", environment)
	}
	if _, err := environments.Add(octopus, environments.NewEnvironment("Go client")); err == nil {
		t.Fatal("two environments of one name")
	}
	all := must[[]*environments.Environment](t, "environments")(environments.GetAll(octopus, space))
	found := false
	for _, each := range all {
		found = found || each.GetID() == environment.GetID()
	}
	if !found {
		t.Fatal("the new environment is not listed")
	}

	lifecycle := lifecycles.NewLifecycle("Go lifecycle")
	phase := lifecycles.NewPhase("Only")
	phase.OptionalDeploymentTargets = []string{environment.GetID()}
	lifecycle.Phases = append(lifecycle.Phases, phase)
	lifecycle = must[*lifecycles.Lifecycle](t, "lifecycle")(lifecycles.Add(octopus, lifecycle))
	if len(lifecycle.Phases) != 1 || lifecycle.Phases[0].ID == "" {
		t.Fatalf("the phase got no id: %+v", lifecycle.Phases)
	}
	group := must[*projectgroups.ProjectGroup](t, "project group")(projectgroups.Add(octopus, projectgroups.NewProjectGroup("Go group")))
	project := must[*projects.Project](t, "project")(projects.Add(octopus, projects.NewProject("Go project", lifecycle.GetID(), group.GetID())))
	if project.DeploymentProcessID == "" || project.VariableSetID == "" || project.Slug != "go-project" {
		t.Fatalf("project came back as %+v", project)
	}

	aws := must[*accounts.AmazonWebServicesAccount](t, "account")(accounts.NewAmazonWebServicesAccount("Go account", "AKIAGO", core.NewSensitiveValue("go-9d2k-account-secret")))
	made := must[accounts.IAccount](t, "account")(accounts.Add(octopus, aws))
	read := must[accounts.IAccount](t, "account")(accounts.GetByID(octopus, space, made.GetID()))
	if value := read.(*accounts.AmazonWebServicesAccount).SecretKey; value == nil || !value.HasValue || value.NewValue != nil {
		t.Fatalf("the secret key reads as %+v", value)
	}

	tenant := tenants.NewTenant("Go tenant")
	tenant.ProjectEnvironments = map[string][]string{project.GetID(): {environment.GetID()}}
	tenant = must[*tenants.Tenant](t, "tenant")(tenants.Add(octopus, tenant))
	if len(tenant.ProjectEnvironments[project.GetID()]) != 1 {
		t.Fatalf("the tenant's link came back as %v", tenant.ProjectEnvironments)
	}

	set := must[variables.VariableSet](t, "variables")(octopus.Variables.GetAll(project.GetID()))
	secretVariable := variables.NewVariable("Go.Secret")
	secretVariable.Type, secretVariable.IsSensitive, secretVariable.Value = "Sensitive", true, "go-9d2k-variable-secret"
	plain := variables.NewVariable("Go.Plain")
	plain.Value = "in #{Octopus.Environment.Name}"
	set.Variables = append(set.Variables, secretVariable, plain)
	set = must[variables.VariableSet](t, "variables")(octopus.Variables.Update(project.GetID(), set))
	// The client sends "" for a secret that it read as null: the server keeps the value then.
	set = must[variables.VariableSet](t, "variables")(octopus.Variables.GetAll(project.GetID()))
	for _, variable := range set.Variables {
		if variable.Name == "Go.Secret" && variable.Value != "" {
			t.Fatalf("the secret can be read: %q", variable.Value)
		}
	}
	set = must[variables.VariableSet](t, "variables again")(octopus.Variables.Update(project.GetID(), set))
	stale := set
	stale.Version--
	if _, err := octopus.Variables.Update(project.GetID(), stale); err == nil {
		t.Fatal("a stale variable set was taken")
	}

	archive := zipped(t, "say.sh", "echo packaged-word\n")
	upload, fresh, err := packages.Upload(octopus, space, "go-tool.1.0.0.zip", bytes.NewReader(archive), packages.OverwriteModeFailIfExists)
	if err != nil || !fresh || upload.PackageId != "go-tool" {
		t.Fatalf("upload: %v %v %+v", err, fresh, upload)
	}
	if _, _, err := packages.Upload(octopus, space, "go-tool.1.0.0.zip", bytes.NewReader(archive), packages.OverwriteModeFailIfExists); err == nil {
		t.Fatal("the same version was taken twice")
	}
	builtIn := must[*feeds.Feeds](t, "feeds")(feeds.Get(octopus, space, feeds.FeedsQuery{FeedType: "BuiltIn", Take: 1}))
	if len(builtIn.Items) != 1 {
		t.Fatalf("%d built-in feeds", len(builtIn.Items))
	}

	runbook := must[*runbooks.Runbook](t, "runbook")(runbooks.Add(octopus, runbooks.NewRunbook("Go runbook", project.GetID())))
	process := must[*runbooks.RunbookProcess](t, "process")(runbooks.GetProcess(octopus, space, project.GetID(), runbook.RunbookProcessID))
	action := deployments.NewDeploymentAction("Say", "Octopus.Script")
	action.Properties["Octopus.Action.RunOnServer"] = core.NewPropertyValue("true", false)
	action.Properties["Octopus.Action.Script.ScriptSource"] = core.NewPropertyValue("Inline", false)
	action.Properties["Octopus.Action.Script.Syntax"] = core.NewPropertyValue("Bash", false)
	action.Properties["Octopus.Action.Script.ScriptBody"] = core.NewPropertyValue("set -e\n[ \"$(get_octopusvariable Go.Secret)\" = go-9d2k-variable-secret ]\nget_octopusvariable Go.Plain; echo\nget_octopusvariable Go.Secret; echo\nbash tool/say.sh\n", false)
	action.Packages = []*packages.PackageReference{{Name: "tool", PackageID: "go-tool", FeedID: builtIn.Items[0].GetID(), AcquisitionLocation: "Server", Properties: map[string]string{"Extract": "True", "SelectionMode": "immediate"}}}
	step := deployments.NewDeploymentStep("Say")
	step.Actions = append(step.Actions, action)
	process.Steps = append(process.Steps, step)
	process = must[*runbooks.RunbookProcess](t, "process")(octopus.RunbookProcesses.Update(process))
	if len(process.Steps) != 1 || process.Steps[0].Actions[0].ID == "" || process.Steps[0].Actions[0].Slug != "say" {
		t.Fatalf("process came back as %+v", process.Steps[0].Actions[0])
	}

	template := must[*runbooks.RunbookSnapshotTemplate](t, "snapshot template")(octopus.Runbooks.GetRunbookSnapshotTemplate(runbook))
	if len(template.Packages) != 1 || template.Packages[0].PackageReferenceName != "tool" {
		t.Fatalf("the snapshot template wants %+v", template.Packages)
	}
	snapshot := runbooks.NewRunbookSnapshot("Snapshot go", project.GetID(), runbook.GetID())
	snapshot.SelectedPackages = []*packages.SelectedPackage{{ActionName: "Say", PackageReferenceName: "tool", Version: "1.0.0"}}
	snapshot = must[*runbooks.RunbookSnapshot](t, "publish")(octopus.RunbookSnapshots.Publish(snapshot))
	runbook = must[*runbooks.Runbook](t, "runbook")(runbooks.GetByID(octopus, space, runbook.GetID()))
	if runbook.PublishedRunbookSnapshotID != snapshot.GetID() {
		t.Fatalf("published is %q, not %q", runbook.PublishedRunbookSnapshotID, snapshot.GetID())
	}

	command := runbooks.NewRunbookRunCommandV1(space, "Go project")
	command.RunbookName = "Go runbook"
	command.EnvironmentNames = []string{"Go client"}
	run := must[*runbooks.RunbookRunResponseV1](t, "run")(runbooks.RunbookRunV1(octopus, command))
	if len(run.RunbookRunServerTasks) != 1 {
		t.Fatalf("run answers %+v", run)
	}
	log := ends(t, octopus, run.RunbookRunServerTasks[0].ServerTaskID, "Success")
	for _, word := range []string{"in Go client", "packaged-word", "****"} {
		if !strings.Contains(log, word) {
			t.Fatalf("the log lacks %q:\n%s", word, log)
		}
	}
	if strings.Contains(log, "go-9d2k-variable-secret") {
		t.Fatalf("the log shows a secret:\n%s", log)
	}
}
