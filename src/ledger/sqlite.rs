//! SQLite (in work).
