//! [`Stand`]: what a command about reviews stands on: the file, the thresholds, the clock, and who asks.

use std::path::PathBuf;

use super::args::Stated;
use super::problem;
use crate::access::Limits;
use crate::access::campaign::{Reviewer, Vouch};
use crate::action::Desk;
use crate::cli::Surroundings;
use crate::cli::args::Global;
use crate::cli::exit::{Exit, Problem};
use crate::cli::ground::{Ground, tasks};
use crate::cli::kind::Kind;
use crate::cli::look;
use crate::config::{LoadError, LoadRequest, Loaded, Places, Settings};
use crate::domain::access::Population;
use crate::domain::{Origin, Record, Text, Timestamp};
use crate::runtime;
use crate::runtime::Clock;
use crate::runtime::review::Reviews;

/// What a command about reviews stands on.
pub(super) struct Stand {
    /// Where the file of reviews is.
    pub(super) path: PathBuf,
    /// The thresholds of the rules.
    pub(super) limits: Limits,
    /// The instant of the command.
    pub(super) now: Timestamp,
    /// The configuration, where there is one.
    ground: Option<Ground>,
}

impl Stand {
    /// Loads the configuration, where there is one: none is needed.
    pub(super) fn of(global: &Global, around: &Surroundings<'_>) -> Result<Stand, Problem> {
        let environment = around.environment.clone();
        let request = LoadRequest { overrides: global.overrides(), environment };
        let loaded: Loaded = match Settings::load(&request) {
            Ok(loaded) => loaded,
            Err(error @ LoadError::NoConfig(_)) if global.config.is_none() => {
                let places = Places::of(&request).ok_or(error)?;
                let now = global.now.unwrap_or_else(|| Clock::wall().now());
                let (path, limits) = (places.review_db(), Limits::default());
                return Ok(Stand { path, limits, now, ground: None });
            }
            Err(error) => return Err(error.into()),
        };
        let ground = Ground::on(loaded, global, &around.environment)?;
        let path = ground.loaded.places.review_db();
        let limits = ground.loaded.settings.access.limits();
        Ok(Stand { path, limits, now: ground.clock.now(), ground: Some(ground) })
    }

    /// The present instant, which is later than the command's where something was read.
    pub(super) fn present(&self) -> Timestamp {
        self.ground.as_ref().map_or(self.now, |ground| ground.clock.now())
    }

    /// The rights on the platforms as they are now, with the records of the register. What of an earlier reading is not old is
    /// not read again; what could not be read is in the population with its reason.
    pub(super) fn read(
        &self,
        around: &mut Surroundings<'_>,
    ) -> Result<(Population, Vec<Record>), Problem> {
        let Some(ground) = &self.ground else {
            let hint = "add a [gitlab] table, or name a population that another program has read with --population FILE";
            return Err(Problem::usage("nothing is configured whose rights could be read", hint));
        };
        ground.gitlab()?;
        let sight = look::look(ground, &Kind::Grants.asked(), Origin::Live, around)?;
        let Some(population) = sight.state.population() else {
            let hint = "`watchfloor check` tells what is out of reach; nothing was started";
            return Err(Problem::new(Exit::Unreachable, "no rights could be read", hint));
        };
        let records = sight.state.exceptions().iter().map(|(_, row)| row.value.record.clone());
        Ok((Population::clone(population), records.collect()))
    }

    /// The file of reviews, which must be there already, to be written to.
    pub(super) fn reviews(&self) -> Result<Reviews, Problem> {
        Reviews::read_at(&self.path).map_err(|error| problem(&error.into()))?;
        Reviews::open_at(&self.path).map_err(|error| problem(&error.into()))
    }

    /// Who asks: whoever GitLab says that the token stands for; where no GitLab is configured, whoever they say.
    pub(super) fn reviewer(
        &self,
        stated: &Stated,
        around: &Surroundings<'_>,
    ) -> Result<Reviewer, Problem> {
        let gitlab = self.ground.as_ref().filter(|ground| ground.loaded.settings.gitlab.is_some());
        match (gitlab, &stated.username) {
            (None, Some(username)) => {
                Ok(Reviewer { username: Text::new(username), vouched: Vouch::Stated })
            }
            (None, None) => {
                let hint = "add a [gitlab] table: who decides is whoever its token stands for";
                Err(Problem::usage("nobody tells who decides", hint))
            }
            (Some(_), Some(_)) => {
                let hint = "leave --as out: who decides is whoever the token stands for";
                Err(Problem::usage("--as is refused where GitLab is configured", hint))
            }
            (Some(ground), None) => of_token(ground, around),
        }
    }
}

/// Whoever the token stands for, by GitLab's own answer.
fn of_token(ground: &Ground, around: &Surroundings<'_>) -> Result<Reviewer, Problem> {
    let wiring = look::wiring(ground, ground.gitlab()?, &around.environment);
    let wiring = wiring.map_err(|error| Problem::usage(&error, error.hint()))?;
    // Nobody but GitLab is asked.
    let mut settings = ground.loaded.settings.clone();
    settings.clusters.clear();
    settings.alertmanager = None;
    let ledger = ground.loaded.places.audit_db();
    let desk = Desk::new(&settings, &ledger, runtime::person::who(), wiring);
    let identities = tasks()?.block_on(desk.identities());
    let of_gitlab = identities.into_iter().find(|one| &*one.platform == "gitlab");
    let user = of_gitlab.map_or_else(|| Err(Text::new("it was not asked")), |one| one.user);
    match user {
        Ok(username) => Ok(Reviewer { username, vouched: Vouch::Token }),
        Err(why) => {
            let message = format!("GitLab does not tell who decides: {why}");
            let hint = "a token of a person with `read_user`, `read_api` or `api` tells; see `watchfloor check`";
            Err(Problem::new(Exit::Unreachable, message, hint))
        }
    }
}
