// node routes.js CONFIG PROXY FOLDER get|gate|access: every REST route that our clients ask of the simulator is asked again through a
// proxy that judges the answers by GitLab's published OpenAPI.
//
// The routes are not listed by hand: `get`, or `gate`, is run against the simulator, and what it asked is read from the
// simulator's own record. What the console alone asks is added; `access` is what a review of access asks, listed by hand. Routes that must be among them are named, so that an
// empty record cannot pass.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, env } from "node:process";
import { gitlab } from "./config.js";
import { verdict } from "./home.js";

const KINDS = ["projects", "jobs", "runners"];

/** Changes of the scenario `evidence` that ask to pass: their class, their commit, and the exit code of the verdict. */
const CHANGES = [
  ["rollback", "a".repeat(40), 0],
  ["security", "1".repeat(40), 0],
  ["reliability", "7".repeat(40), 0],
  ["security", "2".repeat(40), 20],
];
const PROJECT = "acme/web/checkout";

/** What the console and the clients cannot do without. */
const NEEDED = {
  get: [
    "/api/v4/version",
    "/api/v4/personal_access_tokens/self",
    "/api/v4/groups/*/projects",
    "/api/v4/groups/*/runners",
    "/api/v4/projects/*/pipelines",
    "/api/v4/projects/*/pipelines/*",
    "/api/v4/projects/*/pipelines/*/jobs",
    "/api/v4/projects/*/pipelines/*/bridges",
    "/api/v4/projects/*/protected_branches",
    "/api/v4/projects/*/jobs/*",
    "/api/v4/projects/*/jobs/*/trace",
    "/api/v4/projects/*/resource_groups/*/upcoming_jobs",
    "/api/v4/runners/*",
    "/api/v4/runners/*/managers",
    "/api/v4/projects/*/repository/tree",
    "/api/v4/projects/*/repository/commits",
    "/api/v4/projects/*/merge_requests/*/approvals",
    "/api/v4/projects/*/access_tokens",
  ],
  gate: [
    "/api/v4/projects/*/deployments",
    "/api/v4/projects/*/repository/commits/*/merge_requests",
    "/api/v4/projects/*/merge_requests/*/resource_label_events",
  ],
  access: [
    "/api/v4/groups/*/members",
    "/api/v4/projects/*/members/all",
    "/api/v4/groups/*/access_tokens",
    "/api/v4/personal_access_tokens",
    "/api/v4/projects/*/deploy_keys",
    "/api/v4/projects/*/job_token_scope",
    "/api/v4/projects/*/protected_environments",
    "/api/v4/users",
  ],
};

/** Routes that GitLab has and its published OpenAPI does not, and why they are asked all the same. The day on which the
 * description has one, it is a fault that it still stands here. */
const UNDESCRIBED = {
  "/api/v4/projects/*/merge_requests/*/resource_label_events":
    "documented under doc/api/resource_label_events.md, absent from the published OpenAPI; nothing else of REST says who put a label on",
  "/api/v4/groups/*/saml_group_links": "documented under doc/api/saml.md; the published OpenAPI leaves SAML out",
  "/api/v4/groups/*/scim/identities": "documented under doc/api/scim.md; the published OpenAPI leaves SCIM out",
  "/api/v4/groups/*/saml/identities": "documented under doc/api/saml.md; the published OpenAPI leaves SAML out",
  "/api/v4/groups/*/service_accounts": "documented under doc/api/service_accounts.md, absent from the published OpenAPI",
  "/api/v4/groups/*/service_accounts/*/personal_access_tokens":
    "documented under doc/api/service_accounts.md, absent from the published OpenAPI",
  "/api/v4/projects/*/resource_groups/*/current_job":
    "documented under doc/api/resource_groups.md since GitLab 18.6, absent from the published OpenAPI",
  "/api/v4/member_roles": "documented under doc/api/member_roles.md, absent from the published OpenAPI",
};

/** Routes that are described as one object where GitLab's documents, and every server, have a list of such. */
const MISDESCRIBED = [
  /\/merge_requests\?/,
  /\/merge_requests\/\d+\/diffs/,
  /\/job_token_scope\/(groups_)?allowlist/,
  /\/access_requests/,
];

