//! What is asked of the register from the command line: a list, a new exception, a renewal, a revocation.

pub(in crate::cli) mod args;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use self::args::{
    Asking, ExceptionsExtend, ExceptionsList, ExceptionsRequest, ExceptionsRevoke, RecordLines,
};
use crate::cli::Surroundings;
use crate::cli::act;
use crate::cli::args::{Get, Global};
use crate::cli::exit::{Exit, Problem};
use crate::cli::get;
use crate::cli::ground::Ground;
use crate::cli::kind::Kind;
use crate::config::ExceptionSettings;
use crate::domain::{Flaw, FlawSeverity, Proposal, Record, TargetKind, Text, find_act};
use crate::register::draft::{Bench, Draft, KEYS};
use crate::register::{Entry, MOST_BYTES, Rules, UNNAMED, judged};

/// The register and what is asked of it.
pub(super) fn list(
    asked: &ExceptionsList,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let ExceptionsList { output, query, offline } = asked.clone();
    let get = Get { kind: Kind::Exceptions, output, query, offline, at: None, fail_on: None };
    get::run(&get, global, around)
}

/// Asks for an exception.
pub(super) fn request(
    asked: &ExceptionsRequest,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let ground = Ground::of(global, around)?;
    let settings = register(&ground)?;
    let (record, flaws) = match &asked.file {
        Some(path) => of_file(path, settings, &ground)?,
        None => of_lines(asked, settings, &ground),
    };
    let is_wrong = flaws.iter().any(|flaw| flaw.severity == FlawSeverity::Error);
    tell(&flaws, around)?;
    let Some(record) = record.filter(|_| !is_wrong) else {
        writeln!(
            around.err,
            "error: nothing was sent: the record breaks the rules of the register"
        )?;
        writeln!(
            around.err,
            "  hint: correct what stands above; docs/exceptions.md shows a whole record"
        )?;
        return Ok(Exit::Findings);
    };
    let proposal = proposal("exception.request", &record.id, &asked.asking)?;
    let proposal = Proposal { record: Some(Box::new(record)), ..proposal };
    carry_out(&asked.asking, &ground, proposal, around)
}

/// Asks for a renewal.
pub(super) fn extend(
    asked: &ExceptionsExtend,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let ground = Ground::of(global, around)?;
    register(&ground)?;
    // What is no end is a slip of the hand: GitLab need not be asked to tell it.
    crate::register::until(&asked.until, ground.clock.now())
        .map_err(|why| Problem::usage(why, "write --until 30d, or --until 2026-03-31"))?;
    let mut proposal = proposal("exception.extend", &asked.id, &asked.asking)?;
    proposal.settings.push(("until".into(), asked.until.as_str().into()));
    if !asked.approvers.is_empty() {
        let approvers = asked.approvers.join(",");
        proposal.settings.push(("approvers".into(), approvers.as_str().into()));
    }
    carry_out(&asked.asking, &ground, proposal, around)
}

/// Asks that an exception be taken back.
pub(super) fn revoke(
    asked: &ExceptionsRevoke,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let ground = Ground::of(global, around)?;
    register(&ground)?;
    let proposal = proposal("exception.revoke", &asked.id, &asked.asking)?;
    carry_out(&asked.asking, &ground, proposal, around)
}

fn register(ground: &Ground) -> Result<&ExceptionSettings, Problem> {
    ground.gitlab()?;
    ground.loaded.settings.exceptions.as_ref().ok_or_else(|| {
        let hint = "name the project that holds it: add an [exceptions] table; `watchfloor config example` shows one";
        Problem::usage("the register of exceptions is not configured", hint)
    })
}

fn proposal(act: &str, id: &str, asking: &Asking) -> Result<Proposal, Problem> {
    let unknown =
        || Problem::usage(format!("there is no act `{act}`"), "`watchfloor act` lists them");
    let act = find_act(act).ok_or_else(unknown)?;
    let target = TargetKind::Exception.read(id).ok_or_else(|| {
        let hint = "letters, digits, `-`, `_` and `.` between them, 64 at most: EXC-2026-014";
        Problem::usage(format!("`{}` is no id of a record", Text::new(id)), hint)
    })?;
    Ok(Proposal { reason: asking.reason.as_deref().map(Text::new), ..Proposal::new(act, target) })
}

fn carry_out(
    asking: &Asking,
    ground: &Ground,
    proposal: Proposal,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let asked = asking.as_act(proposal.act.name, &proposal.target.to_string());
    act::carry_out(&asked, ground, vec![proposal], around)
}

