// Liquid templates of the tags and filters that Segment leaves on.

import { anyEvent, numbers, texts } from './events.mjs'
import { Spelled, json } from './random.mjs'

import { compare as compareMappings } from './mappings.mjs'

// Filters by what they are meant for, with arguments that they are meant to have.
const word = random => `'${random.pick(['a', 'o', ' ', 'l', 'x', ',', 'é', 'wor', '', 'b', '<', '.', '5'])}'`
const small = random => random.pick(['0', '1', '2', '3', '5', '-1', '-2', '10'])
const number = random => random.pick(['0', '1', '2', '3', '5', '-1', '2.5', '0.1', '100', "'2'", "'2.5'"])
const none = () => ''
// Of every kind, also what counts as false.
const anything = random => random.pick([word(random), '0', '5', '-0.0', '2.7', 'true', 'false', 'flag', 'n', 'f', 's', 'nul', 'nope', 'list', 'words', 'obj.a', "'  '", "'-------------->'", '12'])
const several = random => random.list(0, 3, () => (random.chance(0.7) ? number(random) : anything(random))).join(', ')
const dateFormat = random => {
  const one = () => `%${random.pick(['', '', '', '-', '_', '0', '^', '#', ':', '-^'])}${random.pick(['', '', '', '1', '4', '12'])}${random.pick(['', '', '', 'E', 'O'])}${random.pick('aAbBcCdeHIjklLmMNpPqsSuUwWxXyYzZtn%hvQ')}`
  return random.chance(0.1) ? random.pick(["''", '', "'%'", "'%-'", "'%5'"]) : `'${random.list(1, 4, () => one() + random.pick(['', ' ', '-', 'é', ':'])).join('')}'`
}
const ofTexts = [
  ['append', word], ['prepend', word], ['downcase', none], ['upcase', none], ['capitalize', none], ['strip', none], ['lstrip', none], ['rstrip', none],
  ['strip', anything], ['lstrip', anything], ['rstrip', anything], ['strip_newlines', none], ['normalize_whitespace', none], ['remove', word], ['remove_first', word], ['remove_last', word],
  ['replace', random => `${word(random)}, ${word(random)}`], ['replace_first', random => `${word(random)}, ${word(random)}`],
  ['replace_last', random => `${word(random)}, ${word(random)}`], ['truncate', small], ['truncate', random => `${small(random)}, ${word(random)}`], ['truncate', none],
  ['truncatewords', small], ['truncatewords', random => `${small(random)}, ${word(random)}`], ['number_of_words', none], ['escape', none], ['xml_escape', none],
  ['escape_once', none], ['strip_html', none], ['url_encode', none], ['cgi_escape', none], ['url_decode', none], ['base64_encode', none], ['base64_decode', none], ['sha256', none],
  ['json', none], ['json', anything], ['jsonify', none], ['jsonify', anything], ['raw', none], ['size', none], ['split', word], ['slice', small], ['slice', random => `${small(random)}, ${small(random)}`], ['default', word], ['default', random => `${word(random)}, allow_false: ${random.pick(['true', 'false', 'flag'])}`], ['first', none], ['last', none],
  ['date', dateFormat], ['to_integer', none]
]
const ofNumbers = [
  ['abs', none], ['ceil', none], ['floor', none], ['round', none], ['round', random => random.pick(['0', '1', '2'])], ['plus', number], ['minus', number], ['times', number],
  ['divided_by', random => random.pick(['2', '3', '0', '0.5', "'4'"])], ['divided_by', random => `${random.pick(['2', '3'])}, true`], ['modulo', random => random.pick(['2', '3', '-3', '2.5'])],
  ['at_least', several], ['at_most', several], ['to_integer', none], ['append', word], ['json', none], ['default', word], ['date', dateFormat]
]
const ofLists = [
  ['join', word], ['join', none], ['size', none], ['first', none], ['last', none], ['compact', none], ['push', word], ['unshift', word], ['pop', none], ['shift', none],
  ['slice', small], ['slice', random => `${small(random)}, ${small(random)}`], ['json', none], ['json', anything], ['sum', none]
]
const disabled = ['map', 'sort', 'reverse', 'uniq', 'concat', 'find', 'where_exp', 'newline_to_br', 'type', 'has', 'reject', 'group_by']
const everywhere = [...ofTexts, ...ofNumbers, ...ofLists]
// Every filter that is generated.
export const filters = new Set(everywhere.map(([name]) => name))

