resource "octopusdeploy_machine_proxy" "open" {
  name     = "Open"
  host     = "open.harbourline.example"
  port     = 80
  username = ""
  password = ""
}

resource "octopusdeploy_machine_proxy" "pier" {
  name     = "Pier"
  host     = "proxy.harbourline.example"
  port     = 3128
  username = "pier"
  password = var.proxy_pier_password
}

resource "octopusdeploy_machine_proxy" "sock" {
  name     = "Sock"
  host     = "sock.harbourline.example"
  port     = 1080
  username = "sock"
  password = var.proxy_sock_password
}
