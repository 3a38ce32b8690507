//! The real console in a terminal, on a platform of its own: killed, or stopped, in the middle of acts.

use rustix::process::Signal;
use watchfloor::domain::Ending;
use watchfloor::sim::{Fault, NewJob, NewPipeline};

use super::{STARTER, Stage, on_changes};
use crate::pty::Terminal;

impl Stage {
    /// The console on this platform, in a terminal.
    pub(super) fn console(&self) -> Terminal {
        let place = |name: &str| self.folder.path().join(name).display().to_string();
        let (config, cache, state) = (place("config.toml"), place("cache"), place("state"));
        Terminal::started(&["--config", &config, "--cache-dir", &cache, "--state-dir", &state])
    }

    /// A stage with failed jobs of these names besides, on a platform that answers changes late.
    pub(super) async fn with_failed(names: &[&str], delay_ms: u64) -> Stage {
        let stage = Stage::new().await;
        let job = |name: &&str| NewJob { name: (*name).to_owned(), ..NewJob::default() };
        let pipeline = NewPipeline {
            project: stage.project.to_owned(),
            branch: "main".to_owned(),
            jobs: names.iter().map(job).collect(),
        };
        let world = stage.sim.world();
        let pipeline = world.add_pipeline(&pipeline).expect("the project exists");
        world.start_as(pipeline, STARTER);
        for job in world.pipeline_jobs(pipeline) {
            world.fail_job(job, "runner_system_failure");
        }
        // Done at once and told late: the request is counted while its answer is still to come.
        world.fault(on_changes(Fault { delay_ms, done: true, ..Fault::default() }));
        stage
    }

    /// How often GitLab was asked to retry a job; an armed console asks clusters for its rights besides.
    pub(super) fn retries_sent(&self) -> usize {
        let log = std::fs::read_to_string(&self.requests).expect("the log of requests");
        log.lines().filter(|line| line.contains("\"POST\"") && line.contains("/retry")).count()
    }

    pub(super) fn endings(&self) -> Vec<Option<Ending>> {
        let deeds = self.deeds();
        deeds.iter().map(|deed| deed.outcome.as_ref().map(|(_, one)| one.ending)).collect()
    }
}

/// Goes to the rows of the jobs whose name begins so, and arms.
fn armed(console: &Terminal, names: &str) {
    console.press("2");
    console.sees(names);
    console.press(&format!("/{names}\r"));
    console.press(":arm\r");
    console.sees("arm for 15 minutes");
    console.answers("y", "the countdown", |screen| screen.contents().contains("ARMED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_that_is_killed_in_the_middle_of_an_act_leaves_its_record_open_and_doubles_nothing()
 {
    let stage = Stage::with_failed(&["night-watch"], 5_000).await;
    let console = stage.console();
    armed(&console, "night-watch");
    console.press("ar");
    console.sees("y send");
    console.answers("y", "the request", |_| stage.retries_sent() == 1);
    console.signal(Signal::KILL);
    stage.sim.world().clear_faults();
    assert_eq!(stage.endings(), [None]);

    let again = stage.console();
    again.sees("read-only");
    again.press("9");
    again.sees("1 of unknown or open outcome");
    assert_eq!((stage.retries_sent(), stage.endings()), (1, vec![None]));
    again.press("q");
    assert_eq!(again.ended().exit_code(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_that_is_stopped_in_the_middle_of_several_acts_sends_no_more_of_them() {
    let stage = Stage::with_failed(&["night-a", "night-b", "night-c"], 1_500).await;
    let console = stage.console();
    armed(&console, "night-");
    // All rows that are shown.
    console.press("\x01ar");
    console.sees("job.retry: 3 jobs");
    console.press("flaky\r3");
    console.sees("enter SEND");
    console.answers("\r", "the first request", |_| stage.retries_sent() == 1);
    console.signal(Signal::TSTP);
    console.stopped();
    console.woken();
    console.sees("2 not sent");
    console.sees("read-only");
    assert_eq!((stage.retries_sent(), stage.deeds().len()), (1, 1));
    // Two keys: in one breath they would be one, with alt.
    console.press("\x1b");
    console.until("no dialog", |screen| !screen.contents().contains("job.retry: 3 jobs"));
    console.press("q");
    assert_eq!(console.ended().exit_code(), 0);
}