const kindOf = value => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value)

const gives = {
  size: 'number', number_of_words: 'number', split: 'list', compact: 'list', push: 'list', unshift: 'list', pop: 'list', shift: 'list', sum: 'number',
  first: 'unknown', last: 'unknown', raw: 'same', default: 'unknown', join: 'string', json: 'string'
}

function givenBy(name, kind) {
  if (name === 'slice') return kind === 'list' ? 'list' : 'string'
  const result = gives[name]
  if (result === 'same') return kind
  if (result) return result
  return ofNumbers.slice(0, 14).some(([known]) => known === name) ? 'number' : 'string'
}

function variable(random, event) {
  const names = ['s', 't', 'when', 'n', 'f', 'list', 'words', 'obj', 'nope', 'userId', 'flag', 'nul']
  const name = random.pick(names)
  if (name === 'obj') {
    const [text, value] = random.pick([['obj[nope]', undefined], ['obj[nul]', undefined], ['obj.nope.x', undefined], ['nul.x', null], ['obj[s]', undefined], ['obj.a[0]', 'x'], ['obj.a.length', 3], ['obj.a.size', 3], ['obj.a', event.obj.a], ['obj.b.c', event.obj.b.c], ["obj['a']", event.obj.a], ['obj["sp ace"]', event.obj['sp ace']], ['obj.nope', undefined], ['obj.size', 3]])
    return { text, kind: kindOf(value) }
  }
  if (name === 'list' || name === 'words') {
    const [text, kind] = random.pick([[name, 'list'], [name, 'list'], [`${name}[0]`, 'unknown'], [`${name}[-1]`, 'unknown'], [`${name}.first`, 'unknown'], [`${name}.last`, 'unknown'], [`${name}.size`, 'number'], [`${name}[nope]`, 'unknown'],
      [`${name}[nul]`, 'unknown'], [`${name}[n]`, 'unknown'], [`${name}["0"]`, 'unknown'], [`${name}.length`, 'number'], [`${name}[0][0]`, 'unknown'], [`${name}[9].x`, 'unknown'],
      [`${name}[list[0]]`, 'unknown'], [`${name}[flag]`, 'unknown']])
    return { text, kind }
  }
  if (['s', 't'].includes(name) && random.chance(0.15)) {
    const [text, kind] = random.pick([['[0]', 'unknown'], ['[1]', 'unknown'], ['[-1]', 'unknown'], ['.length', 'number'], ['.size', 'number'], ['.first', 'unknown'], ['[n]', 'unknown'], ['[nope]', 'unknown'], ['.x', 'unknown']])
    return { text: name + text, kind }
  }
  return { text: name, kind: kindOf(event[name]) }
}

function literal(random) {
  return random.pick([
    () => ({ text: word(random), kind: 'string' }),
    () => ({ text: `"${random.pick(['x y', "it's", 'Hello', 'é😀'])}"`, kind: 'string' }),
    () => ({ text: random.pick(['0', '1', '5', '-3', '2.50', '0.1']), kind: 'number' }),
    () => ({ text: random.pick(['true', 'false']), kind: 'boolean' }),
    () => ({ text: random.pick(['nil', 'null']), kind: 'null' })
  ])()
}

function expression(making, most = 3) {
  const { random, wild, event } = making
  let { text, kind } = random.chance(0.8) ? variable(random, event) : literal(random)
  if (['nil', 'null'].includes(text)) making.rows.add('@liquid: nil, empty and blank outside of conditions')
  for (let count = random.below(most + 1); count > 0; count--) {
    const meant = { string: ofTexts, number: ofNumbers, list: ofLists }[kind]
    if (!meant && !wild) {
      if (!['undefined', 'null', 'boolean', 'nothing'].includes(kind)) break
      text += " | default: 'd'"
      kind = 'string'
      continue
    }
    const [name, argument] = random.pick(wild || !meant ? everywhere : meant)
    if (wild && random.chance(0.02)) making.rows.add('@liquid: a filter that is switched off, unknown or not here')
    if (making.rows.size > 0) return { text: `${text} | ${random.pick([...disabled, 'nosuch', 'inspect'])}`, kind: 'unknown' }
    if (name === 'date' && !/^(when|n|f|flag|true|false|nul|nope|-?[\d.]+)$/.test(text)) making.spelled.add(text)
    if (wild && random.chance(0.01)) {
      making.rows.add('@liquid: an argument by name')
      return { text: `${text} | ${name}: ${random.pick(['x', 'chars', 'allow'])}: 1`, kind: 'unknown' }
    }
    const given = argument(random)
    text += `${random.pick([' | ', '|', ' |'])}${name}${given === '' ? '' : `: ${given}`}`
    kind = givenBy(name, kind)
  }
  return { text, kind }
}

