-- What the console knew, a version a row: from `since` until `until`, microseconds since 1970 in UTC.
-- The last version of a row has the largest `until` there is. The other columns are those of `cache.db`.
CREATE TABLE past_feeds (id INTEGER PRIMARY KEY, source TEXT NOT NULL, scope TEXT NOT NULL, UNIQUE (source, scope));
-- From when to when a console watched.
CREATE TABLE past_runs (id INTEGER PRIMARY KEY, began INTEGER NOT NULL, until INTEGER NOT NULL);
-- From when to when a feed was confirmed again and again; `whole` where nothing of it was missing.
CREATE TABLE past_seen (
    feed INTEGER NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL, whole INTEGER NOT NULL,
    PRIMARY KEY (feed, whole, at)
) WITHOUT ROWID;
-- Versions that ended before this instant are gone from a table.
CREATE TABLE past_floors (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE past_reports (
    feed INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    interval_seconds REAL NOT NULL, confirmed_at INTEGER,
    requests_per_minute REAL NOT NULL,
    failure_kind TEXT, failure_message TEXT, failure_hint TEXT, failure_at INTEGER, failure_retry_at INTEGER,
    gap_kind TEXT, gap_message TEXT, gap_hint TEXT, gap_at INTEGER, gap_retry_at INTEGER,
    budget_limit INTEGER, budget_remaining INTEGER, budget_reset_at INTEGER,
    PRIMARY KEY (feed, since)
) WITHOUT ROWID;
CREATE INDEX past_reports_by_end ON past_reports (until, feed);
CREATE TABLE past_projects (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    path TEXT NOT NULL, default_branch TEXT, web_url TEXT NOT NULL, last_activity_at INTEGER,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_projects_by_end ON past_projects (until, feed, id);
CREATE TABLE past_protected_refs (
    feed INTEGER NOT NULL, project INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    patterns TEXT NOT NULL,
    PRIMARY KEY (feed, project, since)
) WITHOUT ROWID;
CREATE INDEX past_protected_refs_by_end ON past_protected_refs (until, feed, project);
CREATE TABLE past_pipelines (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    urgency INTEGER NOT NULL, turn INTEGER NOT NULL,
    iid INTEGER, project INTEGER NOT NULL, reference TEXT NOT NULL, sha TEXT NOT NULL, status TEXT NOT NULL,
    source TEXT, created_at INTEGER NOT NULL, updated_at INTEGER, started_at INTEGER, finished_at INTEGER,
    duration_seconds REAL, parent_project TEXT, parent INTEGER, jobs_complete INTEGER NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_pipelines_by_end ON past_pipelines (until, feed, id);
CREATE TABLE past_jobs (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    urgency INTEGER NOT NULL, turn INTEGER NOT NULL,
    name TEXT NOT NULL, stage TEXT NOT NULL, project INTEGER NOT NULL, pipeline INTEGER NOT NULL,
    reference TEXT NOT NULL, status TEXT NOT NULL, tags TEXT NOT NULL, allow_failure INTEGER NOT NULL,
    retried INTEGER NOT NULL, stuck INTEGER, created_at INTEGER NOT NULL, queued_at INTEGER, started_at INTEGER,
    finished_at INTEGER, failure_reason TEXT, runner INTEGER, runner_description TEXT,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_jobs_by_end ON past_jobs (until, feed, id);
CREATE TABLE past_runners (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    description TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, paused INTEGER NOT NULL,
    locked INTEGER NOT NULL, protected INTEGER NOT NULL, run_untagged INTEGER NOT NULL, tags TEXT NOT NULL,
    contacted_at INTEGER, version TEXT, running INTEGER, job_limit INTEGER, managers_complete INTEGER NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_runners_by_end ON past_runners (until, feed, id);
CREATE TABLE past_managers (
    feed INTEGER NOT NULL, runner INTEGER NOT NULL, place INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    system_id TEXT NOT NULL, status TEXT NOT NULL, contacted_at INTEGER, version TEXT,
    PRIMARY KEY (feed, runner, place, since)
) WITHOUT ROWID;
CREATE INDEX past_managers_by_end ON past_managers (until, feed, runner, place);
CREATE TABLE past_pods (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    cluster TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, phase TEXT NOT NULL,
    state TEXT NOT NULL, stand TEXT NOT NULL, reason TEXT, message TEXT, node TEXT, claimed_job INTEGER,
    project INTEGER, runner_short TEXT, created_at INTEGER NOT NULL, scheduled_at INTEGER, sandbox_at INTEGER,
    initialized_at INTEGER, ready_at INTEGER, finished_at INTEGER, deleted_at INTEGER, bad_end TEXT, restarts INTEGER NOT NULL,
    cpu_request_millis INTEGER NOT NULL, memory_request_bytes INTEGER NOT NULL, containers TEXT NOT NULL,
    service_account TEXT, aws_role TEXT, powers INTEGER NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_pods_by_end ON past_pods (until, feed, id);
CREATE TABLE past_nodes (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    cluster TEXT NOT NULL, name TEXT NOT NULL, ready INTEGER, not_ready_reason TEXT, cordoned INTEGER NOT NULL,
    pressures TEXT NOT NULL, taints TEXT NOT NULL, node_group INTEGER, group_name TEXT, instance_type TEXT,
    zone TEXT, capacity_type TEXT, cpu_millis INTEGER NOT NULL, memory_bytes INTEGER NOT NULL,
    max_pods INTEGER NOT NULL, version TEXT, created_at INTEGER NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_nodes_by_end ON past_nodes (until, feed, id);
CREATE TABLE past_nodegroups (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    cluster TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, fewest INTEGER,
    desired INTEGER, most INTEGER, limits TEXT NOT NULL, instance_types TEXT NOT NULL, capacity_type TEXT,
    version TEXT, issues TEXT NOT NULL, activities TEXT,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_nodegroups_by_end ON past_nodegroups (until, feed, id);
CREATE TABLE past_node_claims (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    cluster TEXT NOT NULL, name TEXT NOT NULL, node_group INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
    message TEXT, node TEXT, created_at INTEGER NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_node_claims_by_end ON past_node_claims (until, feed, id);
CREATE TABLE past_quotas (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    cluster TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, limits TEXT NOT NULL, exhausted TEXT NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_quotas_by_end ON past_quotas (until, feed, id);
CREATE TABLE past_policies (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    cluster TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, denies_egress INTEGER NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_policies_by_end ON past_policies (until, feed, id);
CREATE TABLE past_slos (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    key TEXT NOT NULL, rule_id TEXT NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    origin TEXT NOT NULL, labels TEXT NOT NULL, objective REAL NOT NULL, period TEXT NOT NULL, readings TEXT NOT NULL,
    pairs TEXT NOT NULL, events REAL, filled REAL, time_weighted INTEGER NOT NULL, firing TEXT, rule_error TEXT,
    warning TEXT, rule_interval_seconds REAL, queries TEXT NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_slos_by_end ON past_slos (until, feed, id);
CREATE TABLE past_alerts (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL,
    state TEXT NOT NULL, severity TEXT, starts_at INTEGER NOT NULL, silenced_by TEXT NOT NULL,
    inhibited_by TEXT NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_alerts_by_end ON past_alerts (until, feed, id);
CREATE TABLE past_silences (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    name TEXT NOT NULL, matchers TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    created_by TEXT NOT NULL, comment TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_silences_by_end ON past_silences (until, feed, id);
CREATE TABLE past_exceptions (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    project TEXT NOT NULL, path TEXT NOT NULL, blob TEXT NOT NULL, commit_id TEXT NOT NULL, name TEXT NOT NULL,
    title TEXT NOT NULL, kind TEXT NOT NULL, scope TEXT NOT NULL, requester TEXT NOT NULL, owner TEXT,
    justification TEXT NOT NULL, risk TEXT NOT NULL, residual_risk TEXT, controls TEXT NOT NULL,
    approvers TEXT NOT NULL, beneficiaries TEXT NOT NULL, starts_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    ticket TEXT, renews TEXT, artefacts TEXT NOT NULL, evidence TEXT NOT NULL, revocation TEXT NOT NULL,
    closed TEXT NOT NULL, flaws TEXT NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_exceptions_by_end ON past_exceptions (until, feed, id);
CREATE TABLE past_requests (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    project TEXT NOT NULL, iid INTEGER NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL, author TEXT NOT NULL,
    is_by_bot INTEGER NOT NULL, is_draft INTEGER NOT NULL, source_branch TEXT NOT NULL, head TEXT NOT NULL,
    opened_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, files TEXT NOT NULL, elsewhere TEXT NOT NULL,
    approvals TEXT NOT NULL, barred TEXT NOT NULL, blocked_for_me TEXT, merge TEXT NOT NULL, pipeline TEXT,
    has_conflicts INTEGER NOT NULL, missing TEXT NOT NULL,
    PRIMARY KEY (feed, id, since)
) WITHOUT ROWID;
CREATE INDEX past_requests_by_end ON past_requests (until, feed, id);
