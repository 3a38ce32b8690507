//! What a text says, and what is said of a faulty one.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn an_empty_file_watches_nothing_and_has_every_default() {
    let settings = settings("");
    assert_eq!(settings.gitlab, None);
    assert_eq!((settings.writes, settings.arm), (Writes::Arm, Duration::from_mins(15)));
    assert_eq!(settings.retention.history_max_bytes, 1 << 30);
    assert_eq!(settings.ui.theme, "default");
}

#[test]
fn all_faults_are_found_at_once_in_the_order_of_their_places() {
    let text = "writes = \"sometimes\"\narm_minutes = 90\n[gitlab]\nurl = \"http://gitlab.example.com\"\n\
        token = \"abc\"\nactiv_interval = \"5s\"\nfleet_interval = \"soon\"\n[ui]\nmouse = \"yes\"\n";
    assert_eq!(
        faults(text),
        [
            "1:10 `writes` is none of the words that it may be",
            "2:15 `arm_minutes` is not between 1 and 60",
            "3:1 `gitlab` names no group and no project to watch",
            "4:7 `gitlab.url` is not encrypted: `http://` is accepted for loopback only",
            "5:9 `gitlab.token` is written into the file, where it is no secret",
            "6:1 unknown key `activ_interval` in `gitlab`",
            "7:18 `gitlab.fleet_interval` is not a span of time",
            "9:9 `ui.mouse` must be a boolean, and is a string",
        ]
    );
}

#[test]
fn a_fault_is_rendered_with_place_line_caret_and_hint() {
    let faults = parse_in("[ui]\nthem = \"light\"\n", &[]).expect_err("a fault");
    assert_eq!(
        faults.to_string(),
        "error: unknown key `them` in `ui`\n --> config.toml:2:1\n  |\n2 | them = \"light\"\n  | ^^^^\n  \
         hint: did you mean `theme`? known are `theme`, `keymap`, `mouse`, `notify`\n"
    );
}

#[test]
fn an_unknown_table_is_an_unknown_key_with_a_proposal() {
    assert_eq!(faults("[promethius]\nurl = 1\n"), ["1:2 unknown key `promethius` in the file"]);
    assert!(hint("[promethius]\n").starts_with("did you mean `prometheus`?"));
}

#[test]
fn unknown_keys_are_found_in_every_table() {
    for key in keys().into_iter().map(|key| key.path).filter(|path| path.contains('.')) {
        let table = key.rsplit_once('.').map_or("", |(table, _)| table).replace(".*", ".x");
        let (list, inner) = table.split_once("[]").unwrap_or(("", &table));
        let header = match (list, inner) {
            ("", table) => format!("[{table}]"),
            (list, "") => format!("[[{list}]]"),
            (list, inner) => format!("[[{list}]]\n[{list}{inner}]"),
        };
        let found = faults(&format!("{header}\nzzz = 1\n"));
        assert!(
            found.iter().any(|fault| fault.contains("unknown key `zzz`")),
            "{header}: {found:?}"
        );
    }
}

#[test]
fn a_table_where_a_value_belongs_is_a_fault_and_so_is_the_reverse() {
    assert_eq!(faults("ui = 3\n"), ["1:6 `ui` must be a table, and is an integer"]);
    assert_eq!(faults("tier = 3\n"), ["1:8 `tier[]` is not a list of tables"]);
    assert_eq!(faults("[writes]\n"), ["1:1 `writes` must be a string, and is a table"]);
}

