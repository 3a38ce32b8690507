//! The functions that send changing requests. Each takes the ledger's permit by value; only this layer can name them.

pub(super) mod gitlab;
