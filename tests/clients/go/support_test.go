package clients

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/client"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/core"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/deployments"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/environments"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/newclient"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/projectgroups"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/projects"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/runbooks"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/tasks"
)

func connect(t *testing.T, key string) (*client.Client, error) {
	t.Helper()
	address, err := url.Parse(os.Getenv("SANDBOX_URL"))
	if err != nil || address.Host == "" {
		t.Fatal("SANDBOX_URL, SANDBOX_API_KEY and SANDBOX_SPACE say where the sandbox is")
	}
	return client.NewClient(nil, address, key, os.Getenv("SANDBOX_SPACE"))
}

func must[T any](t *testing.T, what string) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return value
	}
}

// world is what most tests need: a client, and a project with an environment of its own.
type world struct {
	octopus     *client.Client
	space       string
	environment *environments.Environment
	project     *projects.Project
}

func newWorld(t *testing.T, name string) world {
	t.Helper()
	octopus := must[*client.Client](t, "connect")(connect(t, os.Getenv("SANDBOX_API_KEY")))
	space := octopus.GetSpaceID()
	environment := must[*environments.Environment](t, "environment")(environments.Add(octopus, environments.NewEnvironment(name)))
	group := must[*projectgroups.ProjectGroup](t, "project group")(projectgroups.Add(octopus, projectgroups.NewProjectGroup(name)))
	lifecycles := must[*page](t, "lifecycles")(newclient.Get[page](octopus.HttpSession(), "/api/"+space+"/lifecycles?take=1"))
	project := must[*projects.Project](t, "project")(projects.Add(octopus, projects.NewProject(name, lifecycles.Items[0]["Id"].(string), group.GetID())))
	return world{octopus, space, environment, project}
}

// page is a page of documents of any kind, document one of them: for addresses that the client has no function for.
type document = map[string]any
type page struct {
	Items        []document
	TotalResults int
}

func (w world) path(path string) string { return "/api/" + w.space + "/" + path }

// runbook makes a runbook with one Bash step.
func (w world) runbook(t *testing.T, name, script string) *runbooks.Runbook {
	t.Helper()
	runbook := must[*runbooks.Runbook](t, "runbook")(runbooks.Add(w.octopus, runbooks.NewRunbook(name, w.project.GetID())))
	w.setSteps(t, runbook, bash("Say", script))
	return runbook
}

func (w world) setSteps(t *testing.T, runbook *runbooks.Runbook, actions ...*deployments.DeploymentAction) *runbooks.RunbookProcess {
	t.Helper()
	process := must[*runbooks.RunbookProcess](t, "process")(runbooks.GetProcess(w.octopus, w.space, w.project.GetID(), runbook.RunbookProcessID))
	process.Steps = nil
	for _, action := range actions {
		step := deployments.NewDeploymentStep(action.Name)
		step.Actions = append(step.Actions, action)
		process.Steps = append(process.Steps, step)
	}
	return must[*runbooks.RunbookProcess](t, "process")(w.octopus.RunbookProcesses.Update(process))
}

func bash(name, script string) *deployments.DeploymentAction {
	action := deployments.NewDeploymentAction(name, "Octopus.Script")
	for property, value := range map[string]string{
		"Octopus.Action.RunOnServer":         "true",
		"Octopus.Action.Script.ScriptSource": "Inline",
		"Octopus.Action.Script.Syntax":       "Bash",
		"Octopus.Action.Script.ScriptBody":   script,
	} {
		action.Properties[property] = core.NewPropertyValue(value, false)
	}
	return action
}

func (w world) publish(t *testing.T, runbook *runbooks.Runbook) *runbooks.RunbookSnapshot {
	t.Helper()
	snapshot := runbooks.NewRunbookSnapshot("", w.project.GetID(), runbook.GetID())
	return must[*runbooks.RunbookSnapshot](t, "publish")(w.octopus.RunbookSnapshots.Publish(snapshot))
}

// run starts the published snapshot by names and returns the task.
func (w world) run(t *testing.T, runbook *runbooks.Runbook, change func(*runbooks.RunbookRunCommandV1)) string {
	t.Helper()
	command := runbooks.NewRunbookRunCommandV1(w.space, w.project.Name)
	command.RunbookName, command.EnvironmentNames = runbook.Name, []string{w.environment.Name}
	if change != nil {
		change(command)
	}
	run := must[*runbooks.RunbookRunResponseV1](t, "run")(runbooks.RunbookRunV1(w.octopus, command))
	if len(run.RunbookRunServerTasks) != 1 {
		t.Fatalf("run answers %+v", run)
	}
	return run.RunbookRunServerTasks[0].ServerTaskID
}

// ends waits for the end of a task and returns its log.
func ends(t *testing.T, octopus *client.Client, task, state string) string {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		details := must[*tasks.TaskDetailsResource](t, "task")(tasks.GetDetails(octopus, octopus.GetSpaceID(), task))
		if details.Task.IsCompleted != nil && *details.Task.IsCompleted {
			log := spoken(details.ActivityLogs)
			success := details.Task.FinishedSuccessfully != nil && *details.Task.FinishedSuccessfully
			if details.Task.State != state || success != (state == "Success") {
				t.Fatalf("the run ended as %s: %s\n%s", details.Task.State, details.Task.ErrorMessage, log)
			}
			return log
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not end", task)
	return ""
}

// text is the answer of an address that has no JSON.
func text(t *testing.T, octopus *client.Client, path string) string {
	t.Helper()
	request := must[*http.Request](t, path)(http.NewRequest(http.MethodGet, path, nil))
	answer := must[*http.Response](t, path)(octopus.HttpSession().DoRawRequest(request))
	defer newclient.CloseResponse(answer)
	body := must[[]byte](t, path)(io.ReadAll(answer.Body))
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, answer.StatusCode, body)
	}
	return string(body)
}

// refused checks that an error carries one of the statuses and the text.
func refused(t *testing.T, what string, err error, word string, statuses ...int) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: taken", what)
	}
	said := err.Error()
	if failure, isFailure := err.(*core.APIError); isFailure {
		said = fmt.Sprint(failure.ErrorMessage, failure.Errors)
		fits := len(statuses) == 0 || failure.StatusCode == 0
		for _, status := range statuses {
			fits = fits || failure.StatusCode == status
		}
		if !fits {
			t.Fatalf("%s: refused with %d: %s", what, failure.StatusCode, said)
		}
	}
	if !strings.Contains(said, word) {
		t.Fatalf("%s: refused, but without %q: %s", what, word, said)
	}
}

func zipped(t *testing.T, name, content string) []byte {
	t.Helper()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	file := must[io.Writer](t, "zip")(writer.Create(name))
	must[int](t, "zip")(file.Write([]byte(content)))
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func spoken(elements []*tasks.ActivityElement) string {
	var text strings.Builder
	for _, element := range elements {
		for _, line := range element.LogElements {
			text.WriteString(line.MessageText + "\n")
		}
		text.WriteString(spoken(element.Children))
	}
	return text.String()
}
