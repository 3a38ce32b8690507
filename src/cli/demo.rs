//! `demo`: starts the simulator, writes a configuration that names it alone, then runs exactly the console.
//!
//! **Invariant:** nothing of the user's own takes part: not the config, not `WATCHFLOOR_*`, not the cache, no proxy.
//! The only place outside of tests that names the simulator.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::Surroundings;
use super::args::{Demo, Global};
use super::exit::{Exit, Problem};
use super::ground::{self, Ground};
use super::run::{console, facts};
use crate::config::{
    Environment, LoadRequest, Overrides, Settings, create_private_dir, write_private,
};
use crate::sim::{self, Sim, TierInfo};

/// Starts the simulated platform, and the console on it; or only the platform.
pub(super) fn run(
    demo: &Demo,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let den = Den::make()?;
    let tasks = ground::tasks()?;
    let sim = tasks.block_on(start(demo, &den))?;
    den.furnish(&sim)?;
    let ended = if demo.serve {
        writeln!(around.out, "{}", den.config().display())?;
        around.out.flush()?;
        tasks.block_on(until_interrupted())
    } else {
        on_console(&den, global, around)
    };
    // The folder goes first: whoever stops the demo twice must not leave it behind.
    drop(den);
    tasks.block_on(sim.stop());
    ended
}

/// So many requests a minute a simulated platform is asked at the most: nobody works there whom that would disturb.
const HURRY: i64 = 1_200;

/// The console on the simulated platform.
fn on_console(den: &Den, global: &Global, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    let overrides = Overrides {
        config: Some(den.config()),
        cache_dir: Some(den.cache()),
        state_dir: Some(den.state()),
        ..global.overrides()
    };
    let loaded = Settings::load(&LoadRequest { overrides, environment: Environment::new() })?;
    let ground = Ground::on(loaded, global, &around.environment)?;
    let facts = facts(&ground);
    console(ground, facts)
}

async fn start(demo: &Demo, den: &Den) -> Result<Sim, Problem> {
    let options = sim::Options {
        scenario: demo.scenario.clone(),
        speed: demo.speed,
        scale: demo.scale,
        seed: demo.seed,
        requests_log: demo.serve.then(|| den.path.join("requests.jsonl")),
    };
    sim::start(options).await.map_err(|error| {
        let hint = match error {
            sim::Error::Scenario { .. } => {
                let near = nearest(&demo.scenario);
                format!("{near}give a name of these, or a file that ends in .toml")
            }
            sim::Error::Speed(_) => "give --speed a number above 0, such as 10".to_owned(),
            sim::Error::Listen(_) => "the system lets no port be opened on 127.0.0.1".to_owned(),
            sim::Error::Log { .. } => "make room in the temporary folder".to_owned(),
        };
        Problem::usage(chain(&error), hint)
    })
}

/// The scenario that a misspelt name most likely means, as the beginning of a hint; empty where none is like it.
fn nearest(name: &str) -> String {
    let likeness = |known: &&str| strsim::jaro_winkler(name, known);
    let near = sim::Scenario::names().into_iter().filter(|known| likeness(known) > 0.8);
    let near = near.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    near.map_or_else(String::new, |near| format!("did you mean `{near}`? "))
}

/// An error with its cause.
fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Waits for a signal that means the end.
async fn until_interrupted() -> Result<Exit, Problem> {
    let (sender, mut ended) = mpsc::channel::<()>(1);
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let mut signal = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            signal.recv().await;
            sender.send(()).await.ok();
        });
    }
    ended.recv().await;
    Ok(Exit::Interrupted)
}

/// The temporary folder of one demo. Dropping it takes it away with all that is in it.
#[derive(Debug)]
struct Den {
    path: PathBuf,
}

