//! Inventory and selection in, module and notes out. Pure: no network, clock, environment or disk.
