//! [`Plugin`]: a kubeconfig's exec plugin, run without a terminal, with a limit, and without its words being shown.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use kube::config::{ExecConfig, ExecInteractiveMode};
use process_wrap::tokio::{CommandWrap, KillOnDrop, ProcessSession};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::api::Error;
use crate::domain::{FailureKind, Text, Timestamp};

/// How long a plugin may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is read of what it prints, bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// How long before its end a token is renewed.
const MARGIN: Duration = Duration::from_mins(1);
/// How long a token is used whose end is not told.
const UNSAID: Duration = Duration::from_mins(10);

/// A plugin as the kubeconfig tells it.
pub(super) struct Plugin {
    config: ExecConfig,
    patience: Duration,
}

/// What a plugin gave.
pub(super) struct Issued {
    /// A token.
    pub(super) token: Option<SecretString>,
    /// A client's certificate and its key, both PEM.
    pub(super) identity: Option<(String, SecretString)>,
    /// When it ends, where told.
    pub(super) ends_at: Option<Timestamp>,
}

impl Issued {
    /// How long it is used.
    pub(super) fn lasts(&self, now: Timestamp) -> Duration {
        let Some(ends_at) = self.ends_at else { return UNSAID };
        let left = Duration::try_from(ends_at.duration_since(now)).unwrap_or_default();
        left.saturating_sub(MARGIN)
    }
}

/// The plugin's answer.
#[derive(Deserialize)]
struct Answer {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<Timestamp>,
}

impl Plugin {
    /// A plugin.
    pub(super) fn new(config: ExecConfig) -> Plugin {
        Plugin { config, patience: PATIENCE }
    }

    /// Its name, without the folder and the arguments.
    fn name(&self) -> Text {
        let command = self.config.command.as_deref().unwrap_or_default();
        let name = Path::new(command).file_name().map(|name| name.to_string_lossy());
        Text::new(&name.unwrap_or_default())
    }

    /// Runs it. It is told that nobody can be asked; one that insists on asking is not started.
    pub(super) async fn run(&self) -> Result<Issued, Error> {
        if self.config.interactive_mode == Some(ExecInteractiveMode::Always) {
            return Err(self.fault(FailureKind::TokenInvalid, "wants to ask a person"));
        }
        let Ok(printed) = tokio::time::timeout(self.patience, self.output()).await else {
            let why = format!("did not end within {} s", self.patience.as_secs());
            return Err(self.fault(FailureKind::Timeout, &why));
        };
        self.read(&printed?)
    }

    /// What it prints. Its errors go nowhere, for they may hold secrets; dropped, it is stopped.
    async fn output(&self) -> Result<Vec<u8>, Error> {
        let broken = |error: std::io::Error| {
            self.fault(FailureKind::TokenInvalid, &format!("cannot be run: {error}"))
        };
        // A session of its own: it has no terminal to ask on, and its children end with it.
        let mut child = CommandWrap::from(self.command()?)
            .wrap(ProcessSession)
            .wrap(KillOnDrop)
            .spawn()
            .map_err(broken)?;
        let mut printed = Vec::new();
        if let Some(stdout) = child.stdout().take() {
            stdout.take(MAX_BYTES).read_to_end(&mut printed).await.map_err(broken)?;
        }
        let status = child.wait().await.map_err(broken)?;
        if status.success() {
            Ok(printed)
        } else {
            Err(self.fault(FailureKind::TokenInvalid, &format!("failed: {status}")))
        }
    }

