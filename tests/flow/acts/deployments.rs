//! A deployment that waits for approval is decided on by somebody who had no part in it, once, with a record.

use watchfloor::action::Refused;
use watchfloor::domain::{
    ActReport as Report, Ending, JobId, Proposal, Target, Text, act_advice, find_act,
};
use watchfloor::sim::{Fault, NewJob};

use super::{STARTER, Stage, on_changes};

/// A stage whose job waits until so many people approved its deployment.
async fn waiting(approvals: u32) -> (Stage, Target) {
    let job = NewJob {
        environment: Some("production".to_owned()),
        tags: vec!["eks-protected".to_owned()],
        approvals,
        ..NewJob::default()
    };
    let stage = Stage::with(job).await;
    let (project, job) = (Text::new(stage.project), JobId(stage.job));
    let found = stage.desk.deployment_of(&project, job).await.expect("readable");
    let (target, seen) = found.expect("it waits for approval");
    assert_eq!(&*seen.state, "blocked");
    (stage, target)
}

fn decision(act: &str, target: &Target) -> Proposal {
    Proposal {
        settings: vec![(Text::new("comment"), Text::new("checked the plan"))],
        typed: Some(Text::new(&target.to_string())),
        reason: Some(Text::new("release day")),
        ..Proposal::new(find_act(act).expect("a known act"), target.clone())
    }
}

async fn decide(stage: &Stage, act: &str, target: &Target) -> Result<Report, Refused> {
    stage.perform(decision(act, target)).await
}

