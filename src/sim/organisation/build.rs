//! The organisation from its file: paths become ids, days become instants, tokens get their bots.

use std::collections::{BTreeMap, HashMap};

use super::cluster;
use super::file::{File, Project as Told, Token as Written, User};
use super::model::{
    Account, AccountKind, DeployKey, DeployToken, Invitation, Membership, Organisation, Place,
    Push, Role, SamlLink, Settings, Share, Token, TokenKind, Trigger, Variable,
};
use crate::sim::clock::{self, Millis};
use crate::sim::world::{Group, Project, Runner};

const DAY: Millis = 86_400_000;
/// The first id of what gets one in the order of the file.
const FIRST_BOT: u64 = 3_001;
const FIRST_MEMBERSHIP: u64 = 50_001;
const FIRST_TOKEN: u64 = 9_201;
const FIRST_OTHER: u64 = 601;

/// What the organisation stands on.
pub(crate) struct Ground<'a> {
    pub(crate) start: Millis,
    pub(crate) groups: &'a BTreeMap<u64, Group>,
    pub(crate) projects: &'a BTreeMap<u64, Project>,
    pub(crate) runners: &'a BTreeMap<u64, Runner>,
}

impl Organisation {
    /// The organisation of a file. What it says of places that are not there is left out.
    pub(crate) fn new(file: &File, ground: &Ground<'_>) -> Self {
        let groups = ground.groups.values();
        let groups = groups.map(|one| (one.path.clone(), Place::Group(one.id)));
        let projects = ground.projects.values();
        let projects = projects.map(|one| (one.path.clone(), Place::Project(one.id)));
        let mut builder = Builder {
            made: Self::default(),
            places: groups.chain(projects).collect(),
            ground,
            memberships: FIRST_MEMBERSHIP,
            bots: FIRST_BOT,
        };
        builder.accounts(file);
        builder.rights(file);
        builder.tokens(file);
        builder.keys(file);
        builder.pending(file);
        builder.settings(file);
        cluster::read(&mut builder.made, &file.cluster, ground.start);
        builder.made.iam_roles = cluster::roles(&file.iam_role, ground.start);
        builder.made
    }
}

struct Builder<'a> {
    made: Organisation,
    places: HashMap<String, Place>,
    ground: &'a Ground<'a>,
    memberships: u64,
    bots: u64,
}

