//! The log of a job, as the runner's Kubernetes executor writes it: it grows while the job runs.

use std::fmt::Write as _;

use super::population::RUNNER_VERSION;
use super::{Job, Pipeline, Project, Status, World};
use crate::sim::clock::Millis;

const CLEAR: &str = "\u{1b}[0K";
const GREEN: &str = "\u{1b}[32;1m";
const CYAN: &str = "\u{1b}[36;1m";
const RED: &str = "\u{1b}[31;1m";
const YELLOW: &str = "\u{1b}[33m";
const RESET: &str = "\u{1b}[0;m";
/// An instant that does not come.
const NEVER: Millis = Millis::MAX / 4;
/// Lines of the script, at most.
const MOST_LINES: i64 = 1200;

/// The log of a job as far as it is written by `world.now`; empty before the job starts.
pub(crate) fn trace(world: &World, job: &Job) -> String {
    let Some(started) = job.started else { return String::new() };
    let (Some(project), Some(pipeline)) =
        (world.projects.get(&job.project), world.pipelines.get(job.pipeline))
    else {
        return String::new();
    };
    if job.is_bridge() {
        return String::new();
    }
    let begun = match &job.pod {
        Some(ticket) => ticket.ready,
        None => Some(started),
    };
    let mut log = Log {
        text: String::new(),
        now: job.finished.unwrap_or(world.now),
        // Until the pod runs, nothing of what it will say is written.
        started: begun.unwrap_or(NEVER),
        length: begun.zip(job.ends).map_or(1, |(begun, end)| (end - begun).max(1)),
    };
    log.prepare(world, job);
    log.wait(world, job, started);
    log.sources(project, pipeline);
    log.script(job);
    if let Some(finished) = job.finished {
        log.close(job, finished, begun.is_some());
    }
    log.text
}

struct Log {
    text: String,
    now: Millis,
    started: Millis,
    length: Millis,
}

impl Log {
    fn prepare(&mut self, world: &World, job: &Job) {
        let runner = job.runner.and_then(|id| world.runners.get(&id));
        let (short, name) = runner.map_or(("000000000", "unknown"), |runner| {
            (runner.short.as_str(), runner.description.as_str())
        });
        let system = runner
            .and_then(|runner| runner.managers.get(job.manager))
            .map_or("r_unknown", |manager| manager.system.as_str());
        let at = job.started.unwrap_or(self.started) / 1000;
        self.say(format_args!(
            "{CLEAR}Running with gitlab-runner {RUNNER_VERSION} (4d3b6a1f){RESET}"
        ));
        self.say(format_args!("{CLEAR}  on {name} {short}, system ID: {system}{RESET}"));
        ignore(write!(self.text, "section_start:{at}:prepare_executor\r{CLEAR}{CLEAR}"));
        if let Some(ticket) = &job.pod {
            self.say(format_args!("{CYAN}Preparing the \"kubernetes\" executor{RESET}"));
            self.say(format_args!(
                "{CLEAR}Using Kubernetes namespace: {}{RESET}",
                ticket.namespace
            ));
            self.say(format_args!("{CLEAR}Using Kubernetes executor with image registry.acme.example/ci/build:4 ...{RESET}"));
        } else {
            self.say(format_args!("{CYAN}Preparing the \"shell\" executor{RESET}"));
            self.say(format_args!("Using Shell (bash) executor..."));
        }
        ignore(write!(self.text, "section_end:{at}:prepare_executor\r{CLEAR}"));
        ignore(write!(self.text, "section_start:{at}:prepare_script\r{CLEAR}{CLEAR}"));
        self.say(format_args!("{CYAN}Preparing environment{RESET}"));
    }

    /// The runner looks at its pod until it runs.
    fn wait(&mut self, world: &World, job: &Job, started: Millis) {
        let name =
            job.runner.and_then(|id| world.runners.get(&id)).map_or("", |one| &one.description);
        let Some(ticket) = &job.pod else {
            self.at(0, |out| writeln!(out, "Running on {name}..."));
            self.shut(0, "prepare_script");
            return;
        };
        let (namespace, pod) = (ticket.namespace, &ticket.name);
        let until = ticket.ready.unwrap_or(NEVER).min(self.now);
        let mut at = started + ticket.glance;
        while at < until {
            self.say(format_args!(
                "Waiting for pod {namespace}/{pod} to be running, status is Pending"
            ));
            if ticket.scheduled.is_some_and(|since| since <= at) {
                self.say(format_args!(
                    "\tContainersNotReady: \"containers with unready status: [build helper]\""
                ));
                self.say(format_args!(
                    "\tContainersNotReady: \"containers with unready status: [build helper]\""
                ));
            } else if let Some(why) = &ticket.refusal {
                self.say(format_args!("\tUnschedulable: \"{why}\""));
            }
            at += ticket.glance.max(1);
        }
        self.at(0, |out| writeln!(out, "Running on {pod} via {name}..."));
        self.shut(0, "prepare_script");
    }

