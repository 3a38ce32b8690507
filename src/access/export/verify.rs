//! [`verify`]: whether an export holds: its digests, its chain, and that every other file follows from those.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::{holds, links};
use super::{CHAIN, MANIFEST, Manifest, POPULATION, bundle, derived};
use crate::access::campaign::digest;
use crate::domain::Text;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, in words.
    pub what: Text,
    /// Why it does not hold; `None` where it does.
    pub wrong: Option<Text>,
}

/// What checking an export came to. It says nothing about whether the access is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Every check, in its order.
    pub checks: Vec<Check>,
    /// The digest of the manifest: whoever keeps it elsewhere can tell this export from any other.
    pub manifest: Option<String>,
}

impl Verified {
    /// Whether all holds.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.wrong.is_none())
    }

    fn say(&mut self, what: &str, wrong: Option<String>) {
        let wrong = wrong.map(|wrong| Text::new(&wrong));
        self.checks.push(Check { what: Text::new(what), wrong });
    }
}

/// Checks the files of an export, by name.
pub fn verify(files: &BTreeMap<String, Vec<u8>>) -> Verified {
    let bytes = |name: &str| files.get(name).map_or(&[][..], Vec::as_slice);
    let manifest = files.get(MANIFEST).map(|bytes| digest(bytes));
    let mut verified = Verified { checks: Vec::new(), manifest };
    let told: Manifest = match serde_json::from_slice(bytes(MANIFEST)) {
        Ok(told) => told,
        Err(why) => {
            verified.say("the manifest can be read", Some(why.to_string()));
            return verified;
        }
    };
    let schema =
        (told.schema != Manifest::SCHEMA).then(|| format!("its schema is {}", told.schema));
    verified.say("the manifest is one of this version", schema);
    verified.say("every file is listed, and no other is there", strangers(files, &told));
    verified.say("every file has the digest of the manifest", changed(files, &told));
    let chain = links(bytes(CHAIN));
    let end = chain.and_then(|links| {
        holds(&links)?;
        let (last, head) = (links.last(), told.head.as_ref());
        let same =
            last.map(|link| (link.seq, &link.hash)) == head.map(|head| (head.seq, &head.hash));
        if same { Ok(()) } else { Err("it ends elsewhere than the manifest says".to_owned()) }
    });
    verified.say("the chain is unbroken and ends where the manifest says", end.err());
    let read = bundle(bytes(POPULATION), bytes(CHAIN), bytes(MANIFEST));
    let campaign = match read {
        Ok((campaign, _)) => campaign,
        Err(why) => {
            verified.say("the population is the one that was frozen", Some(why));
            return verified;
        }
    };
    let other = (campaign.start.population != told.population)
        .then(|| "the manifest names another".to_owned());
    verified.say("the population is the one that was frozen", other);
    let wrong = match derived(&campaign) {
        Err(why) => Some(why.to_string()),
        Ok(made) => made
            .iter()
            .find(|file| bytes(file.name) != file.bytes.as_slice())
            .map(|file| format!("{} says something else than the chain", file.name)),
    };
    verified.say("tables, document and summary say what the chain says", wrong);
    verified
}

fn strangers(files: &BTreeMap<String, Vec<u8>>, told: &Manifest) -> Option<String> {
    let found: BTreeSet<&str> =
        files.keys().map(String::as_str).filter(|name| *name != MANIFEST).collect();
    let listed: BTreeSet<&str> = told.files.iter().map(|file| file.name.as_str()).collect();
    let missing = listed.difference(&found).next().map(|name| format!("{name} is missing"));
    missing.or_else(|| found.difference(&listed).next().map(|name| format!("{name} is not listed")))
}

fn changed(files: &BTreeMap<String, Vec<u8>>, told: &Manifest) -> Option<String> {
    let is_changed =
        |name: &str, sha256: &str| files.get(name).is_some_and(|bytes| digest(bytes) != sha256);
    let found = told.files.iter().find(|file| is_changed(&file.name, &file.sha256));
    found.map(|file| format!("{} was changed", file.name))
}

#[cfg(test)]
mod tests {
    use super::super::tests::exported;
    use super::super::{Listed, Manifest};
    use super::*;

    fn folder() -> BTreeMap<String, Vec<u8>> {
        exported().into_iter().collect()
    }

    fn wrong(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
        verify(files)
            .checks
            .into_iter()
            .filter_map(|check| Some(check.wrong?.to_string()))
            .collect()
    }

    #[test]
    fn an_export_as_it_was_written_holds() {
        assert_eq!(wrong(&folder()), [""; 0]);
        assert!(verify(&folder()).holds());
    }

    #[test]
    fn a_changed_missing_or_added_file_is_told() {
        for name in folder().keys().filter(|name| *name != MANIFEST) {
            let mut files = folder();
            files.get_mut(name).unwrap().push(b' ');
            assert!(wrong(&files).contains(&format!("{name} was changed")), "{name}");
            files.remove(name);
            assert!(wrong(&files).contains(&format!("{name} is missing")), "{name}");
        }
        let mut files = folder();
        files.insert("more.txt".to_owned(), Vec::new());
        assert_eq!(wrong(&files), ["more.txt is not listed"]);
    }

    /// Changes a file, and the manifest with it.
    fn forged(name: &str, change: impl Fn(&str) -> String) -> BTreeMap<String, Vec<u8>> {
        let mut files = folder();
        let text = String::from_utf8(files[name].clone()).unwrap();
        let bytes = change(&text).into_bytes();
        assert_ne!(bytes, files[name], "the change changes nothing");
        let mut manifest: Manifest = serde_json::from_slice(&files[MANIFEST]).unwrap();
        for file in manifest.files.iter_mut().filter(|file| file.name == name) {
            *file = Listed { name: name.to_owned(), sha256: digest(&bytes), bytes: 0 };
        }
        files.insert(name.to_owned(), bytes);
        files.insert(MANIFEST.to_owned(), manifest.bytes().unwrap());
        files
    }

    #[test]
    fn a_table_that_was_forged_with_its_digest_is_told() {
        let files = forged("items.csv", |text| text.replace("revoke", "keep"));
        assert_eq!(wrong(&files), ["items.csv says something else than the chain"]);
    }

    #[test]
    fn a_chain_or_population_that_was_forged_with_its_digest_is_told() {
        let files = forged("chain.jsonl", |text| text.replace("revoke", "keep"));
        assert_eq!(wrong(&files)[0], "link 2 does not say what was written");
        let files = forged("population.json", |text| text.replace("lena", "lina"));
        assert_eq!(wrong(&files), ["population.json is not the population that was frozen"]);
        let cut = |text: &str| text.lines().take(2).flat_map(|line| [line, "\n"]).collect();
        assert_eq!(
            wrong(&forged("chain.jsonl", cut))[0],
            "it ends elsewhere than the manifest says"
        );
    }
}