impl Builder<'_> {
    fn ago(&self, days: f64) -> Millis {
        self.ground.start - clock::millis(days * 86_400.0)
    }

    /// The midnight at which something ends.
    fn end(&self, days: Option<f64>) -> Option<Millis> {
        let at = self.ground.start + clock::millis(days? * 86_400.0);
        Some(at - at.rem_euclid(DAY))
    }

    fn place(&self, path: &str) -> Option<Place> {
        self.places.get(path).copied()
    }

    fn group(&self, path: &str) -> Option<u64> {
        match self.place(path)? {
            Place::Group(id) => Some(id),
            Place::Project(_) => None,
        }
    }

    fn project(&self, path: &str) -> Option<u64> {
        match self.place(path)? {
            Place::Project(id) => Some(id),
            Place::Group(_) => None,
        }
    }

    fn user(&self, login: &str) -> Option<u64> {
        self.made.account_of(login).map(|one| one.id)
    }

    fn role(&self, name: Option<&String>) -> Option<u64> {
        let name = name?;
        self.made.roles.values().find(|role| role.name == *name).map(|role| role.id)
    }

    fn accounts(&mut self, file: &File) {
        for user in &file.user {
            let account = self.account(user);
            self.made.accounts.insert(user.id, account);
        }
        // Whoever made an account may stand behind it in the file.
        for user in &file.user {
            let by = user.by.as_deref().and_then(|login| self.user(login));
            if let Some(account) = self.made.accounts.get_mut(&user.id) {
                account.created_by = by;
            }
        }
    }

    fn account(&self, user: &User) -> Account {
        let usual = || format!("{}@acme.example", user.username);
        Account {
            id: user.id,
            username: user.username.clone(),
            name: user.name.clone(),
            kind: user.kind,
            state: user.state.clone(),
            external: user.external,
            admin: user.admin,
            auditor: user.auditor,
            two_factor: user.kind == AccountKind::Person,
            email: user.email.clone().unwrap_or_else(usual),
            created: self.ago(user.since),
            created_by: None,
            active: user.used.map(|days| self.ago(days)),
            saml: user.saml,
            scim: user.scim,
            home: user.home.as_deref().and_then(|path| self.group(path)),
        }
    }

    fn rights(&mut self, file: &File) {
        for role in &file.role {
            let (name, abilities) = (role.name.clone(), role.abilities.clone());
            let role = Role { id: role.id, name, base: role.base, abilities };
            self.made.roles.insert(role.id, role);
        }
        for members in &file.members {
            let Some(place) = self.place(&members.of) else { continue };
            for login in &members.users {
                let Some(user) = self.user(login) else { continue };
                let membership = Membership {
                    id: 0,
                    place,
                    user,
                    level: members.level,
                    role: self.role(members.role.as_ref()),
                    created: self.ago(members.since),
                    created_by: members.by.as_deref().and_then(|login| self.user(login)),
                    expires: self.end(members.ends),
                };
                self.join(membership);
            }
        }
        for share in &file.share {
            let places = self.place(&share.of).zip(self.group(&share.with));
            let Some((place, group)) = places else { continue };
            let (level, expires) = (share.level, self.end(share.ends));
            self.made.shares.push(Share { place, group, level, expires });
        }
        for link in &file.saml_link {
            let Some(group) = self.group(&link.group) else { continue };
            let (name, role) = (link.name.clone(), self.role(link.role.as_ref()));
            self.made.links.push(SamlLink { group, name, level: link.level, role });
        }
    }

    fn join(&mut self, mut membership: Membership) {
        membership.id = self.memberships;
        self.memberships += 1;
        self.made.memberships.insert((membership.place, membership.user), membership);
    }

    fn tokens(&mut self, file: &File) {
        for (token, next) in file.token.iter().zip(FIRST_TOKEN..) {
            let place = self.place(&token.of);
            let (kind, user) = match place {
                Some(place) => (TokenKind::Resource(place), self.bot(token, place)),
                None => match self.user(&token.of) {
                    Some(user) => (TokenKind::Personal, user),
                    None => continue,
                },
            };
            let made = Token {
                id: token.id.unwrap_or(next),
                kind,
                user,
                name: token.name.clone(),
                scopes: token.scopes.clone(),
                level: token.level,
                created: self.ago(token.made),
                expires: self.end(token.ends),
                used: token.used.map(|days| self.ago(days)),
                revoked: token.revoked,
            };
            self.made.tokens.insert(made.id, made);
        }
    }

    /// The bot of a token of a project or group: the one that is named, or one of its own, which becomes a member.
    fn bot(&mut self, token: &Written, place: Place) -> u64 {
        if let Some(known) = token.bot.as_deref().and_then(|login| self.user(login)) {
            return known;
        }
        let id = self.bots;
        self.bots += 1;
        let (word, number) = match place {
            Place::Group(id) => ("group", id),
            Place::Project(id) => ("project", id),
        };
        let username = format!("{word}_{number}_bot_{:08x}", id.wrapping_mul(2_654_435_761));
        let created_by = token.by.as_deref().and_then(|login| self.user(login));
        let account = Account {
            id,
            name: token.name.clone(),
            kind: AccountKind::TokenBot,
            state: "active".to_owned(),
            external: false,
            admin: false,
            auditor: false,
            two_factor: false,
            email: format!("{username}@noreply.gitlab.acme.example"),
            username,
            created: self.ago(token.made),
            created_by,
            active: token.used.map(|days| self.ago(days)),
            saml: false,
            scim: None,
            home: None,
        };
        self.made.accounts.insert(id, account);
        self.join(Membership {
            id: 0,
            place,
            user: id,
            level: token.level,
            role: None,
            created: self.ago(token.made),
            created_by,
            expires: self.end(token.ends),
        });
        id
    }

    fn keys(&mut self, file: &File) {
        for (token, id) in file.deploy_token.iter().zip(FIRST_OTHER..) {
            let Some(place) = self.place(&token.of) else { continue };
            let (name, scopes) = (token.name.clone(), token.scopes.clone());
            let (expires, revoked) = (self.end(token.ends), token.revoked);
            let made = DeployToken { id, place, name, scopes, expires, revoked };
            self.made.deploy_tokens.insert(id, made);
        }
        for (key, id) in file.deploy_key.iter().zip(FIRST_OTHER..) {
            let of = |paths: &[String], push: Push| -> Vec<(u64, Push)> {
                paths.iter().filter_map(|path| Some((self.project(path)?, push))).collect()
            };
            let mut projects = of(&key.reads, Push::Denied);
            projects.extend(of(&key.pushes, Push::Allowed));
            let made = DeployKey {
                id,
                title: key.title.clone(),
                projects: projects.into_iter().collect(),
                created: self.ago(key.made),
                expires: self.end(key.ends),
                used: key.used.map(|days| self.ago(days)),
            };
            self.made.deploy_keys.insert(id, made);
        }
        for (trigger, id) in file.trigger.iter().zip(FIRST_OTHER..) {
            let known = self.project(&trigger.of).zip(self.user(&trigger.owner));
            let Some((project, owner)) = known else { continue };
            let made = Trigger {
                id,
                project,
                description: trigger.description.clone(),
                owner,
                created: self.ago(trigger.made),
                expires: self.end(trigger.ends),
                used: trigger.used.map(|days| self.ago(days)),
            };
            self.made.triggers.insert(id, made);
        }
    }

    fn pending(&mut self, file: &File) {
        for (invitation, id) in file.invitation.iter().zip(FIRST_OTHER..) {
            let by = invitation.by.as_deref().and_then(|login| self.user(login));
            let known = self.place(&invitation.of).zip(by);
            let Some((place, created_by)) = known else { continue };
            self.made.invitations.push(Invitation {
                id,
                place,
                email: invitation.email.clone(),
                level: invitation.level,
                created: self.ago(invitation.made),
                created_by,
                expires: self.end(invitation.ends),
            });
        }
        for request in &file.request {
            let known = self.place(&request.of).zip(self.user(&request.user));
            if let Some(key) = known {
                let at = self.ago(request.made);
                self.made.requests.insert(key, at);
            }
        }
        for (variable, id) in file.variable.iter().zip(FIRST_OTHER..) {
            let Some(place) = self.place(&variable.of) else { continue };
            self.made.variables.push(Variable {
                id,
                place,
                key: variable.key.clone(),
                value: variable.value.clone(),
                protected: variable.protected,
                masked: variable.masked,
                scope: variable.scope.clone(),
            });
        }
    }

    fn settings(&mut self, file: &File) {
        let told: HashMap<&str, &Told> =
            file.project.iter().map(|one| (one.path.as_str(), one)).collect();
        for project in self.ground.projects.values() {
            let settings = self.settings_of(file, told.get(project.path.as_str()).copied());
            self.made.settings.insert(project.id, settings);
        }
        let open = file.group.iter().filter(|group| group.one_factor);
        self.made.one_factor = open.filter_map(|group| self.group(&group.path)).collect();
        for runner in self.ground.runners.values() {
            let told = file.runner.iter().find(|told| told.description == runner.description);
            if let Some(end) = told.and_then(|told| self.end(told.token_ends)) {
                self.made.runner_ends.insert(runner.id, end);
            }
        }
    }

    fn settings_of(&self, file: &File, told: Option<&Told>) -> Settings {
        let usual = &file.usual;
        let branches = told.and_then(|told| told.branches.as_ref()).unwrap_or(&usual.branches);
        let environments =
            told.and_then(|told| told.environments.as_ref()).unwrap_or(&usual.environments);
        let projects = told.map_or(&[][..], |told| &told.allowed_projects);
        let groups = told.map_or(&[][..], |told| &told.allowed_groups);
        Settings {
            branches: branches.clone(),
            tags: usual.tags.clone(),
            environments: environments.clone(),
            author_approval: told.is_some_and(|told| told.author_approval),
            inbound: !told.is_some_and(|told| told.open_to_job_tokens),
            allowed_projects: projects.iter().filter_map(|path| self.project(path)).collect(),
            allowed_groups: groups.iter().filter_map(|path| self.group(path)).collect(),
        }
    }
}
