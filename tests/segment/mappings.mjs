// Mappings, each with the rows of the table in `src/mapping/expression.rs` that it could show a difference of.

import { anyEvent, anyValue, keys, texts } from './events.mjs'
import { Spelled, json } from './random.mjs'

const inherited = ['constructor', 'toString', '__proto__', 'map', 'hasOwnProperty']

// A mapping in the making: what it may contain, the event as its paths see it, and the rows that it shows.
class Making {
  constructor(random, wild, root) {
    Object.assign(this, { random, wild, root, rows: new Set() })
  }

  // The same with paths that start elsewhere.
  elsewhere(root) {
    const making = new Making(this.random, this.wild, root)
    making.rows = this.rows
    return making
  }

  row(name) {
    this.rows.add(name)
  }
}

const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value)

// Keys that lead somewhere, as far as the root is known, and the value that they lead to.
function walk(making) {
  const { random } = making
  const path = []
  let value = making.root
  for (let steps = random.below(4) + 1; steps > 0; steps--) {
    const names = value !== null && typeof value === 'object' ? Object.keys(value) : []
    const key = names.length > 0 && random.chance(0.85) ? random.pick(names) : random.pick(keys)
    path.push(key)
    value = value && Object.hasOwn(Object(value), key) ? value[key] : value && undefined
  }
  return { path, value }
}

