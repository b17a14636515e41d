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

resource "octopusdeploy_machine_policy" "policy_slow_x" {
  name                            = "Policy: \"slow\" / $${x}"
  description                     = "\\"
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
    health_check_interval      = 3600000000000 # 01:00:00
    health_check_type          = "RunScript"

    bash_health_check_policy {
      run_type    = "Inline"
      script_body = file("${path.module}/scripts/machine-policies/policy-slow-x.sh")
    }

    powershell_health_check_policy {
      run_type    = "Inline"
      script_body = file("${path.module}/scripts/machine-policies/policy-slow-x.ps1")
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
