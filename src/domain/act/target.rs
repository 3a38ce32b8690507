//! [`Target`]: what an act is done to, read and printed as a person writes it.

use std::fmt;

use super::RightAt;
use crate::domain::access::{Resource, ResourceKind};
use crate::domain::{JobId, Matcher, PipelineId, RunnerId, Text};

/// The word for what belongs to no platform: what this console keeps itself.
pub const OURS: &str = "watchfloor";

/// What an act is done to. Prints, and is read, as `act` takes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A job: `PROJECT#ID`.
    Job(Text, JobId),
    /// A pipeline: `PROJECT#ID`.
    Pipeline(Text, PipelineId),
    /// A deployment: `PROJECT#ID`.
    Deployment(Text, u64),
    /// A merge request that asks for something of the register: `PROJECT!IID`.
    Request(Text, u64),
    /// A runner: its id.
    Runner(RunnerId),
    /// A pod: `CLUSTER/NAMESPACE/NAME`.
    Pod(Text, Text, Text),
    /// A node: `CLUSTER/NODE`.
    Node(Text, Text),
    /// A node group: `CLUSTER/NAME`.
    NodeGroup(Text, Text),
    /// An alert of Alertmanager: its fingerprint.
    Alert(Text),
    /// Every alert that meets these matchers, as Alertmanager writes them: `alertname="Burn",tier=~"s.*"`.
    Alerts(Text),
    /// A silence of Alertmanager: its id.
    Silence(Text),
    /// An exception: the id of its record in the register.
    Exception(Text),
    /// A membership, a token or a key: `group:PATH@USER`, `project:PATH#ID`, `personal#ID`.
    Right(Box<RightAt>),
    /// An access entry of an EKS cluster: `CLUSTER#ARN`.
    AccessEntry(Text, Text),
    /// A finding: its rule and what it is about, `CODE/ABOUT`.
    Finding(Text),
}

impl Target {
    /// The place whose rights an act on it changes: what was read there before is old then.
    pub fn place_of_rights(&self) -> Option<Resource> {
        let instance = || Resource { kind: ResourceKind::Instance, path: Text::new("*") };
        match self {
            Target::Right(right) => Some(right.place.clone().unwrap_or_else(instance)),
            Target::AccessEntry(cluster, _) => {
                Some(Resource { kind: ResourceKind::Cluster, path: cluster.clone() })
            }
            _ => None,
        }
    }

    /// The word for the platform that it belongs to: `gitlab`, `kubernetes:ci`, `eks:ci`.
    pub fn platform(&self) -> Text {
        match self {
            Target::Job(..)
            | Target::Pipeline(..)
            | Target::Deployment(..)
            | Target::Request(..)
            | Target::Runner(_)
            | Target::Right(_)
            | Target::Exception(_) => Text::new("gitlab"),
            Target::Pod(cluster, ..) | Target::Node(cluster, _) => {
                Text::new(&format!("kubernetes:{cluster}"))
            }
            Target::NodeGroup(cluster, _) | Target::AccessEntry(cluster, _) => {
                Text::new(&format!("eks:{cluster}"))
            }
            Target::Alert(_) | Target::Alerts(_) | Target::Silence(_) => Text::new("alertmanager"),
            Target::Finding(_) => Text::new(OURS),
        }
    }
}

impl Target {
    /// The path of the GitLab project that it lies in, as it was written: a full path, an id, or letters of another case.
    pub fn project(&self) -> Option<&Text> {
        match self {
            Target::Job(project, _)
            | Target::Pipeline(project, _)
            | Target::Deployment(project, _)
            | Target::Request(project, _) => Some(project),
            Target::Right(right) => right.project(),
            _ => None,
        }
    }

    /// The same target under the full path of its project; as it is where it lies in none.
    #[must_use]
    pub fn in_project(&self, path: &Text) -> Target {
        match self {
            Target::Job(_, id) => Target::Job(path.clone(), *id),
            Target::Pipeline(_, id) => Target::Pipeline(path.clone(), *id),
            Target::Deployment(_, id) => Target::Deployment(path.clone(), *id),
            Target::Request(_, iid) => Target::Request(path.clone(), *iid),
            Target::Right(right) => Target::Right(Box::new(right.in_project(path))),
            other => other.clone(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Job(project, id) => write!(f, "{project}#{id}"),
            Target::Pipeline(project, id) => write!(f, "{project}#{id}"),
            Target::Deployment(project, id) => write!(f, "{project}#{id}"),
            Target::Request(project, iid) => write!(f, "{project}!{iid}"),
            Target::Runner(id) => write!(f, "{id}"),
            Target::Pod(cluster, namespace, name) => write!(f, "{cluster}/{namespace}/{name}"),
            Target::Node(cluster, name) | Target::NodeGroup(cluster, name) => {
                write!(f, "{cluster}/{name}")
            }
            Target::Alert(name)
            | Target::Alerts(name)
            | Target::Silence(name)
            | Target::Exception(name)
            | Target::Finding(name) => write!(f, "{name}"),
            Target::Right(right) => write!(f, "{right}"),
            Target::AccessEntry(cluster, arn) => write!(f, "{cluster}#{arn}"),
        }
    }
}

/// What kind of thing an act is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// A job.
    Job,
    /// A pipeline.
    Pipeline,
    /// A deployment.
    Deployment,
    /// A merge request that asks for something of the register.
    Request,
    /// A runner.
    Runner,
    /// A pod.
    Pod,
    /// A node.
    Node,
    /// A node group.
    NodeGroup,
    /// An alert, or all that meet some matchers.
    Alert,
    /// A silence.
    Silence,
    /// An exception of the register, or one that is asked for.
    Exception,
    /// A membership of a group or project.
    Member,
    /// A personal, project or group access token.
    Token,
    /// A deploy token.
    DeployToken,
    /// A deploy key.
    DeployKey,
    /// An access entry of an EKS cluster.
    AccessEntry,
    /// Something that deserves attention.
    Finding,
}

