//! What goes wrong around an act: rights that are missing, limits, several at once, several instances.

use std::collections::BTreeMap;

use watchfloor::action::{Gate, Refused};
use watchfloor::domain::{Ending, JobId, PipelineId, Proposal, Target, Text, act_advice, find_act};
use watchfloor::sim::{Fault, NewJob, NewPipeline};

use super::{STARTER, Stage, on_changes, settings};

impl Stage {
    /// One more failed job, in a pipeline of its own.
    fn failed_job(&self) -> u64 {
        let pipeline = NewPipeline {
            project: self.project.to_owned(),
            branch: "main".to_owned(),
            jobs: vec![NewJob::default()],
        };
        let pipeline = self.sim.world().add_pipeline(&pipeline).expect("the project exists");
        self.sim.world().start_as(pipeline, STARTER);
        let job = *self.sim.world().pipeline_jobs(pipeline).first().expect("its job");
        self.sim.world().fail_job(job, "runner_system_failure");
        job
    }

    /// A proposal to retry each of these jobs, confirmed as a bulk.
    fn retries(&self, jobs: &[u64]) -> Vec<Proposal> {
        let one = |job: &u64| Proposal {
            target: Target::Job(Text::new(self.project), JobId(*job)),
            typed: Some(Text::new(&jobs.len().to_string())),
            ..self.proposal("job.retry")
        };
        jobs.iter().map(one).collect()
    }