impl Den {
    /// Makes a folder that was not there before and that nobody else may enter.
    fn make() -> Result<Den, Problem> {
        let root = std::env::temp_dir();
        let mut last = None;
        for attempt in 0..100_u32 {
            let path = root.join(format!("watchfloor-demo-{}-{attempt}", std::process::id()));
            match make_private(&path) {
                Ok(()) => return Ok(Den { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = Some(error),
                Err(error) => return Err(unwritable(&root, &error)),
            }
        }
        let error = last.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into());
        Err(unwritable(&root, &error))
    }

    fn config(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    fn cache(&self) -> PathBuf {
        self.path.join("cache")
    }

    fn state(&self) -> PathBuf {
        self.path.join("state")
    }

    fn kubeconfig(&self) -> PathBuf {
        self.path.join("kubeconfig")
    }

    /// Where the token of Prometheus and Alertmanager lies.
    fn prometheus_token(&self) -> PathBuf {
        self.path.join("prometheus-token")
    }

    /// Where the files of objectives lie.
    fn objectives(&self) -> PathBuf {
        self.path.join("slo")
    }

    fn aws_config(&self) -> PathBuf {
        self.path.join("aws-config")
    }

    fn aws_credentials(&self) -> PathBuf {
        self.path.join("aws-credentials")
    }

    /// Writes the token, the files of the cluster and of AWS, and the config file.
    fn furnish(&self, sim: &Sim) -> Result<(), Problem> {
        let token = self.path.join("token");
        let config = config(sim, self, &token);
        create_private_dir(&self.cache())
            .and_then(|()| create_private_dir(&self.state()))
            .and_then(|()| write_private(&token, sim.token().as_bytes()))
            .and_then(|()| {
                let token = sim.token_of(SECOND_MAINTAINER);
                write_private(
                    &self.path.join(format!("token-{SECOND_MAINTAINER}")),
                    token.as_bytes(),
                )
            })
            .and_then(|()| {
                write_private(&self.prometheus_token(), sim.prometheus_token().as_bytes())
            })
            .and_then(|()| write_private(&self.kubeconfig(), sim.kubeconfig().as_bytes()))
            .and_then(|()| write_private(&self.aws_config(), aws_config(sim).as_bytes()))
            .and_then(|()| write_private(&self.aws_credentials(), aws_credentials(sim).as_bytes()))
            .and_then(|()| create_private_dir(&self.objectives()))
            .and_then(|()| {
                let write = |(name, text): &(&str, &str)| {
                    write_private(&self.objectives().join(name), text.as_bytes())
                };
                sim::SLO_FILES.iter().try_for_each(write)
            })
            .and_then(|()| write_private(&self.config(), config.as_bytes()))
            .map_err(|error| unwritable(&self.path, &error))
    }
}

impl Drop for Den {
    fn drop(&mut self) {
        // What the system does not let go of lies in its temporary folder, where it tidies itself.
        fs::remove_dir_all(&self.path).ok();
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    let message = format!("the demo cannot write in {}: {error}", path.display());
    Problem::usage(message, "make room there, or point TMPDIR to another folder")
}

/// Makes one folder for its owner alone; it must not be there.
fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The config file: the simulated platform and nothing else.
fn config(sim: &Sim, den: &Den, token: &Path) -> String {
    let mut gitlab = toml::Table::new();
    gitlab.insert("url".to_owned(), sim.gitlab_url().into());
    let file = toml::Table::from_iter([("file".to_owned(), token.display().to_string().into())]);
    gitlab.insert("token".to_owned(), file.into());
    gitlab.insert("groups".to_owned(), vec![sim.group()].into());
    gitlab.insert("proxy".to_owned(), "none".into());
    gitlab.insert("requests_per_minute".to_owned(), HURRY.into());
    let tiers: Vec<toml::Value> = sim.tiers().iter().map(|one| tier(one).into()).collect();
    let mut config = toml::Table::new();
    config.insert("simulated".to_owned(), true.into());
    config.insert("cache".to_owned(), folder(&den.cache()).into());
    config.insert("state".to_owned(), folder(&den.state()).into());
    config.insert("gitlab".to_owned(), gitlab.into());
    config.insert("tier".to_owned(), tiers.into());
    config.insert("cluster".to_owned(), vec![toml::Value::from(cluster(sim, den))].into());
    let mut prometheus = server(sim, den, sim.prometheus_url());
    prometheus.insert("proxy".to_owned(), "none".into());
    config.insert("prometheus".to_owned(), prometheus.into());
    let folders = vec![den.objectives().display().to_string()];
    let slo = toml::Table::from_iter([("folders".to_owned(), folders.into())]);
    config.insert("slo".to_owned(), slo.into());
    let alertmanager = server(sim, den, sim.alertmanager_url());
    config.insert("alertmanager".to_owned(), alertmanager.into());
    let native = toml::Value::from(vec!["*.tf"]);
    let register = [("project".to_owned(), sim::REGISTER.into()), ("native".to_owned(), native)];
    let register = toml::Table::from_iter(register);
    config.insert("exceptions".to_owned(), register.into());
    config.insert("access".to_owned(), access().into());
    format!(
        "# A simulated platform. It ends, and this file with it, when the demo does.\n\n{config}"
    )
}

/// What is asked of rights: as fast as everything else.
fn access() -> toml::Table {
    let roles: Vec<toml::Value> = sim::IAM_ROLES.iter().map(|arn| (*arn).into()).collect();
    let domains: Vec<toml::Value> = vec!["acme.example".into()];
    toml::Table::from_iter([
        ("requests_per_minute".to_owned(), toml::Value::from(HURRY)),
        ("internal_email_domains".to_owned(), domains.into()),
        ("iam_roles".to_owned(), roles.into()),
    ])
}

/// A server that wants to be greeted as Prometheus and Alertmanager do.
fn server(sim: &Sim, den: &Den, url: &str) -> toml::Table {
    let token = den.prometheus_token().display().to_string();
    let token = toml::Table::from_iter([("file".to_owned(), token.into())]);
    let auth: toml::Value = match sim.prometheus_greeting() {
        sim::Greeting::None => "none".into(),
        sim::Greeting::Bearer => {
            toml::Table::from_iter([("bearer".to_owned(), token.into())]).into()
        }
        sim::Greeting::Basic => {
            let basic = toml::Table::from_iter([
                ("username".to_owned(), "watchfloor".into()),
                ("password".to_owned(), token.into()),
            ]);
            toml::Table::from_iter([("basic".to_owned(), basic.into())]).into()
        }
    };
    toml::Table::from_iter([("url".to_owned(), url.into()), ("auth".to_owned(), auth)])
}

fn folder(path: &Path) -> toml::Table {
    toml::Table::from_iter([("folder".to_owned(), path.display().to_string().into())])
}

/// Somebody else who may approve: the token lies in `token-LOGIN` beside the config file.
const SECOND_MAINTAINER: &str = "chiara.fiction";
/// Name of the cluster in the config.
const CLUSTER: &str = "ci";
/// Name of the profile in the demo's own files of AWS.
const PROFILE: &str = "watchfloor-demo";

/// The cluster: kubectl can use the same kubeconfig, and AWS is asked with the demo's own files alone.
fn cluster(sim: &Sim, den: &Den) -> toml::Table {
    let path = |path: PathBuf| toml::Value::from(path.display().to_string());
    let kubeconfig = toml::Table::from_iter([
        ("path".to_owned(), path(den.kubeconfig())),
        ("context".to_owned(), "simulated".into()),
    ]);
    let eks = toml::Table::from_iter([
        ("name".to_owned(), sim.cluster_name().into()),
        ("region".to_owned(), sim.aws_region().into()),
        ("profile".to_owned(), PROFILE.into()),
        ("endpoint_url".to_owned(), sim.aws_url().into()),
        ("config_file".to_owned(), path(den.aws_config())),
        ("credentials_file".to_owned(), path(den.aws_credentials())),
    ]);
    let bounds = sim.nodegroup_bounds().into_iter().map(|(name, most)| {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        (name, toml::Table::from_iter([("max".to_owned(), most.into())]).into())
    });
    toml::Table::from_iter([
        ("name".to_owned(), CLUSTER.into()),
        ("kubeconfig".to_owned(), kubeconfig.into()),
        ("eks".to_owned(), eks.into()),
        ("nodegroup_bounds".to_owned(), bounds.collect::<toml::Table>().into()),
    ])
}

/// AWS's shared configuration with the demo's profile alone.
fn aws_config(sim: &Sim) -> String {
    format!(
        "[profile {PROFILE}]\nregion = {}\nendpoint_url = {}\n",
        sim.aws_region(),
        sim.aws_url()
    )
}

/// AWS's shared credentials with the simulated key alone.
fn aws_credentials(sim: &Sim) -> String {
    format!(
        "[{PROFILE}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        sim.aws_access_key(),
        sim.aws_secret_key()
    )
}

fn tier(tier: &TierInfo) -> toml::Table {
    toml::Table::from_iter([
        ("name".to_owned(), tier.name.clone().into()),
        ("cluster".to_owned(), CLUSTER.into()),
        ("namespace".to_owned(), tier.namespace.clone().into()),
        ("nodegroups".to_owned(), tier.nodegroups.clone().into()),
        ("service_account".to_owned(), tier.service_account.clone().into()),
        ("egress_policy_required".to_owned(), true.into()),
        ("protected".to_owned(), tier.protected.into()),
        ("runner_tags".to_owned(), tier.tags.clone().into()),
        ("queue_target_seconds".to_owned(), i64::from(tier.queue_target_seconds).into()),
    ])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Proxy;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn the_config_names_the_simulated_platform_and_nothing_else() {
        let sim = sim::start(sim::Options::from("quiet")).await.unwrap();
        let den = Den::make().unwrap();
        den.furnish(&sim).unwrap();
        let overrides = Overrides {
            config: Some(den.config()),
            cache_dir: Some(den.cache()),
            state_dir: Some(den.state()),
            ..Overrides::default()
        };
        let request = LoadRequest { overrides, environment: Environment::new() };
        let loaded = Settings::load(&request).unwrap();
        let gitlab = loaded.settings.gitlab.clone().unwrap();
        assert_eq!(loaded.warnings, []);
        assert_eq!(gitlab.url.as_str(), format!("{}/", sim.gitlab_url()));
        assert_eq!((gitlab.groups, gitlab.proxy), (vec!["acme".to_owned()], Proxy::None));
        let names: Vec<&str> =
            loaded.settings.tiers.iter().map(|tier| tier.name.as_str()).collect();
        assert_eq!(names, ["sandbox", "standard", "protected"]);
        let prometheus = loaded.settings.prometheus.clone().unwrap();
        assert_eq!(prometheus.url.as_str(), format!("{}/", sim.prometheus_url()));
        let alertmanager = loaded.settings.alertmanager.clone().unwrap();
        assert_eq!(alertmanager.url.as_str(), format!("{}/", sim.alertmanager_url()));
        assert_eq!(loaded.settings.servers().count(), 4);
        // Pages of the simulated platform can be opened like those of a real one.
        assert_eq!(crate::cli::run::origins(&loaded.settings), [sim.gitlab_url()]);
        sim.stop().await;
    }

    #[tokio::test]
    async fn the_group_of_the_incident_may_be_raised_from_the_demo() {
        let sim = sim::start(sim::Options::from("incident")).await.unwrap();
        let den = Den::make().unwrap();
        let config: toml::Table = config(&sim, &den, &den.path.join("token")).parse().unwrap();
        let bounds = &config["cluster"][0]["nodegroup_bounds"];
        assert_eq!(bounds["ci-standard"]["max"].as_integer(), Some(20));
        assert!(bounds.get("ci-system").is_none(), "nobody resizes the group of the system");
        sim.stop().await;
    }

    #[tokio::test]
    async fn the_config_greets_prometheus_as_it_wants() {
        for (scenario, word) in [("prometheus_bearer", "bearer"), ("prometheus_basic", "basic")] {
            let sim = sim::start(sim::Options::from(scenario)).await.unwrap();
            let den = Den::make().unwrap();
            den.furnish(&sim).unwrap();
            let text = config(&sim, &den, &den.path.join("token"));
            let config: toml::Table = text.parse().unwrap();
            for server in ["prometheus", "alertmanager"] {
                assert!(config[server]["auth"].get(word).is_some(), "{scenario}: {server}");
            }
            assert!(!text.contains(sim.prometheus_token()));
            assert_eq!(mode(&den.prometheus_token()), 0o600);
            sim.stop().await;
        }
    }

    #[tokio::test]
    async fn the_den_is_for_its_owner_and_goes_with_the_demo() {
        let sim = sim::start(sim::Options::from("quiet")).await.unwrap();
        let den = Den::make().unwrap();
        den.furnish(&sim).unwrap();
        let path = den.path.clone();
        assert_eq!(
            [mode(&path), mode(&den.config()), mode(&path.join("token"))],
            [0o700, 0o600, 0o600]
        );
        let files = [den.kubeconfig(), den.aws_config(), den.aws_credentials()];
        assert_eq!(files.map(|file| mode(&file)), [0o600; 3]);
        drop(den);
        assert!(!path.exists());
        sim.stop().await;
    }

    #[test]
    fn a_misspelt_scenario_is_told_the_one_that_is_meant() {
        assert_eq!(nearest("incidnet"), "did you mean `incident`? ");
        assert_eq!(nearest("zzzz"), "");
    }

    #[test]
    fn two_dens_are_two_folders() {
        let (one, other) = (Den::make().unwrap(), Den::make().unwrap());
        assert_ne!(one.path, other.path);
    }
}
