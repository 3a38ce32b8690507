//! `access review`: campaigns of access reviews on the command line.

pub(super) mod args;
mod decide;
mod folder;
mod print;
mod stand;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use self::args::{
    AccessPage, ReviewExport, ReviewMerge, ReviewPage, ReviewSign, ReviewStart, ReviewStatus,
    ReviewVerify,
};
use self::stand::Stand;
use super::Surroundings;
use super::args::Global;
use super::exit::{Exit, Problem};
use crate::access::campaign::{Refused, SignAsk};
use crate::access::export;
use crate::domain::Text;
use crate::domain::access::Population;
use crate::runtime::review::{Plan, ReviewFault, Reviews};

/// Does what is asked about access.
pub(super) fn run(
    page: &AccessPage,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let AccessPage::Review(page) = page;
    let stand = Stand::of(global, around)?;
    match page {
        ReviewPage::Start(asked) => start(asked, &stand, around),
        ReviewPage::Status(asked) => status(asked, &stand, around),
        ReviewPage::Decide(asked) => decide::decide(asked, &stand, around),
        ReviewPage::Sign(asked) => sign(asked, &stand, around),
        ReviewPage::Merge(asked) => merge(asked, &stand, around),
        ReviewPage::Verify(asked) => verify(asked, &stand, around),
        ReviewPage::Export(asked) => write(asked, &stand, around),
    }
}

fn start(
    asked: &ReviewStart,
    stand: &Stand,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let (population, records) = match &asked.population {
        Some(path) => (population(path)?, Vec::new()),
        None => stand.read(around)?,
    };
    let by = stand.reviewer(&asked.stated, around)?;
    let campaign = Text::new(&asked.id);
    let name = asked.name.as_deref().map_or_else(|| campaign.clone(), Text::new);
    // It begins with what was read, which takes minutes.
    let plan = Plan { campaign, name, due: asked.due, by, at: stand.present() };
    let mut reviews = Reviews::open_at(&stand.path).map_err(|error| problem(&error.into()))?;
    let opened = reviews.start(plan, population, &stand.limits, &records);
    let opened = opened.map_err(|fault| problem(&fault))?;
    print::status(&opened.campaign, around.out)?;
    Ok(Exit::Done)
}

/// Reads a population from a file.
fn population(path: &Path) -> Result<Population, Problem> {
    let hint = "docs/access-review.md tells what a population holds";
    let wrong =
        |why: String| Problem::usage(format!("{} is no population: {why}", path.display()), hint);
    let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
}

fn status(
    asked: &ReviewStatus,
    stand: &Stand,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let reviews = Reviews::read_at(&stand.path).map_err(|error| problem(&error.into()))?;
    let opened = reviews.open(asked.which.campaign.as_deref()).map_err(|fault| problem(&fault))?;
    match asked.output {
        super::args::CheckOutput::Text => print::status(&opened.campaign, around.out)?,
        super::args::CheckOutput::Json => print::json(&opened.campaign, stand.now, around.out)?,
    }
    Ok(Exit::Done)
}

fn sign(asked: &ReviewSign, stand: &Stand, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    let by = stand.reviewer(&asked.stated, around)?;
    let mut reviews = stand.reviews()?;
    let mut opened =
        reviews.open(asked.which.campaign.as_deref()).map_err(|fault| problem(&fault))?;
    let (role, text) = (Text::new(&asked.role), Text::new(&asked.text));
    let (who, left_open) = (by.username.clone(), asked.leaving_open);
    let ask = SignAsk { by, role, text, left_open, at: stand.now };
    reviews.sign(&mut opened, &ask).map_err(|fault| problem(&fault))?;
    let campaign = &opened.campaign.start.campaign;
    writeln!(around.out, "{campaign} is signed off by {who}, with {left_open} items left open")?;
    writeln!(around.err, "note: a sign-off is a statement by name, no cryptographic signature")?;
    Ok(Exit::Done)
}

fn merge(
    asked: &ReviewMerge,
    stand: &Stand,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let by = stand.reviewer(&asked.stated, around)?;
    let files = folder::read(&asked.folder)?;
    let mut reviews = Reviews::open_at(&stand.path).map_err(|error| problem(&error.into()))?;
    let merged = reviews.merge(&files, &by, stand.now).map_err(|fault| problem(&fault))?;
    if merged.is_adopted {
        writeln!(around.out, "the campaign was not known here and begins with this export")?;
    }
    let news = merged.news;
    writeln!(
        around.out,
        "{news} decisions and sign-offs are news, marked as claimed by their reviewers"
    )?;
    if merged.in_own_name > 0 {
        writeln!(
            around.err,
            "note: {} of them bear your own name and were not decided here: look at them; what you decided here\n  \
             before stays, and where they differ from it the stricter word counts",
            merged.in_own_name
        )?;
    }
    Ok(Exit::Done)
}