#[test]
fn errors_of_syntax_have_their_place() {
    let found = faults("[ui]\ntheme = \n[cache\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("2:") && found[1].starts_with("3:"), "{found:?}");
}

#[test]
fn a_token_never_appears_in_a_diagnostic() {
    for text in [
        "[gitlab]\ntoken = \"glpat-hunter2\"\n",
        "gitlab = { url = 1, token = \"glpat-hunter2\" }\n",
        "[gitlab]\ntoken = glpat-hunter2\n",
        "[gitlab]\ntoken = \"glpat-hunter2\n",
        "[gitlab]\ntoken = { value = \"glpat-hunter2\" }\n",
        "[gitlab]\nurl = \"https://me:glpat-hunter2@a.b\"\n",
    ] {
        let shown = parse_in(text, &[]).expect_err("a fault").to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_secret_names_one_place_where_it_comes_from() {
    let with = |token: &str| {
        format!("{SMALL}[prometheus]\nurl = \"https://p\"\nauth = {{ bearer = {token} }}\n")
    };
    assert_eq!(faults(&with("{ env = \"A\", file = \"b\" }")).len(), 1);
    assert_eq!(faults(&with("{}")).len(), 1);
    assert_eq!(faults(&with("{ command = [] }")).len(), 1);
    assert_eq!(faults(&with("{ command = \"op read\" }")).len(), 1);
    assert_eq!(
        settings(&with("{ command = [\"op\", \"read\"] }")).prometheus.map(|server| server.auth),
        Some(Auth::Bearer(SecretSource::Command(vec!["op".to_owned(), "read".to_owned()])))
    );
}

#[test]
fn every_greeting_is_understood() {
    let auth = |auth: &str| {
        let text = format!("[alertmanager]\nurl = \"https://a\"\nauth = {auth}\n");
        settings(&text).alertmanager.map(|server| server.auth)
    };
    let password = SecretSource::File("/etc/watchfloor/pw".into());
    assert_eq!(auth("\"none\""), Some(Auth::None));
    assert_eq!(
        auth("{ basic = { username = \"u\", password = { file = \"pw\" } } }"),
        Some(Auth::Basic { username: "u".to_owned(), password })
    );
    assert_eq!(
        auth("{ sigv4 = { region = \"eu-west-1\" } }"),
        Some(Auth::SigV4 { region: "eu-west-1".to_owned() })
    );
}

#[test]
fn two_greetings_at_once_are_a_fault() {
    let text = "[alertmanager]\nurl = \"https://a\"\nauth = { bearer = { env = \"A\" }, sigv4 = { region = \"r\" } }\n";
    assert_eq!(faults(text), ["3:8 `alertmanager.auth` does not name one way"]);
}

#[test]
fn groups_and_projects_that_are_both_empty_are_a_fault() {
    let text = SMALL.replace("[\"acme\"]", "[]");
    assert_eq!(faults(&text), ["1:1 `gitlab` names no group and no project to watch"]);
}

#[test]
fn a_path_of_gitlab_is_not_an_address() {
    let text = SMALL.replace("acme", "https://gitlab.example.com/acme");
    assert_eq!(faults(&text), ["4:11 `gitlab.groups` is no full path of GitLab"]);
}

#[test]
fn a_tier_may_only_name_a_cluster_that_is_there() {
    let text =
        "[[tier]]\nname = \"a\"\ncluster = \"c1\"\n[[cluster]]\nname = \"ci\"\nin_cluster = true\n";
    assert_eq!(
        faults(text),
        ["3:11 `tier[].cluster` names a cluster that is not configured: `c1`"]
    );
    assert_eq!(settings(&text.replace("c1", "ci")).tiers[0].cluster, Some("ci".to_owned()));
}

#[test]
fn names_of_tiers_and_clusters_are_unique() {
    let text = "[[tier]]\nname = \"a\"\n[[tier]]\nname = \"a\"\n[[cluster]]\nname = \"c\"\nin_cluster = true\n\
        [[cluster]]\nname = \"c\"\nin_cluster = true\n";
    assert_eq!(
        faults(text),
        [
            "4:8 `tier[].name` is the name of an earlier tier already: `a`",
            "9:8 `cluster[].name` is the name of an earlier cluster already: `c`"
        ]
    );
}

#[test]
fn a_cluster_has_one_way_in() {
    let cluster = |ways: &str| faults(&format!("[[cluster]]\nname = \"c\"\n{ways}\n"));
    assert_eq!(cluster(""), ["1:1 a cluster has no way in"]);
    assert_eq!(cluster("in_cluster = false"), ["1:1 a cluster has no way in"]);
    assert_eq!(cluster("kubeconfig = {}\nin_cluster = true"), ["1:1 a cluster has two ways in"]);
    assert_eq!(cluster("kubeconfig = {}\neks = { name = \"e\" }"), Vec::<String>::new());
    assert_eq!(cluster("eks = { name = \"e\" }"), Vec::<String>::new());
}

#[test]
fn the_tier_named_so_is_protected_and_another_may_say_so() {
    let protected = |text: &str| -> Vec<bool> {
        settings(text).tiers.iter().map(|tier| tier.protected).collect()
    };
    let tier = |name: &str, says: &str| format!("[[tier]]\nname = \"{name}\"\n{says}\n");
    assert_eq!(protected(&(tier("protected", "") + &tier("z", ""))), [true, false]);
    assert_eq!(protected(&(tier("a", "") + &tier("b", ""))), [false, true]);
    assert_eq!(protected(&(tier("a", "protected = true") + &tier("b", ""))), [true, false]);
    assert_eq!(protected(&(tier("a", "") + &tier("b", "protected = false"))), [false, false]);
    assert_eq!(
        protected(&(tier("protected", "protected = false") + &tier("b", ""))),
        [false, false]
    );
}

#[test]
fn an_objective_is_a_ratio_between_none_and_all() {
    for (ratio, fits) in [("0.95", true), ("0", false), ("1", false), ("95", false), ("nan", false)]
    {
        let found = faults(&format!("[slo.objectives]\nqueue = {ratio}\n"));
        assert_eq!(found.is_empty(), fits, "{ratio}: {found:?}");
    }
}

#[test]
fn a_broken_glob_is_a_fault() {
    assert_eq!(
        faults("[[tier]]\nname = \"a\"\nnodegroups = [\"ok-*\", \"bad[\"]\n"),
        ["3:23 `tier[].nodegroups` opens a `[` that is never closed"]
    );
}

#[test]
fn a_proxy_is_an_address_or_none() {
    let proxy = |proxy: &str| {
        settings(&format!("{SMALL}proxy = \"{proxy}\"\n")).gitlab.map(|gitlab| gitlab.proxy)
    };
    assert_eq!(proxy("none"), Some(Proxy::None));
    assert_eq!(
        proxy("http://proxy:3128"),
        Some(Proxy::Url("http://proxy:3128".parse().expect("url")))
    );
    assert_eq!(faults(&format!("{SMALL}proxy = \"socks5://p\"\n")).len(), 1);
}

#[test]
fn lifetimes_keep_the_default_that_is_not_said() {
    let text =
        format!("{SMALL}[exceptions]\nproject = \"a/b\"\nmax_ttl = {{ runner = \"30d\" }}\n");
    let ttl = settings(&text).exceptions.map(|exceptions| exceptions.max_ttl);
    let day = Duration::from_hours(24);
    let wanted = [("default".to_owned(), day * 90), ("runner".to_owned(), day * 30)];
    assert_eq!(ttl, Some(wanted.into()));
}

#[test]
fn relative_paths_begin_at_the_file_and_a_tilde_at_home() {
    let text = format!("{SMALL}ca_file = \"ca.pem\"\n[gate]\npolicy = \"~/gate.toml\"\n");
    let (settings, _) = parse_in(&text, &[("HOME", "/home/me")]).expect("no fault");
    assert_eq!(
        settings.gitlab.and_then(|gitlab| gitlab.ca_file),
        Some("/etc/watchfloor/ca.pem".into())
    );
    assert_eq!(settings.gate.policy, Some("/home/me/gate.toml".into()));
}

#[test]
fn a_server_without_a_secret_may_be_moved_and_one_with_a_secret_not() {
    let moved = [("WATCHFLOOR_PROMETHEUS_URL", "https://other.example.com")];
    let open = "[prometheus]\nurl = \"https://p\"\n";
    let closed = format!("{open}auth = {{ bearer = {{ env = \"P\" }} }}\n");
    assert_eq!(faults_in(open, &moved), Vec::<String>::new());
    assert_eq!(faults_in(&closed, &moved).len(), 1);
    let both = [moved[0], ("WATCHFLOOR_PROMETHEUS_BEARER", "x")];
    let (settings, _) = parse_in(&closed, &both).expect("no fault");
    assert_eq!(
        settings.prometheus.map(|server| server.auth),
        Some(Auth::Bearer(SecretSource::Env("WATCHFLOOR_PROMETHEUS_BEARER".to_owned())))
    );
}

/// Lines that are nearly a configuration.
fn nearly() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "[gitlab]",
        "[[tier]]",
        "[tier]",
        "url",
        "token",
        "name",
        "=",
        "\"",
        "{",
        "}",
        "[",
        "]",
        "é",
        "\r\n",
        "\n",
        "\u{202e}",
        "日本",
        "1",
        "-",
        "'''",
        "\"\"\"",
        "#",
        ",",
        ".",
        "env",
        "https://u:p@h",
        "\\u",
        "nan",
        "\t",
    ]);
    proptest::collection::vec(words, 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(text in any::<String>()) {
        let rendered = parse_in(&text, &[]).map(|_| ()).map_err(|faults| faults.to_string());
        prop_assert!(rendered.is_ok() || rendered.is_err_and(|text| text.contains("error: ")));
    }

    #[test]
    fn nothing_that_is_nearly_a_configuration_makes_the_loader_panic(text in nearly()) {
        let rendered = parse_in(&text, &[]).map(|_| ()).map_err(|faults| faults.to_string());
        prop_assert!(rendered.is_ok() || rendered.is_err_and(|text| text.contains("error: ")));
    }
}
