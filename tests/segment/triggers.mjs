// Triggers, each with what its text means to a reader. A part that Segment's engine is known to misread, or that is
// refused here, names the row of the table in `src/mapping/trigger.rs`.

import { anyEvent, keys, texts } from './events.mjs'
import { json } from './random.mjs'

const spaces = [' ', ' ', ' ', '  ', '\t', '\n', '\n  ']
const bare = /^[A-Za-z_][A-Za-z0-9_-]*$/
const keywords = ['and', 'or', 'null']

// What is misread there, with `refused: true` where it is refused here.
class Part {
  constructor(text, holds, rows = [], refused = false) {
    Object.assign(this, { text, holds, rows, refused })
  }
}

// A value by its keys, as far as data goes: Segment's own walk also finds what JavaScript's objects inherit.
function find(event, path) {
  return path.reduce((value, key) => (value && Object.hasOwn(Object(value), key) ? value[key] : value && undefined), event)
}

function escaped(random, key, isKey) {
  const characters = [...key]
  const escape = (character, at) =>
    !/[A-Za-z0-9_-]/.test(character) || (at === 0 && !/[A-Za-z_]/.test(character)) ? `\\${character}` : character
  const text = characters.map(escape).join('')
  return isKey && keywords.includes(key) ? `\\${text}` : text
}

