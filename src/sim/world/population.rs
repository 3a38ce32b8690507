//! Who and what there is at the beginning: people, groups, projects, tiers, runners. All fictional.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Group, Manager, Person, Pool, Presence, Project, Runner, World, model::Trade};

/// A tier of runners.
pub(crate) struct Tier {
    pub(crate) name: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) protected: bool,
    pub(crate) queue_target_seconds: u32,
    slots: usize,
}

/// The tiers of the platform, in the order of the pools.
pub(crate) const TIERS: [Tier; 3] = [
    Tier {
        name: "sandbox",
        tag: "eks-sandbox",
        protected: false,
        queue_target_seconds: 120,
        slots: 20,
    },
    Tier {
        name: "standard",
        tag: "eks-standard",
        protected: false,
        queue_target_seconds: 60,
        slots: 20,
    },
    Tier {
        name: "protected",
        tag: "eks-protected",
        protected: true,
        queue_target_seconds: 60,
        slots: 8,
    },
];

/// The tag of the runners that belong to no tier.
pub(super) const UNTIERED: &str = "macos-shared";

const PEOPLE: [(&str, &str); 8] = [
    ("ada.sample", "Ada Sample"),
    ("bruno.example", "Bruno Example"),
    ("chiara.fiction", "Chiara Fiction"),
    ("deniz.placeholder", "Deniz Placeholder"),
    ("emeka.specimen", "Emeka Specimen"),
    ("freya.mockup", "Freya Mockup"),
    ("project_17_bot", "release-bot"),
    ("renovate-bot", "Renovate Bot"),
];

const PROJECTS: [(&str, Trade); 40] = [
    ("payments/api", Trade::Service),
    ("payments/ledger", Trade::Service),
    ("payments/fraud-rules", Trade::Library),
    ("payments/settlement", Trade::Service),
    ("web/storefront", Trade::Service),
    ("web/checkout", Trade::Service),
    ("web/design-system", Trade::Library),
    ("web/search-ui", Trade::Service),
    ("infra/network", Trade::Infrastructure),
    ("infra/clusters", Trade::Infrastructure),
    ("infra/dns", Trade::Infrastructure),
    ("infra/observability", Trade::Infrastructure),
    ("infra/runner-images", Trade::Service),
    ("platform/pipeline-components", Trade::Library),
    ("platform/exceptions", Trade::Library),
    ("platform/developer-portal", Trade::Service),
    ("platform/secrets-broker", Trade::Service),
    ("identity/login", Trade::Service),
    ("identity/directory-sync", Trade::Service),
    ("identity/session-store", Trade::Service),
    ("data/warehouse", Trade::Infrastructure),
    ("data/event-collector", Trade::Service),
    ("data/report-builder", Trade::Service),
    ("data/schema-registry", Trade::Library),
    ("mobile/ios-app", Trade::Mobile),
    ("mobile/android-app", Trade::Mobile),
    ("mobile/shared-core", Trade::Library),
    ("search/indexer", Trade::Service),
    ("search/query", Trade::Service),
    ("search/suggestions", Trade::Service),
    ("logistics/routing", Trade::Service),
    ("logistics/warehouse-robots", Trade::Service),
    ("logistics/labels", Trade::Library),
    ("support/ticket-desk", Trade::Service),
    ("support/chat-relay", Trade::Service),
    ("growth/newsletters", Trade::Service),
    ("growth/experiments", Trade::Service),
    ("docs/handbook", Trade::Library),
    ("tools/cli", Trade::Library),
    ("tools/load-tests", Trade::Library),
];

/// Version and revision of the managers.
pub(super) const RUNNER_VERSION: &str = "18.5.0";
const OLD_RUNNER_VERSION: &str = "17.2.1";
const DAY: i64 = 86_400_000;

/// A runner to be: description, tag, pool, presence, paused.
struct Draft {
    description: String,
    tag: &'static str,
    pool: Option<usize>,
    presence: Presence,
    paused: bool,
    managers: usize,
}

impl World {
    /// Fills an empty platform.
    pub(super) fn populate(&mut self) {
        self.people = PEOPLE
            .iter()
            .zip(2_u64..)
            .map(|((username, name), id)| Person { id, username, name })
            .collect();
        self.add_group("acme");
        self.add_projects();
        self.add_pools();
        self.add_runners();
        self.know_runners();
        self.populate_cluster();
        self.populate_repositories();
        self.plan_pushes();
    }

    pub(super) fn add_group(&mut self, path: &str) -> u64 {
        if let Some(known) = self.groups.values().find(|group| group.path == path) {
            return known.id;
        }
        let parent =
            path.rsplit_once('/').and_then(|(above, _)| self.group_at(above)).map(|g| g.id);
        let id = 11 + u64::try_from(self.groups.len()).unwrap_or(0);
        self.groups.insert(id, Group { id, path: path.to_owned(), parent });
        id
    }

