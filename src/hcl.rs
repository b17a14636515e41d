//! Terraform text: expression tree and printer, as `terraform fmt` would print it.
