// The event and the configuration under work, what was tried before, and the link that holds both.

const KEYS = { event: "tta.event", config: "tta.config", history: "tta.history" };
const MOST_REMEMBERED = 20;

export interface Remembered {
  time: string;
  title: string;
  event: string;
  config: string;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage everything works but the memory.
  }
}

export const work = {
  get event(): string | null {
    return read(KEYS.event);
  },
  set event(text: string) {
    write(KEYS.event, text);
  },
  get config(): string | null {
    return read(KEYS.config);
  },
  set config(text: string) {
    write(KEYS.config, text);
  },
};

export function history(): Remembered[] {
  try {
    const found: unknown = JSON.parse(read(KEYS.history) ?? "[]");
    return Array.isArray(found) ? (found as Remembered[]) : [];
  } catch {
    return [];
  }
}

/** Remembers what was sent or tested; the same again moves to the front. */
export function remember(title: string, event: string, config: string): void {
  const others = history().filter((known) => known.event !== event || known.config !== config);
  const all = [{ time: new Date().toISOString(), title, event, config }, ...others];
  write(KEYS.history, JSON.stringify(all.slice(0, MOST_REMEMBERED)));
}

export function forgetHistory(): void {
  write(KEYS.history, "[]");
}

/** Event and configuration as the text of a link's fragment, which browsers send to nobody. */
export async function pack(event: string, config: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify({ event, config }));
  const packed = await through(bytes, new CompressionStream("deflate-raw"));
  const binary = Array.from(packed, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The other way; nothing if the link is broken. */
export async function unpack(text: string): Promise<{ event: string; config: string } | null> {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const plain = await through(bytes, new DecompressionStream("deflate-raw"));
    const found = JSON.parse(new TextDecoder().decode(plain)) as { event?: unknown; config?: unknown };
    if (typeof found.event !== "string" || typeof found.config !== "string") return null;
    return { event: found.event, config: found.config };
  } catch {
    return null;
  }
}

async function through(bytes: Uint8Array<ArrayBuffer>, transform: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(transform as TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
