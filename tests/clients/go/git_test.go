package clients

import (
	"net/url"
	"testing"

	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/credentials"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/deployments"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/environments"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/newclient"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/projectbranches"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/projects"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/resources"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/runbooks"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/variables"
)

func TestAProjectLivesInGit(t *testing.T) {
	w := newWorld(t, "Go git")
	id := w.project.GetID()
	secret := variables.NewVariable("Go.Secret")
	secret.Type, secret.IsSensitive, secret.Value = "Sensitive", true, "go-9d2k-git-secret"
	must[variables.VariableSet](t, "secret")(variables.AddSingle(w.octopus, w.space, id, secret))
	plain := variables.NewVariable("Go.Plain")
	plain.Value = "plain-word"
	must[variables.VariableSet](t, "plain")(variables.AddSingle(w.octopus, w.space, id, plain))
	w.runbook(t, "Go in git", `[ "$(get_octopusvariable Go.Secret)" = go-9d2k-git-secret ] && get_octopusvariable Go.Plain`)

	repository := must[*url.URL](t, "url")(url.Parse("https://git.example/go.git"))
	settings := projects.NewGitPersistenceSettings(".octopus", credentials.NewAnonymous(), "main", []string{}, repository)
	converted := must[*projects.Project](t, "convert")(projects.ConvertToVCS(w.octopus, w.project, "Into Git", "", settings))
	kept := converted.PersistenceSettings.(projects.GitPersistenceSettings)
	if !kept.VariablesAreInGit() || !kept.RunbooksAreInGit() || kept.DefaultBranch() != "main" {
		t.Fatalf("the settings came back as %+v", kept)
	}
	made := must[*projects.GitReference](t, "branch")(w.octopus.ProjectBranches.Add(w.space, id, "refs/heads/main", "octopus"))
	if made.CanonicalName != "refs/heads/octopus" {
		t.Fatalf("the branch is %+v", made)
	}
	both := must[*resources.Resources[*projects.GitReference]](t, "branches")(w.octopus.ProjectBranches.Get(w.space, id, projectbranches.ProjectBranchQuery{}))
	again := must[[]*projects.GitReference](t, "branches by link")(w.octopus.Projects.GetGitBranches(converted))
	if len(both.Items) != 2 || len(again) != 2 {
		t.Fatalf("the branches are %+v and %+v", both.Items, again)
	}

	inGit := must[*variables.VariableSet](t, "in Git")(w.octopus.ProjectVariables.GetAllByGitRef(w.space, id, "refs/heads/main"))
	if len(inGit.Variables) != 1 || inGit.Variables[0].Name != "Go.Plain" || len(inGit.ScopeValues.Environments) == 0 {
		t.Fatalf("in Git there are %+v", inGit.Variables)
	}
	other := variables.NewVariable("Go.Other")
	other.Value = "other"
	written := must[*variables.VariableSet](t, "write")(w.octopus.ProjectVariables.AddSingleByGitRef(w.space, id, "octopus", other))
	if len(written.Variables) != 2 {
		t.Fatalf("the branch has %+v", written.Variables)
	}
	inDatabase := must[*variables.VariableSet](t, "in the database")(newclient.Get[variables.VariableSet](w.octopus.HttpSession(), w.path("projects/"+id+"/variables")))
	if len(inDatabase.Variables) != 1 || inDatabase.Variables[0].Name != "Go.Secret" {
		t.Fatalf("in the database there are %+v", inDatabase.Variables)
	}

	process := must[*deployments.DeploymentProcess](t, "process")(deployments.GetDeploymentProcessByGitRef(w.octopus, w.space, converted, "octopus"))
	step := deployments.NewDeploymentStep("Say")
	step.Actions = append(step.Actions, bash("Say", "echo x"))
	process.Steps = append(process.Steps, step)
	process = must[*deployments.DeploymentProcess](t, "process")(deployments.UpdateDeploymentProcess(w.octopus, process))
	if len(process.Steps) != 1 || process.Steps[0].ID == "" {
		t.Fatalf("the process came back as %+v", process)
	}
	if _, err := deployments.GetDeploymentProcessByID(w.octopus, w.space, process.GetID()); err == nil {
		t.Fatal("a process in Git can be had without a Git reference")
	}

	books := must[*resources.Resources[*runbooks.Runbook]](t, "runbooks")(runbooks.ListGitRunbooks(w.octopus, w.space, id, "refs/heads/main", "", 0))
	if len(books.Items) != 1 || books.Items[0].GetID() != "go-in-git" {
		t.Fatalf("the runbooks are %+v", books.Items)
	}
	book := must[*runbooks.Runbook](t, "runbook")(runbooks.GetGitRunbookByName(w.octopus, w.space, id, "main", "Go in git"))
	steps := must[*runbooks.RunbookProcess](t, "its process")(runbooks.GetGitRunbookProcess(w.octopus, w.space, id, book.RunbookProcessID, "main"))
	where := must[[]*environments.Environment](t, "its environments")(runbooks.ListEnvironmentsForGitRunbook(w.octopus, w.space, id, book.GetID(), "main"))
	template := must[*runbooks.RunbookSnapshotTemplate](t, "its template")(runbooks.GetGitRunbookSnapshotTemplate(w.octopus, w.space, id, book.GetID(), "main"))
	preview := must[*runbooks.RunPreview](t, "its preview")(runbooks.GetGitRunbookRunPreview(w.octopus, w.space, id, book.GetID(), "main", w.environment.GetID(), true))
	if len(steps.Steps) != 1 || len(where) == 0 || len(template.Packages) != 0 || len(preview.StepsToExecute) != 1 {
		t.Fatalf("%+v %+v %+v %+v", steps, where, template, preview)
	}
	_, err := runbooks.List(w.octopus, w.space, id, "", 0)
	refused(t, "runbooks without a Git reference", err, "include a Git ref in the route", 400)

	command := runbooks.NewGitRunbookRunCommandV1(w.space, w.project.Name)
	command.RunbookName, command.EnvironmentNames, command.GitRef = "Go in git", []string{w.environment.Name}, "refs/heads/main"
	run := must[*runbooks.GitRunbookRunResponseV1](t, "run")(runbooks.GitRunbookRunV1(w.octopus, command))
	if log := ends(t, w.octopus, run.RunbookRunServerTasks[0].ServerTaskID, "Success"); !contains(log, "plain-word") {
		t.Fatalf("the run says\n%s", log)
	}
	if err := runbooks.DeleteGitRunbook(w.octopus, w.space, id, "octopus", "go-in-git"); err != nil {
		t.Fatal(err)
	}
}
