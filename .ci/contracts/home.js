// Where the judges are installed: modules are taken from there, so that nothing lies beside the sources.
import { createRequire } from "node:module";
import { join } from "node:path";

export const need = createRequire(join(process.env.NODE_HOME, "package.json"));

/** Ends with all faults on standard error, or with a line that says what held. */
export function verdict(faults, held) {
  if (faults.length > 0) {
    for (const fault of faults) console.error(`   ${fault}`);
    console.error(`${faults.length} faults`);
    process.exit(1);
  }
  console.log(`   ${held}`);
}