    fn say(&mut self, line: std::fmt::Arguments<'_>) {
        ignore(writeln!(self.text, "{line}"));
    }

    fn sources(&mut self, project: &Project, pipeline: &Pipeline) {
        self.open(6, "get_sources", "Getting source from Git repository");
        self.at(6, |out| {
            writeln!(out, "{GREEN}Fetching changes with git depth set to 20...{RESET}")
        });
        self.at(6, |out| {
            writeln!(out, "Initialized empty Git repository in /builds/{}/.git/", project.path)
        });
        for share in [7, 8, 9] {
            let percent = (share - 6) * 33;
            self.at(share, |out| write!(out, "Receiving objects: {percent:3}% ({percent}/100)\r"));
        }
        self.at(9, |out| writeln!(out, "Receiving objects: 100% (100/100), done."));
        let short: String = pipeline.sha.chars().take(8).collect();
        self.at(10, |out| {
            writeln!(
                out,
                "{GREEN}Checking out {short} as detached HEAD (ref is {})...{RESET}",
                pipeline.reference
            )
        });
        self.shut(10, "get_sources");
    }

    fn script(&mut self, job: &Job) {
        self.open(11, "step_script", "Executing \"step_script\" stage of the job script");
        let name = &job.plan.name;
        self.at(11, |out| writeln!(out, "{GREEN}$ make {name}{RESET}"));
        let lines = (self.length / 500).clamp(20, MOST_LINES);
        for line in 0..lines {
            let at = self.started + self.length / 100 * 12 + self.length / 100 * 84 * line / lines;
            if at > self.now {
                return;
            }
            let seed = job.id.wrapping_mul(31).wrapping_add(u64::try_from(line).unwrap_or(0));
            self.line(seed, line, lines);
        }
        self.shut(96, "step_script");
    }

    /// One line of the script's own output.
    fn line(&mut self, seed: u64, line: i64, lines: i64) {
        let percent = line * 100 / lines;
        let written = match seed % 11 {
            0 => writeln!(
                self.text,
                "{CYAN}   Compiling{RESET} crate-{} v0.{}.{}",
                seed % 97,
                seed % 13,
                seed % 7
            ),
            1 => writeln!(
                self.text,
                "{YELLOW}warning{RESET}: unused variable `sample_{}`",
                seed % 50
            ),
            2 => {
                writeln!(self.text, "   --> src/part_{}.rs:{}:{}", seed % 20, seed % 400, seed % 40)
            }
            3 => writeln!(
                self.text,
                "progress {percent:3}% [{:<20}]\rprogress {percent:3}% done",
                "#".repeat(usize::try_from(percent / 5).unwrap_or(0))
            ),
            4..=7 => writeln!(self.text, "test case_{:04} ... \u{1b}[32mok\u{1b}[0m", seed % 9973),
            8 => writeln!(
                self.text,
                "GET https://packages.acme.example/index/{} 200 {} ms",
                seed % 999,
                seed % 80
            ),
            _ => writeln!(
                self.text,
                "step {line}/{lines} finished in {}.{:02} s",
                seed % 3,
                seed % 100
            ),
        };
        ignore(written);
    }

