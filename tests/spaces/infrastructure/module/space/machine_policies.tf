# The provider takes durations in nanoseconds.

resource "octopusdeploy_machine_policy" "default_machine_policy" {
  name                            = "Default Machine Policy"
  connection_connect_timeout      = 60000000000 # 00:01:00
  connection_retry_count_limit    = 5
  connection_retry_sleep_interval = 1000000000   # 00:00:01
  connection_retry_time_limit     = 300000000000 # 00:05:00
  polling_request_queue_timeout   = 120000000000 # 00:02:00

  machine_cleanup_policy {
    delete_machines_behavior = "DoNotDelete"
  }

  machine_connectivity_policy {
    machine_connectivity_behavior = "ExpectedToBeOnline"
  }

  machine_health_check_policy {
    health_check_cron_timezone = "UTC"
    health_check_interval      = 3600000000000 # 01:00:00
    health_check_type          = "RunScript"

    bash_health_check_policy {
      run_type = "InheritFromDefault"
    }

    powershell_health_check_policy {
      run_type = "InheritFromDefault"
    }
  }

  machine_package_cache_retention_policy {
    strategy = "Default"
  }

  machine_update_policy {
    calamari_update_behavior         = "UpdateOnDeployment"
    kubernetes_agent_update_behavior = "Update"
    tentacle_update_behavior         = "NeverUpdate"
  }
}

resource "octopusdeploy_machine_policy" "policy_full" {
  name                            = "Policy full"
  description                     = "Slow links at sea"
  connection_connect_timeout      = 90000000000 # 00:01:30
  connection_retry_count_limit    = 8
  connection_retry_sleep_interval = 5000000000   # 00:00:05
  connection_retry_time_limit     = 600000000000 # 00:10:00
  polling_request_queue_timeout   = 180000000000 # 00:03:00

  machine_cleanup_policy {
    delete_machines_behavior         = "DeleteUnavailableMachines"
    delete_machines_elapsed_timespan = 7200000000000 # 02:00:00
  }

  machine_connectivity_policy {
    machine_connectivity_behavior = "MayBeOfflineAndCanBeSkipped"
  }

  machine_health_check_policy {
    health_check_cron_timezone = "UTC"
    health_check_interval      = 1800000000000 # 00:30:00
    health_check_type          = "OnlyConnectivity"

    bash_health_check_policy {
      run_type    = "Inline"
      script_body = file("${path.module}/scripts/machine-policies/policy-full.sh")
    }

    powershell_health_check_policy {
      run_type    = "Inline"
      script_body = "exit 0"
    }
  }

  machine_package_cache_retention_policy {
    strategy                     = "Quantities"
    quantity_of_packages_to_keep = 4
    package_unit                 = "Items"
    quantity_of_versions_to_keep = 2
    version_unit                 = "Items"
  }

  machine_update_policy {
    calamari_update_behavior         = "UpdateAlways"
    kubernetes_agent_update_behavior = "NeverUpdate"
    tentacle_update_behavior         = "Update"
    tentacle_update_account_id       = octopusdeploy_username_password_account.login_small.id
  }
}

# The provider can't read back durations of a day or more, or with fractions.
resource "octopusdeploy_machine_policy" "policy_of_days" {
  name                            = "Policy of days"
  connection_connect_timeout      = 60500000000 # 00:01:00.5000000
  connection_retry_count_limit    = 5
  connection_retry_sleep_interval = 250000000      # 00:00:00.2500000
  connection_retry_time_limit     = 300000000000   # 00:05:00
  polling_request_queue_timeout   = 86520000000000 # 1.00:02:00

  machine_cleanup_policy {
    delete_machines_behavior         = "DeleteUnavailableMachines"
    delete_machines_elapsed_timespan = 864000000000000 # 10.00:00:00
  }

  machine_connectivity_policy {
    machine_connectivity_behavior = "ExpectedToBeOnline"
  }

  machine_health_check_policy {
    health_check_cron_timezone = "UTC"
    health_check_interval      = 216000000000000 # 2.12:00:00
    health_check_type          = "RunScript"

    bash_health_check_policy {
      run_type = "InheritFromDefault"
    }

    powershell_health_check_policy {
      run_type = "InheritFromDefault"
    }
  }

  machine_package_cache_retention_policy {
    strategy = "Default"
  }

  machine_update_policy {
    calamari_update_behavior         = "UpdateOnDeployment"
    kubernetes_agent_update_behavior = "Update"
    tentacle_update_behavior         = "NeverUpdate"
  }

  lifecycle {
    ignore_changes = all
  }
}