    fn command(&self) -> Result<Command, Error> {
        let program = self.config.command.as_deref().filter(|command| !command.is_empty());
        let Some(program) = program else {
            return Err(self.fault(FailureKind::TokenInvalid, "has no command"));
        };
        let asked = json!({
            "apiVersion": self.config.api_version,
            "kind": "ExecCredential",
            "spec": { "interactive": false, "cluster": self.config.cluster },
        });
        let mut command = Command::new(program);
        command
            .args(self.config.args.iter().flatten())
            .envs(self.config.env.iter().flatten().filter_map(variable))
            .env("KUBERNETES_EXEC_INFO", asked.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        Ok(command)
    }

    fn read(&self, printed: &[u8]) -> Result<Issued, Error> {
        let answer: Answer = serde_json::from_slice(printed)
            .map_err(|_| self.fault(FailureKind::TokenInvalid, "printed no credential"))?;
        let status = answer.status.ok_or_else(|| self.gave_nothing())?;
        let identity = status.client_certificate_data.zip(status.client_key_data);
        let issued = Issued {
            token: status.token.filter(|token| !token.is_empty()).map(SecretString::from),
            identity: identity.map(|(certificate, key)| (certificate, SecretString::from(key))),
            ends_at: status.expiration_timestamp,
        };
        if issued.token.is_none() && issued.identity.is_none() {
            return Err(self.gave_nothing());
        }
        Ok(issued)
    }

    /// It ended well and gave nothing.
    pub(super) fn gave_nothing(&self) -> Error {
        self.fault(FailureKind::TokenInvalid, "gave neither a token nor a certificate")
    }

    fn fault(&self, kind: FailureKind, why: &str) -> Error {
        Error {
            hint:
                "run kubectl with this context by hand: what the plugin asks for must be answered \
                   beforehand (for EKS: aws sso login)"
                    .into(),
            ..Error::new(kind, format!("the kubeconfig's exec plugin {} {why}", self.name()))
        }
    }
}

/// A variable of the plugin's environment.
fn variable(one: &HashMap<String, String>) -> Option<(&String, &String)> {
    Some((one.get("name")?, one.get("value")?))
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plugin({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn plugin(script: &str) -> Plugin {
        let config = serde_json::from_value(json!({
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script],
            "env": [{ "name": "GREETING", "value": "hello" }],
        }));
        Plugin { config: config.unwrap(), patience: Duration::from_secs(5) }
    }

    #[tokio::test]
    async fn a_plugin_gives_a_token_until_shortly_before_its_end() {
        let script = r#"echo "{\"status\":{\"token\":\"$GREETING\",\"expirationTimestamp\":\"2026-01-12T00:10:00Z\"}}""#;
        let issued = plugin(script).run().await.unwrap();
        assert_eq!(issued.token.as_ref().unwrap().expose_secret(), "hello");
        assert_eq!(issued.lasts("2026-01-12T00:00:00Z".parse().unwrap()), Duration::from_mins(9));
        assert_eq!(issued.lasts("2026-01-12T00:20:00Z".parse().unwrap()), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_plugin_is_told_that_nobody_can_be_asked() {
        let script = r#"case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) echo '{"status":{"token":"t"}}';; esac"#;
        assert!(plugin(script).run().await.is_ok());
    }

    #[tokio::test]
    async fn a_plugin_that_hangs_is_stopped() {
        let slow = Plugin { patience: Duration::from_millis(50), ..plugin("exec sleep 60") };
        let error = slow.run().await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind, FailureKind::Timeout);
    }

    #[tokio::test]
    async fn a_plugin_that_asks_reads_the_end_of_the_input() {
        let asking = "read answer || exit 7; echo '{}'";
        let error = plugin(asking).run().await.map(|_| ()).unwrap_err();
        assert!(error.message.contains("exit status: 7"), "{error}");
    }

    #[tokio::test]
    async fn what_a_plugin_prints_is_never_told() {
        for script in ["echo s3cret; exit 1", "echo s3cret >&2; exit 1", "echo s3cret"] {
            let error = plugin(script).run().await.map(|_| ()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_plugin_that_insists_on_asking_is_not_started() {
        let mut insistent = plugin("echo '{\"status\":{\"token\":\"t\"}}'");
        insistent.config.interactive_mode = Some(ExecInteractiveMode::Always);
        let error = insistent.run().await.map(|_| ()).unwrap_err();
        assert!(error.message.ends_with("sh wants to ask a person"), "{error}");
    }
}
