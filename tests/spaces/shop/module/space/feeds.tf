resource "octopusdeploy_helm_feed" "shop_charts" {
  name     = "Shop charts"
  feed_uri = "https://charts.tallowandwick.example"
  username = "chart-reader"
  password = var.feed_shop_charts_password
}

resource "octopusdeploy_docker_container_registry" "shop_images" {
  name          = "Shop images"
  feed_uri      = "https://registry.tallowandwick.example"
  api_version   = "v2"
  registry_path = "shop/prod"
  username      = "puller"
  password      = var.feed_shop_images_password
}

resource "octopusdeploy_maven_feed" "shop_maven" {
  name                           = "Shop Maven"
  feed_uri                       = "https://maven.tallowandwick.example/releases/"
  download_attempts              = 3
  download_retry_backoff_seconds = 12
  username                       = "maven-reader"
  password                       = var.feed_shop_maven_password
}

resource "octopusdeploy_nuget_feed" "shop_nuget" {
  name                           = "Shop NuGet"
  feed_uri                       = "https://nuget.tallowandwick.example/v3/index.json"
  download_attempts              = 7
  download_retry_backoff_seconds = 25
  username                       = "nuget-reader"
  password                       = var.feed_shop_nuget_password
}

resource "octopusdeploy_github_repository_feed" "source_archives" {
  name              = "Source archives"
  feed_uri          = "https://api.github.example"
  download_attempts = 1
  username          = "tw-archives"
  password          = var.feed_source_archives_password
}
