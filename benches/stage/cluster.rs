//! A simulated cluster in the bench's own process, so that a bench can change it and knows when: the console is
//! another process. Capacity alone: no GitLab unless a bench names one.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use watchfloor::config::write_private;
use watchfloor::sim::{self, Options, Sim, WorldHandle};

/// At this scale the tiers' namespaces hold 10,000 pods and the cluster 600 nodes.
pub(crate) const SCALE: u32 = 105;
/// Name of the profile in the files of AWS.
const PROFILE: &str = "watchfloor-bench";

/// A cluster that ends when this is dropped.
pub(crate) struct Cluster {
    tasks: Runtime,
    sim: Sim,
}

impl Cluster {
    /// Starts the cluster of a scenario.
    pub(crate) fn start(scenario: &str) -> Result<Cluster> {
        Cluster::start_at(scenario, SCALE)
    }

    fn start_at(scenario: &str, scale: u32) -> Result<Cluster> {
        let tasks = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let options = Options { scale, ..Options::from(scenario) };
        let sim = tasks.block_on(sim::start(options))?;
        Ok(Cluster { tasks, sim })
    }

    /// The same in which nothing happens but what the bench does.
    pub(crate) fn still() -> Result<Cluster> {
        Cluster::still_at(SCALE)
    }

    /// The same at another scale.
    pub(crate) fn still_at(scale: u32) -> Result<Cluster> {
        let cluster = Cluster::start_at("calm", scale)?;
        cluster.world().freeze();
        Ok(cluster)
    }

    /// What changes it.
    pub(crate) fn world(&self) -> WorldHandle {
        self.sim.world()
    }

    /// Pods and nodes, as a heading tells them.
    pub(crate) fn told(&self) -> String {
        let world = self.world();
        let (pods, nodes) = (world.objects("Pod"), world.objects("Node"));
        format!("{pods} pods, {nodes} nodes")
    }

    /// Writes a config file into a folder: the cluster with its tiers, and what else the bench wants of it.
    pub(crate) fn config(&self, home: &Path, more: &str) -> Result<PathBuf> {
        let path = |name: &str| home.join(name).display().to_string();
        write_private(&home.join("kubeconfig"), self.sim.kubeconfig().as_bytes())?;
        let (region, url) = (self.sim.aws_region(), self.sim.aws_url());
        let aws = format!("[profile {PROFILE}]\nregion = {region}\nendpoint_url = {url}\n");
        write_private(&home.join("aws-config"), aws.as_bytes())?;
        let (key, secret) = (self.sim.aws_access_key(), self.sim.aws_secret_key());
        let aws =
            format!("[{PROFILE}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
        write_private(&home.join("aws-credentials"), aws.as_bytes())?;
        let mut config = format!(
            "{more}\n[[cluster]]\nname = \"ci\"\nkubeconfig = {{ path = {:?}, context = \"simulated\" }}\n\
             eks = {{ name = \"{}\", region = \"{region}\", profile = \"{PROFILE}\", endpoint_url = \"{url}\", \
             config_file = {:?}, credentials_file = {:?} }}\n",
            path("kubeconfig"),
            self.sim.cluster_name(),
            path("aws-config"),
            path("aws-credentials"),
        );
        for tier in self.sim.tiers() {
            writeln!(
                config,
                "[[tier]]\nname = \"{}\"\ncluster = \"ci\"\nnamespace = \"{}\"\nnodegroups = {:?}\n\
                 service_account = \"{}\"\nrunner_tags = {:?}\nqueue_target_seconds = {}",
                tier.name,
                tier.namespace,
                tier.nodegroups,
                tier.service_account,
                tier.tags,
                tier.queue_target_seconds,
            )?;
        }
        let file = home.join("config.toml");
        fs::write(&file, config)?;
        Ok(file)
    }

    /// The pods of a namespace that run, as an API server tells them, ready to be put back.
    pub(crate) fn running(&self, namespace: &str) -> Result<Vec<Value>> {
        let url = format!("{}/api/v1/namespaces/{namespace}/pods", self.sim.kubernetes_url());
        let asked = reqwest::Client::builder().no_proxy().build()?;
        let asked = asked.get(url).bearer_auth(self.sim.kubernetes_token());
        let list: Value = self.tasks.block_on(async { asked.send().await?.json().await })?;
        let items = list.get("items").and_then(Value::as_array).context("a list of pods")?;
        let is_running = |pod: &&Value| pod.pointer("/status/phase") == Some(&json!("Running"));
        let whole = |pod: &Value| {
            let mut pod = pod.clone();
            if let Some(object) = pod.as_object_mut() {
                object.insert("kind".to_owned(), json!("Pod"));
                object.insert("apiVersion".to_owned(), json!("v1"));
            }
            pod
        };
        Ok(items.iter().filter(is_running).map(whole).collect())
    }
}

/// A pod that waits for its image and says why in one word: the first row of a table ordered by state.
pub(crate) fn probe(word: &str) -> Value {
    let container = json!({"name": "build", "image": "probe:1"});
    let waiting = json!({"reason": "ImagePullBackOff", "message": word});
    let status = json!({
        "name": "build", "image": "probe:1", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": waiting}
    });
    json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {
            "name": "probe", "namespace": "ci-standard",
            "uid": "00000000-0000-4000-a000-000000000001",
            "creationTimestamp": "2026-01-01T00:00:00Z"
        },
        "spec": {"nodeName": "probed", "containers": [container], "serviceAccountName": "ci-job-standard"},
        "status": {
            "phase": "Pending", "containerStatuses": [status],
            "conditions": [
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
            ]
        }
    })
}
