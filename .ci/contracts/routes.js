// node routes.js CONFIG PROXY FOLDER: every REST route that our clients ask of the simulator is asked again through a proxy that
// judges the answers by GitLab's published OpenAPI.
//
// The routes are not listed by hand: `get` is run against the simulator with GraphQL off, and what it asked is read from
// the simulator's own record. What the console alone asks is added. Routes that must be among them are named, so that an
// empty record cannot pass.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, env } from "node:process";
import { gitlab } from "./config.js";
import { verdict } from "./home.js";

const KINDS = ["projects", "jobs", "runners"];

/** What the console and the clients cannot do without. */
const NEEDED = [
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
  "/api/v4/runners/*",
  "/api/v4/runners/*/managers",
  "/api/v4/projects/*/repository/tree",
  "/api/v4/projects/*/repository/commits",
  "/api/v4/projects/*/merge_requests/*/approvals",
  "/api/v4/projects/*/access_tokens",
];

/** Routes that are described as one object where GitLab's documents, and every server, have a list of such. */
const MISDESCRIBED = [/\/merge_requests\?/, /\/merge_requests\/\d+\/diffs/];

/** As many different requests of one shape as are judged. */
const EACH = 5;

const [, , config, proxy, folder] = argv;
const { url, token } = gitlab(config);

const ask = (base, path) => fetch(base + path, { headers: { "PRIVATE-TOKEN": token } });

/** A path without what differs from one project, pipeline, job or runner to the next. */
function route(path) {
  return path
    .split("?")[0]
    .replace(/\/(projects|groups|pipelines|jobs|runners|merge_requests|blobs|files|commits)\/(?!all(\/|$))[^/]+/g, "/$1/*");
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

/** What only a person at the console asks for: one pipeline, one job and its log. */
async function console_paths() {
  const projects = await (await ask(url, "/api/v4/projects?per_page=100")).json();
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
    ];
  }
  throw new Error("the simulator has no job");
}

/** Whether all that the judge has against an answer is that it is the list that it should be. */
function is_misdescribed(path, said) {
  const plain = /^\[\{"location":\["response","body"\],[^{}]*"message":"Response body must be object"\}\]$/;
  return MISDESCRIBED.some((one) => one.test(path)) && plain.test(said.trim());
}

async function judge(path) {
  const answer = await ask(proxy, path);
  const violations = answer.headers.get("sl-violations");
  const body = await answer.text();
  if (answer.ok && !violations) return [];
  if (is_misdescribed(path, violations ?? body)) return [];
  return [`${answer.status} ${path}\n      ${violations ?? body.slice(0, 1500)}`];
}

// Our own ceiling would make this a matter of minutes; the simulator's limit is further up.
const hurried = join(folder, "config.toml");
const text = readFileSync(config, "utf8").replace("[gitlab]\n", "[gitlab]\nrequests_per_minute = 1800\n");
writeFileSync(hurried, text, { mode: 0o600 });
for (const kind of KINDS) {
  execFileSync(env.WATCHFLOOR, ["--config", hurried, "get", kind, "-o", "json"], { stdio: ["ignore", "ignore", "inherit"] });
}
const shapes = new Map();
for (const path of new Set([...recorded(), ...(await console_paths()), ...(await register_paths())])) {
  const same = shapes.get(shape(path)) ?? shapes.set(shape(path), []).get(shape(path));
  if (same.length < EACH) same.push(path);
}
const asked = new Set([...shapes.keys()].map((one) => one.split(" ")[0]));
const faults = NEEDED.filter((one) => !asked.has(one)).map((one) => `${one} was never asked for`);
let count = 0;
for (const [name, paths] of [...shapes].sort()) {
  console.log(`   ${name}`);
  for (const path of paths) {
    count += 1;
    faults.push(...(await judge(path)));
  }
}
verdict(faults, `${count} answers of ${asked.size} routes have GitLab's published shapes`);