fn verify(
    asked: &ReviewVerify,
    stand: &Stand,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let Some(folder) = &asked.folder else { return chain(stand, around) };
    let verified = export::verify(&folder::read(folder)?);
    for check in &verified.checks {
        match &check.wrong {
            None => writeln!(around.out, "ok    {}", check.what)?,
            Some(wrong) => writeln!(around.out, "fail  {}: {wrong}", check.what)?,
        }
    }
    if let Some(manifest) = &verified.manifest {
        writeln!(around.out, "the manifest's SHA-256 is {manifest}")?;
        writeln!(
            around.err,
            "note: hold it against the one that was noted when the export was written: who writes\n  all files anew writes a manifest that fits them"
        )?;
    }
    Ok(if verified.holds() { Exit::Done } else { Exit::Findings })
}

/// Checks the file of this machine.
fn chain(stand: &Stand, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    let reviews = Reviews::read_at(&stand.path).map_err(|error| problem(&error.into()))?;
    let (broken, flaws) = reviews.verify().map_err(|fault| problem(&fault))?;
    match &broken {
        None => writeln!(around.out, "ok    the chain of reviews is unbroken")?,
        Some(broken) => writeln!(around.out, "fail  link {}: {}", broken.seq, broken.why)?,
    }
    for flaw in &flaws {
        writeln!(around.out, "fail  what guards it does not hold: {flaw}")?;
    }
    writeln!(
        around.err,
        "note: its end is unanchored: an export kept elsewhere tells where it was"
    )?;
    Ok(if broken.is_none() && flaws.is_empty() { Exit::Done } else { Exit::Findings })
}

fn write(
    asked: &ReviewExport,
    stand: &Stand,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let reviews = Reviews::read_at(&stand.path).map_err(|error| problem(&error.into()))?;
    let opened = reviews.open(asked.which.campaign.as_deref()).map_err(|fault| problem(&fault))?;
    let files = reviews.export(&opened, stand.now).map_err(|fault| problem(&fault))?;
    folder::write(&asked.folder, &files)?;
    let manifest = files.last().map(|file| crate::access::campaign::digest(&file.bytes));
    writeln!(around.out, "{} files in {}", files.len(), asked.folder.display())?;
    writeln!(around.out, "the manifest's SHA-256 is {}", manifest.unwrap_or_default())?;
    Ok(Exit::Done)
}

/// What to do where the file says something else than was written.
const BROKEN: &str =
    "nothing was recorded; `watchfloor access review verify` names what does not hold";

/// What went wrong with a campaign, with what to do next.
fn problem(fault: &ReviewFault) -> Problem {
    if let ReviewFault::Refused(Refused::Open { open }) = fault {
        let hint = format!("nothing was recorded; knowingly left open: --leaving-open {open}");
        return Problem::new(Exit::Findings, fault, hint);
    }
    let (exit, hint) = match fault {
        ReviewFault::File(error) if error.is_absent() => (
            Exit::Usage,
            "`watchfloor access review start` begins a campaign; --state-dir names another folder",
        ),
        ReviewFault::File(error) if error.is_broken() => (Exit::Findings, BROKEN),
        ReviewFault::File(_) => (
            Exit::Usage,
            "check the file, its folder, and who may read them; `watchfloor access review verify`",
        ),
        ReviewFault::NoCampaign(_) => (Exit::Usage, "`watchfloor access review start` begins one"),
        ReviewFault::Known(_) | ReviewFault::Misnamed(_) => (Exit::Usage, "choose another id"),
        ReviewFault::Past(_) => (Exit::Usage, "name an instant to come, or none"),
        ReviewFault::Doubled(_) => {
            (Exit::Usage, "each principal and each grant has an id of its own")
        }
        ReviewFault::Refused(_) => (
            Exit::Findings,
            "nothing was recorded; `watchfloor access review status` tells how it stands",
        ),
        ReviewFault::Merge(_) | ReviewFault::Unsound(_) => (
            Exit::Findings,
            "nothing was taken in; `watchfloor access review verify FOLDER` checks an export",
        ),
        ReviewFault::Broken(_) => (Exit::Findings, BROKEN),
        ReviewFault::Busy => (Exit::Findings, "nothing was recorded; try again"),
        ReviewFault::Export(_) | ReviewFault::Frozen(_) => {
            (Exit::Findings, "`watchfloor access review verify` checks the file of reviews")
        }
    };
    Problem::new(exit, fault, hint)
}
