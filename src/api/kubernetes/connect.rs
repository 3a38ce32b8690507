//! How a cluster is reached: a kubeconfig, from inside, or another platform's word for it.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::config::KubeConfigOptions;
use serde_json::json;
use url::Url;

use super::access::{Access, Endpoint};
use super::credential::{Credential, Kept};
use super::exec::Plugin;
use super::gate::Gate;
use super::{connection, fault};
use crate::api::{Error, Wiring};
use crate::config::{ClusterSettings, Kubeconfig, is_loopback};
use crate::domain::{FailureKind, Timestamp};

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the sending of a request may stall.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Where the environment of a pod says that the API server is.
const SERVICE_HOST: &str = "KUBERNETES_SERVICE_HOST";
/// At which port.
const SERVICE_PORT: &str = "KUBERNETES_SERVICE_PORT";
/// Where a pod finds its service account, below the root of its files.
const ACCOUNT: &str = "var/run/secrets/kubernetes.io/serviceaccount";
/// The one name in a kubeconfig that is made here.
const NAME: &str = "cluster";

/// The way into a cluster.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// A kubeconfig.
    Kubeconfig(Kubeconfig),
    /// From inside.
    InCluster,
    /// Another platform's word.
    Access(Arc<dyn Access>),
    /// None is configured.
    Nowhere,
}

impl Way {
    /// The way that the settings say; `access` is another platform's, for a cluster that has no other.
    pub(super) fn of(settings: &ClusterSettings, access: Option<Arc<dyn Access>>) -> Way {
        match (&settings.kubeconfig, settings.in_cluster, access) {
            (Some(kubeconfig), _, _) => Way::Kubeconfig(kubeconfig.clone()),
            (None, true, _) => Way::InCluster,
            (None, false, Some(access)) => Way::Access(access),
            (None, false, None) => Way::Nowhere,
        }
    }
}

/// An open way.
pub(super) struct Link {
    pub(super) gate: Gate,
    /// When it must be opened anew, where that is known.
    pub(super) ends_at: Option<Timestamp>,
    /// Where it leads.
    pub(super) server: Url,
}

/// What a way is made of: a client that resends nothing, and who we are.
pub(super) struct Parts {
    pub(super) client: kube::Client,
    pub(super) credential: Credential,
    /// When it must be opened anew, where that is known.
    pub(super) ends_at: Option<Timestamp>,
    /// Where it leads.
    pub(super) server: Url,
}

/// Opens a way that reads; asks the cluster nothing.
pub(super) async fn open(way: &Way, wiring: &Wiring) -> Result<Link, Error> {
    let Parts { client, credential, ends_at, server } = parts(way, wiring).await?;
    Ok(Link { gate: Gate::new(client, credential), ends_at, server })
}

/// Makes a client: reads files and runs plugins off the asynchronous tasks; asks the cluster nothing.
pub(super) async fn parts(way: &Way, wiring: &Wiring) -> Result<Parts, Error> {
    let mut config = match way {
        Way::Kubeconfig(kubeconfig) => from_kubeconfig(kubeconfig.clone()).await?,
        Way::InCluster => in_cluster(wiring).await?,
        Way::Access(access) => of_endpoint(&access.endpoint().await?).await?,
        Way::Nowhere => {
            let why = "no way into the cluster is configured";
            let error = Error::new(FailureKind::Other, why);
            return Err(Error { hint: "give it kubeconfig, in_cluster or eks".into(), ..error });
        }
    };
    let server = settle(&mut config)?;
    let mut ends_at = None;
    let mut credential = match way {
        Way::Access(access) => Credential::Access(Arc::clone(access)),
        _ => credential(&mut config, wiring)?,
    };
    if let Credential::Plugin(plugin, wiring, kept) = &credential {
        let issued = plugin.run().await?;
        if let Some((certificate, key)) = &issued.identity {
            config.auth_info.client_certificate_data = Some(BASE64_STANDARD.encode(certificate));
            config.auth_info.client_key_data = Some(encoded(key));
            ends_at = issued.ends_at;
        }
        match issued.token.clone() {
            Some(token) => {
                let until = tokio::time::Instant::now() + issued.lasts(wiring.now());
                *kept.lock().await = Some((token, until));
            }
            None => credential = Credential::None,
        }
    }
    let client =
        off_task(move || connection::client(config).map_err(|error| fault::of_transport(&error)));
    Ok(Parts { client: client.await?, credential, ends_at, server })
}

