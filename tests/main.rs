//! Everything that is tested from outside, in one binary that links once.
