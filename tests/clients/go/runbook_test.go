package clients

import (
	"strings"
	"testing"
	"time"

	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/artifacts"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/environments"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/newclient"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/resources"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/runbooks"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/tasks"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/variables"
)

type (
	runbooksRunbook = runbooks.Runbook
	runCommand      = runbooks.RunbookRunCommandV1
)

func updateRunbook(w world, runbook *runbooks.Runbook) (*runbooks.Runbook, error) {
	return runbooks.Update(w.octopus, runbook)
}

func contains(log, word string) bool { return strings.Contains(log, word) }

func TestARunbookStartsInThreeWays(t *testing.T) {
	w := newWorld(t, "Go runs")
	asked := variables.NewVariable("Go.Asked")
	asked.Value = "default"
	asked.Prompt = &variables.VariablePromptOptions{Label: "What?", IsRequired: true}
	must[variables.VariableSet](t, "prompt")(variables.AddSingle(w.octopus, w.space, w.project.GetID(), asked))
	runbook := w.runbook(t, "Go three ways", `echo "asked: $(get_octopusvariable Go.Asked)"`)
	snapshot := w.publish(t, runbook)
	listed := must[*resources.Resources[*runbooks.RunbookSnapshot]](t, "snapshots")(runbooks.ListSnapshots(w.octopus, w.space, w.project.GetID(), runbook.GetID(), 10))
	if len(listed.Items) != 1 || listed.Items[0].GetID() != snapshot.GetID() {
		t.Fatalf("the snapshots are %+v", listed.Items)
	}
	allowed := must[[]*environments.Environment](t, "environments")(runbooks.ListEnvironments(w.octopus, w.space, w.project.GetID(), runbook.GetID()))
	if len(allowed) == 0 {
		t.Fatal("the runbook may run nowhere")
	}
	preview := must[*runbooks.RunPreview](t, "preview")(runbooks.GetRunbookSnapshotRunPreview(w.octopus, w.space, snapshot.GetID(), w.environment.GetID(), true))
	if len(preview.Form.Elements) != 1 || preview.Form.Elements[0].Control.Name != "Go.Asked" || len(preview.StepsToExecute) != 1 {
		t.Fatalf("the preview is %+v", preview)
	}
	id := preview.Form.Elements[0].Name

	session := w.octopus.HttpSession()
	one := must[*document](t, "first way")(newclient.Post[document](session, w.path("runbookRuns"), document{
		"RunbookId": runbook.GetID(), "RunbookSnapshotId": snapshot.GetID(), "EnvironmentId": w.environment.GetID(), "SpaceId": w.space, "FormValues": document{id: "by id"}}))
	many := must[*[]document](t, "second way")(newclient.Post[[]document](session, w.path("runbooks/"+runbook.GetID()+"/run"), document{
		"RunbookId": runbook.GetID(), "EnvironmentIds": []string{w.environment.GetID()}, "SpaceId": w.space, "UseDefaultSnapshot": true, "FormValues": document{id: "by id too"}}))
	third := w.run(t, runbook, func(command *runCommand) { command.Variables = map[string]string{"Go.Asked": "by name"} })
	for task, word := range map[string]string{(*one)["TaskId"].(string): "asked: by id", (*many)[0]["TaskId"].(string): "asked: by id too", third: "asked: by name"} {
		if log := ends(t, w.octopus, task, "Success"); !contains(log, word) {
			t.Fatalf("the log lacks %q:\n%s", word, log)
		}
	}
	runs := must[*page](t, "runs")(newclient.Get[page](session, w.path("runbookRuns?runbooks="+runbook.GetID())))
	if runs.TotalResults != 3 {
		t.Fatalf("%d runs", runs.TotalResults)
	}
	// A required prompt without an answer and without a default; a name that isn't there.
	command := runbooks.NewRunbookRunCommandV1(w.space, w.project.Name)
	command.RunbookName, command.EnvironmentNames = "No such runbook", []string{w.environment.Name}
	_, err := runbooks.RunbookRunV1(w.octopus, command)
	refused(t, "a runbook that isn't there", err, "No such runbook", 400, 404)
}

