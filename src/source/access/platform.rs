//! [`Platform`]: which places there are to read, and how each is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Ways;
use super::clusters;
use super::site::{Piece, Site};
use crate::api::Error;
use crate::api::aws::Eks;
use crate::api::gitlab::Gitlab;
use crate::api::http::Pace;
use crate::api::kubernetes::Cluster;
use crate::config::{Settings, is_loopback};
use crate::domain::access::{Gap, Lack, Part, Population, Statement};
use crate::domain::{FailureKind, Text, Tiers};
use crate::source::roster::Watched;

/// The most requests in a minute that this feed sends, whatever is configured; a GitLab on this machine is asked faster
/// where the configuration says so.
const MOST: u32 = 60;

/// What was left out of every population on purpose.
const OUT: [&str; 4] = [
    "keys of people for SSH and GPG, and tokens of feeds: GitLab shows them to their owners and administrators alone",
    "values of tokens, keys and CI/CD variables: they are never asked for",
    "rights that a person has outside GitLab, AWS and these clusters",
    "rights of AWS beside access entries, pod identities and the trust of the configured roles",
];

/// What is read, and by which connections.
#[derive(Debug)]
pub(super) struct Platform {
    gitlab: Option<Gitlab>,
    eks: Vec<Arc<Eks>>,
    clusters: Vec<Arc<Cluster>>,
    /// The budget of everything that is not GitLab.
    pace: Pace,
    tiers: Tiers,
    watched: Vec<Watched>,
    /// Names of all clusters of the configuration.
    names: Vec<Text>,
    roles: Vec<Text>,
    /// How often all of it is read.
    pub(super) interval: Duration,
}

impl Platform {
    pub(super) fn new(settings: &Settings, ways: &Ways<'_>) -> Platform {
        let asked = settings.access.requests_per_minute;
        let is_near = settings.gitlab.as_ref().is_some_and(|one| is_loopback(&one.url));
        let budget = if is_near { asked } else { asked.min(MOST) };
        Platform::within(settings, ways, budget)
    }

    /// The same with another budget.
    pub(super) fn within(settings: &Settings, ways: &Ways<'_>, budget: u32) -> Platform {
        let gitlab = settings.gitlab.as_ref();
        Platform {
            gitlab: ways.gitlab.map(|gitlab| gitlab.aside(budget)),
            eks: ways.eks.to_vec(),
            clusters: ways.clusters.to_vec(),
            pace: Pace::new(budget),
            tiers: settings.domain_tiers(),
            watched: gitlab.map(Watched::of).unwrap_or_default(),
            names: settings.clusters.iter().map(|one| Text::new(&one.name)).collect(),
            roles: settings.access.iam_roles.iter().map(|arn| Text::new(arn)).collect(),
            interval: gitlab.map_or(Duration::from_hours(24), |one| one.access_interval),
        }
    }

    /// Requests of the last minute.
    pub(super) fn requests_per_minute(&self) -> f64 {
        let gitlab = self.gitlab.as_ref().map_or(0.0, Gitlab::requests_per_minute);
        gitlab + self.pace.requests_per_minute()
    }

    /// Who reads now, as readings name it; `None` where nobody tells.
    pub(super) async fn reads_as(&self) -> Option<Text> {
        self.gitlab.as_ref()?.reads_as().await.ok()
    }

    /// What the population is of, and what it is not.
    pub(super) fn statement(&self) -> Statement {
        let mut statement = Statement {
            clusters: self.names.clone(),
            roles: self.roles.clone(),
            out: OUT.map(Text::new).to_vec(),
            ..Statement::default()
        };
        for one in &self.watched {
            match one {
                Watched::Group(path) => statement.groups.push(Text::new(path)),
                Watched::Project(path) => statement.projects.push(Text::new(path)),
            }
        }
        statement
    }

    /// Every place that is known to be there, in the order of reading.
    pub(super) fn sites(&self, pieces: &BTreeMap<Site, Piece>) -> BTreeSet<Site> {
        let mut sites = BTreeSet::new();
        if !self.watched.is_empty() {
            sites.insert(Site::Instance);
        }
        for one in &self.watched {
            match one {
                Watched::Project(path) => {
                    sites.insert(Site::Project(Text::new(path)));
                }
                Watched::Group(path) => {
                    let below = Site::Below(Text::new(path));
                    let listed = pieces.get(&below);
                    let groups = listed.and_then(|piece| piece.groups.as_ref()).into_iter();
                    sites.extend(groups.flatten().cloned().map(Site::Group));
                    let projects = listed.and_then(|piece| piece.projects.as_ref()).into_iter();
                    sites.extend(projects.flatten().cloned().map(Site::Project));
                    sites.insert(Site::Group(Text::new(path)));
                    sites.insert(below);
                }
            }
        }
        for name in &self.names {
            sites.extend([Site::Cluster(name.clone()), Site::Rbac(name.clone())]);
        }
        sites.extend(self.roles.iter().cloned().map(Site::Role));
        sites
    }

