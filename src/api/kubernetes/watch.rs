//! [`Watch`]: the changes of a resource as they come, a line each, whatever else comes with them.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::cluster::Cluster;
use super::fault::{self, Status};
use super::read::{self, Object};
use super::resource::Resource;
use crate::api::Error;
use crate::domain::FailureKind;

/// The longest line that is read, bytes: an object cannot be larger than what etcd keeps.
const MAX_LINE: usize = 8 * 1024 * 1024;

/// What a buffer may keep of its room once it is read, bytes: there are dozens of watches, and a burst is rare.
const ROOM: usize = 16 * 1024;

/// What a watch tells.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchNews {
    /// This is new or has changed.
    Found(Object),
    /// This is gone.
    Gone(Object),
    /// Nothing has changed; all until here was told.
    Bookmark,
    /// This one cannot be read; the words say which and why.
    Unreadable(String),
}

/// A watch that stands.
pub struct Watch {
    cluster: Arc<Cluster>,
    resource: Resource,
    body: Body,
    buffer: BytesMut,
    /// Up to where the buffer holds no line's end.
    searched: usize,
    version: String,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watch({:?} from {})", self.resource, self.version)
    }
}

/// One line.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl Watch {
    pub(super) fn new(
        cluster: Arc<Cluster>,
        resource: Resource,
        body: Body,
        version: String,
    ) -> Watch {
        Watch { cluster, resource, body, buffer: BytesMut::new(), searched: 0, version }
    }

    /// Up to where all was told: where the next watch goes on.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Waits for news: all that came at once. `None` when the server has ended the watch in good order.
    ///
    /// # Errors
    /// The stream broke off, or the server ended it with an error: status 410 asks for a new list.
    pub async fn next(&mut self) -> Result<Option<Vec<WatchNews>>, Error> {
        loop {
            let news = self.lines()?;
            if !news.is_empty() {
                return Ok(Some(news));
            }
            let Some(frame) = self.body.frame().await else { return self.rest() };
            let frame = frame.map_err(|error| fault::of_transport(&error))?;
            let Ok(bytes) = frame.into_data() else { continue };
            self.buffer.extend_from_slice(&bytes);
        }
    }

    /// What is left when the stream has ended.
    fn rest(&mut self) -> Result<Option<Vec<WatchNews>>, Error> {
        let line = self.buffer.split();
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        match self.line(&line) {
            Ok(Some(WatchNews::Unreadable(_))) => Err(fault::error(
                FailureKind::CutBody,
                "the watch ended in the middle of an object",
            )),
            Ok(news) => Ok(Some(news.into_iter().collect())),
            Err(error) => Err(error),
        }
    }

    /// All lines that are whole. An error after news waits for the next call: nothing that came before it is lost.
    fn lines(&mut self) -> Result<Vec<WatchNews>, Error> {
        let mut news = Vec::new();
        loop {
            let fresh = self.buffer.get(self.searched..).unwrap_or_default();
            let Some(end) = fresh.iter().position(|byte| *byte == b'\n') else { break };
            let end = self.searched + end;
            let line = self.buffer.get(..end).unwrap_or_default().to_vec();
            match self.line(&line) {
                Ok(one) => news.extend(one),
                Err(_) if !news.is_empty() => return Ok(news),
                Err(error) => return Err(error),
            }
            self.buffer.advance(end + 1);
            self.searched = 0;
        }
        self.searched = self.buffer.len();
        if self.buffer.is_empty() && self.buffer.capacity() > ROOM {
            self.buffer = BytesMut::new();
        }
        if self.searched > MAX_LINE {
            return Err(fault::error(FailureKind::Shape, "the watch sent a line without an end"));
        }
        Ok(news)
    }

    /// One line; nothing where it is empty.
    fn line(&mut self, line: &[u8]) -> Result<Option<WatchNews>, Error> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(None);
        }
        let Ok(Line { kind, object }) = serde_json::from_slice::<Line<'_>>(line) else {
            return self.oddity(line);
        };
        if kind == "ERROR" {
            let status = Status::read(object.get().as_bytes());
            return Err(self.cluster.refusal(&status, &self.resource));
        }
        if let Some(version) = read::resource_version(object.get()) {
            self.version = version;
        }
        if kind == "BOOKMARK" {
            return Ok(Some(WatchNews::Bookmark));
        }
        Ok(Some(match self.cluster.object(&self.resource, object.get()) {
            Ok(object) if kind == "DELETED" => WatchNews::Gone(object),
            Ok(object) => WatchNews::Found(object),
            Err(why) => WatchNews::Unreadable(why),
        }))
    }

    /// A line that is no event: a refusal sent late, or nothing that can be read.
    fn oddity(&self, line: &[u8]) -> Result<Option<WatchNews>, Error> {
        #[derive(Deserialize)]
        struct Kind {
            kind: String,
        }
        let is_status = serde_json::from_slice(line).is_ok_and(|one: Kind| one.kind == "Status");
        if is_status {
            return Err(self.cluster.refusal(&Status::read(line), &self.resource));
        }
        Ok(Some(WatchNews::Unreadable("a line of the watch cannot be read".to_owned())))
    }
}