    fn close(&mut self, job: &Job, finished: Millis, has_begun: bool) {
        let open = if !has_begun {
            Some("prepare_script")
        } else if self.instant(96) > finished {
            Some("step_script")
        } else {
            None
        };
        if let Some(section) = open {
            let at = finished / 1000;
            ignore(write!(self.text, "section_end:{at}:{section}\r{CLEAR}"));
        }
        self.started = self.started.min(finished);
        self.now = finished.max(self.started + self.length);
        self.open(
            98,
            "cleanup_file_variables",
            "Cleaning up project directory and file based variables",
        );
        self.shut(99, "cleanup_file_variables");
        let ending = match (job.status, job.reason.as_deref()) {
            (Status::Success, _) => format!("{GREEN}Job succeeded{RESET}"),
            (Status::Canceled, _) => format!("{RED}ERROR: Job failed: canceled{RESET}"),
            (_, Some("script_failure")) => {
                format!("{RED}ERROR: Job failed: command terminated with exit code 1{RESET}")
            }
            (_, Some("image_pull_failure")) => format!(
                "{RED}ERROR: Job failed: prepare environment: waiting for pod running: pulling image \"registry.acme.example/ci/build:4\": image pull failed: Back-off pulling image{RESET}"
            ),
            (_, Some("runner_system_failure")) if !has_begun => format!(
                "{RED}ERROR: Job failed (system failure): prepare environment: waiting for pod running: timed out waiting for pod to start. Check https://docs.gitlab.com/runner/shells/#shell-profile-loading for more information{RESET}"
            ),
            (_, Some("runner_system_failure")) => format!(
                "{RED}ERROR: Job failed (system failure): pods \"runner-build\" not found{RESET}"
            ),
            (_, reason) => {
                format!("{RED}ERROR: Job failed: {}{RESET}", reason.unwrap_or("unknown"))
            }
        };
        ignore(writeln!(self.text, "{ending}"));
    }

    fn open(&mut self, share: i64, section: &str, title: &str) {
        let at = self.instant(share) / 1000;
        self.at(share, |out| {
            writeln!(out, "section_start:{at}:{section}\r{CLEAR}{CLEAR}{CYAN}{title}{RESET}")
        });
    }

    fn shut(&mut self, share: i64, section: &str) {
        let at = self.instant(share) / 1000;
        self.at(share, |out| write!(out, "section_end:{at}:{section}\r{CLEAR}"));
    }

    /// Writes what stands in the log once this share of the job, in percent, is over.
    fn at(&mut self, share: i64, write: impl FnOnce(&mut String) -> std::fmt::Result) {
        if self.instant(share) <= self.now {
            ignore(write(&mut self.text));
        }
    }

    fn instant(&self, share: i64) -> Millis {
        self.started + self.length * share / 100
    }
}

/// Writing to a string cannot fail.
fn ignore(_written: std::fmt::Result) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Scenario;
    use crate::sim::{NewJob, NewPipeline};

    const START: Millis = 1_700_000_000_000;

    /// A platform with a job of a hundred seconds that has just begun.
    fn running(fails: Option<&str>) -> (World, u64) {
        let mut world = World::new(Scenario::default(), 1, 1, START);
        let job = NewJob { seconds: 100.0, fails: fails.map(str::to_owned), ..NewJob::default() };
        let pipeline = NewPipeline {
            project: "acme/payments/api".to_owned(),
            branch: "main".to_owned(),
            jobs: vec![job],
        };
        let pipeline = world.add_pipeline(&pipeline).unwrap();
        let id = world.pipelines.get(pipeline).unwrap().jobs[0];
        world.start_job(id);
        (world, id)
    }

    fn log(world: &World, id: u64) -> String {
        trace(world, world.jobs.get(id).unwrap())
    }

    #[test]
    fn the_log_only_ever_grows() {
        for fails in [None, Some("script_failure")] {
            let (mut world, id) = running(fails);
            let mut before = String::new();
            for second in 0..110 {
                world.advance(START + second * 1000);
                let now = log(&world, id);
                assert!(now.starts_with(&before), "second {second}");
                before = now;
            }
        }
    }

    #[test]
    fn a_job_that_is_cut_short_keeps_what_it_had_written() {
        let (mut world, id) = running(None);
        world.advance(START + 50_000);
        let before = log(&world, id);
        world.fail_job(id, "script_failure");
        let after = log(&world, id);
        assert!(after.starts_with(&before));
        assert!(after.ends_with("exit code 1\u{1b}[0;m\n"));
        assert_eq!(after.matches("section_end:").count(), 5);
    }

    #[test]
    fn every_section_that_begins_ends() {
        let (mut world, id) = running(None);
        world.advance(START + 200_000);
        let log = log(&world, id);
        let count = |word: &str| log.matches(word).count();
        assert_eq!((count("section_start:"), count("section_end:")), (5, 5));
    }

    #[test]
    fn a_job_that_waits_has_no_log() {
        let (mut world, _) = running(None);
        world.frozen = true;
        let waiting = world.jobs.values().find(|job| job.started.is_none()).unwrap();
        assert_eq!(trace(&world, waiting), "");
    }
}
