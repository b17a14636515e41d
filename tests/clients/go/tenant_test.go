package clients

import (
	"testing"
	"time"

	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/actions"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/actiontemplates"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/core"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/filters"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/newclient"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/projects"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/tenants"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/triggers"
	"github.com/OctopusDeploy/go-octopusdeploy/v2/pkg/variables"
)

func TestTenantsHaveVariablesInBothViews(t *testing.T) {
	w := newWorld(t, "Go tenants")
	template := actiontemplates.NewActionTemplateParameter()
	template.Name, template.DisplaySettings = "Tenant.Key", map[string]string{"Octopus.ControlType": "Sensitive"}
	common := variables.NewLibraryVariableSet("Go common")
	commonTemplate := actiontemplates.NewActionTemplateParameter()
	commonTemplate.Name, commonTemplate.DisplaySettings = "Common.Word", map[string]string{"Octopus.ControlType": "SingleLineText"}
	common.Templates = []actiontemplates.ActionTemplateParameter{*commonTemplate}
	common = must[*variables.LibraryVariableSet](t, "set")(w.octopus.LibraryVariableSets.Add(common))
	if common.VariableSetID == "" || common.Templates[0].ID == "" {
		t.Fatalf("the set came back as %+v", common)
	}
	w.project.Templates = []actiontemplates.ActionTemplateParameter{*template}
	w.project.IncludedLibraryVariableSets = []string{common.GetID()}
	w.project = must[*projects.Project](t, "project")(projects.Update(w.octopus, w.project))
	tenant := tenants.NewTenant("Go tenant of two")
	tenant.ProjectEnvironments = map[string][]string{w.project.GetID(): {w.environment.GetID()}}
	tenant = must[*tenants.Tenant](t, "tenant")(tenants.Add(w.octopus, tenant))

	query := variables.GetTenantProjectVariablesQuery{TenantID: tenant.GetID(), SpaceID: w.space, IncludeMissingVariables: true}
	missing := must[*variables.GetTenantProjectVariablesResponse](t, "values")(tenants.GetProjectVariables(w.octopus, query))
	if len(missing.MissingVariables) != 1 || len(missing.Variables) != 0 || missing.MissingVariables[0].Template.Name != "Tenant.Key" {
		t.Fatalf("a new tenant has %+v, lacks %+v", missing.Variables, missing.MissingVariables)
	}
	key := variables.TenantProjectVariablePayload{ProjectID: w.project.GetID(), TemplateID: missing.MissingVariables[0].TemplateID,
		Value: core.NewPropertyValue("go-9d2k-tenant-secret", true), Scope: variables.TenantVariableScope{EnvironmentIds: []string{w.environment.GetID()}}}
	must[*variables.ModifyTenantProjectVariablesResponse](t, "write")(tenants.UpdateProjectVariables(w.octopus, w.space, tenant.GetID(),
		&variables.ModifyTenantProjectVariablesCommand{Variables: []variables.TenantProjectVariablePayload{key}}))
	word := variables.TenantCommonVariablePayload{LibraryVariableSetId: common.GetID(), TemplateID: common.Templates[0].ID, Value: core.NewPropertyValue("common-word", false)}
	must[*variables.ModifyTenantCommonVariablesResponse](t, "write")(tenants.UpdateCommonVariables(w.octopus, w.space, tenant.GetID(),
		&variables.ModifyTenantCommonVariablesCommand{Variables: []variables.TenantCommonVariablePayload{word}}))

	// The older view shows the same values; written back as read, it keeps the secret.
	view := must[*variables.TenantVariables](t, "older view")(w.octopus.Tenants.GetVariables(tenant))
	value := view.ProjectVariables[w.project.GetID()].Variables[w.environment.GetID()][key.TemplateID]
	if !value.IsSensitive || !value.SensitiveValue.HasValue || value.SensitiveValue.NewValue != nil {
		t.Fatalf("the older view shows %+v", value)
	}
	if other := view.LibraryVariables[common.GetID()].Variables[common.Templates[0].ID]; other.Value != "common-word" {
		t.Fatalf("the older view shows %+v", other)
	}
	must[*variables.TenantVariables](t, "write back")(w.octopus.Tenants.UpdateVariables(tenant, view))

	// Only the tenant's run sees them.
	script := `[ "$(get_octopusvariable Tenant.Key)" = go-9d2k-tenant-secret ] && get_octopusvariable Common.Word`
	runbook := w.runbook(t, "Go tenanted", script)
	runbook.MultiTenancyMode = "TenantedOrUntenanted"
	runbook = must[*runbooksRunbook](t, "runbook")(updateRunbook(w, runbook))
	w.publish(t, runbook)
	log := ends(t, w.octopus, w.run(t, runbook, func(command *runCommand) { command.Tenants = []string{tenant.Name} }), "Success")
	if !contains(log, "common-word") {
		t.Fatalf("the tenant's run says\n%s", log)
	}
	ends(t, w.octopus, w.run(t, runbook, nil), "Failed")
	all := must[*[]document](t, "all values")(newclient.Get[[]document](w.octopus.HttpSession(), w.path("tenantvariables/all")))
	if len(*all) == 0 {
		t.Fatal("tenantvariables/all is empty")
	}
}

func TestTriggersComeBackAsSent(t *testing.T) {
	w := newWorld(t, "Go triggers")
	runbook := w.runbook(t, "Go triggered", "true")
	w.publish(t, runbook)
	run := actions.NewRunRunbookAction()
	run.Runbook, run.Environments = runbook.GetID(), []string{w.environment.GetID()}
	daily := filters.NewOnceDailyScheduledTriggerFilter([]filters.Weekday{filters.Monday}, time.Date(2026, 3, 22, 9, 0, 0, 0, time.UTC))
	cron := filters.NewCronScheduledTriggerFilter("0 0 6 * * Mon-Fri", "UTC")
	for name, filter := range map[string]filters.ITriggerFilter{"Go daily": daily, "Go cron": cron} {
		made := must[*triggers.ProjectTrigger](t, name)(triggers.Add(w.octopus, triggers.NewProjectTrigger(name, "", true, w.project, run, filter)))
		if !made.IsDisabled || made.Filter.GetFilterType() != filter.GetFilterType() || made.Action.(*actions.RunRunbookAction).Runbook != runbook.GetID() {
			t.Fatalf("%s came back as %+v", name, made)
		}
		made.IsDisabled = false
		changed := must[*triggers.ProjectTrigger](t, name)(triggers.Update(w.octopus, made))
		if changed.IsDisabled {
			t.Fatalf("%s stays disabled", name)
		}
	}
	mine := must[[]*triggers.ProjectTrigger](t, "of the project")(w.octopus.ProjectTriggers.GetByProjectID(w.project.GetID()))
	if len(mine) != 2 {
		t.Fatalf("the project has %d triggers", len(mine))
	}
	if err := triggers.DeleteById(w.octopus, w.space, mine[0].GetID()); err != nil {
		t.Fatal(err)
	}
}
