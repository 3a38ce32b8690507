//! The HTTP client below `kube`: its own one, but with read buffers that stay small.
//!
//! Every watch holds a connection for hours. What reads it grows its buffer in a burst, by default up to 400 KiB, and gives
//! nothing back; a console that watches a dozen lists would hold megabytes that nobody reads from.

use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt as _};
use tower::{BoxError, ServiceBuilder};

/// The most that is read at once. The head of an answer has to fit; its body is taken in as many parts as it likes.
const READ_BUFFER: usize = 32 * 1024;

/// A client of a cluster that resends nothing. Through a proxy it is kube's own, whose buffers are larger.
pub(super) fn client(config: kube::Config) -> kube::Result<kube::Client> {
    if config.proxy_url.is_some() {
        return kube::Client::try_from(config);
    }
    let mut connector = TimeoutConnector::new(config.rustls_https_connector()?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    let mut builder = Client::builder(TokioExecutor::new());
    // A request whose connection was found closed before anything of it was written may go on another one by itself; one that
    // may have been received never does.
    let client: Client<_, Body> = builder.http1_max_buf_size(READ_BUFFER).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(client);
    Ok(kube::Client::new(service, config.default_namespace))
}
