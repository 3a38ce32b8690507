// node config.js CONFIG url|token: what a config file of the simulator says of its GitLab.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { argv, env } from "node:process";
import { fileURLToPath } from "node:url";
import { need } from "./home.js";

const { parse } = need("smol-toml");

/** The URL and the token of `[gitlab]`. */
export function gitlab(path) {
  const { url, token } = parse(readFileSync(path, "utf8")).gitlab;
  return { url: url.replace(/\/$/, ""), token: secret(token) };
}

function secret(source) {
  if (source.env) return env[source.env];
  if (source.file) return readFileSync(source.file, "utf8").trim();
  const [program, ...rest] = source.command;
  return execFileSync(program, rest, { encoding: "utf8" }).trim();
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log(gitlab(argv[2])[argv[3]]);
