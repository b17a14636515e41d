//! What seed puts into the source space, and how it is found again.
