//! A small API server on loopback for tests: says byte for byte what it is told to, breaks off, falls silent, restarts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::Cluster;
use crate::api::Wiring;
use crate::config::{ClusterSettings, Kubeconfig};

/// What a stream does next.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Sends this.
    Say(Vec<u8>),
    /// Ends in good order.
    End,
    /// Breaks off.
    Cut,
}

/// An answer.
pub(crate) enum Answer {
    /// All at once.
    Whole(u16, Vec<u8>),
    /// As the steps come; silent while none does.
    Stream(mpsc::Receiver<Step>),
    /// Not before a permit is there.
    Held(Arc<Semaphore>, Box<Answer>),
}

impl Answer {
    /// JSON.
    pub(crate) fn json(body: impl std::fmt::Display) -> Answer {
        Answer::Whole(200, body.to_string().into_bytes())
    }

    /// A stream that says these lines and then falls silent.
    pub(crate) fn silent_after(lines: &[String]) -> Answer {
        Answer::steps(lines.iter().map(|line| Step::Say(format!("{line}\n").into_bytes())), None)
    }

    /// A stream of lines that ends so.
    pub(crate) fn ending(lines: &[String], end: Step) -> Answer {
        let says = lines.iter().map(|line| Step::Say(format!("{line}\n").into_bytes()));
        Answer::steps(says, Some(end))
    }

    fn steps(says: impl Iterator<Item = Step>, end: Option<Step>) -> Answer {
        let (sender, receiver) = mpsc::channel(1000);
        let silent = end.is_none();
        for step in says.chain(end) {
            sender.try_send(step).unwrap();
        }
        if silent {
            // Kept for ever, so that the stream stays open.
            std::mem::forget(sender);
        }
        Answer::Stream(receiver)
    }
}

type Script = dyn Fn(&str) -> Answer + Send + Sync;

/// The server.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    script: Arc<Script>,
    task: JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Fake {
    /// A server whose answers a function gives; it is shown the path with its query.
    pub(crate) async fn by(script: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, script): (Arc<Mutex<Vec<String>>>, Arc<Script>) =
            (Arc::default(), Arc::new(script));
        let task = tokio::spawn(serve(listener, Arc::clone(&asked), Arc::clone(&script)));
        Fake { address, asked, script, task, folder: tempfile::tempdir().unwrap() }
    }

    /// Stops it: every connection breaks off.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }

    /// Starts it again at the same address.
    pub(crate) async fn start(&mut self) {
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.task =
            tokio::spawn(serve(listener, Arc::clone(&self.asked), Arc::clone(&self.script)));
    }

    /// What it was asked so far: method and path.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The kubeconfig that leads to it.
    pub(crate) fn kubeconfig(&self, user: &str) -> Kubeconfig {
        let path = self.folder.path().join("config");
        let text = format!(
            "clusters: [{{ name: c, cluster: {{ server: 'http://{}' }} }}]\n\
             contexts: [{{ name: x, context: {{ cluster: c, user: u }} }}]\n\
             users: [{{ name: u, user: {user} }}]\ncurrent-context: x\n",
            self.address
        );
        std::fs::write(&path, text).unwrap();
        Kubeconfig { path: Some(path), context: None }
    }

    /// Settings of the cluster `ci`.
    pub(crate) fn settings(&self, user: &str) -> ClusterSettings {
        ClusterSettings {
            name: "ci".to_owned(),
            kubeconfig: Some(self.kubeconfig(user)),
            in_cluster: false,
            eks: None,
            nodegroup_bounds: std::collections::BTreeMap::new(),
        }
    }

    /// A connection to it.
    pub(crate) fn cluster(&self) -> Arc<Cluster> {
        Arc::new(Cluster::new(&self.settings("{ token: t-of-the-test }"), None, wiring()))
    }
}

/// A clock that stands still.
pub(crate) fn wiring() -> Wiring {
    Wiring::new(|| "2026-11-22T00:10:00Z".parse().unwrap(), |_| None)
}

async fn serve(listener: TcpListener, asked: Arc<Mutex<Vec<String>>>, script: Arc<Script>) {
    // Dropped with this task, and every connection with it.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (asked, script) = (Arc::clone(&asked), Arc::clone(&script));
        connections.spawn(async move { connection(stream, &asked, &*script).await });
    }
}

/// One connection, which serves one request.
async fn connection(
    mut stream: TcpStream,
    asked: &Mutex<Vec<String>>,
    script: &Script,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let (line, _) = head.split_once(" HTTP/1.1").unwrap();
    asked.lock().unwrap().push(line.to_owned());
    let (_, path) = line.split_once(' ').unwrap();
    let mut answer = script(path);
    while let Answer::Held(permits, behind) = answer {
        permits.acquire().await.unwrap().forget();
        answer = *behind;
    }
    match answer {
        Answer::Whole(status, body) => {
            let head = format!(
                "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.ok()?;
            stream.write_all(&body).await.ok()?;
        }
        Answer::Stream(mut steps) => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                        transfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.ok()?;
            while let Some(step) = steps.recv().await {
                match step {
                    Step::Say(bytes) => {
                        let size = format!("{:x}\r\n", bytes.len());
                        let chunk = [size.as_bytes(), &bytes, b"\r\n"].concat();
                        stream.write_all(&chunk).await.ok()?;
                    }
                    Step::End => {
                        stream.write_all(b"0\r\n\r\n").await.ok()?;
                        break;
                    }
                    Step::Cut => return None,
                }
            }
        }
        Answer::Held(..) => {}
    }
    stream.shutdown().await.ok()
}
