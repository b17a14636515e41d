# What every server makes with a space is taken over as it is found; what is not there is created.

data "octopusdeploy_lifecycles" "existing" {
  take = 10000
}

data "octopusdeploy_machine_policies" "existing" {
  take = 10000
}

data "octopusdeploy_project_groups" "existing" {
  take = 10000
}

data "octopusdeploy_user_roles" "existing" {
  take = 10000
}

data "octopusdeploy_worker_pools" "existing" {
  take = 10000
}

import {
  for_each = toset([for x in data.octopusdeploy_lifecycles.existing.lifecycles : x.id if x.name == "Default Lifecycle"])
  to       = octopusdeploy_lifecycle.default_lifecycle
  id       = each.value
}

import {
  for_each = toset([for x in data.octopusdeploy_machine_policies.existing.machine_policies : x.id if x.is_default])
  to       = octopusdeploy_machine_policy.default_machine_policy
  id       = each.value
}

import {
  for_each = toset([for x in data.octopusdeploy_project_groups.existing.project_groups : x.id if x.name == "Default Project Group"])
  to       = octopusdeploy_project_group.default_project_group
  id       = each.value
}

import {
  for_each = toset([for x in data.octopusdeploy_worker_pools.existing.worker_pools : x.id if x.name == "Default Worker Pool"])
  to       = octopusdeploy_static_worker_pool.default_worker_pool
  id       = each.value
}

import {
  for_each = toset([for x in data.octopusdeploy_user_roles.existing.user_roles : x.id if x.name == "Pilot"])
  to       = octopusdeploy_user_role.pilot
  id       = each.value
}