impl TargetKind {
    /// How a person writes one.
    pub fn form(self) -> &'static str {
        match self {
            TargetKind::Job | TargetKind::Pipeline | TargetKind::Deployment => "PROJECT#ID",
            TargetKind::Request => "PROJECT!IID",
            TargetKind::Runner => "ID",
            TargetKind::Pod => "CLUSTER/NAMESPACE/NAME",
            TargetKind::Node => "CLUSTER/NODE",
            TargetKind::NodeGroup => "CLUSTER/NAME",
            TargetKind::Alert => "FINGERPRINT or NAME=\"VALUE\",…",
            TargetKind::Silence | TargetKind::Exception => "ID",
            TargetKind::Member => "group:PATH@USER or project:PATH@USER, USER a number",
            TargetKind::Token => "group:PATH#ID, project:PATH#ID or personal#ID",
            TargetKind::DeployToken => "group:PATH#ID or project:PATH#ID",
            TargetKind::DeployKey => "project:PATH#ID",
            TargetKind::AccessEntry => "CLUSTER#ARN",
            TargetKind::Finding => "CODE/ABOUT",
        }
    }

    /// The word for one.
    pub fn noun(self) -> &'static str {
        match self {
            TargetKind::Job => "job",
            TargetKind::Pipeline => "pipeline",
            TargetKind::Deployment => "deployment",
            TargetKind::Request => "request",
            TargetKind::Runner => "runner",
            TargetKind::Pod => "pod",
            TargetKind::Node => "node",
            TargetKind::NodeGroup => "node group",
            TargetKind::Alert => "alert",
            TargetKind::Silence => "silence",
            TargetKind::Exception => "exception",
            TargetKind::Member => "member",
            TargetKind::Token => "token",
            TargetKind::DeployToken => "deploy token",
            TargetKind::DeployKey => "deploy key",
            TargetKind::AccessEntry => "access entry",
            TargetKind::Finding => "finding",
        }
    }

    /// Reads a target of this kind as a person writes it; `None` when it has another form.
    pub fn read(self, words: &str) -> Option<Target> {
        let numbered = |words: &str, sign: char| {
            let (project, id) = words.rsplit_once(sign)?;
            (!project.is_empty()).then_some(())?;
            Some((Text::new(project), id.parse::<u64>().ok()?))
        };
        let pair = |words: &str| {
            let (first, second) = words.split_once('/')?;
            let whole = !first.is_empty() && !second.is_empty() && !second.contains('/');
            whole.then(|| (Text::new(first), Text::new(second)))
        };
        match self {
            TargetKind::Job => numbered(words, '#').map(|(path, id)| Target::Job(path, JobId(id))),
            TargetKind::Pipeline => {
                numbered(words, '#').map(|(path, id)| Target::Pipeline(path, PipelineId(id)))
            }
            TargetKind::Deployment => {
                numbered(words, '#').map(|(path, id)| Target::Deployment(path, id))
            }
            TargetKind::Request => {
                numbered(words, '!').map(|(path, iid)| Target::Request(path, iid))
            }
            TargetKind::Runner => words.parse().ok().map(|id| Target::Runner(RunnerId(id))),
            TargetKind::Pod => {
                let (cluster, rest) = words.split_once('/')?;
                let (namespace, name) = pair(rest)?;
                (!cluster.is_empty()).then(|| Target::Pod(Text::new(cluster), namespace, name))
            }
            TargetKind::Node => pair(words).map(|(cluster, name)| Target::Node(cluster, name)),
            TargetKind::NodeGroup => {
                pair(words).map(|(cluster, name)| Target::NodeGroup(cluster, name))
            }
            TargetKind::Alert if is_fingerprint(words) => Some(Target::Alert(Text::new(words))),
            TargetKind::Alert => {
                Matcher::read_all(words).map(|all| Target::Alerts(Matcher::written(&all)))
            }
            TargetKind::Silence => {
                let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '-';
                let is_id = !words.is_empty() && words.chars().all(is_sign);
                is_id.then(|| Target::Silence(Text::new(words)))
            }
            TargetKind::Exception => {
                is_record_id(words).then(|| Target::Exception(Text::new(words)))
            }
            TargetKind::Member
            | TargetKind::Token
            | TargetKind::DeployToken
            | TargetKind::DeployKey => {
                RightAt::read(self, words).map(|right| Target::Right(Box::new(right)))
            }
            TargetKind::AccessEntry => {
                let (cluster, arn) = words.split_once('#')?;
                let is_whole = !cluster.is_empty() && arn.starts_with("arn:");
                is_whole.then(|| Target::AccessEntry(Text::new(cluster), Text::new(arn)))
            }
            TargetKind::Finding => {
                let (code, about) = words.split_once('/')?;
                let is_code = code.contains('.') && !about.is_empty();
                is_code.then(|| Target::Finding(Text::new(words)))
            }
        }
    }
}

