//! Names from strangers are inert from the socket to the screen and the clipboard.

use watchfloor::app::Errand;

use crate::harness::Console;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_of_a_hostile_platform_acts_on_the_terminal() {
    let mut console = Console::start("hostile").await;
    console.press("2").until("jobs", |console| console.app().state.jobs().len() > 5).await;
    for keys in ["tab", "tab", "tab", "enter", "esc"] {
        let picture = console.press(keys).picture();
        let acts = picture.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(acts, None, "{picture}");
        assert!(!picture.contains('\u{202e}') && !picture.contains('\u{200b}'), "{picture}");
    }
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_copied_from_a_hostile_row_holds_nothing_that_acts() {
    let mut console = Console::start("hostile").await;
    let job = *console.sim().world().jobs_in("running").first().expect("a running job");
    console.sim().world().freeze();
    console.sim().world().rename_job(job, "evil\x1b]0;x\x07\x1b[2Jname");
    console.press("2 /").type_in("evil").press("enter").sees("evil\u{fffd}").await;
    console.press("Y");
    let copied: Vec<&String> = console
        .errands()
        .iter()
        .filter_map(|errand| if let Errand::Copy(text) = errand { Some(text) } else { None })
        .collect();
    assert_eq!(copied.len(), 1, "one row was copied");
    assert!(copied[0].contains("evil\u{fffd}"), "{copied:?}");
    assert!(!copied[0].chars().any(|c| c.is_control() && c != '\t' && c != '\n'), "{copied:?}");
    console.finish().await;
}
