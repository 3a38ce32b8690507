//! `cargo bench --bench ledger`: an act's intent and its outcome appended behind 100,000 records, each durable, and what
//! checking them costs.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use watchfloor::audit::{GENESIS, Ledger, Progress};
use watchfloor::domain::{Actor, Ending, Intent, Outcome, Text, Timestamp, Wire};
use watchfloor::runtime::Clock;

mod stage;

use stage::console::folder;
use stage::figures::{Table, Times};

/// How many records there are before: half of them open an act, half close one.
const RECORDS: u64 = 100_000;
/// How many acts are appended behind them.
const ACTS: u64 = 200;

fn main() -> Result<()> {
    let home = folder()?;
    let path = home.path().join("audit.db");
    let now = Clock::wall().now();
    drop(Ledger::open_at(&path)?);
    fill(&path, now)?;
    let mut checked = Times::default();
    let progress = checked.of(|| Ledger::sound(&path, Progress::default()))?;
    ensure!(progress.entries == RECORDS, "{progress:?}");
    let (mut opened, mut closed) = (Times::default(), Times::default());
    let mut ledger = Ledger::open_at(&path)?;
    for number in 0..ACTS {
        let intent = intent(number);
        let permit = opened.of(|| ledger.open(intent, now, now))??;
        let closing = permit.settle(done());
        closed.of(|| ledger.close(&closing, now))?;
    }
    let table = Table::titled(&format!("The ledger: {RECORDS} records before"))?;
    table.times("an intent appended, on disk", &opened, "")?;
    table.times("its outcome appended, on disk", &closed, "")?;
    table.times("the whole chain checked, before acts", &checked, "")?;
    Ok(())
}

fn intent(number: u64) -> Intent {
    let text = Text::new;
    Intent {
        act: "job.retry",
        target: text(&format!("acme/new#{number}")),
        settings: Vec::new(),
        actor: Actor {
            platform: text("gitlab"),
            user: text("a.poe"),
            os_user: text("apoe"),
            host: text("desk"),
        },
        reason: Some(text("flaky runner")),
        wire: Wire { method: text("POST"), url: text("https://gitlab.example.com/api/v4/x") },
    }
}

fn done() -> Outcome {
    Outcome { ending: Ending::Done, status: Some(201), message: None }
}

/// Writes the records as the ledger would, in one transaction: durable one by one they would take minutes.
fn fill(path: &Path, now: Timestamp) -> Result<()> {
    let mut connection = Connection::open(path)?;
    let transaction = connection.transaction()?;
    let mut previous = GENESIS.to_owned();
    for seq in 1..=RECORDS {
        let is_opening = seq % 2 == 1;
        let target = format!("acme/old#{seq}");
        let body = if is_opening {
            json!({
                "kind": "open", "seq": seq, "at": now, "act": "job.retry", "target": target, "settings": [],
                "actor": {"platform": "gitlab", "user": "a.poe", "os_user": "apoe", "host": "desk"},
                "reason": "flaky runner",
                "request": {"method": "POST", "url": "https://gitlab.example.com/api/v4/x"},
            })
        } else {
            json!({
                "kind": "close", "seq": seq, "of": seq - 1, "at": now, "state": "done", "status": 201, "message": null,
            })
        };
        let body = body.to_string();
        let hash = digest(&previous, &body)?;
        let place = i64::try_from(seq).context("a place")?;
        let (act, target) = (is_opening.then_some("job.retry"), is_opening.then_some(target));
        let closes = (!is_opening).then_some(place - 1);
        transaction
            .prepare_cached(
                "INSERT INTO entries (seq, previous, hash, body, act, target, closes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![place, previous, hash, body, act, target, closes])?;
        previous = hash;
    }
    transaction.commit()?;
    Ok(())
}

/// SHA-256 over the digest before, a line end and the body, hexadecimal.
fn digest(previous: &str, body: &str) -> Result<String> {
    let digest = Sha256::digest([previous.as_bytes(), b"\n", body.as_bytes()].concat());
    let mut hex = String::with_capacity(64);
    for byte in digest {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}