/// The record of a file, and what is wrong with it.
fn of_file(
    path: &Path,
    settings: &ExceptionSettings,
    ground: &Ground,
) -> Result<(Option<Record>, Vec<Flaw>), Problem> {
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|why| {
        let message = format!("{} cannot be read: {why}", path.display());
        Problem::usage(message, "name a file that holds one record")
    })?;
    Ok(match Entry::read(&path.display().to_string(), &bytes) {
        Err(flaws) => (None, flaws),
        Ok(entry) => {
            let rules = Rules::new(&settings.max_ttl, settings.max_renewals);
            let place = (settings.path.as_str(), &rules);
            let mut flaws = judged(&entry.record, &[], place, ground.clock.now());
            // What it renews, and under whose name it is asked for, is judged once GitLab was looked at.
            flaws.retain(|flaw| flaw.code != "renews-unknown");
            (Some(entry.record), flaws)
        }
    })
}

/// The record of the command line, and what is wrong with it.
fn of_lines(
    asked: &ExceptionsRequest,
    settings: &ExceptionSettings,
    ground: &Ground,
) -> (Option<Record>, Vec<Flaw>) {
    let rules = Rules::new(&settings.max_ttl, settings.max_renewals);
    let (folder, now) = (settings.path.as_str(), ground.clock.now());
    let bench = Bench { requester: UNNAMED, beside: &[], folder, rules: &rules, now };
    let judged = draft(asked).judge(&bench);
    let flaw = |(of, flaw): (Option<&'static str>, Flaw)| {
        // There is no file with lines: the flag is the place.
        let what =
            of.map_or_else(|| flaw.what.to_string(), |of| format!("--{}: {}", flag(of), flaw.what));
        Flaw {
            path: Text::new("the command line"),
            line: 0,
            column: 0,
            what: Text::new(&what),
            ..flaw
        }
    };
    (judged.record, judged.flaws.into_iter().map(flaw).collect())
}

/// The flag that gives a line of a record.
fn flag(key: &'static str) -> String {
    match key {
        "projects" | "environments" | "tiers" | "resources" | "packages" | "controls"
        | "approvers" | "artefacts" => key.trim_end_matches('s').to_owned(),
        "policies" => "policy".to_owned(),
        "beneficiaries" => "beneficiary".to_owned(),
        "starts_at" => "starts".to_owned(),
        "expires_at" => "expires".to_owned(),
        other => other.replace('_', "-"),
    }
}

fn draft(asked: &ExceptionsRequest) -> Draft {
    let mut draft = Draft::default();
    for key in KEYS {
        draft.set(key, &words(asked, key.name));
    }
    draft
}

/// What the command line says of a line.
fn words(asked: &ExceptionsRequest, key: &str) -> Vec<String> {
    let RecordLines {
        title,
        kind,
        projects,
        environments,
        tiers,
        resources,
        policies,
        packages,
        owner,
        justification,
        risk,
        residual_risk,
        controls,
        approvers,
        beneficiaries,
        starts_at,
        expires_at,
        ticket,
        artefacts,
        evidence,
    } = &asked.lines;
    let one = |words: &Option<String>| words.iter().cloned().collect();
    match key {
        "id" => one(&asked.id),
        "title" => one(title),
        "kind" => one(kind),
        "projects" => projects.clone(),
        "environments" => environments.clone(),
        "tiers" => tiers.clone(),
        "resources" => resources.clone(),
        "policies" => policies.clone(),
        "packages" => packages.clone(),
        "owner" => one(owner),
        "justification" => one(justification),
        "risk" => one(risk),
        "residual_risk" => one(residual_risk),
        "controls" => controls.clone(),
        "approvers" => approvers.clone(),
        "beneficiaries" => beneficiaries.clone(),
        "starts_at" => one(starts_at),
        "expires_at" => one(expires_at),
        "ticket" => one(ticket),
        "artefacts" => artefacts.clone(),
        "evidence" => evidence.clone(),
        _ => Vec::new(),
    }
}

/// Says what the rules say of a record.
fn tell(flaws: &[Flaw], around: &mut Surroundings<'_>) -> Result<(), Problem> {
    for Flaw { path, line, severity, what, code, cure, .. } in flaws {
        let place = if *line == 0 { path.to_string() } else { format!("{path}:{line}") };
        writeln!(around.err, "{place}: {severity}: {what} [{code}]")?;
        writeln!(around.err, "  hint: {cure}")?;
    }
    Ok(())
}
