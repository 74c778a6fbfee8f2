// Holds the function's triggers, mappings and fields against Segment's published code, on cases that a seed generates.
//
//   cargo build --example answers
//   npm install --prefix tests/segment --no-package-lock --ignore-scripts
//   node tests/segment/run.mjs [--cases N] [--seed N] [--only triggers|mappings|liquid|fields] [--filter NAME] [--answers PROGRAM]
//
// Every difference has to be of a row of the tables in src/mapping/trigger.rs, src/mapping/expression.rs and
// src/mapping/fields.rs; each row is counted. Any other difference is printed, and the run fails.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// Dates are told in UTC here.
process.env.TZ = 'UTC'

import * as engine from './engine.mjs'
import * as fields from './fields.mjs'
import * as liquid from './liquid.mjs'
import * as mappings from './mappings.mjs'
import { Random } from './random.mjs'
import * as triggers from './triggers.mjs'

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    filter: { type: 'string' },
    answers: { type: 'string', default: fileURLToPath(new URL('../../target/debug/examples/answers', import.meta.url)) }
  }
})

const mapping = {
  theirs: each => engine.mapping(each.mapping, each.event),
  line: each => `{"mapping":${each.mapping},"event":${each.event}}`
}
const kinds = {
  triggers: {
    any: triggers.anyTrigger,
    theirs: each => engine.trigger(each.text, JSON.parse(each.event)),
    line: each => `{"trigger":${JSON.stringify(each.text)},"event":${each.event}}`,
    compare: triggers.compare
  },
  mappings: { ...mapping, any: mappings.anyMapping, compare: mappings.compare },
  liquid: { ...mapping, any: (random, wild) => liquid.anyLiquid(random, wild, options.filter), compare: liquid.compare },
  fields: {
    any: fields.anyFields,
    theirs: each => engine.filled(each.mapping, each.event, each.form),
    line: each => `{"action":"addUser","mapping":${each.mapping},"event":${each.event}}`,
    compare: fields.compare
  }
}

// The most differences that are printed.
const MOST = 20
// How many cases are on their way at once.
const CHUNK = 500

async function* answers(program) {
  yield* createInterface({ input: program.stdout, crlfDelay: Infinity })
}

async function differential(name, kind, count, seed) {
  const program = spawn(options.answers, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = answers(program)
  const rows = new Map()
  const unexplained = []
  for (let done = 0; done < count; done += CHUNK) {
    const cases = []
    for (let number = done; number < Math.min(done + CHUNK, count); number++) {
      const random = new Random(seed * 1_000_003 + number)
      // A mix of what has to agree word by word, and of everything.
      cases.push(kind.any(random, number % 3 === 2))
    }
    program.stdin.write(cases.map(each => `${kind.line(each)}\n`).join(''))
    for (const each of cases) {
      const theirs = await kind.theirs(each)
      const ours = JSON.parse((await lines.next()).value)
      const row = kind.compare(each, theirs, ours)
      if (row === undefined) unexplained.push({ case: kind.line(each), theirs, ours, rows: each.rows })
      else rows.set(row, (rows.get(row) ?? 0) + 1)
    }
  }
  program.stdin.end()
  console.log(`${name}: ${count} cases of seed ${seed}`)
  for (const [row, number] of [...rows].sort((a, b) => b[1] - a[1])) console.log(`  ${String(number).padStart(7)}  ${row}`)
  for (const { case: line, theirs, ours, rows } of unexplained.slice(0, MOST)) {
    console.log(`  unexplained: ${line}\n    Segment ${JSON.stringify(theirs)}\n    here    ${JSON.stringify(ours)}\n    rows    ${rows}`)
  }
  console.log(`  ${String(unexplained.length).padStart(7)}  unexplained`)
  // A generator that no longer reaches what both can do would find no difference either.
  return unexplained.length === 0 && (rows.get('same') ?? 0) > count / 4
}

let good = true
for (const [name, kind] of Object.entries(kinds)) {
  if (options.only === undefined || options.only === name) {
    good = (await differential(name, kind, Number(options.cases), Number(options.seed))) && good
  }
}
process.exitCode = good ? 0 : 1