function anySubject(random) {
  const word = random.chance(0.05) ? random.pick(['messageId', 'anonymousId']) : random.pick(['type', 'event', 'name', 'userId', 'properties', 'properties', 'properties', 'traits', 'context'])
  const plain = { word, has: 'text', text: word, path: [word], rows: [] }
  if (word === 'messageId' || word === 'anonymousId') return { ...plain, has: 'id', rows: ['messageId and anonymousId'] }
  if (word === 'userId') return { ...plain, has: 'id' }
  if (!['properties', 'traits', 'context'].includes(word)) return plain
  const path = random.list(1, random.pick([1, 1, 2, 3]), () => random.pick(random.chance(0.8) ? keys : ['constructor', 'toString', 'type', 'true', 'android']))
  const rows = path.some(key => ['constructor', 'toString'].includes(key)) ? ['inherited members'] : []
  const dots = path.map(key => (/^\d/.test(key) && random.chance(0.3) ? `\\[${key}\\]` : `.${escaped(random, key, true)}`))
  // A bracket joins the key in front of it, so it needs one.
  const text = word + dots.join('').replace(/^\\\[/, '.\\[')
  return { word, has: 'all', text, path: [word, ...path], rows }
}

const quoted = text => (text.includes('"') ? undefined : `"${text}"`)

function anyText(random) {
  const value = random.pick(random.chance(0.5) ? texts : ['Audience Entered', 'track', 'u1', 'ios', 'N', 'x', 'hello', 'a', 'o', 'n', 'world'])
  if (bare.test(value) && !keywords.includes(value) && !['true', 'false'].includes(value) && random.chance(0.2)) return { text: value, value, rows: [] }
  if (random.chance(0.1) && !value.includes("'")) return { text: `'${value}'`, value, rows: ['single quotes'] }
  const text = quoted(value)
  return text === undefined ? { text: `'${value}'`, value, rows: ['single quotes'] } : { text, value, rows: [] }
}

function space(random, wild) {
  return wild && random.chance(0.1) ? '\r\n' : random.pick(spaces)
}

function anyTest(random, wild) {
  const subject = anySubject(random)
  const see = event => find(event, subject.path)
  const rows = [...subject.rows]
  const equal = random.chance(0.5)
  const operator = equal ? '=' : '!='
  const is = holds => event => holds(see(event)) === equal
  const join = (operator, value) => {
    const before = operator === '=' && random.chance(0.3) ? '' : space(random, wild)
    const behind = operator === '=' && random.chance(0.3) ? '' : space(random, wild)
    return subject.text + before + operator + behind + value
  }
  const kind = random.below(6)
  if (kind === 0) {
    if (['type', 'event'].includes(subject.word)) rows.push('event = null, type != null')
    return new Part(join(operator, 'null'), is(value => value === undefined || value === null), rows)
  }
  if (kind === 1) {
    const wanted = random.chance(0.5)
    if (subject.has === 'text') return new Part(join(operator, wanted), is(value => value === String(wanted)), rows)
    if (!equal) rows.push('x != true')
    return new Part(join(operator, wanted), is(value => value === wanted), rows)
  }
  if (kind === 2) {
    const written = random.pick(['5', '0', '-1.5', '1000', '0.1', '+5', '5.0', '123456789012345'])
    if (subject.has !== 'all') {
      const exact = String(Number(written)) === written
      if (!exact) rows.push('userId = 5.0')
      return new Part(join(operator, written), is(value => value === written), rows, !exact)
    }
    const holds = event => typeof see(event) === 'number' && (see(event) === Number(written)) === equal
    return new Part(join(operator, written), holds, rows)
  }
  if (kind === 3) {
    const [order, compare] = random.pick([['<', (a, b) => a < b], ['<=', (a, b) => a <= b], ['>', (a, b) => a > b], ['>=', (a, b) => a >= b]])
    const written = random.pick(['5', '0', '-1.5', '"4"', '4.5', '"-2"', '1000'])
    const number = Number(written.replaceAll('"', ''))
    return new Part(join(order, written), event => typeof see(event) === 'number' && compare(see(event), number), rows)
  }
  const { text, value, rows: more } = anyText(random)
  return new Part(join(operator, text), is(found => found === value), [...rows, ...more])
}

function glob(pattern) {
  return new RegExp(`^${pattern.split('*').map(text => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('.*')}$`, 's')
}

function anyFunction(random, wild) {
  const subject = anySubject(random)
  const wanted = random.chance(0.7)
  const rows = [...subject.rows]
  const refused = subject.word === 'type'
  if (refused) rows.push('contains(type, …)')
  const passes = holds => event => {
    const value = find(event, subject.path)
    return typeof value === 'string' && holds(value) === wanted
  }
  const call = (name, argument) => {
    const [a, b, c] = [0, 1, 2].map(() => (random.chance(0.7) ? '' : space(random, wild)))
    return `${wanted ? '' : '!'}${name}(${a}${subject.text},${random.chance(0.7) ? ' ' : ''}${b}${argument}${c})`
  }
  if (random.chance(0.5)) {
    const { text, value, rows: more } = anyText(random)
    return new Part(call('contains', text), passes(found => found.includes(value)), [...rows, ...more], refused)
  }
  const word = random.pick(['hello', 'world', 'Audience', 'x', '', 'o w', '.', 'é'])
  const shape = random.below(wild ? 5 : 2)
  const pattern = [`${word}*`, `*${word}`, word, `*${word}*`, `h*${word}*d`][shape]
  // A lone star begins with its text and ends with it alike.
  if (shape === 2) rows.push('match without a star')
  if (pattern.slice(1, -1).includes('*') || (shape > 2 && pattern !== '*')) rows.push('a star inside')
  if (pattern === '**') rows.push('a star inside')
  return new Part(call('match', `"${pattern}"`), passes(found => glob(pattern).test(found)), rows, refused)
}

const isFunction = part => /\(/.test(part.text)

// Several conditions with one connector.
function joined(random, wild, parts) {
  const rows = parts.flatMap(part => part.rows)
  const refused = parts.some(part => part.refused)
  if (parts.length === 1) return new Part(parts[0].text, parts[0].holds, rows, refused)
  const both = random.chance(0.5)
  const word = wild && random.chance(0.15) ? (both ? 'AND' : 'OR') : both ? 'and' : 'or'
  if (word === 'AND' || word === 'OR') rows.push('a AND b')
  const text = parts.map(part => part.text).reduce((text, part) => `${text}${space(random, wild)}${word}${space(random, wild)}${part}`)
  const holds = event => (both ? parts.every(part => part.holds(event)) : parts.some(part => part.holds(event)))
  return new Part(text, holds, rows, refused)
}

function group(random, wild, depth) {
  const parts = random.list(1, 3, () => condition(random, wild, depth))
  const inner = joined(random, wild, parts)
  const rows = [...inner.rows]
  if (parts.some(isFunction)) rows.push('parentheses in parentheses')
  return new Part(`(${random.chance(0.2) ? ' ' : ''}${inner.text}${random.chance(0.2) ? ' ' : ''})`, inner.holds, rows, inner.refused)
}

function condition(random, wild, depth) {
  const kind = random.below(10)
  if (depth > 0 && kind < 3) return group(random, wild, depth - 1)
  if (wild && depth > 0 && kind === 3) {
    const inner = random.chance(0.5) ? group(random, wild, depth - 1) : anyTest(random, wild)
    const not = inner.text.startsWith('(') ? random.pick(['!', 'not ']) : 'not '
    return new Part(not + inner.text, event => !inner.holds(event), [...inner.rows, 'negation'], inner.refused)
  }
  return kind < 7 ? anyTest(random, wild) : anyFunction(random, wild)
}

// Rows that only the whole text shows.
function wholeRows(text) {
  const rows = []
  const plain = text.replace(/"[^"]*"|'[^']*'/g, quoted => `"${'S'.repeat(quoted.length - 2)}"`)
  if (plain.includes('\r')) rows.push('a carriage return')
  if (/(^|[^A-Za-z0-9_\\-])[aon][^"]{0,5}$/.test(plain)) rows.push('a word at the end')
  return rows
}

export function anyTrigger(random, wild) {
  const event = anyEvent(random, wild)
  if (wild && random.chance(0.3)) return { text: soup(random), event: json(event), soup: true }
  const parts = random.list(1, random.pick([1, 2, 3]), () => condition(random, wild, wild ? 3 : 1))
  const whole = joined(random, wild, parts)
  const text = whole.text + (random.chance(0.1) ? random.pick([' ', '\n']) : '')
  return { text, event: json(event), holds: whole.holds, refused: whole.refused, rows: [...whole.rows, ...wholeRows(text)] }
}

// Tokens side by side, nearly all of it nonsense: what is understood at all is understood alike, or is of a known row.
const tokens = ['type', 'event', 'userId', 'properties.n', 'properties.a', 'traits.s', 'context.device.type', 'properties', 'messageId', 'groupId', 'TYPE',
  '=', '=', '=', '!=', '<', '>', '<=', '>=', '==', '"track"', '"x"', '""', "'x'", '5', '-1.5', '1e3', 'null', 'true', 'false', 'and', 'and', 'or', 'or',
  'AND', 'not', '!', '(', ')', 'contains', 'match', ',', '[', ']', '.', 'contains(event, "A")', 'match(event, "A*")', 'in', 'x', 'type = "track"',
  'event = "Audience Entered"', 'userId != null', 'properties.n > 4']

function soup(random) {
  return random.list(1, 9, () => random.pick(tokens)).reduce((text, token) => text + random.pick([' ', ' ', ' ', '', '\n']) + token)
}

const soupRows = [
  ['a carriage return', text => text.includes('\r')],
  ['messageId and anonymousId', text => /messageId|anonymousId/.test(text)],
  ['single quotes', text => text.includes("'")],
  ['negation', text => /\bnot\b|!\s*\(|![a-z]/i.test(text)],
  ['a AND b', text => /\b(AND|OR)\b/.test(text)],
  ['no white space behind a text', text => /"[^"]*"[^\s,\])]/.test(text)],
  ['parentheses in parentheses', text => /\([^)]*\(/.test(text)],
  ['event = null, type != null', text => /(event|type)\s*!?=\s*null/.test(text)],
  ['x != true', text => /!=\s*(true|false)/.test(text)],
  ['x = 1e5', text => /\de\d/.test(text)],
  ['a word at the end', text => wholeRows(text).includes('a word at the end')],
  ['match without a star', text => /match/.test(text)]
]

// Whether two answers agree, or the row that their difference is of; nothing if it is of none.
export function compare(each, theirs, ours) {
  if (each.soup) {
    if (ours.refused) return theirs.error ? 'same' : 'refused: not of the language'
    if (!theirs.error && theirs.value === ours.value) return 'same'
    return soupRows.find(([, has]) => has(each.text))?.[0]
  }
  const meaning = each.holds(JSON.parse(each.event))
  if (each.refused ? !ours.refused : ours.value !== meaning || ours.remarks !== 0) return undefined
  if (theirs.error || theirs.value !== meaning) return each.rows[0]
  return 'same'
}