func TestASnapshotFreezesUntilItsVariablesAreTakenAnew(t *testing.T) {
	w := newWorld(t, "Go freezing")
	word := variables.NewVariable("Go.Word")
	word.Value = "old-word"
	set := must[variables.VariableSet](t, "variable")(variables.AddSingle(w.octopus, w.space, w.project.GetID(), word))
	runbook := w.runbook(t, "Go frozen", "get_octopusvariable Go.Word")
	snapshot := w.publish(t, runbook)
	set.Variables[0].Value = "new-word"
	must[variables.VariableSet](t, "change")(variables.UpdateSingle(w.octopus, w.space, w.project.GetID(), set.Variables[0]))
	if log := ends(t, w.octopus, w.run(t, runbook, nil), "Success"); !contains(log, "old-word") {
		t.Fatalf("a published snapshot sees the change:\n%s", log)
	}
	refresh := func() error {
		_, err := newclient.Post[document](w.octopus.HttpSession(), w.path("runbookSnapshots/"+snapshot.GetID()+"/snapshot-variables"), document{})
		return err
	}
	if err := refresh(); err != nil {
		t.Fatal(err)
	}
	if log := ends(t, w.octopus, w.run(t, runbook, nil), "Success"); !contains(log, "new-word") {
		t.Fatalf("the new variables are not seen:\n%s", log)
	}
	w.setSteps(t, runbook, bash("Other", "echo other-step"))
	refused(t, "new variables for a changed process", refresh(), "process", 400)
	// A second snapshot, published by a change of the runbook.
	draft := must[*runbooks.RunbookSnapshot](t, "draft")(w.octopus.RunbookSnapshots.Add(runbooks.NewRunbookSnapshot("Second", w.project.GetID(), runbook.GetID())))
	runbook = must[*runbooks.Runbook](t, "runbook")(runbooks.GetByID(w.octopus, w.space, runbook.GetID()))
	if runbook.PublishedRunbookSnapshotID != snapshot.GetID() {
		t.Fatal("a draft was published")
	}
	runbook.PublishedRunbookSnapshotID = draft.GetID()
	must[*runbooks.Runbook](t, "publish")(updateRunbook(w, runbook))
	if log := ends(t, w.octopus, w.run(t, runbook, nil), "Success"); !contains(log, "other-step") {
		t.Fatalf("the second snapshot was not published:\n%s", log)
	}
}

func TestTasksHaveArtifactsLogsAndEndWhenCancelled(t *testing.T) {
	w := newWorld(t, "Go tasks")
	short := w.runbook(t, "Go short", "echo made > kept.txt; new_octopusartifact kept.txt\necho waiting")
	w.publish(t, short)
	quick := w.run(t, short, nil)
	ends(t, w.octopus, quick, "Success")
	kept := must[*resources.Resources[*artifacts.Artifact]](t, "artifacts")(w.octopus.Artifacts.Get(artifacts.Query{Regarding: quick}))
	if len(kept.Items) != 1 || kept.Items[0].Filename != "kept.txt" || kept.Items[0].ServerTaskID != quick {
		t.Fatalf("the artifacts are %+v", kept.Items)
	}
	if content := text(t, w.octopus, w.path("artifacts/"+kept.Items[0].GetID()+"/content")); content != "made\n" {
		t.Fatalf("the artifact holds %q", content)
	}
	if raw := text(t, w.octopus, "/api/tasks/"+quick+"/raw"); !contains(raw, "waiting") {
		t.Fatalf("the raw log says %q", raw)
	}
	endless := w.runbook(t, "Go endless", "echo waiting; sleep 60")
	w.publish(t, endless)
	long := w.run(t, endless, nil)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		details := must[*tasks.TaskDetailsResource](t, "task")(tasks.GetDetails(w.octopus, w.space, long))
		if contains(spoken(details.ActivityLogs), "waiting") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log does not grow: %+v", details.Task)
		}
	}
	must[*tasks.Task](t, "cancel")(tasks.Cancel(w.octopus, w.space, long))
	ends(t, w.octopus, long, "Canceled")
	_, err := tasks.Cancel(w.octopus, w.space, long)
	refused(t, "cancelling what has ended", err, "", 400)
	both := must[*resources.Resources[*tasks.Task]](t, "tasks")(w.octopus.Tasks.Get(tasks.TasksQuery{IDs: []string{quick, long}}))
	if len(both.Items) != 2 {
		t.Fatalf("%d of two tasks", len(both.Items))
	}
}