    /// One place of each kind, and every cluster and role.
    pub(super) fn first(&self, pieces: &BTreeMap<Site, Piece>) -> BTreeSet<Site> {
        let all = self.sites(pieces);
        let is_group = |site: &&Site| matches!(site, Site::Group(path) if self.is_watched(path));
        let group = all.iter().find(is_group).cloned();
        let project = all.iter().find(|site| matches!(site, Site::Project(_))).cloned();
        let below = all.iter().find(|site| matches!(site, Site::Below(_))).cloned();
        let mut first: BTreeSet<Site> = [group, project, below].into_iter().flatten().collect();
        let is_kept =
            |site: &Site| !matches!(site, Site::Group(_) | Site::Project(_) | Site::Below(_));
        first.extend(all.into_iter().filter(is_kept));
        first
    }

    /// Reads a place.
    ///
    /// # Errors
    /// What may pass: then what was known of the place stays.
    pub(super) async fn read(&self, site: &Site) -> Result<Piece, Error> {
        match site {
            Site::Below(group) => self.below(site, group).await,
            Site::Instance => Ok(Piece::of(site, self.gitlab()?.access_of_instance().await?)),
            Site::Group(path) => {
                let tiers = self.is_watched(path).then_some(&self.tiers);
                let read = self.gitlab()?.access_of_group(path, tiers).await?;
                Ok(Piece::of(site, read))
            }
            Site::Project(path) => {
                let tiers = self.is_watched(path).then_some(&self.tiers);
                let read = self.gitlab()?.access_of_project(path, tiers).await?;
                Ok(Piece::of(site, read))
            }
            Site::Cluster(name) => {
                let eks = self.eks.iter().find(|one| one.cluster() == name);
                let read = match eks {
                    Some(eks) => clusters::of_eks(eks, &self.pace).await?,
                    None => return Ok(self.unasked(site, "the cluster has no eks table")),
                };
                Ok(Piece::of(site, read))
            }
            Site::Rbac(name) => {
                let known = self.clusters.iter().find(|one| one.name() == name.as_str());
                match known {
                    Some(cluster) => {
                        Ok(Piece::of(site, clusters::of_kubernetes(cluster, &self.pace).await?))
                    }
                    None => Ok(self.unasked(site, "there is no way into the cluster")),
                }
            }
            Site::Role(arn) => match self.eks.first() {
                Some(eks) => Ok(Piece::of(site, clusters::of_role(eks, arn, &self.pace).await?)),
                None => Ok(self.unasked(site, "no cluster has an eks table, so AWS is not asked")),
            },
        }
    }

    fn gitlab(&self) -> Result<&Gitlab, Error> {
        let missing = || Error::new(FailureKind::Other, "GitLab is not configured");
        self.gitlab.as_ref().ok_or_else(missing)
    }

    fn is_watched(&self, path: &str) -> bool {
        self.watched.iter().any(|one| one.path() == path)
    }

    async fn below(&self, site: &Site, group: &str) -> Result<Piece, Error> {
        let below = self.gitlab()?.access_places(group).await?;
        let mut piece = Piece::of(site, below.population);
        (piece.groups, piece.projects) = (below.groups, below.projects);
        Ok(piece)
    }

    /// A place where nobody can be asked.
    fn unasked(&self, site: &Site, because: &str) -> Piece {
        let now = self.eks.first().map(|eks| eks.now());
        let now = now.or_else(|| self.gitlab.as_ref().map(Gitlab::now));
        let now = now.or_else(|| self.clusters.first().map(|one| one.now())).unwrap_or_default();
        let mut population = Population::empty(now);
        let gap = |part: &Part| Gap {
            part: *part,
            at: site.at(),
            lack: Lack::Unasked,
            because: Text::new(because),
        };
        population.gaps = site.parts().iter().map(gap).collect();
        Piece::of(site, population)
    }
}