    fn add_projects(&mut self) {
        let wanted = self.scenario.projects.saturating_mul(self.scale.min(10));
        let display: Vec<String> = self
            .scenario
            .names
            .projects
            .iter()
            .map(super::super::scenario::Verbatim::spelled)
            .collect();
        for number in 0..usize::try_from(wanted).unwrap_or(0) {
            let (path, trade) = match PROJECTS.get(number) {
                Some((path, trade)) => (format!("acme/{path}"), *trade),
                None => {
                    (format!("acme/fleet-{:02}/service-{number:03}", number / 20), Trade::Service)
                }
            };
            self.add_project(&path, trade, display.get(number));
        }
        self.add_project("acme/web/old-storefront", Trade::Service, None);
        if let Some(old) = self.by_path.get("acme/web/old-storefront").copied() {
            if let Some(project) = self.projects.get_mut(&old) {
                project.archived = true;
            }
            self.busy_projects.retain(|id| *id != old);
        }
    }

    fn add_project(&mut self, path: &str, trade: Trade, display: Option<&String>) {
        let (above, leaf) = path.rsplit_once('/').unwrap_or(("acme", path));
        let group = self.add_group(above);
        let id = 101 + u64::try_from(self.projects.len()).unwrap_or(0);
        let age = self.dice.between(200, 1500) * DAY;
        let project = Project {
            id,
            group,
            name: display.cloned().unwrap_or_else(|| leaf.to_owned()),
            path: path.to_owned(),
            trade,
            archived: false,
            created: self.start - age,
            active: self.start - self.dice.between(1, 20) * DAY,
            next_iid: u64::try_from(self.dice.between(200, 4000)).unwrap_or(1),
            next_merge_request: u64::try_from(self.dice.between(300, 2300)).unwrap_or(1),
            pipelines: BTreeSet::new(),
            jobs: BTreeSet::new(),
        };
        self.by_path.insert(path.to_lowercase(), id);
        self.projects.insert(id, project);
        self.busy_projects.push(id);
    }

    fn add_pools(&mut self) {
        let scale = usize::try_from(self.scale).unwrap_or(1);
        let tiers = TIERS.iter().map(|tier| (tier.tag, tier.slots));
        for (tag, slots) in tiers.chain([(UNTIERED, 2)]) {
            self.pools.push(Pool {
                tags: one_tag(tag),
                slots: slots * scale,
                capacity: 1.0,
                runners: Vec::new(),
                queue: VecDeque::new(),
                running: 0,
                next: 0,
                shares: Vec::new(),
            });
        }
    }

    fn add_runners(&mut self) {
        let online = |description: String, tag, pool| Draft {
            description,
            tag,
            pool: Some(pool),
            presence: Presence::Online,
            paused: false,
            managers: 2,
        };
        for (place, tier) in TIERS.iter().enumerate() {
            for letter in ["a", "b"] {
                self.add_runner(online(format!("{}-{letter}", tier.tag), tier.tag, place));
            }
        }
        self.add_runner(online("mac-mini-rack".to_owned(), UNTIERED, TIERS.len()));
        let odd = [
            ("eks-sandbox-drain", "eks-sandbox", Presence::Online, true, 1),
            ("vm-standard-old", "eks-standard", Presence::Stale, false, 1),
            ("eks-protected-dr", "eks-protected", Presence::Offline, false, 1),
            ("gpu-pilot", "gpu-pilot", Presence::Never, false, 0),
        ];
        for (description, tag, presence, paused, managers) in odd {
            let description = description.to_owned();
            self.add_runner(Draft { description, tag, pool: None, presence, paused, managers });
        }
    }

    fn add_runner(&mut self, draft: Draft) {
        let number = u64::try_from(self.runners.len()).unwrap_or(0);
        let id = 501 + number;
        let old = draft.presence == Presence::Stale;
        let managers = (0_u64..).take(draft.managers).map(|place| Manager {
            id: 7001 + number * 10 + place,
            system: format!("r_{}", self.dice.sha().chars().take(12).collect::<String>()),
            version: if old { OLD_RUNNER_VERSION } else { RUNNER_VERSION },
            presence: draft.presence,
        });
        let managers = managers.collect();
        let runner = Runner {
            id,
            group: 11,
            short: self.dice.sha().chars().take(9).collect(),
            tags: one_tag(draft.tag),
            protected: draft.tag == "eks-protected",
            paused: draft.paused,
            locked: false,
            untagged: draft.tag == "eks-sandbox" && draft.pool.is_some(),
            presence: draft.presence,
            created: self.start - self.dice.between(30, 700) * DAY,
            silent: None,
            description: draft.description,
            managers,
            running: BTreeSet::new(),
        };
        if let Some(pool) = draft.pool.and_then(|place| self.pools.get_mut(place)) {
            pool.runners.push(id);
        }
        self.runners.insert(id, runner);
    }
}

/// A list of one tag.
pub(super) fn one_tag(tag: &str) -> Arc<[String]> {
    Arc::from([tag.to_owned()])
}