/** Routes whose tokens end on a day by GitLab's documents, samples and every server, and at an instant by the description. */
const ENDING_ON_DAYS = [/\/personal_access_tokens\?/];

/** As many different requests of one shape as are judged. */
const EACH = 5;
/** The same where the requests were chosen by hand, because each of them has something of its own. */
const LISTED = 10;

const [, , config, proxy, folder, what] = argv;
const { url, token } = gitlab(config);

const ask = (base, path) => fetch(base + path, { headers: { "PRIVATE-TOKEN": token } });

/** A path without what differs from one project, pipeline, job, runner, commit or merge request to the next. */
function route(path) {
  return path
    .split("?")[0]
    .replace(/\/(projects|groups|pipelines|jobs|runners|merge_requests|blobs|files|commits|users|service_accounts|members|members\/all|access_tokens|resource_groups)\/(?!all(\/|$))[^/]+/g, "/$1/*");
}

/** The shape of a request: its route and the names of its parameters. */
function shape(path) {
  const names = [...new URL(path, url).searchParams.keys()].sort();
  return [route(path), ...new Set(names)].join(" ");
}

function recorded() {
  const text = readFileSync(join(dirname(config), "requests.jsonl"), "utf8");
  const requests = text.trim().split("\n").map((line) => JSON.parse(line));
  return requests.filter((one) => one.method === "GET" && one.path.startsWith("/api/v4/")).map((one) => one.path);
}

/** What is read of the register of exceptions, its merge requests, and of who belongs where. */
async function register_paths() {
  const read = async (path) => (await ask(url, path)).json();
  // Some routes are described as if a project had no other name than its number, and a branch a number, too.
  const { id } = await read(`/api/v4/projects/${encodeURIComponent("acme/platform/exceptions")}`);
  const one = `/api/v4/projects/${id}`;
  const [file] = await read(`${one}/repository/tree?path=exceptions&per_page=1&page=2`);
  const [commit] = await read(`${one}/repository/commits?per_page=1`);
  const requests = await read(`${one}/merge_requests?state=all&per_page=100`);
  const chosen = ["opened", "merged"].map((state) => requests.find((one) => one.state === state).iid);
  const parts = ["", "/diffs", "/commits", "/versions", "/approvals", "/approval_state"];
  const name = encodeURIComponent(file.path);
  return [
    `${one}/repository/tree?path=exceptions&ref=main&recursive=true&per_page=100&pagination=keyset`,
    `${one}/repository/files/${name}?ref=main`,
    `${one}/repository/blobs/${file.id}`,
    `${one}/repository/commits?path=${name}&ref_name=main&per_page=100`,
    `${one}/repository/commits/${commit.id}`,
    `${one}/repository/commits/${commit.id}/diff?per_page=100`,
    `${one}/repository/commits/${commit.id}/merge_requests?per_page=100`,
    `${one}/repository/compare?from=main&to=request-015`,
    `${one}/repository/branches?per_page=100`,
    `${one}/merge_requests?state=opened&target_branch=main&per_page=100`,
    ...chosen.flatMap((iid) => parts.map((part) => `${one}/merge_requests/${iid}${part}`)),
    `${one}/approvals`,
    `${one}/members/all?per_page=100`,
    `/api/v4/groups/acme/members?per_page=100`,
    `/api/v4/projects/${encodeURIComponent("acme/payments/api")}/access_tokens?per_page=100`,
  ];
}

/** What is asked of the first of these projects that has a resource group, for the question why a job waits. */
async function waiting_paths(projects) {
  for (const { id } of projects) {
    const one = `/api/v4/projects/${id}`;
    const [group] = await (await ask(url, `${one}/resource_groups?per_page=100`)).json();
    if (!group) continue;
    const key = encodeURIComponent(group.key);
    return [
      one,
      `${one}/runners?type=project_type&per_page=100`,
      `${one}/deployments?status=created&order_by=id&sort=desc&per_page=100`,
      `${one}/resource_groups?per_page=100`,
      `${one}/resource_groups/${key}`,
      `${one}/resource_groups/${key}/upcoming_jobs?per_page=100`,
      `${one}/resource_groups/${key}/current_job`,
    ];
  }
  throw new Error("the simulator has no resource group");
}

