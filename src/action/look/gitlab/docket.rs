//! Looking at an exception before it is asked for, extended or revoked: its file, what it renews, and what earlier
//! requests about it left behind.

use super::Sight;
use super::right::{DEVELOPER, note_role};
use crate::api::Error;
use crate::api::gitlab::FileAt;
use crate::config::ExceptionSettings;
use crate::domain::act::{Docket, KeptFile, LeftBranch};
use crate::domain::time::instant_utc;
use crate::domain::{Artefact, Record, Seen, Text};
use crate::register::{Entry, renewal_id};

/// The state of what is not in the register.
pub(in crate::action) const ABSENT: &str = "not in the register";

/// So many records of a chain are read at most.
const LONGEST_CHAIN: usize = 12;

/// What is asked for about a record: it names the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::action) enum Ask {
    /// That it be put into the register.
    Record,
    /// That it be taken back.
    Revocation,
}

/// The branch on which something is asked for about the record of an id: the same for the same, so that what was half
/// made is found again.
pub(in crate::action) fn branch_of(id: &str, ask: Ask) -> String {
    let what = match ask {
        Ask::Record => "request",
        Ask::Revocation => "revocation",
    };
    format!("exceptions/{id}-{what}")
}

impl Sight {
    /// Looks at the exception of an id.
    pub(in crate::action) async fn look_at_exception(
        &self,
        id: &Text,
        register: &ExceptionSettings,
    ) -> Result<Seen, Error> {
        let place = self.place(&register.project).await?;
        let standing = self.standing().await;
        let kept = self.kept(id, register).await?;
        let record = kept.as_ref().and_then(|kept| Some(&kept.as_ref().ok()?.record));
        let chain = match record {
            Some(record) => self.chain(record, register).await?,
            None => Vec::new(),
        };
        let mut left = self.left(id, register).await?;
        left.extend(self.left(&renewal_id(id), register).await?);
        let own = standing.own.as_ref().map(|own| own.username.clone()).map_err(Text::clone);
        let mut seen = described(id, kept.as_ref(), &left);
        standing.note_scopes(&mut seen);
        note_role(&self.reader, (&place, &standing.own), DEVELOPER, &mut seen).await;
        let docket = Docket { kept, chain, left, own: Some(own) };
        Ok(Seen { docket: Some(docket.into()), ..seen })
    }

    /// The file of a record on the register's branch. It bears the id as its name; in which folder is its own affair.
    async fn kept(
        &self,
        id: &str,
        register: &ExceptionSettings,
    ) -> Result<Option<Result<KeptFile, Text>>, Error> {
        let ExceptionSettings { project, reference, path: folder, .. } = register;
        let folder = folder.trim_end_matches('/');
        let usual = format!("{folder}/{id}.yaml");
        if let Some(file) = self.reader.file_on(project, &usual, reference).await? {
            return Ok(Some(kept(&usual, file)));
        }
        let files = match self.reader.files_of(project, reference, folder).await {
            Ok(files) => files,
            // Nothing was ever put there.
            Err(error) if error.kind == crate::domain::FailureKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let is_it = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) == Some(id)
        };
        let Some(found) = files.into_iter().find(|file| is_it(&file.path)) else { return Ok(None) };
        let file = self.reader.file_on(project, &found.path, reference).await?;
        Ok(file.map(|file| kept(&found.path, file)))
    }

    /// The records that one renews, the newest first, as far as they are there.
    async fn chain(
        &self,
        record: &Record,
        register: &ExceptionSettings,
    ) -> Result<Vec<Record>, Error> {
        let mut chain: Vec<Record> = Vec::new();
        let mut next = record.renews.clone();
        while let Some(id) = next.take() {
            let is_circle = id == record.id || chain.iter().any(|known| known.id == id);
            if is_circle || chain.len() >= LONGEST_CHAIN {
                break;
            }
            if let Some(Ok(kept)) = self.kept(&id, register).await? {
                next.clone_from(&kept.record.renews);
                chain.push(kept.record);
            }
        }
        Ok(chain)
    }

    /// The branches that were made for the record of an id, each with what it would leave there.
    async fn left(&self, id: &str, register: &ExceptionSettings) -> Result<Vec<LeftBranch>, Error> {
        let ExceptionSettings { project, reference, path: folder, .. } = register;
        let known = self.reader.branches_with(project, &format!("exceptions/{id}-")).await?;
        let mut left = Vec::new();
        for ask in [Ask::Record, Ask::Revocation] {
            let name = branch_of(id, ask);
            if !known.iter().any(|branch| **branch == *name) {
                continue;
            }
            let requests = self.reader.requests_from(project, &name, reference).await?;
            let on_branch = ExceptionSettings { reference: name.clone(), ..register.clone() };
            let file =
                match self.reader.file_on(project, &format!("{folder}/{id}.yaml"), &name).await? {
                    Some(file) => Some(kept(folder, file)),
                    None => Box::pin(self.kept(id, &on_branch)).await?,
                };
            let record = file.and_then(Result::ok).map(|file| file.record);
            left.push(LeftBranch { name: Text::new(&name), record, requests });
        }
        Ok(left)
    }
}

fn kept(path: &str, file: FileAt) -> Result<KeptFile, Text> {
    let wrong = |what: &str| Text::new(&format!("{path} cannot be read: {what}"));
    let text = String::from_utf8(file.bytes).map_err(|_| wrong("it is no UTF-8"))?;
    let record = Entry::read(path, text.as_bytes())
        .map_err(|flaws| wrong(flaws.first().map_or("it is no record", |flaw| &flaw.what)))?
        .record;
    Ok(KeptFile { path: Text::new(path), text, last_commit: file.last_commit, record })
}

/// What is known of an exception that matters to whoever asks for something about it.
fn described(id: &Text, kept: Option<&Result<KeptFile, Text>>, left: &[LeftBranch]) -> Seen {
    let absent = Text::new(ABSENT);
    let mut seen = match kept {
        None => Seen::new(id.clone(), absent),
        Some(Err(why)) => Seen::new(id.clone(), why.clone()),
        Some(Ok(kept)) => {
            let record = &kept.record;
            let state = format!("in the register until {}", instant_utc(record.expires_at.at));
            let mut seen = Seen::new(record.title.clone(), Text::new(&state));
            let mut note = |name: &str, told: &str| seen.facts.push((name.into(), told.into()));
            note("file", &kept.path);
            note("kind", record.kind.name());
            note("requester", &record.requester);
            let artefacts = &record.artefacts;
            if artefacts.is_empty() {
                note("in force by", "its record names nothing");
            }
            for one in artefacts {
                note("in force by", &told(one));
            }
            seen
        }
    };
    for branch in left {
        let told = match branch.requests.first() {
            Some(one) => format!("{}, !{} is {}", branch.name, one.iid, one.state),
            None => format!("{}, without a merge request", branch.name),
        };
        seen.facts.push((Text::new("branch"), Text::new(&told)));
    }
    // It changes nothing by itself: whoever approves the merge request decides.
    Seen { protected: Some(false), ..seen }
}

/// An artefact in one line.
fn told(artefact: &Artefact) -> String {
    let Artefact { tool, project, cluster, path, rule } = artefact;
    let parts = [Some(tool), project.as_ref().or(cluster.as_ref()), path.as_ref(), rule.as_ref()];
    parts.into_iter().flatten().map(Text::as_str).collect::<Vec<_>>().join(" ")
}
