// node queries.js SCHEMA DOCUMENT…: each document is valid under the schema, holds queries alone, and costs no more than
// GitLab allows a token: 250 points, depth 20, 10,000 characters.
//
// The points are counted as GitLab documents it: one for a field; a connection costs its content, plus one, plus one for a
// sort and five for a search, times 1 + n/100 for a page of n. A page whose size is a variable counts as the largest, 100,
// unless the variable's default says otherwise.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { argv } from "node:process";
import { need, verdict } from "./home.js";

const { Kind, OperationTypeNode, buildSchema, getNamedType, parse, validate } = need("graphql");

const LIMITS = { points: 250, depth: 20, characters: 10_000 };
const LARGEST_PAGE = 100;

/** What a selection costs and how deep it goes. */
class Score {
  constructor(schema, document, operation) {
    this.schema = schema;
    this.fragments = new Map();
    for (const part of document.definitions) {
      if (part.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(part.name.value, part);
    }
    this.defaults = new Map(
      (operation.variableDefinitions ?? []).map((one) => [one.variable.name.value, one.defaultValue]),
    );
  }

  /** The score of everything that is selected of a type. */
  of(selections, type) {
    return selections
      .map((selection) => this.one(selection, type))
      .reduce((sum, one) => ({ points: sum.points + one.points, depth: Math.max(sum.depth, one.depth) }), {
        points: 0,
        depth: 0,
      });
  }

  one(selection, type) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = this.fragments.get(selection.name.value);
      return this.of(fragment.selectionSet.selections, this.schema.getType(fragment.typeCondition.name.value));
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition && this.schema.getType(selection.typeCondition.name.value);
      return this.of(selection.selectionSet.selections, condition ?? type);
    }
    return this.field(selection, type);
  }

  field(field, type) {
    const known = type?.getFields?.()[field.name.value];
    const answer = known && getNamedType(known.type);
    const inner = field.selectionSet ? this.of(field.selectionSet.selections, answer) : { points: 0, depth: 0 };
    const depth = inner.depth + 1;
    if (!answer?.name.endsWith("Connection")) return { points: inner.points + 1, depth };
    const argument = (name) => field.arguments?.find((one) => one.name.value === name)?.value;
    const extra = (argument("sort") ? 1 : 0) + (argument("search") ? 5 : 0);
    const page = this.size(argument("first") ?? argument("last"));
    return { points: Math.trunc((inner.points + 1 + extra) * (1 + page / 100)), depth };
  }

  size(value) {
    const literal = value?.kind === Kind.VARIABLE ? this.defaults.get(value.name.value) : value;
    return literal?.kind === Kind.INT ? Math.min(Number(literal.value), LARGEST_PAGE) : LARGEST_PAGE;
  }
}

/** The fields that a document says the published schema is too old for, each as TYPE.FIELD. */
const beyond = (text) => [...text.matchAll(/^# beyond 16\.3: (\w+)\.(\w+)$/gm)];

function faultsOf(schema, name, text) {
  const document = parse(text);
  const told = beyond(text).map(([, type, field]) => `Cannot query field "${field}" on type "${type}".`);
  const faults = validate(schema, document)
    .filter((error) => !told.some((words) => error.message.startsWith(words)))
    .map((error) => `${name}: ${error.message}`);
  for (const [, type, field] of beyond(text)) {
    const known = schema.getType(type)?.getFields?.();
    if (!known) faults.push(`${name}: the published schema has no type ${type}`);
    if (known?.[field]) faults.push(`${name}: the published schema has ${type}.${field}: it is not beyond it`);
  }
  return [...faults, ...costs(schema, name, text), ...costs(schema, `${name}, newer`, withOptionalLines(text))];
}

/** The document as a newer GitLab gets it: with the lines that stand behind `# +CAPABILITY`. */
const withOptionalLines = (text) => text.replace(/^(\s*)# \+\w+ /gm, "$1");

function costs(schema, name, text) {
  const document = parse(text);
  const faults = [];
  if (text.length > LIMITS.characters) faults.push(`${name}: ${text.length} characters`);
  for (const part of document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION)) {
    if (part.operation !== OperationTypeNode.QUERY) {
      faults.push(`${name}: a ${part.operation}, where only queries may be`);
      continue;
    }
    const score = new Score(schema, document, part).of(part.selectionSet.selections, schema.getQueryType());
    console.log(`   ${name.padEnd(32)} ${String(score.points).padStart(4)} points  depth ${score.depth}`);
    if (score.points > LIMITS.points) faults.push(`${name}: ${score.points} points, at most ${LIMITS.points}`);
    if (score.depth > LIMITS.depth) faults.push(`${name}: depth ${score.depth}, at most ${LIMITS.depth}`);
  }
  return faults;
}

const [, , schemaPath, ...documents] = argv;
const schema = buildSchema(readFileSync(schemaPath, "utf8"), { assumeValidSDL: true });
const faults = documents.flatMap((path) => faultsOf(schema, basename(path), readFileSync(path, "utf8")));
if (documents.length === 0) faults.push("no documents were given");
verdict(faults, `${documents.length} documents are valid and within GitLab's limits`);
