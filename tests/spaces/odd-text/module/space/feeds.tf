resource "octopusdeploy_nuget_feed" "feed_x" {
  name     = "feed_x"
  feed_uri = "https://example.invalid/Ü"
  username = "u\"1"
  password = var.feed_feed_x_password
}

resource "octopusdeploy_nuget_feed" "feed_x_041d16" {
  name     = "Feed / \"x\""
  feed_uri = "https://example.invalid/a%20b?c=\"d\"&e=$${f}"
  username = "u\"0"
  password = var.feed_feed_x_041d16_password

  depends_on = [octopusdeploy_nuget_feed.feed_x]
}
