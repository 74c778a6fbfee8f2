// Segment's TikTok Audiences destination, as it is published, as a function on Lambda: an invocation's array of events
// is one batch of one subscription to `addToAudience`.
//
// Its requests go to TIKTOK_ORIGIN instead of TikTok; nothing else of it is touched.

import http from 'node:http'
import https from 'node:https'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Destination } = require('@segment/actions-core')
const { default: definition } = require('@segment/action-destinations/dist/destinations/tiktok-audiences')

const tiktok = new URL(process.env.TIKTOK_ORIGIN)
const request = https.request
https.request = (options, then) =>
  request({ ...options, hostname: tiktok.hostname, host: tiktok.hostname, port: tiktok.port, servername: '' }, then)

const destination = new Destination(definition)
const action = definition.actions.addToAudience
const mapping = Object.fromEntries(
  Object.entries(action.fields)
    .filter(([, field]) => field.default !== undefined)
    .map(([name, field]) => [name, field.default])
)
const subscription = { partnerAction: 'addToAudience', subscribe: action.defaultSubscription, mapping }
const settings = { advertiser_ids: ['7000000000000000001'] }
const auth = { accessToken: 'token', refreshToken: '' }

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = http.request({ host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}`, headers })
    sent.on('error', reject)
    sent.on('response', answer => {
      const chunks = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(chunks) }))
      answer.on('error', reject)
    })
    sent.end(body)
  })
}

async function answer(payload) {
  const parsed = JSON.parse(payload)
  const events = Array.isArray(parsed) ? parsed : [parsed]
  // Its engine writes into the mapping that it is given.
  const copy = { ...subscription, mapping: structuredClone(mapping) }
  const [{ multistatus }] = await destination.onBatch(events, { subscription: copy, settings, auth })
  return JSON.stringify(multistatus)
}

for (;;) {
  const next = await call('GET', 'next')
  const id = next.headers['lambda-runtime-aws-request-id']
  try {
    await call('POST', `${id}/response`, await answer(next.body.toString()))
  } catch (error) {
    await call('POST', `${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }))
  }
}