fn encoded(key: &secrecy::SecretString) -> secrecy::SecretString {
    use secrecy::ExposeSecret;
    secrecy::SecretString::from(BASE64_STANDARD.encode(key.expose_secret()))
}

/// Runs what blocks elsewhere.
async fn off_task<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| fault::error(FailureKind::Other, "the connection could not be prepared"))?
}

async fn from_kubeconfig(kubeconfig: Kubeconfig) -> Result<kube::Config, Error> {
    let Kubeconfig { path, context } = kubeconfig;
    let read = off_task(move || {
        let read = match path {
            Some(path) => kube::config::Kubeconfig::read_from(path),
            None => kube::config::Kubeconfig::read(),
        };
        read.map_err(|error| fault::of_kubeconfig(&error))
    });
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let config = kube::Config::from_custom_kubeconfig(read.await?, &options).await;
    config.map_err(|error| fault::of_kubeconfig(&error))
}

/// The way that Kubernetes lays into each pod: an address in the environment, an authority and a token in files.
async fn in_cluster(wiring: &Wiring) -> Result<kube::Config, Error> {
    let missing = |why: String| Error {
        hint: "in_cluster works inside a pod with a service account's token alone".into(),
        ..Error::new(
            FailureKind::Other,
            format!("the pod's own way to its cluster is missing: {why}"),
        )
    };
    let variable = |name: &str| {
        (wiring.env)(name).ok_or_else(|| missing(format!("{name} is not set in the environment")))
    };
    let (host, port) = (variable(SERVICE_HOST)?, variable(SERVICE_PORT)?);
    let folder = wiring.root.join(ACCOUNT);
    let (authority, token) = (folder.join("ca.crt"), folder.join("token"));
    let unreadable = |path: &Path, error: std::io::Error| {
        missing(format!("{} cannot be read: {error}", path.display()))
    };
    let ca_pem = match tokio::fs::read(&authority).await {
        Ok(pem) => pem,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(unreadable(&authority, error)),
    };
    tokio::fs::metadata(&token).await.map_err(|error| unreadable(&token, error))?;
    let Some(url) = service_url(&host, &port, &ca_pem) else {
        let why = format!("{SERVICE_HOST} and {SERVICE_PORT} make no address");
        return Err(missing(why));
    };
    if ca_pem.is_empty() && !is_loopback(&url) {
        return Err(missing(format!("there is no {}", authority.display())));
    }
    let mut config = of_endpoint(&Endpoint { url, ca_pem }).await?;
    if config.root_cert.as_ref().is_some_and(Vec::is_empty) {
        let why = format!("{} holds no certificate that can be used", authority.display());
        return Err(missing(why));
    }
    config.auth_info.token_file = Some(token.display().to_string());
    Ok(config)
}

/// The address of the API server inside its cluster. Only on this machine it may be one that needs no authority.
fn service_url(host: &str, port: &str, ca_pem: &[u8]) -> Option<Url> {
    let port: u16 = port.parse().ok()?;
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let url = Url::parse(&format!("https://{host}:{port}/")).ok()?;
    if ca_pem.is_empty() && is_loopback(&url) {
        return Url::parse(&format!("http://{host}:{port}/")).ok();
    }
    Some(url)
}