/** What only a person at the console asks for: one pipeline, one job and its log, and what a job waits for. */
async function console_paths() {
  const projects = await (await ask(url, "/api/v4/projects?per_page=100")).json();
  const waiting = await waiting_paths(projects);
  for (const { id } of projects) {
    const [job] = await (await ask(url, `/api/v4/projects/${id}/jobs?per_page=1`)).json();
    if (!job) continue;
    const one = `/api/v4/projects/${id}`;
    const pipeline = `${one}/pipelines/${job.pipeline.id}`;
    return [
      "/api/v4/version",
      "/api/v4/user",
      "/api/v4/personal_access_tokens/self",
      `${one}/jobs/${job.id}`,
      `${one}/jobs/${job.id}/trace`,
      pipeline,
      `${pipeline}/jobs?include_retried=true&per_page=100`,
      `${pipeline}/bridges?per_page=100`,
      `${one}/protected_branches?per_page=100`,
      ...waiting,
    ];
  }
  throw new Error("the simulator has no job");
}

/** What a review of access asks of the organisation: of a group and two projects, and of the whole instance. */
async function access_paths() {
  const read = async (path) => (await ask(url, path)).json();
  const project = async (path) => (await read(`/api/v4/projects/${encodeURIComponent(path)}`)).id;
  const group = async (path) => (await read(`/api/v4/groups/${encodeURIComponent(path)}`)).id;
  const lists = (one, names) => names.map((name) => `${one}/${name}?per_page=100`);
  const of_group = (id) =>
    lists(`/api/v4/groups/${id}`, [
      "members",
      "members/all",
      "invitations",
      "access_requests",
      "access_tokens",
      "deploy_tokens",
      "descendant_groups",
      "subgroups",
      "saml_group_links",
      "scim/identities",
      "saml/identities",
      "service_accounts",
      "protected_environments",
    ]).concat(`/api/v4/groups/${id}`);
  const of_project = (id) =>
    lists(`/api/v4/projects/${id}`, [
      "members",
      "members/all",
      "invitations",
      "access_requests",
      "access_tokens",
      "deploy_tokens",
      "deploy_keys",
      "triggers",
      "variables",
      "protected_branches",
      "protected_tags",
      "protected_environments",
      "environments",
      "approval_rules",
      "job_token_scope/allowlist",
      "job_token_scope/groups_allowlist",
      "runners",
    ]).concat([`/api/v4/projects/${id}`, `/api/v4/projects/${id}/approvals`, `/api/v4/projects/${id}/job_token_scope`]);
  const acme = await group("acme");
  const groups = [acme, await group("acme/search"), await group("acme/infra"), await group("acme/growth")];
  const names = [
    "acme/web/storefront",
    "acme/data/warehouse",
    "acme/support/chat-relay",
    "acme/tools/load-tests",
    "acme/search/query",
    "acme/docs/handbook",
    "acme/platform/secrets-broker",
    "acme/growth/experiments",
  ];
  const projects = await Promise.all(names.map(project));
  return [
    ...groups.flatMap(of_group),
    ...projects.flatMap(of_project),
    `/api/v4/groups/${acme}/billable_members?per_page=100`,
    `/api/v4/groups/${acme}/members/30`,
    `/api/v4/groups/${acme}/members/all/28`,
    `/api/v4/groups/${acme}/service_accounts/41/personal_access_tokens?per_page=100`,
    "/api/v4/groups?per_page=100",
    "/api/v4/users?per_page=100",
    "/api/v4/users/28",
    "/api/v4/users/41",
    "/api/v4/personal_access_tokens?per_page=100",
    "/api/v4/deploy_keys?per_page=100",
    "/api/v4/deploy_tokens?per_page=100",
    "/api/v4/member_roles?per_page=100",
  ];
}

