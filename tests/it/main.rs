//! One integration binary keeps linking cheap.