    fn of_pipeline(&self, act: &str) -> Proposal {
        let target = Target::Pipeline(Text::new(self.project), PipelineId(self.pipeline));
        Proposal { typed: Some(Text::new(&target.to_string())), target, ..self.proposal(act) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_may_only_read_is_told_before_anything_is_sent() {
    let stage = Stage::new().await;
    stage.sim.world().token_scopes(&["read_api"]);
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let seen = stage.desk.look(&stage.proposal("job.retry").target).await.expect("readable");
    assert!(seen.facts.contains(&(Text::new("token scopes"), Text::new("read_api"))), "{seen:?}");
    let refused = stage.act("job.retry").await;
    assert!(matches!(&refused, Err(Refused::Objection(why)) if why.contains("scope api")));
    assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_lost_its_scope_meanwhile_is_refused_in_gitlabs_words() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let proposal = stage.proposal("job.retry");
    stage.desk.look(&proposal.target).await.expect("readable");
    stage.sim.world().token_scopes(&["read_api"]);
    let report = stage.act("job.retry").await.expect("answered");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(403)));
    let said = report.outcome.message.clone().expect("words");
    assert!(said.starts_with("The request requires higher privileges"), "{said}");
    let advice = act_advice(proposal.act, &report.outcome).expect("advice");
    assert!(advice.contains("scope api"), "{advice}");
    assert_eq!((stage.changes(), stage.attempts()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_does_not_do_is_told_before_and_one_that_is_not_told_bars_nothing() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    stage.sim.world().access_level(20);
    let refused = stage.act("job.retry").await;
    assert!(matches!(&refused, Err(Refused::Objection(why)) if why.contains("Reporter")));
    stage.sim.world().access_level(0);
    let report = stage.act("job.retry").await.expect("GitLab decides");
    assert_eq!(report.outcome.status, Some(403));
    assert_eq!((stage.changes(), stage.attempts()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_at_once_have_a_record_each_and_one_refusal_stops_none() {
    let stage = Stage::new().await;
    let (one, other) = (stage.failed_job(), stage.failed_job());
    let proposals = stage.retries(&[one, stage.job, other]);
    let reports = stage.desk.perform(&stage.gate, &proposals).await.expect("armed");
    let done = |place: usize| matches!(&reports[place], Ok(report) if report.outcome.ending == Ending::Done);
    // The one in the middle still runs or waits: there is nothing to retry.
    assert!(done(0) && done(2) && matches!(reports[1], Err(Refused::Objection(_))), "{reports:?}");
    assert_eq!((stage.changes(), stage.deeds().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_stops_the_rest_of_several_and_whatever_comes_next() {
    let stage = Stage::new().await;
    let jobs = [stage.failed_job(), stage.failed_job(), stage.failed_job()];
    let headers = BTreeMap::from([("retry-after".to_owned(), "30".to_owned())]);
    let limit = Fault { status: Some(429), after: 1, headers, ..Fault::default() };
    stage.sim.world().fault(on_changes(limit));
    let reports = stage.desk.perform(&stage.gate, &stage.retries(&jobs)).await.expect("armed");
    let status = |place: usize| reports[place].as_ref().ok().and_then(|one| one.outcome.status);
    assert_eq!((status(0), status(1)), (Some(201), Some(429)));
    assert!(matches!(reports[2], Err(Refused::Wait { .. })), "{reports:?}");
    stage.sim.world().clear_faults();
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    assert!(matches!(stage.act("job.retry").await, Err(Refused::Wait { .. })));
    assert_eq!((stage.changes(), stage.deeds().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_is_retried_and_canceled_once_also_where_the_answer_is_lost() {
    for fault in [None, Some(Fault { status: Some(504), done: true, ..Fault::default() })] {
        let stage = Stage::new().await;
        stage.sim.world().fail_job(stage.job, "runner_system_failure");
        if let Some(fault) = fault {
            stage.sim.world().fault(on_changes(fault));
        }
        for act in ["pipeline.retry", "pipeline.cancel"] {
            let report = stage.perform(stage.of_pipeline(act)).await.expect("sent");
            assert_eq!(report.outcome.ending, Ending::Done, "{act}: {:?}", report.outcome);
        }
        assert_eq!((stage.changes(), stage.deeds().len()), (2, 2));
        let again = stage.perform(stage.of_pipeline("pipeline.cancel")).await;
        assert!(matches!(again, Err(Refused::Objection(_))), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_at_once_do_an_act_once() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let slow = Fault { delay_ms: 300, ..Fault::default() };
    stage.sim.world().fault(on_changes(slow));
    let other = super::desk(&settings(&stage.sim, &stage.folder), &stage.ledger);
    let proposals = [stage.proposal("job.retry")];
    let (one, two) = tokio::join!(
        stage.desk.perform(&stage.gate, &proposals),
        other.perform(&stage.gate, &proposals)
    );
    let reports = [one, two].map(|reports| reports.expect("armed").pop().expect("one"));
    let done = reports.iter().filter(|report| report.is_ok()).count();
    assert_eq!((done, stage.changes(), stage.attempts()), (1, 1, 2), "{reports:?}");
    assert_eq!(stage.deeds().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_a_moment_apart_do_an_act_once() {
    // The platform answers every look late: what the second one saw is older than what the first one did.
    for apart in [20, 60, 120, 200, 300] {
        let stage = Stage::new().await;
        stage.sim.world().fail_job(stage.job, "runner_system_failure");
        let late = Fault { delay_ms: 60, ..Fault::default() };
        stage.sim.world().fault(Fault { path: Some("/api/v4/*".to_owned()), ..late });
        let other = super::desk(&settings(&stage.sim, &stage.folder), &stage.ledger);
        let proposals = [stage.proposal("job.retry")];
        let second = async {
            tokio::time::sleep(std::time::Duration::from_millis(apart)).await;
            other.perform(&stage.gate, &proposals).await
        };
        let (one, two) = tokio::join!(stage.desk.perform(&stage.gate, &proposals), second);
        let reports = [one, two].map(|reports| reports.expect("armed").pop().expect("one"));
        let done = reports.iter().filter(|report| report.is_ok()).count();
        assert_eq!((done, stage.changes(), stage.attempts()), (1, 1, 2), "{apart} ms: {reports:?}");
        assert_eq!(stage.deeds().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_on_a_ledger_whose_chain_is_broken() {
    let stage = Stage::new().await;
    let (one, other) = (stage.failed_job(), stage.failed_job());
    for job in [one, other] {
        let retry = Proposal { typed: Some(Text::new("1")), ..stage.retries(&[job]).remove(0) };
        let target = Text::new(&retry.target.to_string());
        stage.perform(Proposal { typed: Some(target), ..retry }).await.expect("done");
    }
    assert_eq!(stage.changes(), 2);
    // Far from the end, and with every trigger in its place: the last record alone would not tell.
    super::forge(&stage.ledger, 1);
    let refused = stage.act("job.cancel").await;
    assert!(matches!(&refused, Err(Refused::Ledger(_))), "{refused:?}");
    let told = refused.expect_err("refused").to_string();
    assert!(told.contains("is broken: record 1") && told.contains("move it away"), "{told}");
    assert_eq!(stage.changes(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_may_go_away_but_the_act_is_sent_once_and_recorded() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    stage.sim.world().fault(on_changes(Fault { delay_ms: 300, ..Fault::default() }));
    let asked = stage.act("job.retry");
    let sent = async {
        while stage.changes() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        report = asked => panic!("it was answered too early: {report:?}"),
        () = sent => {}
    }
    assert_eq!((stage.changes(), stage.deeds().len()), (1, 1));
    let again = stage.act("job.retry").await;
    assert!(again.is_err(), "{again:?}");
    assert_eq!((stage.changes(), stage.attempts()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_configuration_forbids_no_proposal_can_ask_for() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let window = std::time::Duration::from_mins(15);
    let mut never = Gate::new(watchfloor::config::Writes::Never, window);
    never.arm(watchfloor::runtime::Clock::wall().now()).expect_err("forbidden");
    for act in ["job.retry", "job.cancel", "pipeline.cancel", "deployment.approve"] {
        let proposal = Proposal { act: find_act(act).expect("known"), ..stage.proposal(act) };
        let refused = stage.desk.perform(&never, &[proposal]).await;
        assert!(matches!(refused, Err(Refused::Gate(_))), "{refused:?}");
    }
    assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
}