# The provider can't read back durations of a day or more, or with fractions.
resource "octopusdeploy_machine_policy" "policy_small" {
  name                            = "Policy small"
  connection_connect_timeout      = 60000000000 # 00:01:00
  connection_retry_count_limit    = 5
  connection_retry_sleep_interval = 1000000000   # 00:00:01
  connection_retry_time_limit     = 300000000000 # 00:05:00
  polling_request_queue_timeout   = 120000000000 # 00:02:00

  machine_cleanup_policy {
    delete_machines_behavior         = "DoNotDelete"
    delete_machines_elapsed_timespan = 3600000000000 # 01:00:00
  }

  machine_connectivity_policy {
    machine_connectivity_behavior = "ExpectedToBeOnline"
  }

  machine_health_check_policy {
    health_check_cron_timezone = "UTC"
    health_check_interval      = 86400000000000 # 01.00:00:00
    health_check_type          = "RunScript"

    bash_health_check_policy {
      run_type = "InheritFromDefault"
    }

    powershell_health_check_policy {
      run_type = "InheritFromDefault"
    }
  }

  machine_package_cache_retention_policy {
    strategy = "Default"
  }

  machine_update_policy {
    calamari_update_behavior         = "UpdateOnDeployment"
    kubernetes_agent_update_behavior = "Update"
    tentacle_update_behavior         = "NeverUpdate"
  }

  lifecycle {
    ignore_changes = all
  }
}

resource "octopusdeploy_machine_policy" "policy_with_a_cron_expression" {
  name                            = "Policy with a cron expression"
  connection_connect_timeout      = 60000000000 # 00:01:00
  connection_retry_count_limit    = 5
  connection_retry_sleep_interval = 1000000000   # 00:00:01
  connection_retry_time_limit     = 300000000000 # 00:05:00
  polling_request_queue_timeout   = 120000000000 # 00:02:00

  machine_cleanup_policy {
    delete_machines_behavior         = "DoNotDelete"
    delete_machines_elapsed_timespan = 3600000000000 # 01:00:00
  }

  machine_connectivity_policy {
    machine_connectivity_behavior = "ExpectedToBeOnline"
  }

  machine_health_check_policy {
    health_check_cron          = "0 0 6 * * Mon-Fri"
    health_check_cron_timezone = "Europe/Oslo"
    health_check_interval      = 0 # 00:00:00
    health_check_type          = "RunScript"

    bash_health_check_policy {
      run_type = "InheritFromDefault"
    }

    powershell_health_check_policy {
      run_type = "InheritFromDefault"
    }
  }

  machine_package_cache_retention_policy {
    strategy = "Default"
  }

  machine_update_policy {
    calamari_update_behavior         = "UpdateOnDeployment"
    kubernetes_agent_update_behavior = "Update"
    tentacle_update_behavior         = "NeverUpdate"
  }
}

resource "octopusdeploy_machine_policy" "policy_without_health_checks" {
  name                            = "Policy without health checks"
  connection_connect_timeout      = 60000000000 # 00:01:00
  connection_retry_count_limit    = 5
  connection_retry_sleep_interval = 1000000000   # 00:00:01
  connection_retry_time_limit     = 300000000000 # 00:05:00
  polling_request_queue_timeout   = 120000000000 # 00:02:00

  machine_cleanup_policy {
    delete_machines_behavior         = "DoNotDelete"
    delete_machines_elapsed_timespan = 3600000000000 # 01:00:00
  }

  machine_connectivity_policy {
    machine_connectivity_behavior = "ExpectedToBeOnline"
  }

  machine_health_check_policy {
    health_check_cron_timezone = "UTC"
    health_check_interval      = 0
    health_check_type          = "RunScript"

    bash_health_check_policy {
      run_type = "InheritFromDefault"
    }

    powershell_health_check_policy {
      run_type = "InheritFromDefault"
    }
  }

  machine_package_cache_retention_policy {
    strategy = "Default"
  }

  machine_update_policy {
    calamari_update_behavior         = "UpdateOnDeployment"
    kubernetes_agent_update_behavior = "Update"
    tentacle_update_behavior         = "NeverUpdate"
  }
}
