// Random choices that a seed repeats, and JSON text with numbers spelled in every way.

export class Random {
  #state

  constructor(seed) {
    this.#state = seed >>> 0
  }

  // Mulberry32: 32 bits of state are plenty for a case.
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  below(count) {
    return Math.floor(this.next() * count)
  }

  chance(probability) {
    return this.next() < probability
  }

  pick(items) {
    return items[this.below(items.length)]
  }

  list(least, most, make) {
    return Array.from({ length: least + this.below(most - least + 1) }, make)
  }
}

// A number as it is spelled in the event's text.
export class Spelled {
  constructor(text) {
    this.text = text
  }
}

export function json(value) {
  if (value instanceof Spelled) return value.text
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${json(member)}`).join(',')}}`
  }
  return JSON.stringify(value)
}
