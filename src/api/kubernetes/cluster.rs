//! [`Cluster`]: the connection to one cluster: its pages, its watches, its logs.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::ACCEPT;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;
use url::Url;

use super::access::Access;
use super::connect::{self, Link, Way};
use super::fault::{self, Status};
use super::intern::Interner;
use super::read::{self, Context, Object};
use super::resource::Resource;
use super::watch::Watch;
use crate::api::http::{Pace, Refused};
use crate::api::{Error, Wiring};
use crate::config::ClusterSettings;
use crate::domain::{FailureKind, Timestamp};

/// Our own ceiling for one cluster. A start asks for some forty pages, a broken server for one after the other.
const REQUESTS_PER_MINUTE: u32 = 600;
/// The largest answer that is read whole, bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// Room that an answer is given before its length is known, bytes. Only what is written to becomes resident. Blocks of
/// this size come from the system and go back to it as soon as the answer is read; grown piece by piece, pages of
/// several megabytes would leave holes in the heap that stay resident for good.
const ROOM: usize = 40 * 1024 * 1024;
/// How long a whole answer may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a failure to open the way is believed, so that fifteen feeds do not run one plugin fifteen times.
const SHUT: Duration = Duration::from_secs(5);
/// How long a watch is asked to last, seconds; the server may end it earlier.
const WATCH_SECONDS: u64 = 300;

/// The connection to one cluster. Opens nothing until it is first used.
pub struct Cluster {
    name: String,
    way: Way,
    server: OnceLock<Url>,
    wiring: Wiring,
    pace: Pace,
    link: tokio::sync::Mutex<Door>,
    interner: Mutex<Interner>,
}

/// Whether the way is open.
#[derive(Default)]
enum Door {
    #[default]
    Untried,
    Open(Arc<Link>),
    Shut(Instant, Error),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What is on it.
    pub objects: Vec<Object>,
    /// The version of the whole list, from which a watch goes on.
    pub version: String,
    /// The way on, where there is more.
    pub next: Option<String>,
    /// How many objects could not be read, and why the first could not.
    pub unreadable: Option<(usize, String)>,
}

#[derive(Deserialize)]
struct ListShape<'a> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default, borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ListMeta {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cluster({})", self.name)
    }
}