const plainKey = key => !/[.[\]'"]/.test(key) && key !== '' && key !== '$'

function dotted(making, path) {
  const { random } = making
  return path.reduce((text, key) => {
    if (!plainKey(key)) {
      making.row("@path ['a.b']")
      return `${text}["${key}"]`
    }
    if (/^\d+$/.test(key) && text !== '') making.row('half a character')
    if (/^\d+$/.test(key) && text !== '' && random.chance(0.5)) return `${text}[${key}]`
    if (text !== '' && random.chance(0.15)) return `${text}[${random.pick(["'", '"'])}${key}${random.pick(["'", '"'])}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
}

function pathText(making) {
  const { random, wild } = making
  if (wild && random.chance(0.15)) {
    const text = random.list(0, 8, () => random.pick(['a', 'b', 'properties', 'list', '.', '.', '[', ']', "'", '"', '$', '$.', '0', ' ', '*', '[*]', "['", "']", '["', '"]', ...inherited])).join('')
    if (text.includes('[*]')) making.row('@path [*]')
    if (/^\$\[['"*]/.test(text)) making.row("@path $['a']")
    if (/\[(['"]).*[.[\]'"].*\1\]/.test(text)) making.row("@path ['a.b']")
    if (inherited.some(name => text.includes(name))) making.row('inherited members')
    return { text, value: undefined, known: false }
  }
  const { path, value } = walk(making)
  if (path.some(key => inherited.includes(key))) making.row('inherited members')
  return { text: (random.chance(0.8) ? '$.' : '') + dotted(making, path), value, known: making.root !== undefined }
}

const path = making => ({ '@path': pathText(making).text })

function template(making) {
  const { random } = making
  const parts = random.list(0, 4, () => {
    if (random.chance(0.4)) return random.pick(['x', ' ', '+1', '{', '}', '{{', '}}', '{{}}', '$&', '\n', 'é', '|'])
    const space = random.pick(['', ' ', '  ', '\ufeff', '\u00a0'])
    const inside = random.chance(0.9) ? dotted(making, walk(making).path) : pathText(making).text
    const braces = random.chance(0.8) ? 2 : 3
    return '{'.repeat(braces) + space + inside + space + '}'.repeat(braces)
  })
  const text = parts.join('')
  if (text.includes('{{{')) making.row('@template with {{{a}}}')
  return { '@template': text }
}

// A text, or a directive that gives one for sure.
function textual(making, depth) {
  const { random } = making
  const kind = random.below(5)
  if (kind === 0) return random.pick(texts)
  if (kind === 1) return template(making)
  if (kind === 4) return { '@literal': random.pick(texts) }
  // Segment's `@case` gives nothing for the empty text.
  if (kind === 2 && depth > 0) return { '@case': { operator: random.pick(['lower', 'upper']), value: textual(making, depth - 1) || 'x' } }
  const { text, value, known } = pathText(making)
  const scalar = known && ['string', 'number', 'boolean'].includes(typeof value)
  return scalar ? { '@path': text } : random.pick(texts)
}

function replace(making, depth) {
  const { random, wild } = making
  const word = () => random.pick(['a', 'o', ' ', '.', '5', 'é', 'ß', 'K', 'k', 'ſ', 's', 'S', 'ss', '$', '^', '(', '\\', '/', '-', '+1', 'hello', '😀', '\n', 'i', 'İ', '😀a'])
  const options = { pattern: word(), value: textual(making, depth) }
  if (wild && random.chance(0.4)) {
    options.value = anything(making, depth)
    making.row('@replace of a missing value, an object or null')
  }
  if (options.value === '') making.row('@replace of a missing value, an object or null')
  if (random.chance(0.7)) options.replacement = random.pick(['', 'x', '$&', '$$', '$1', "$'", '$`', '$', '[$&]', '$0', '$<a>', '$$1', 'é', '😀'])
  if (random.chance(0.3)) options.ignorecase = random.chance(0.7)
  if (random.chance(0.3)) options.global = random.chance(0.3)
  if (random.chance(0.3)) Object.assign(options, { pattern2: word(), replacement2: random.pick(['', 'y', "$'"]) })
  if (Object.hasOwn(options, 'replacement2') && random.chance(0.2)) delete options.replacement2
  return { '@replace': options }
}

function conditional(making, depth) {
  const { random, wild } = making
  const truthy = () => {
    const value = anything(making, depth)
    return value === null || value === false || value === '' || Number(value.text) === 0 ? path(making) : value
  }
  const options = {}
  if (random.chance(0.6)) options.exists = truthy()
  if (options.exists === undefined || random.chance(0.1)) options.blank = truthy()
  if (random.chance(0.9)) options.then = anything(making, depth)
  if (random.chance(0.7)) options.else = anything(making, depth)
  const falsy = [null, false, ''].includes(options.else) || (options.else instanceof Spelled && Number(options.else.text) === 0)
  if (falsy) making.row('"else" of false, 0, null or ""')
  if (falsy && !wild) delete options.else
  return { '@if': options }
}

function object(making, depth) {
  const { random } = making
  return Object.fromEntries(random.list(0, 3, () => [random.pick(keys), anything(making, depth)]))
}

function transformed(making, depth) {
  // What `apply` gives is known to the engine only.
  const mapping = making.elsewhere(undefined)
  return { '@transform': { apply: object(making, depth), mapping: making.random.chance(0.5) ? object(mapping, depth) : path(mapping) } }
}

function arrayed(making, depth) {
  const { random } = making
  const items = random.chance(0.8) ? pathText(making).text : path(making)
  const shape = random.chance(0.8) ? [random.chance(0.6) ? object(making.elsewhere(undefined), depth) : path(making.elsewhere(undefined))] : []
  return { '@arrayPath': [items, ...shape] }
}

function merged(making, depth) {
  const { random, wild } = making
  const part = () => {
    const { text, value, known } = pathText(making)
    if (!known || typeof value === 'string') making.row('half a character')
    return random.chance(0.5) ? { '@path': text } : object(making, depth)
  }
  const direction = wild && random.chance(0.05) ? 'LEFT' : random.pick(['left', 'right'])
  if (direction === 'LEFT') making.row('@json mode ENCODE, @merge direction LEFT')
  return { '@merge': { direction, objects: random.list(0, 3, part) } }
}

function coded(making, depth) {
  const { random, wild } = making
  const value = anything(making, depth)
  const falsy = [null, false, ''].includes(value) || (value instanceof Spelled && Number(value.text) === 0)
  const mode = wild && random.chance(0.05) ? 'ENCODE' : random.pick(['encode', 'decode'])
  if (mode === 'ENCODE') making.row('@json mode ENCODE, @merge direction LEFT')
  return { '@json': { mode, value: falsy ? path(making) : value } }
}

function flattened(making, depth) {
  const { random, wild } = making
  const options = { separator: random.pick(['.', '_', '', ' - ']) || '.', value: anything(making, depth) }
  if (random.chance(0.3)) options.omitArrays = random.chance(0.5)
  if (wild && random.chance(0.05)) {
    options.omitArrays = random.pick([0, 'yes', null])
    making.row('@flatten with an omitArrays that is no boolean')
  }
  return { '@flatten': options }
}

function cased(making, depth) {
  return { '@case': { operator: making.random.pick(['lower', 'upper']), value: making.random.chance(0.5) ? textual(making, depth) : path(making) } }
}

export function anything(making, depth) {
  const { random, wild } = making
  const leaf = () => random.pick([path, path, path, template])(making)
  if (depth === 0) return random.chance(0.75) ? leaf() : anyValue(random, wild, 0)
  const made = random.pick([
    leaf, leaf, leaf,
    () => anyValue(random, wild, 1),
    () => object(making, depth - 1),
    () => random.list(0, 3, () => anything(making, depth - 1)),
    () => ({ '@literal': anything(making, depth - 1) }),
    () => ({ '@excludeWhenNull': anything(making, depth - 1) }),
    () => ({ '@path': random.chance(0.5) ? textual(making, depth - 1) : path(making) }),
    () => ({ '@template': random.chance(0.5) ? textual(making, depth - 1) : path(making) }),
    () => replace(making, depth - 1),
    () => conditional(making, depth - 1),
    () => transformed(making, depth - 1),
    () => arrayed(making, depth - 1),
    () => merged(making, depth - 1),
    () => coded(making, depth - 1),
    () => flattened(making, depth - 1),
    () => cased(making, depth - 1)
  ])()
  if (isObject(made) && Object.keys(made)[0]?.startsWith('@') && random.chance(0.05)) {
    return { ...made, _metadata: { label: 'x', type: 'variable' } }
  }
  return made
}

// Every directive in a mapping.
function* directives(value) {
  if (Array.isArray(value)) for (const item of value) yield* directives(item)
  else if (isObject(value) && !(value instanceof Spelled)) {
    if (Object.keys(value).some(key => key.startsWith('@'))) yield value
    for (const member of Object.values(value)) yield* directives(member)
  }
}

// One mistake, as people make them. Where Segment's validator does not look, what is refused here says which it was.
const mistake = 'a mistake'
const mistakes = [
  ['an unknown option of a directive', /is unknown here/],
  ['a mistake in an array or in a value that the validator does not look into', /mixes a directive|there is no directive|expected a string or a directive|\[\d+\].* lacks `/],
  ['@if without a condition, a bad @case operator', /operator is "lower" or "upper"|needs `exists` or `blank`/],
  ['@replace with a pattern2 or replacement2 that is no text or too long', /(pattern|replacement)2 is a text of at most 10 characters|pattern2 .*expected a string/],
  ['@flatten with an omitArrays that is no boolean', /omitArrays .*expected a boolean/]
]

function spoil(making, mapping) {
  const { random } = making
  const all = [...directives(mapping)]
  if (all.length === 0) return
  const directive = random.pick(all)
  const [name] = Object.keys(directive)
  const options = directive[name]
  const wrong = () => random.pick([null, true, new Spelled('5'), new Spelled('0'), '', 'x', [], {}, ['x'], { a: 1 }])
  const isOptions = value => isObject(value) && !(value instanceof Spelled)
  making.row(mistake)
  switch (random.below(5)) {
    case 0: directive[name] = wrong(); break
    case 1: directive[random.pick(['@path', '@nope', 'x'])] = 1; break
    case 2: directive[random.pick(['@Path', '@nope', '@if2', '@'])] = options; delete directive[name]; break
    case 3: if (isOptions(options)) delete options[random.pick(Object.keys(options))]; break
    default: if (isOptions(options)) options[random.pick([...Object.keys(options), 'extra'])] = wrong()
  }
}

export function anyMapping(random, wild) {
  const event = json(anyEvent(random, wild))
  const making = new Making(random, wild, JSON.parse(event))
  const mapping = { o: anything(making, random.pick([0, 1, 1, 2, 3])) }
  if (random.chance(0.2)) mapping.p = anything(making, 1)
  if (wild && random.chance(0.3)) spoil(making, mapping)
  const rows = [...making.rows]
  const text = json(mapping)
  // What was taken out or put in may be known by another name than that of a mistake.
  if (rows.includes(mistake) && text.includes('"@replace"')) rows.push('@replace of a missing value, an object or null')
  if (rows.includes(mistake) && /"else":(null|false|0|"")/.test(text)) rows.push('"else" of false, 0, null or ""')
  if (/\d{16}/.test(event + text)) rows.push('integers beyond 2^53')
  if (/\{\{/.test(event)) rows.push('@template with {{{a}}}')
  if (/[\u{10000}-\u{10ffff}]/u.test(event + text) === false) rows.splice(0, rows.length, ...rows.filter(row => row !== 'half a character'))
  return { mapping: text, event, rows }
}

function equal(a, b) {
  if (a === b) return true
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => equal(item, b[at]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(name => Object.hasOwn(b, name) && equal(a[name], b[name]))
}

export function compare(each, theirs, ours) {
  const refused = ours.refused !== undefined || ours.error !== undefined
  if (theirs.error !== undefined && refused) return 'same: an error'
  const plain = theirs.error === undefined && JSON.parse(JSON.stringify({ value: theirs.value }))
  if (!refused && plain && equal(plain, ours)) return 'same'
  if (/(placeholder|unclosed bracket)/.test(ours.refused?.[0])) return '@template {{a, {{}}, ${a} and [ without ]'
  const row = each.rows.find(row => row !== mistake)
  return each.rows.includes(mistake) ? mistakes.find(([, said]) => said.test(ours.refused?.[0]))?.[0] ?? row : row
}
