// node routes.js CONFIG PROXY FOLDER get|gate: every REST route that our clients ask of the simulator is asked again through a
// proxy that judges the answers by GitLab's published OpenAPI.
//
// The routes are not listed by hand: `get`, or `gate`, is run against the simulator, and what it asked is read from the
// simulator's own record. What the console alone asks is added. Routes that must be among them are named, so that an
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
    "/api/v4/runners/*",
    "/api/v4/runners/*/managers",
  ],
  gate: [
    "/api/v4/projects/*/deployments",
    "/api/v4/projects/*/repository/commits/*/merge_requests",
    "/api/v4/projects/*/merge_requests/*/resource_label_events",
  ],
};

/** Routes that GitLab has and its published OpenAPI does not, and why they are asked all the same. The day on which the
 * description has one, it is a fault that it still stands here. */
const UNDESCRIBED = {
  "/api/v4/projects/*/merge_requests/*/resource_label_events":
    "documented under doc/api/resource_label_events.md, absent from the published OpenAPI; nothing else of REST says who put a label on",
};

/** As many different requests of one shape as are judged. */
const EACH = 5;

const [, , config, proxy, folder, what] = argv;
const { url, token } = gitlab(config);

const ask = (base, path) => fetch(base + path, { headers: { "PRIVATE-TOKEN": token } });

/** A path without what differs from one project, pipeline, job, runner, commit or merge request to the next. */
function route(path) {
  return path
    .split("?")[0]
    .replace(/\/(projects|groups|pipelines|jobs|runners|commits|merge_requests)\/(?!all(\/|$))[^/]+/g, "/$1/*");
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

/** Runs `get` for every kind. */
function get() {
  // Our own ceiling would make this a matter of minutes; the simulator's limit is further up.
  const hurried = join(folder, "config.toml");
  const text = readFileSync(config, "utf8").replace("[gitlab]\n", "[gitlab]\nrequests_per_minute = 1800\n");
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
  return [`${answer.status} ${path}\n      ${violations ?? body.slice(0, 1500)}`];
}

const faults = { get, gate }[what]();
const shapes = new Map();
for (const path of new Set([...recorded(), ...(what === "get" ? await console_paths() : [])])) {
  const same = shapes.get(shape(path)) ?? shapes.set(shape(path), []).get(shape(path));
  if (same.length < EACH) same.push(path);
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