/** Runs `get` for every kind. */
function get() {
  // Our own ceiling would make this a matter of minutes; the simulator's limit is further up.
  const hurried = join(folder, "config.toml");
  const text = readFileSync(config, "utf8").replace(/^requests_per_minute = \d+$/gm, "requests_per_minute = 1800");
  writeFileSync(hurried, text, { mode: 0o600 });
  for (const kind of KINDS) {
    execFileSync(env.WATCHFLOOR, ["--config", hurried, "get", kind, "-o", "json"], { stdio: ["ignore", "ignore", "inherit"] });
  }
  return [];
}

/** Lets the gate decide on every change, and says which verdict was another than was known beforehand. */
function gate() {
  const policy = join(folder, "gate.toml");
  const evidence = 'security = "change::security"\nreliability = "change::reliability"\n';
  const text = `schema = "watchfloor/gate-policy/v1"\n[service.checkout]\nproject = "${PROJECT}"\n[evidence]\n${evidence}`;
  writeFileSync(policy, text, { mode: 0o600 });
  const where = ["--config", config, "--policy", policy, "--service", "checkout", "--environment", "production"];
  return CHANGES.flatMap(([kind, sha, code]) => {
    const decided = spawnSync(env.WATCHFLOOR, ["gate", ...where, "--change-class", kind, "--sha", sha], { encoding: "utf8" });
    if (decided.status === code) return [];
    return [`gate of a ${kind} change ends with ${decided.status}, not ${code}: ${decided.stdout}${decided.stderr}`];
  });
}

/** Whether all that the judge has against an answer is that it is the list that it should be. */
function is_misdescribed(path, said) {
  const plain = /^\[\{"location":\["response","body"\],[^{}]*"message":"Response body must be object"\}\]$/;
  return MISDESCRIBED.some((one) => one.test(path)) && plain.test(said.trim());
}

/** Whether all that the judge has against an answer is that its tokens end on a day. */
function ends_on_days(path, said) {
  if (!ENDING_ON_DAYS.some((one) => one.test(path))) return false;
  const faults = JSON.parse(said);
  return Array.isArray(faults) && faults.every((one) => one.code === "format" && one.location.at(-1) === "expires_at");
}

async function judge(path) {
  const answer = await ask(proxy, path);
  const violations = answer.headers.get("sl-violations");
  const body = await answer.text();
  const why = UNDESCRIBED[route(path)];
  if (why) {
    const is_absent = body.includes("NO_PATH_MATCHED");
    return is_absent ? [] : [`${route(path)} is described by now (${answer.status}): take it out of UNDESCRIBED`];
  }
  if (answer.ok && !violations) return [];
  if (is_misdescribed(path, violations ?? body) || ends_on_days(path, violations ?? body)) return [];
  return [`${answer.status} ${path}\n      ${violations ?? body.slice(0, 1500)}`];
}

/** Nothing is run: what a review of access asks is listed. */
const access = () => [];

/** What is asked beside what the record has. */
const beside = {
  get: async () => [...(await console_paths()), ...(await register_paths())],
  gate: () => [],
  access: access_paths,
};

const faults = { get, gate, access }[what]();
const shapes = new Map();
const listed = await beside[what]();
// What was asked to make the list is no part of it.
const paths_asked = what === "access" ? listed : [...recorded(), ...listed];
for (const path of new Set(paths_asked)) {
  const same = shapes.get(shape(path)) ?? shapes.set(shape(path), []).get(shape(path));
  if (same.length < (what === "access" ? LISTED : EACH)) same.push(path);
}
const asked = new Set([...shapes.keys()].map((one) => one.split(" ")[0]));
faults.push(...NEEDED[what].filter((one) => !asked.has(one)).map((one) => `${one} was never asked for`));
let count = 0;
for (const [name, paths] of [...shapes].sort()) {
  const why = UNDESCRIBED[name.split(" ")[0]];
  console.log(`   ${name}${why ? `\n      NOT judged: ${why}` : ""}`);
  for (const path of paths) {
    count += why ? 0 : 1;
    faults.push(...(await judge(path)));
  }
}
const judged = [...asked].filter((one) => !UNDESCRIBED[one]).length;
verdict(faults, `${count} answers of ${judged} routes have GitLab's published shapes`);
