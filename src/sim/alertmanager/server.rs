//! The listener of Alertmanager.

use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use tokio::net::TcpListener;

use crate::sim::fault::Server;
use crate::sim::prometheus::receive_for;
use crate::sim::server::Platform;
use crate::sim::socket::{Cuttable, Cutter};

/// Serves Alertmanager until the task is ended.
pub(crate) async fn serve(listener: TcpListener, platform: Arc<Platform>) {
    let router = Router::new().fallback(receive).with_state(Arc::clone(&platform));
    let service = router.into_make_service_with_connect_info::<Cutter>();
    // It ends only with its task; an error of the listener shows as a refused connection.
    drop(axum::serve(Cuttable::new(listener, platform.ending()), service).await);
}

async fn receive(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
) -> Response {
    receive_for(Server::Alertmanager, &platform, &cutter, request).await
}