/// Whether this can be the id of a record: it becomes the name of a file and of a branch.
fn is_record_id(words: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    words.len() <= 64
        && words.chars().all(is_inner)
        && is_edge(words.chars().next())
        && is_edge(words.chars().next_back())
        && !words.contains("..")
}

/// Whether this is a digest of labels, as Alertmanager prints it.
fn is_fingerprint(words: &str) -> bool {
    words.len() == 16 && words.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_it_is_printed() {
        let cases = [
            (TargetKind::Job, "acme/shop#4711"),
            (TargetKind::Pipeline, "acme/web/site#12"),
            (TargetKind::Deployment, "acme/shop#3"),
            (TargetKind::Request, "acme/platform/exceptions!15"),
            (TargetKind::Runner, "77"),
            (TargetKind::Pod, "ci/ci-standard/runner-x"),
            (TargetKind::Node, "ci/ip-10-0-0-1.ec2.internal"),
            (TargetKind::NodeGroup, "ci/ci-standard"),
            (TargetKind::Alert, "00f067aa0ba902b7"),
            (TargetKind::Alert, r#"alertname="Burn",tier=~"s.*""#),
            (TargetKind::Silence, "b4b7ab1c-9e6a-4a06-a2f5-6d2f43c4a8f0"),
            (TargetKind::Member, "group:acme@42"),
            (TargetKind::AccessEntry, "ci#arn:aws:iam::111122223333:role/admin"),
            (TargetKind::Finding, "capacity.at_max/ci/ci-standard-a"),
        ];
        for (kind, words) in cases {
            let read = kind.read(words).map(|target| target.to_string());
            assert_eq!(read.as_deref(), Some(words), "{kind:?}");
        }
    }

    #[test]
    fn a_target_goes_by_the_full_path_of_its_project() {
        let path = Text::new("acme/shop");
        let named =
            |kind: TargetKind, words: &str| kind.read(words).unwrap().in_project(&path).to_string();
        assert_eq!(named(TargetKind::Job, "129#4711"), "acme/shop#4711");
        assert_eq!(named(TargetKind::Pipeline, "ACME/shop#12"), "acme/shop#12");
        assert_eq!(named(TargetKind::Request, "129!3"), "acme/shop!3");
        assert_eq!(named(TargetKind::Runner, "77"), "77");
    }

    #[test]
    fn every_target_belongs_to_a_platform() {
        let platform = |kind: TargetKind, words: &str| kind.read(words).unwrap().platform();
        assert_eq!(&*platform(TargetKind::Deployment, "acme/shop#3"), "gitlab");
        assert_eq!(&*platform(TargetKind::Node, "ci/ip-10-0-0-1"), "kubernetes:ci");
        assert_eq!(&*platform(TargetKind::NodeGroup, "ci/ci-standard"), "eks:ci");
        assert_eq!(&*platform(TargetKind::Alert, "00f067aa0ba902b7"), "alertmanager");
    }

    #[test]
    fn another_form_is_no_target() {
        let cases = [
            (TargetKind::Job, "4711"),
            (TargetKind::Job, "#4711"),
            (TargetKind::Request, "acme/shop#1"),
            (TargetKind::Request, "!1"),
            (TargetKind::Runner, "acme/shop#1"),
            (TargetKind::Pod, "ci/runner-x"),
            (TargetKind::Node, "ci/a/b"),
            (TargetKind::NodeGroup, "/x"),
            (TargetKind::Alert, "00f067"),
            (TargetKind::Silence, "../status"),
            (TargetKind::Finding, "queue.late"),
        ];
        for (kind, words) in cases {
            assert_eq!(kind.read(words), None, "{kind:?} {words}");
        }
    }
}
