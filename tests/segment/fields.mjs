// The fields of an action, filled, cleaned and converted: single events and batches of Segment's, and here.

import { anyEvent, numbers, texts } from './events.mjs'
import { anything } from './mappings.mjs'
import { Spelled, json } from './random.mjs'

const plain = ['selected_advertiser_id', 'audience_id']
const identifiers = ['email', 'phone', 'advertising_id']
const switches = ['send_email', 'send_phone', 'send_advertising_id']

const ids = ['1800000000000000001', '7000000000000000001', 'x']

// A value that a text's field takes, or nearly.
function anyText(random) {
  const kind = random.below(14)
  if (kind < 7) return random.pick([...ids, 'jane@example.com', '+12025550143'])
  if (kind === 7) return random.pick(texts)
  if (kind === 8) return random.chance(0.5)
  if (kind === 9) return new Spelled(random.pick(numbers))
  if (kind === 10) return null
  if (kind === 11 && random.chance(0.2)) return {}
  return random.list(0, random.pick([1, 1, 1, 2]), () => anyText(random))
}

function anySwitch(random) {
  const kind = random.below(8)
  if (kind < 3) return random.chance(0.5)
  if (kind === 3) return random.pick(['true', 'false', '', 'True', ' true', 'yes', '1', 'null'])
  if (kind === 4) return new Spelled(random.pick(['1', '0', '1.0', '1e0', '-0', '2', '0.5']))
  if (kind === 5) return null
  if (kind === 6) return random.list(0, 2, () => anySwitch(random))
  return random.chance(0.9) ? random.pick(['true', 'false']) : {}
}

export function anyFields(random, wild) {
  const event = { ...anyEvent(random, false), type: 'track' }
  const making = { random, wild: false, root: JSON.parse(json(event)), rows: new Set(), row() {}, elsewhere: root => ({ ...making, root }) }
  const mapping = {}
  const values = {}
  for (const name of [...plain, ...identifiers, ...switches]) {
    if (random.chance(plain.includes(name) ? 0.05 : 0.3)) continue
    values[name] = switches.includes(name) ? anySwitch(random) : anyText(random)
    if (random.chance(0.5)) values[name] = switches.includes(name) ? true : random.pick(ids)
    mapping[name] = { '@path': `$.f.${name}` }
    if (wild && random.chance(0.2)) mapping[name] = anything(making, 1)
  }
  const form = random.chance(0.5) ? 'single' : 'batch'
  return { mapping: json(mapping), event: json({ ...event, f: values }), form, wild }
}

// What Segment's fields are here.
function seen(payload) {
  const fields = {}
  for (const [name, value] of Object.entries(payload)) {
    if (switches.includes(name)) fields[name] = value
    else if (typeof value === 'string' && value.trim() !== '') fields[name] = [value]
  }
  return fields
}

export function compare(each, theirs, ours) {
  const failed = ours.error !== undefined || ours.refused !== undefined
  const broken = /(unclosed placeholder|empty placeholder|unclosed bracket|not a placeholder): /
  if (each.wild && ours.refused?.some(problem => broken.test(problem))) return 'a broken placeholder or path is refused when loaded'
  if (theirs.error !== undefined) {
    if (failed) return 'same: an error'
    // "Advertising Id must be a string but it was an array." for each; nothing else may be wrong.
    const wrong = theirs.error.split('. ').map(sentence => sentence.split(' must be ')[0].toLowerCase().replaceAll(' ', '_'))
    const arrays = theirs.error.match(/must be a string but it was (an array|an object|undefined)/g) ?? []
    const several = wrong.length === arrays.length && wrong.every(name => identifiers.includes(name))
    return several ? 'several values in an identifier, or one that is no text' : undefined
  }
  const fields = seen(theirs.value)
  if (failed) return plain.some(name => !Object.hasOwn(fields, name)) ? 'a blank text is absent' : undefined
  const names = new Set([...Object.keys(fields), ...Object.keys(ours.value)])
  const differ = [...names].filter(name => JSON.stringify(fields[name]) !== JSON.stringify(ours.value[name]))
  if (differ.length === 0) return 'same'
  const isNoInteger = name => plain.includes(name) && /^-?\d+(\.\d+(e[+-]?\d+)?|e[+-]?\d+)$/i.test(ours.value[name]?.[0])
  if (differ.every(isNoInteger)) return 'an id that is no integer stays as it is written'
  // A template all of whose placeholders are missing is no identifier.
  const mapping = JSON.parse(each.mapping)
  const isTemplate = name => identifiers.includes(name) && JSON.stringify(mapping[name]).includes('@template')
  if (differ.every(name => ours.value[name] === undefined && isTemplate(name))) return 'an identifier of a template without values is missing'
  return undefined
}
