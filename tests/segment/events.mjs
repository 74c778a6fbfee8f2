// Events with every kind of value in places that triggers and mappings know.

import { Spelled } from './random.mjs'

export const numbers = ['0', '-0', '1', '5', '5.0', '-1.5', '0.1', '0.30000000000000004', '1e3', '1E21', '1e21', '1e-7',
  '123456789012345', '2.50', '1e400', '-1e-400', '100000000000000000000000e-3']
export const long = ['9007199254740993', '7318294418293948234', '73182944182939482341234']
export const texts = ['', ' ', 'x', 'hello world', 'Hello', '5', '5.0', '-0', 'true', 'null', 'é', 'ß', 'İ', '😀a', 'a.b', '*foo*', 'say "hi"',
  "it's", 'VIP\n', '\u00a0x\ufeff', 'x,y', '$&', '{"a":1}', '[1,"b",null]', '{a', ' a  b ', '<b>&amp;</b>', 'ſK', '\u0001', '\u2028']
export const braces = ['{{a}}', 'x{{ userId }}y', '{{{a}}}']
export const keys = ['a', 'b', 'n', 's', 'list', 'deep', 'email', 'sp ace', 'x-y', 'é', 'and', '0', '1', 'length', '$cur', '_id', 'product 1']
const dotted = ['a.b', 'x[0]', "it's", 'q"q']

// `wild` adds what is known to be treated otherwise.
export function anyValue(random, wild, depth = 2) {
  const kind = random.below(depth > 0 ? 11 : 7)
  if (kind < 3) return random.pick(texts)
  if (kind === 3) return new Spelled(wild && random.chance(0.3) ? random.pick(long) : random.pick(numbers))
  if (kind === 4) return random.chance(0.5)
  if (kind === 5) return null
  if (kind === 6) return wild && random.chance(0.3) ? random.pick(braces) : random.pick(['u1', 'jane@example.com', '+12025550143'])
  if (kind < 9) return random.list(0, 3, () => anyValue(random, wild, depth - 1))
  return anyObject(random, wild, depth - 1)
}

export function anyObject(random, wild, depth) {
  const names = wild && random.chance(0.3) ? [...keys, ...dotted] : keys
  return Object.fromEntries(random.list(0, 5, () => [random.pick(names), anyValue(random, wild, depth)]))
}

const some = (random, values) => random.pick([...values, undefined])

export function anyEvent(random, wild) {
  const event = {
    type: some(random, ['track', 'track', 'identify', 'x']),
    event: some(random, ['Audience Entered', 'Audience Exited', 'hello world', null, new Spelled('5')]),
    name: some(random, ['N', '', null, true, new Spelled('5')]),
    userId: some(random, ['u1', '5', 'true', null, new Spelled('5'), false]),
    messageId: some(random, ['m1', null]),
    anonymousId: some(random, ['a1', '']),
    properties: some(random, [0, 1, 2, 3].map(() => anyObject(random, wild, 2)).concat(wild ? [null, '', 'text', []] : [])),
    traits: some(random, [0, 1].map(() => anyObject(random, wild, 2))),
    context: some(random, [0, 1, 2].map(() => ({ ...anyObject(random, wild, 2), traits: anyObject(random, wild, 1), device: { type: random.pick(['ios', 'android']) } })))
  }
  for (const key of Object.keys(event)) if (event[key] === undefined) delete event[key]
  return event
}
