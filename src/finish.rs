//! Sets through the API, after the apply, what the provider can't carry.
