variable "x" {
  default = "${y}"
}
resource "null_resource" "r" {
  triggers = { a = "%{ if true }b%{ endif }" }
}