// Texts of words between several spaces, and of characters that take two UTF-16 units.
const more = ['  a   b\tc  ', 'one two  three ', '😀😀', 'a😀 b😀c', '𐐨x', 'YWJj', 'YW-_=Q', 'a+b/c==', 'ΑΣ Straße İ', ',a,,b,,', 'a\rb\r\nc\nd\u2028', 'a%20b+c%2B', '%E4%BD%A0%zz', '100%',
  '<script>a</script>b<STYLE>x</style>c', '<b>x</b><!-- <i> -->y<', '<!-- a\n -->b<br\n/>c', '&lt;b&gt; &amp;amp; &#39;&quot;', "a & b's <i>"]
const times = ['2024-02-29', '2023-12-31T23:59:59.987Z', '2024-01-01T00:00:00+02:00', '2026-07-04T12:05:09', '1700000000', '0', 'x', '', null, new Spelled('1700000000'), new Spelled('1700000000.5'),
  new Spelled('-5'), '0999-03-01', '2021-11-13T01:02:03.004Z']

// The rows of the table in `src/mapping/expression.rs` that a difference between two texts is of.
const textRows = [
  ['half a character', (theirs, ours) => theirs.toWellFormed().replace(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd') === ours],
  ['half a character', (theirs, ours) => ours.includes('\ufffd') && !theirs.includes('\ufffd')],
  ['@liquid: json of what a filter had no result for', (theirs, ours, template) => /json/.test(template) && theirs.replaceAll('null', '') === ours.replaceAll('null', '')],
  ['@liquid: numbers that print with an exponent, integers beyond 64 bits', (theirs, ours) => /NaN|Infinity|\de[+-]?\d/.test(theirs + ours)]
]

export function compare(each, theirs, ours) {
  const result = compareMappings(each, theirs, ours)
  if (result !== undefined) return result
  const template = JSON.parse(each.mapping).o['@liquid']
  if (each.spelled) return '@liquid: date of other spellings'
  if (each.odd && /\bn\b/.test(template)) return '@liquid: numbers that print with an exponent, integers beyond 64 bits'
  if (/assign \w+ = [^%]*(\[|\.|nope)/.test(template) || /(nope|\]|\.\w+)\s*\|\s*(truncate|raw|date|json(ify)?\b[^|]*\|\s*json)/.test(template)) return '@liquid: what is missing, assigned or passed on by a filter'
  if (ours.error && /\[s\]/.test(template) && /assign s = [^%]*(split|push|compact|shift|pop|slice)/.test(template)) return '@liquid: an index that is a list or an object'
  const [theirText, ourText] = [theirs.value?.o, ours.value?.o]
  if (typeof theirText === 'string' && typeof ourText === 'string') return textRows.find(([, is]) => is(theirText, ourText, template))?.[0]
  // A lone surrogate cannot be percent-encoded.
  if (/URI malformed/.test(theirs.error) && /(url_encode|cgi_escape)/.test(template) && (ourText?.includes('%EF%BF%BD') || /(url_encode|cgi_escape)\s*\|/.test(template))) return 'half a character'
  return undefined
}

function comparison(making) {
  const { random, event } = making
  const value = () => (random.chance(0.6) ? variable(random, event) : literal(random)).text
  if (random.chance(0.3)) return value()
  if (random.chance(0.15)) return `${value()} ${random.pick(['==', '!=', '<', 'contains'])} ${random.pick(['empty', 'blank', 'nil'])}`
  return `${value()} ${random.pick(['==', '!=', '<', '>', '<=', '>=', 'contains'])} ${value()}`
}

function condition(making) {
  const { random } = making
  const parts = random.list(1, 3, () => comparison(making))
  const word = random.pick(['and', 'or'])
  return parts.reduce((text, part) => `${text} ${random.chance(0.8) ? word : random.pick(['and', 'or'])} ${part}`)
}

function body(making, depth) {
  return making.random.list(0, 3, () => piece(making, depth)).join('')
}

function dash(random) {
  return random.chance(0.1) ? '-' : ''
}

function piece(making, depth) {
  const { random } = making
  const tag = text => `{%${dash(random)} ${text} ${dash(random)}%}`
  const kind = random.below(depth > 0 ? 12 : 6)
  if (kind === 0) return random.pick(['x', ' ', '\n', '  y ', '}', '$', '{ {', 'é😀', "'"])
  if (kind < 6) return `{{${dash(random)}${random.pick(['', ' '])}${expression(making).text} ${dash(random)}}}`
  if (kind === 6) return tag(`assign ${random.pick(['s', 'v'])} = ${expression({ ...making, wild: false }).text}`) + '{{ v }}'
  if (kind === 7) return `${tag('capture v')}${body(making, depth - 1)}${tag('endcapture')}{{ v }}`
  if (kind === 8) return `${tag(`unless ${condition(making)}`)}${body(making, depth - 1)}${random.chance(0.5) ? tag('else') + body(making, depth - 1) : ''}${tag('endunless')}`
  if (kind === 9) return `${tag('comment')}${random.pick(['x', '{{ s }}', ''])}${tag('endcomment')}{% raw %}{{ ${random.pick(['x', '|', '%'])} }}{% endraw %}`
  if (kind === 10) return tag(`${random.pick(['increment', 'decrement'])} ${random.pick(['c', 'd'])}`)
  const other = random.chance(0.5) ? `${tag(`elsif ${condition(making)}`)}${body(making, depth - 1)}` : ''
  return `${tag(`if ${condition(making)}`)}${body(making, depth - 1)}${other}${random.chance(0.5) ? tag('else') + body(making, depth - 1) : ''}${tag('endif')}`
}

// One filter on a value of any kind, perhaps behind another filter, and sometimes with an argument that it does not take.
function onlyFilter(making, name) {
  const { random, event } = making
  const { text } = random.chance(0.85) ? variable(random, event) : literal(random)
  if (['nil', 'null'].includes(text)) making.rows.add('@liquid: nil, empty and blank outside of conditions')
  if (name === 'date' && !/^(when|n|f|flag|true|false|nul|nope|-?[\d.]+)$/.test(text)) making.spelled.add(text)
  const before = random.chance(0.2) ? random.pick([" | split: ' '", " | append: 'x'", ' | plus: 1', ' | json', " | default: 'd'"]) : ''
  if (before && name === 'date') making.spelled.add(text)
  const [, argument] = random.pick(everywhere.filter(([known]) => known === name))
  const texts = () => random.pick([argument(random), argument(random), argument(random), argument(random), variable(random, event).text, ''])
  const given = argument === word ? texts() : argument(random)
  const more = !given.includes(':') && random.chance(0.05) ? `${given === '' ? '' : ', '}'y'` : ''
  const behind = random.pick(['', ' | json', ' | size'])
  return `{{ ${text}${before} | ${name}${given + more === '' ? '' : `: ${given}${more}`}${behind} }}`
}

export function anyLiquid(random, wild, only) {
  const some = () => random.pick([...texts, ...more])
  const list = () => random.list(0, 3, () => random.pick([some(), new Spelled(random.pick(['1', '5', '-2', '2.5'])), null, true]))
  const event = {
    ...anyEvent(random, false), s: some(), t: some(), userId: 'u1', n: new Spelled(random.pick(numbers.filter(text => !text.includes('400')))),
    f: new Spelled(random.pick(['0.1', '-1.5', '2.675', '1234.5'])), list: list(), words: random.list(0, 3, some), flag: random.chance(0.5), nul: null,
    obj: { a: some(), b: { c: new Spelled('7') }, 'sp ace': 'sp' }, when: random.pick(times)
  }
  const text = json(event)
  const making = { random, wild, event: JSON.parse(text), rows: new Set(), spelled: new Set() }
  const template = only ? onlyFilter(making, only) : random.list(1, 4, () => piece(making, 2)).join('')
  const rows = [...making.rows]
  return { mapping: JSON.stringify({ o: { '@liquid': template } }), event: text, rows, spelled: making.spelled.size > 0, odd: Math.abs(making.event.n) >= 2 ** 63 || /e/.test(String(making.event.n)) }
}