impl Cluster {
    /// A connection as the settings say; `access` is another platform's way in, for a cluster that has no other.
    pub fn new(
        settings: &ClusterSettings,
        access: Option<Arc<dyn Access>>,
        wiring: Wiring,
    ) -> Cluster {
        Cluster {
            name: settings.name.clone(),
            way: Way::of(settings, access),
            server: OnceLock::new(),
            wiring,
            pace: Pace::new(REQUESTS_PER_MINUTE),
            link: tokio::sync::Mutex::default(),
            interner: Mutex::default(),
        }
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its API is, once the connection was opened.
    pub fn server(&self) -> Option<&Url> {
        self.server.get()
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.wiring.now()
    }

    /// How long a watch may say nothing.
    pub fn silence(&self) -> Duration {
        self.wiring.silence
    }

    /// Requests of the last minute, by all feeds of this cluster.
    pub fn requests_per_minute(&self) -> f64 {
        self.pace.requests_per_minute()
    }

    /// Reads one page of a resource; `next` is the way on from the page before.
    ///
    /// # Errors
    /// Why it could not be read. Status 410 says that the way on is no longer known and the list must begin again.
    pub async fn page(
        &self,
        resource: &Resource,
        limit: u32,
        next: Option<&str>,
    ) -> Result<Page, Error> {
        let doing = || format!("reading {} in {}", resource.words(), self.name);
        let path = resource.list_path(limit, next);
        let body = self.read(&path, Some(resource)).await.map_err(|error| error.doing(doing()))?;
        self.decode(resource, &body).map_err(|error| error.doing(doing()))
    }

    fn decode(&self, resource: &Resource, body: &[u8]) -> Result<Page, Error> {
        let list: ListShape<'_> = serde_json::from_slice(body).map_err(|error| {
            if body.trim_ascii_start().first() == Some(&b'{') {
                fault::error(FailureKind::Shape, format!("the list cannot be read: {error}"))
            } else {
                fault::not_json(body)
            }
        })?;
        let mut page = Page {
            objects: Vec::new(),
            version: list.metadata.resource_version,
            next: Some(list.metadata.next).filter(|next| !next.is_empty()),
            unreadable: None,
        };
        for item in list.items.iter().flatten() {
            match self.object(resource, item.get()) {
                Ok(object) => page.objects.push(object),
                Err(why) => page.unreadable.get_or_insert((0, why)).0 += 1,
            }
        }
        Ok(page)
    }

    /// Watches a resource from a version on.
    ///
    /// # Errors
    /// Why it cannot be watched. Status 410 asks for a new list.
    pub async fn watch(
        self: &Arc<Self>,
        resource: &Resource,
        version: &str,
    ) -> Result<Watch, Error> {
        let path = resource.watch_path(version, WATCH_SECONDS);
        let answer = self.get(&path, Some(resource)).await.map_err(|error| {
            error.doing(format!("watching {} in {}", resource.words(), self.name))
        })?;
        let (cluster, resource) = (Arc::clone(self), resource.clone());
        Ok(Watch::new(cluster, resource, answer.into_body(), version.to_owned()))
    }

    /// Reads an object; the words say which one cannot be read and why.
    pub(super) fn object(&self, resource: &Resource, json: &str) -> Result<Object, String> {
        let mut interner = self.interner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cx = Context { cluster: &self.name, interner: &mut interner };
        read::object(resource, json, &mut cx).map_err(|error| {
            let name = read::name(json).unwrap_or_else(|| "one without a name".to_owned());
            crate::api::http::short(&format!("{name}: {error}"))
        })
    }

    /// Works with what is needed to read objects.
    pub(super) fn with_context<T>(&self, work: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let mut interner = self.interner.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut Context { cluster: &self.name, interner: &mut interner })
    }

    /// A refusal that came inside a stream.
    pub(super) fn refusal(&self, status: &Status, about: &Resource) -> Error {
        fault::of_status(None, status, Some(about), self.now()).doing(format!(
            "watching {} in {}",
            about.words(),
            self.name
        ))
    }

    /// Reads a whole answer.
    pub(super) async fn read(&self, path: &str, about: Option<&Resource>) -> Result<Bytes, Error> {
        let answer = self.get(path, about).await?;
        let whole = tokio::time::timeout(PATIENCE, collect(answer.into_body())).await;
        whole.map_err(|_| fault::too_slow())?
    }

    /// Asks, and gives an answer that is a success; its body is still to be read.
    pub(super) async fn get(
        &self,
        path: &str,
        about: Option<&Resource>,
    ) -> Result<Response<Body>, Error> {
        let link = self.link().await?;
        self.pace.turn(self.now()).await?;
        let request = Request::get(path).header(ACCEPT, "application/json").body(Body::empty());
        let request = request.map_err(|_| {
            fault::error(FailureKind::Other, "the address of the request cannot be written")
        })?;
        let sent = link.gate.send(request).await;
        let status = sent.as_ref().map(|answer| answer.status().as_u16());
        let failed = sent.as_ref().err().map(|error| error.kind.as_str());
        tracing::debug!(cluster = self.name, path, ?status, ?failed, "request");
        let answer = sent?;
        if answer.status().is_success() {
            self.pace.note(answer.headers(), Refused::No, self.now());
            return Ok(answer);
        }
        Err(self.refused(answer, about, &link).await)
    }

    /// What an answer says that is no success.
    async fn refused(
        &self,
        answer: Response<Body>,
        about: Option<&Resource>,
        link: &Arc<Link>,
    ) -> Error {
        let code = answer.status();
        let kind = match code {
            StatusCode::TOO_MANY_REQUESTS => Refused::TooMany,
            _ if code.is_server_error() => Refused::Busy,
            _ => Refused::No,
        };
        let later = self.pace.note(answer.headers(), kind, self.now());
        let body = tokio::time::timeout(PATIENCE, collect(answer.into_body())).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        let mut error = fault::of_status(Some(code), &Status::read(&body), about, self.now());
        error.retry_at = error.retry_at.max(later);
        if code == StatusCode::UNAUTHORIZED {
            error.hint = link.gate.cure().into();
            self.forget(link).await;
        }
        error
    }

    /// The open way; opened where it is not.
    async fn link(&self) -> Result<Arc<Link>, Error> {
        let mut door = self.link.lock().await;
        match &*door {
            Door::Open(link) if link.ends_at.is_none_or(|end| self.now() < end) => {
                return Ok(Arc::clone(link));
            }
            Door::Shut(at, error) if at.elapsed() < SHUT => return Err(error.clone()),
            Door::Open(_) | Door::Shut(..) | Door::Untried => {}
        }
        match connect::open(&self.way, &self.wiring).await {
            Ok(link) => {
                let link = Arc::new(link);
                self.server.get_or_init(|| link.server.clone());
                *door = Door::Open(Arc::clone(&link));
                Ok(link)
            }
            Err(error) => {
                let error = error.doing(format!("connecting to the cluster {}", self.name));
                *door = Door::Shut(Instant::now(), error.clone());
                Err(error)
            }
        }
    }

    /// Shuts a way whose credential was refused, unless another was opened meanwhile.
    async fn forget(&self, refused: &Arc<Link>) {
        let mut door = self.link.lock().await;
        if matches!(&*door, Door::Open(link) if Arc::ptr_eq(link, refused)) {
            *door = Door::Untried;
        }
    }
}

/// Reads a body to its end, up to a limit.
async fn collect(mut body: Body) -> Result<Bytes, Error> {
    let mut whole = BytesMut::with_capacity(ROOM);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| fault::of_transport(&error))?;
        let Ok(bytes) = frame.into_data() else { continue };
        whole.extend_from_slice(&bytes);
        if whole.len() > MAX_BODY {
            return Err(fault::error(FailureKind::Shape, "the answer is larger than 64 MiB"));
        }
    }
    Ok(whole.freeze())
}
