//! Two inventories → differences of whole documents, by natural keys. Uses no kind's table.
