//! Sockets that can be cut: a connection ends at once when an answer asks for it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::Error;

/// Opens a port of 127.0.0.1 that the system chooses; the listener and its base URL.
pub(crate) async fn listen() -> Result<(TcpListener, String), Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::Listen)?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    Ok((listener, format!("http://{address}")))
}

/// Ends the connection it belongs to.
#[derive(Clone, Default)]
pub(crate) struct Cutter(Arc<watch::Sender<bool>>);

impl Cutter {
    /// From here on nothing more is read from the connection or written to it.
    pub(crate) fn cut(&self) {
        self.0.send_replace(true);
    }

    fn is_cut(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is cut.
    pub(crate) async fn wait(self) {
        let mut news = self.0.subscribe();
        // It ends with an error only when the sender is gone, which lives in this value.
        drop(news.wait_for(|is_cut| *is_cut).await);
    }
}

/// Accepts connections that can be cut, one by one or all together.
pub(crate) struct Cuttable {
    listener: TcpListener,
    all: Cutter,
}

impl Cuttable {
    /// Connections of this listener; `all` ends every one of them.
    pub(crate) fn new(listener: TcpListener, all: Cutter) -> Self {
        Self { listener, all }
    }
}

impl Listener for Cuttable {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let cutter = Cutter::default();
        let (own, all) = (cutter.clone(), self.all.clone());
        // A connection that waits for its client is woken too.
        let ended = Box::pin(async move {
            tokio::select! {
                () = own.wait() => {}
                () = all.wait() => {}
            }
        });
        (Connection { stream, cutter, all: self.all.clone(), ended: Some(ended) }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Cutter {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Self {
        stream.io().cutter.clone()
    }
}

/// A connection that can be cut.
pub(crate) struct Connection {
    stream: TcpStream,
    cutter: Cutter,
    all: Cutter,
    /// None once it was cut.
    ended: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Connection {
    fn check(&self) -> io::Result<()> {
        let cut = self.cutter.is_cut() || self.all.is_cut();
        if cut { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        if let Some(ended) = &mut self.ended
            && ended.as_mut().poll(cx).is_ready()
        {
            self.ended = None;
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
