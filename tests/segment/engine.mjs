// Segment's own answers, by the packages that it publishes.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Destination, transform } = require('@segment/actions-core')
const { parseFql, validate } = require('@segment/destination-subscriptions')

export const missing = Symbol('missing')

export function trigger(text, event) {
  const ast = parseFql(text)
  if (ast.error) return { error: ast.error.message }
  try {
    return { value: validate(ast, event) }
  } catch (error) {
    return { error: error.message }
  }
}

// Segment's engine writes into the mappings that it is given, so both arguments are texts.
export function mapping(text, event) {
  try {
    const result = transform(JSON.parse(text), JSON.parse(event))
    return { value: result === undefined ? missing : result }
  } catch (error) {
    return { error: String(error.message ?? error) }
  }
}

// The fields of its action that every identifier and its switch have; types as in `actions-tiktok-audiences`.
const field = (name, type, required = false) => [name, { label: name, description: name, type, required }]
const fields = Object.fromEntries([
  field('selected_advertiser_id', 'string', true),
  field('audience_id', 'string', true),
  field('email', 'string'),
  field('phone', 'string'),
  field('advertising_id', 'string'),
  field('send_email', 'boolean'),
  field('send_phone', 'boolean'),
  field('send_advertising_id', 'boolean')
])

let received
const destination = new Destination({
  name: 'Differential',
  mode: 'cloud',
  slug: 'differential',
  actions: {
    addUser: {
      title: 'Add',
      description: 'Add',
      fields,
      perform: (_request, { payload }) => void (received = payload),
      performBatch: (_request, { payload }) => void (received = payload[0])
    }
  }
})

export async function filled(text, event, form) {
  const subscription = { name: 'n', partnerAction: 'addUser', subscribe: 'type = "track"', mapping: JSON.parse(text) }
  received = undefined
  try {
    if (form === 'single') {
      await destination.onEvent(JSON.parse(event), { subscription })
    } else {
      const [{ multistatus }] = await destination.onBatch([JSON.parse(event)], { subscription })
      if (received === undefined) return { error: multistatus[0].errormessage }
    }
  } catch (error) {
    return { error: String(error.message ?? error) }
  }
  return { value: received }
}
