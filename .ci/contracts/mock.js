// node mock.js URL FOLDER: `get` works against a server that nobody here wrote, made of GitLab's published OpenAPI.
// It has no GraphQL, so everything goes over REST. Its answers are examples: their form counts, not their content.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, env } from "node:process";
import { verdict } from "./home.js";

/** Every kind that is read from GitLab, and the fields without which an item is nothing. */
const KINDS = {
  projects: ["id", "path"],
  pipelines: ["id", "project", "status"],
  jobs: ["id", "name", "project", "status"],
  runners: ["id", "status"],
};

const [, , url, folder] = argv;
const place = join(folder, "mock");
mkdirSync(place, { mode: 0o700 });
const config = join(place, "config.toml");
const written = `[gitlab]\nurl = "${url}"\ntoken = { env = "MOCK_TOKEN" }\ngroups = ["acme"]\nprojects = ["namespace1/project1"]\n`;
writeFileSync(config, written, { mode: 0o600 });

function get(kind) {
  const where = ["--config", config, "--cache-dir", join(place, "cache"), "--state-dir", join(place, "state")];
  const options = { encoding: "utf8", env: { ...env, MOCK_TOKEN: "token" }, stdio: ["ignore", "pipe", "pipe"] };
  try {
    return { answer: JSON.parse(execFileSync(env.WATCHFLOOR, [...where, "get", kind, "-o", "json"], options)) };
  } catch (error) {
    return { fault: `get ${kind}: exit code ${error.status}: ${error.stderr}` };
  }
}

function faultsOf(kind, needed) {
  const { answer, fault } = get(kind);
  if (fault) return [fault];
  const faults = [];
  console.log(`   get ${kind}: ${answer.items.length} items, complete: ${answer.complete}`);
  if (answer.schema !== "watchfloor/v1" || answer.kind !== kind) faults.push(`get ${kind}: not its envelope`);
  if (answer.items.length === 0) faults.push(`get ${kind}: no items`);
  for (const source of answer.sources.filter((one) => one.health !== "live")) {
    faults.push(`get ${kind}: source ${source.id} ${source.scope} is ${source.health}: ${JSON.stringify(source.error)}`);
  }
  for (const [place, item] of answer.items.entries()) {
    const missing = needed.filter((field) => item[field] === undefined || item[field] === null);
    if (missing.length > 0) faults.push(`get ${kind}: item ${place} has no ${missing.join(", ")}`);
  }
  return faults;
}

const faults = Object.entries(KINDS).flatMap(([kind, needed]) => faultsOf(kind, needed));
verdict(faults, `get ${Object.keys(KINDS).join(", ")} read what GitLab's OpenAPI describes`);
