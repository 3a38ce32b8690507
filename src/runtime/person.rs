//! [`who`]: who runs the program, on which machine; for the ledger.

use std::fs;

use rustix::process::getuid;
use rustix::system::uname;

use crate::domain::Text;

/// Who runs the program, and on which machine: the name that the system has for the user's number, not what the
/// environment says.
pub fn who() -> (Text, Text) {
    let number = getuid().as_raw();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let said = std::env::var("USER").ok();
    let host = uname().nodename().to_string_lossy().into_owned();
    (Text::new(&user(number, &users, said.as_deref())), Text::new(&host))
}

/// The name of a user's number; where the system's list lacks it, what the environment says, with the number.
fn user(number: u32, users: &str, said: Option<&str>) -> String {
    let known = users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    });
    known.unwrap_or_else(|| match said {
        Some(name) if !name.is_empty() => format!("{name} (uid {number})"),
        _ => format!("uid {number}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_name_counts_and_not_what_the_environment_says() {
        let users = "daemon:x:1:1::/:/bin/false\napoe:x:1000:1000:A. Poe:/home/apoe:/bin/sh\n";
        assert_eq!(user(1000, users, Some("mallory")), "apoe");
        assert_eq!(user(1001, users, Some("ldap.user")), "ldap.user (uid 1001)");
        assert_eq!(user(1001, users, None), "uid 1001");
    }
}
