//! What was asked: a count, a log of requests, and what was not known.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::fault::Server;
use super::{Error, Options, clock};

/// The record of the requests to a server.
#[derive(Default)]
pub(crate) struct Ledger {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    counts: HashMap<Server, u64>,
    unknown: Vec<String>,
    log: Option<File>,
}

/// A request and its outcome.
pub(crate) struct Entry<'a> {
    pub(crate) server: Server,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) source: &'a str,
    pub(crate) operation: Option<&'a str>,
    /// None when the connection was closed without an answer.
    pub(crate) status: Option<u16>,
}

impl Ledger {
    /// An empty record that also goes to the file of the options.
    pub(crate) fn open(options: &Options) -> Result<Self, Error> {
        let log = match &options.requests_log {
            None => None,
            Some(path) => Some(
                File::options()
                    .create(true)
                    .append(true)
                    .mode(0o600)
                    .open(path)
                    .map_err(|source| Error::Log { path: path.clone(), source })?,
            ),
        };
        Ok(Self { inner: Mutex::new(Inner { log, ..Inner::default() }) })
    }

    /// Adds a request.
    pub(crate) fn add(&self, entry: &Entry<'_>) {
        let mut inner = self.lock();
        *inner.counts.entry(entry.server).or_default() += 1;
        let Some(log) = &mut inner.log else { return };
        let mut line = json!({
            "method": entry.method,
            "path": without_secrets(entry.path),
            "time": clock::fine(clock::now()),
            "source": entry.source,
            "server": entry.server.word(),
            "status": entry.status,
        });
        if let (Some(operation), Some(fields)) = (entry.operation, line.as_object_mut()) {
            fields.insert("operation".to_owned(), operation.into());
        }
        if writeln!(log, "{line}").is_err() {
            inner.log = None;
        }
    }

    /// Remembers something that is not known, once.
    pub(crate) fn puzzle(&self, what: String) {
        let mut inner = self.lock();
        if !inner.unknown.contains(&what) && inner.unknown.len() < 1000 {
            inner.unknown.push(what);
        }
    }

    /// What was not known.
    pub(crate) fn unknown(&self) -> Vec<String> {
        self.lock().unknown.clone()
    }

    /// Number of requests to a server so far.
    pub(crate) fn count(&self, server: Server) -> u64 {
        self.lock().counts.get(&server).copied().unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The path with the value of a token in the query taken out.
fn without_secrets(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let parts: Vec<String> = query
        .split('&')
        .map(|part| match part.split_once('=') {
            Some((name @ ("private_token" | "access_token" | "job_token"), _)) => {
                format!("{name}=[hidden]")
            }
            _ => part.to_owned(),
        })
        .collect();
    format!("{path}?{}", parts.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_the_query_is_not_logged() {
        assert_eq!(
            without_secrets("/a?page=2&private_token=x"),
            "/a?page=2&private_token=[hidden]"
        );
    }

    #[test]
    fn the_same_puzzle_is_remembered_once() {
        let ledger = Ledger::default();
        ledger.puzzle("GET /x".to_owned());
        ledger.puzzle("GET /x".to_owned());
        assert_eq!(ledger.unknown(), ["GET /x"]);
    }
}