fn is_objection(refused: &Result<Report, Refused>, words: &str) -> bool {
    matches!(refused, Err(Refused::Objection(why)) if why.contains(words))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_releases_the_job_and_is_recorded() {
    let (stage, target) = waiting(1).await;
    let report = decide(&stage, "deployment.approve", &target).await.expect("sent");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Done, Some(201)));
    assert_ne!(stage.sim.world().job_status(stage.job), Some("manual"));
    assert_eq!(stage.changes(), 1);
    let deed = stage.deeds().pop().expect("a record");
    assert_eq!((&*deed.act, &*deed.target), ("deployment.approve", &*target.to_string()));
    assert_eq!(deed.settings, [(Text::new("comment"), Text::new("checked the plan"))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_approvals_leaves_it_blocked_and_is_not_given_twice() {
    let (stage, target) = waiting(2).await;
    let report = decide(&stage, "deployment.approve", &target).await.expect("sent");
    let after = report.after.expect("looked at");
    assert_eq!((report.outcome.ending, &*after.state), (Ending::Done, "blocked"));
    let again = decide(&stage, "deployment.approve", &target).await;
    assert!(is_objection(&again, "already"), "{again:?}");
    assert_eq!(stage.changes(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_drops_the_job() {
    let (stage, target) = waiting(1).await;
    let report = decide(&stage, "deployment.reject", &target).await.expect("sent");
    assert_eq!(report.outcome.ending, Ending::Done);
    assert_eq!(stage.sim.world().job_status(stage.job), Some("failed"));
    let late = decide(&stage, "deployment.approve", &target).await;
    assert!(is_objection(&late, "waits for approval"), "{late:?}");
    assert_eq!((stage.changes(), stage.deeds().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_bot_nor_whoever_started_it_decides() {
    for (owner, words) in [("project_17_bot", "is a bot"), (STARTER, "started it")] {
        let (stage, target) = waiting(1).await;
        stage.sim.world().token_owner(owner);
        // Another instance: who we are is believed for a minute.
        let desk = super::desk(&super::settings(&stage.sim, &stage.folder), &stage.ledger);
        for act in ["deployment.approve", "deployment.reject"] {
            let mut reports =
                desk.perform(&stage.gate, &[decision(act, &target)]).await.expect("armed");
            let refused = reports.pop().expect("one");
            assert!(is_objection(&refused, words), "{refused:?}");
        }
        assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gitlabs_own_refusal_is_told_in_its_words_with_advice() {
    let (stage, target) = waiting(1).await;
    stage.sim.world().access_level(30);
    let report = decide(&stage, "deployment.approve", &target).await.expect("answered");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(400)));
    let said = report.outcome.message.clone().expect("words");
    assert!(said.starts_with("You don't have permission to approve this deployment."), "{said}");
    let act = find_act("deployment.approve").expect("known");
    assert!(act_advice(act, &report.outcome).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_an_approval_is_cleared_up_and_never_resent() {
    let cut = Fault { close: true, ..Fault::default() };
    let lost = Fault { status: Some(504), done: true, ..Fault::default() };
    let nothing = Fault { status: Some(503), ..Fault::default() };
    for (fault, ending) in [(cut, Ending::Done), (lost, Ending::Done), (nothing, Ending::Unknown)] {
        let (stage, target) = waiting(1).await;
        stage.sim.world().fault(on_changes(fault));
        let report = decide(&stage, "deployment.approve", &target).await.expect("sent");
        assert_eq!(report.outcome.ending, ending, "{:?}", report.outcome);
        assert_eq!(stage.changes(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_for_nobody_has_no_deployment_to_decide_on() {
    let stage = Stage::new().await;
    let (project, job) = (Text::new(stage.project), JobId(stage.job));
    assert_eq!(stage.desk.deployment_of(&project, job).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_wrote_a_commit_since_the_last_deployment_does_not_decide() {
    for (writer, may) in [("token's owner", false), (STARTER, true)] {
        let (stage, target) = waiting(1).await;
        decide(&stage, "deployment.approve", &target).await.expect("sent");
        let world = stage.sim.world();
        world.start_job(stage.job);
        world.finish_job(stage.job);
        let pipeline = |person: &str, approvals: u32| {
            let job = NewJob {
                environment: (approvals > 0).then(|| "production".to_owned()),
                tags: vec!["eks-protected".to_owned()],
                approvals,
                ..NewJob::default()
            };
            let pipeline = watchfloor::sim::NewPipeline {
                project: stage.project.to_owned(),
                branch: "main".to_owned(),
                jobs: vec![job],
            };
            let pipeline = world.add_pipeline(&pipeline).expect("the project exists");
            world.start_as(pipeline, person);
            *world.pipeline_jobs(pipeline).first().expect("its job")
        };
        // Merged, and not deployed by itself.
        let person = if may { writer.to_owned() } else { owner(&stage).await };
        pipeline(&person, 0);
        let job = pipeline(STARTER, 1);
        let (project, job) = (Text::new(stage.project), JobId(job));
        let found = stage.desk.deployment_of(&project, job).await.expect("readable");
        let (target, seen) = found.expect("it waits for approval");
        assert_eq!(seen.bars.is_empty(), may, "{writer}: {seen:?}");
        let decided = decide(&stage, "deployment.approve", &target).await;
        assert_eq!(decided.is_ok(), may, "{decided:?}");
        assert!(may || is_objection(&decided, "a commit that it brings is by"), "{decided:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opened_the_merge_request_or_wrote_in_it_does_not_decide() {
    let others = "deniz.placeholder";
    for (opens, writes, words) in [
        (true, false, Some("its merge request !1 is by")),
        (false, true, Some("a commit of its merge request !1 is by")),
        (false, false, None),
    ] {
        let (stage, target) = waiting(1).await;
        let us = owner(&stage).await;
        let who = |is_us: bool| if is_us { us.as_str() } else { others };
        // Who we are was asked of every platform, of one of them by a POST.
        let before = stage.changes();
        let number = stage.sim.world().bring_in(stage.pipeline, who(opens), &[who(writes)]);
        assert_eq!(number, Some(1));
        let decided = decide(&stage, "deployment.approve", &target).await;
        let Some(words) = words else {
            assert_eq!(decided.expect("sent").outcome.ending, Ending::Done);
            assert_eq!((stage.changes() - before, stage.deeds().len()), (1, 1));
            continue;
        };
        assert!(is_objection(&decided, words), "{decided:?}");
        let rejected = decide(&stage, "deployment.reject", &target).await;
        assert!(is_objection(&rejected, words), "{rejected:?}");
        assert_eq!((stage.changes() - before, stage.deeds().len()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_it_cannot_be_told_whose_merge_request_it_is_nobody_decides() {
    let (stage, target) = waiting(1).await;
    for status in [403, 404, 500] {
        stage.sim.world().fault(Fault {
            method: Some("GET".to_owned()),
            path: Some("/api/v4/projects/*/repository/commits/*/merge_requests".to_owned()),
            status: Some(status),
            ..Fault::default()
        });
        let decided = decide(&stage, "deployment.approve", &target).await;
        assert!(is_objection(&decided, "whose merge request it is cannot be told"), "{decided:?}");
        stage.sim.world().clear_faults();
    }
    // Whoever opened it is gone from GitLab: it may have been anybody.
    stage.sim.world().bring_in(stage.pipeline, "", &[STARTER]);
    let decided = decide(&stage, "deployment.approve", &target).await;
    assert!(is_objection(&decided, "who opened its merge request !1 is not told"), "{decided:?}");
    assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_of_its_merge_requests_is_told_before_it_is_decided_on() {
    let (stage, target) = waiting(1).await;
    let fact = async |name: &str| {
        let seen = stage.desk.look(&target).await.expect("readable");
        let fact = seen.facts.into_iter().find(|(known, _)| &**known == name);
        fact.expect("told").1.to_string()
    };
    let told = fact("merge requests by").await;
    assert_eq!(told, "nobody: no merge request brought its commits in");
    stage.sim.world().bring_in(stage.pipeline, STARTER, &[STARTER, ""]);
    let told = fact("merge requests by").await;
    let by = format!("!1 by {STARTER}, its commits by {STARTER}");
    assert_eq!(told, format!("{by} and others that GitLab does not know"));
    assert!(fact("separation").await.contains("who opened its merge requests"));
}

/// The login of whoever holds the token.
async fn owner(stage: &Stage) -> String {
    let identities = stage.desk.identities().await;
    let user = identities.into_iter().find(|one| &*one.platform == "gitlab").expect("GitLab").user;
    user.expect("told").to_string()
}
