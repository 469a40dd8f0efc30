//! Toss Payments (in work).