/// A configuration of another platform's word, by way of the kubeconfig that says the same.
async fn of_endpoint(endpoint: &Endpoint) -> Result<kube::Config, Error> {
    let ca = (!endpoint.ca_pem.is_empty()).then(|| BASE64_STANDARD.encode(&endpoint.ca_pem));
    let kubeconfig = serde_json::from_value(json!({
        "clusters": [{ "name": NAME, "cluster": {
            "server": endpoint.url.as_str(), "certificate-authority-data": ca } }],
        "contexts": [{ "name": NAME, "context": { "cluster": NAME } }],
        "current-context": NAME,
    }));
    let kubeconfig: kube::config::Kubeconfig = kubeconfig.map_err(|_| {
        fault::error(FailureKind::Other, "the cluster's address cannot be put into a kubeconfig")
    })?;
    let options = KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
    config.map_err(|error| fault::of_kubeconfig(&error))
}

/// Our own rules on top: no retries behind our back, no proxy on this machine, no plain HTTP elsewhere. Gives the
/// server's address.
fn settle(config: &mut kube::Config) -> Result<Url, Error> {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = None;
    config.write_timeout = Some(WRITE_TIMEOUT);
    let agent = HeaderValue::from_static(concat!("watchfloor/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    let unusable = |_| fault::error(FailureKind::Other, "the kubeconfig's server is no URL");
    let url = Url::parse(&config.cluster_url.to_string()).map_err(unusable)?;
    if is_loopback(&url) {
        config.proxy_url = None;
    } else if url.scheme() != "https" {
        let error = Error::new(FailureKind::Tls, "http:// is accepted for loopback only");
        return Err(Error {
            hint: "give the kubeconfig's server its https:// address".into(),
            ..error
        });
    }
    Ok(url)
}

/// Takes out of a configuration what says who we are by a token, so that no plugin runs without our limits.
fn credential(config: &mut kube::Config, wiring: &Wiring) -> Result<Credential, Error> {
    let user = &mut config.auth_info;
    if user.auth_provider.take().is_some() {
        let why = "the kubeconfig's user has an auth-provider, which Kubernetes no longer knows";
        let error = Error::new(FailureKind::TokenInvalid, why);
        return Err(Error {
            hint: "give the user an exec plugin or a token instead".into(),
            ..error
        });
    }
    let (token, file, exec) = (user.token.take(), user.token_file.take(), user.exec.take());
    Ok(match (token, file, exec) {
        (Some(token), _, _) => Credential::Token(token),
        (None, Some(file), _) => Credential::File(file.into(), Kept::default()),
        (None, None, Some(exec)) => {
            Credential::Plugin(Box::new(Plugin::new(exec)), wiring.clone(), Kept::default())
        }
        (None, None, None) => Credential::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::kubernetes::{Cluster, Resource};

    fn address(host: &str, port: &str, ca_pem: &str) -> Option<String> {
        service_url(host, port, ca_pem.as_bytes()).map(String::from)
    }

    #[test]
    fn a_pod_is_told_where_its_api_server_is() {
        let url = |host, port| address(host, port, "PEM").unwrap_or_default();
        assert_eq!(url("10.96.0.1", "6443"), "https://10.96.0.1:6443/");
        assert_eq!(url("fd00::1", "443"), "https://[fd00::1]/");
        assert_eq!(address("10.96.0.1", "https", "PEM"), None);
    }

    #[test]
    fn only_on_this_machine_an_api_server_needs_no_authority() {
        assert_eq!(address("127.0.0.1", "80", "").as_deref(), Some("http://127.0.0.1/"));
        assert_eq!(address("127.0.0.1", "80", "PEM").as_deref(), Some("https://127.0.0.1:80/"));
        assert_eq!(address("10.0.0.1", "80", "").as_deref(), Some("https://10.0.0.1:80/"));
    }

    /// Why there is no way into a cluster from a pod with these files and, unless said otherwise, an address.
    async fn refusal(files: &[(&str, &str)], host: Option<&'static str>) -> Error {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(ACCOUNT);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let env = move |name: &str| match name {
            SERVICE_HOST => host.map(str::to_owned),
            _ => Some("443".to_owned()),
        };
        let wiring = Wiring::new(|| Timestamp::UNIX_EPOCH, env);
        let wiring = Wiring { root: root.path().to_owned(), ..wiring };
        in_cluster(&wiring).await.unwrap_err()
    }

    #[tokio::test]
    async fn outside_of_a_pod_the_missing_variable_is_named() {
        let error = refusal(&[("token", "t")], None).await;
        assert!(error.message.contains("KUBERNETES_SERVICE_HOST is not set"), "{error}");
        assert!(error.hint.contains("inside a pod"), "{error}");
    }

    #[tokio::test]
    async fn a_pod_without_a_token_is_told_which_file_is_missing() {
        let error = refusal(&[("ca.crt", "x")], Some("10.96.0.1")).await;
        assert!(error.message.contains("serviceaccount/token cannot be read"), "{error}");
    }

    #[tokio::test]
    async fn an_api_server_elsewhere_is_not_believed_without_an_authority() {
        let error = refusal(&[("token", "t")], Some("10.96.0.1")).await;
        assert!(error.message.contains("serviceaccount/ca.crt"), "{error}");
    }

    #[tokio::test]
    async fn an_authority_that_is_none_is_named() {
        let error = refusal(&[("token", "t"), ("ca.crt", "none")], Some("10.96.0.1")).await;
        assert!(error.message.contains("ca.crt holds no certificate"), "{error}");
    }

    /// A certificate authority with a name.
    fn authority(name: &str) -> rcgen::CertifiedIssuer<'static, rcgen::KeyPair> {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertifiedIssuer::self_signed(params, key).unwrap()
    }

    /// An API server without nodes that proves by an authority to be 127.0.0.1; its port.
    async fn server(authority: &rcgen::Issuer<'_, rcgen::KeyPair>) -> u16 {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};

        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, authority).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let body = r#"{"metadata":{"resourceVersion":"7"},"items":[]}"#;
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                     content-length: {length}\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        port
    }

    /// Reads the nodes there, trusting the authority of a kubeconfig alone; gives the version of the list.
    async fn read(port: u16, ca_pem: &str) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let ca = BASE64_STANDARD.encode(ca_pem);
        let text = format!(
            "clusters: [{{ name: c, cluster: {{ server: 'https://127.0.0.1:{port}', certificate-authority-data: {ca} }} }}]\n\
             contexts: [{{ name: x, context: {{ cluster: c, user: u }} }}]\n\
             users: [{{ name: u, user: {{ token: t }} }}]\ncurrent-context: x\n"
        );
        std::fs::write(&path, text).unwrap();
        let settings = ClusterSettings {
            name: "ci".to_owned(),
            kubeconfig: Some(Kubeconfig { path: Some(path), context: None }),
            in_cluster: false,
            eks: None,
            nodegroup_bounds: std::collections::BTreeMap::new(),
        };
        let wiring = Wiring::new(|| Timestamp::UNIX_EPOCH, |_| None);
        let cluster = Cluster::new(&settings, None, wiring);
        cluster.page(&Resource::Nodes, 1, None).await.map(|page| page.version)
    }

    #[tokio::test]
    async fn the_authority_of_the_kubeconfig_is_believed_and_no_other() {
        let (ours, another) = (authority("ours"), authority("another"));
        let port = server(&ours).await;
        assert_eq!(read(port, &ours.pem()).await.unwrap(), "7");
        // Both of a bundle count.
        let bundle = format!("{}{}", another.pem(), ours.pem());
        assert_eq!(read(port, &bundle).await.unwrap(), "7");
        let error = read(port, &another.pem()).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Tls);
        assert!(error.to_string().contains("UnknownIssuer"), "{error}");
        assert!(error.hint.starts_with("check certificate-authority in the kubeconfig"));
    }
}
