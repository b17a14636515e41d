package clients

import (
	"testing"

	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/accounts"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/core"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/newclient"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/variables"
)

func TestVariableSetsHaveVersionsAndKeepSecrets(t *testing.T) {
	w := newWorld(t, "Go variables")
	owner := w.project.GetID()
	secret := variables.NewVariable("Go.Key")
	secret.Type, secret.IsSensitive, secret.Value = "Sensitive", true, "go-9d2k-first-secret"
	secret.Scope.Environments = []string{w.environment.GetID()}
	must[variables.VariableSet](t, "add")(variables.AddSingle(w.octopus, w.space, owner, secret))
	unscoped := variables.NewVariable("Go.Key")
	unscoped.Type, unscoped.IsSensitive, unscoped.Value = "Sensitive", true, "go-9d2k-second-secret"
	must[variables.VariableSet](t, "add")(variables.AddSingle(w.octopus, w.space, owner, unscoped))
	set := must[variables.VariableSet](t, "read")(variables.GetAll(w.octopus, w.space, owner))
	if len(set.Variables) != 2 || set.Version != 2 || set.OwnerID != owner {
		t.Fatalf("the set reads as %+v", set)
	}
	for _, variable := range set.Variables {
		if variable.Value != "" || variable.ID == "" {
			t.Fatalf("a secret reads as %+v", variable)
		}
	}
	if len(set.ScopeValues.Environments) == 0 || len(set.ScopeValues.Processes) == 0 {
		t.Fatalf("scope values are %+v", set.ScopeValues)
	}
	// By name and scope the client finds one of the two.
	found := must[[]*variables.Variable](t, "by name")(variables.GetByName(w.octopus, w.space, owner, "Go.Key", &variables.VariableScope{Environments: []string{w.environment.GetID()}}))
	if len(found) != 1 || found[0].Scope.Environments[0] != w.environment.GetID() {
		t.Fatalf("by name and scope: %+v", found)
	}
	stale := set
	must[variables.VariableSet](t, "update")(variables.Update(w.octopus, w.space, owner, set))
	_, err := variables.Update(w.octopus, w.space, owner, stale)
	refused(t, "a stale set", err, "another user has made changes", 409, 400)

	// Both secrets are what they were: a run sees the one of its environment.
	runbook := w.runbook(t, "Go keys", `[ "$(get_octopusvariable Go.Key)" = go-9d2k-first-secret ] && echo right-key`)
	w.publish(t, runbook)
	if log := ends(t, w.octopus, w.run(t, runbook, nil), "Success"); !contains(log, "right-key") {
		t.Fatalf("the wrong secret won:\n%s", log)
	}
	after := must[variables.VariableSet](t, "delete")(variables.DeleteSingle(w.octopus, w.space, owner, found[0].ID))
	if len(after.Variables) != 1 {
		t.Fatalf("after the deletion: %+v", after.Variables)
	}
}

func TestAccountsOfEachKindKeepTheirSecrets(t *testing.T) {
	w := newWorld(t, "Go accounts")
	password := func() *core.SensitiveValue { return core.NewSensitiveValue("go-9d2k-account-secret") }
	user := must[*accounts.UsernamePasswordAccount](t, "account")(accounts.NewUsernamePasswordAccount("Go user"))
	user.SetUsername("someone")
	user.SetPassword(password())
	token := must[*accounts.TokenAccount](t, "account")(accounts.NewTokenAccount("Go token", password()))
	ssh := must[*accounts.SSHKeyAccount](t, "account")(accounts.NewSSHKeyAccount("Go ssh", "someone", password()))
	aws := must[*accounts.AmazonWebServicesAccount](t, "account")(accounts.NewAmazonWebServicesAccount("Go aws", "AKIAGO", password()))
	aws.EnvironmentIDs = []string{w.environment.GetID()}
	for _, account := range []accounts.IAccount{user, token, ssh, aws} {
		made := must[accounts.IAccount](t, "add")(accounts.Add(w.octopus, account))
		made.SetDescription("changed")
		must[accounts.IAccount](t, "update")(accounts.Update(w.octopus, made))
		shown := must[*document](t, "read")(newclient.Get[document](w.octopus.HttpSession(), w.path("accounts/"+made.GetID())))
		secrets := 0
		for _, value := range *shown {
			if field, isObject := value.(map[string]any); isObject && field["HasValue"] == true && field["NewValue"] == nil {
				secrets++
			}
		}
		if secrets != 1 || (*shown)["Description"] != "changed" {
			t.Fatalf("%s reads as %v", account.GetName(), *shown)
		}
	}
	_, err := accounts.Add(w.octopus, aws)
	refused(t, "two accounts of one name", err, "already", 400, 409)
}
