// What the sandbox offers under /_sandbox/, typed. The same answers are there for scripts.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface State {
  version: string;
  function_url: string;
  invoke_path: string;
  write_key: string;
  advertiser_id: string;
  buffered: boolean;
  connected: boolean;
  config: { source: string; text: string };
  weather: Weather[];
  load: Load | null;
}

export interface Weather {
  kind: string;
  on: boolean;
  hits: number;
}

export type Outcome = "delivered" | "accepted" | "superseded" | "skipped" | "rejected" | "retryable";

/** One invocation, as a row of the feed. */
export interface Entry {
  id: number;
  time: string;
  way_in: string;
  described: string;
  origin: "page" | "outside" | "load" | "list" | "queue";
  events: number;
  outcome: string;
  outcomes: Partial<Record<Outcome, number>>;
  reasons: string[];
  mappings: string[];
  calls: number;
  milliseconds: number;
  answer: string;
}

/** What an operation on dead letters did. */
export interface Acted {
  seen: number;
  done: number;
  failed: number;
  more: boolean;
}

export interface Call {
  method: string;
  path: string;
  query: string;
  body: Json;
  status: number | null;
  code: number | null;
  answer: Json;
  request_id: string;
  faulted: boolean;
}

export interface MembersChange {
  audience_id: string;
  name: string;
  before: number;
  after: number;
  added: [string, string][];
  removed: [string, string][];
}

export interface Failure {
  code: string;
  message: string;
  actor?: string;
  tiktok_code?: number | null;
}

export interface ActionResult {
  mapping?: string;
  action?: string;
  outcome: Outcome;
  advertiser_id?: string;
  audience_id?: string;
  request_id?: string;
  error?: Failure;
  left_out?: { field: string; reason: string }[];
}

export interface Result {
  index: number;
  message_id?: string;
  outcome: Outcome;
  status: number;
  actions: ActionResult[];
}

/** Everything of one invocation. */
export interface Detail extends Entry {
  payload: string;
  reply: string | null;
  error: { type: string; message: string } | null;
  /** Each event as text, so that no number loses a digit. */
  events_in: (string | null)[];
  results: Result[];
  calls_made: Call[];
  shared: boolean;
  members: MembersChange[];
  rejected: DeadLetter[];
}

export interface Problem {
  path: string;
  message: string;
  severity: "error" | "warning";
  hint: string | null;
  line: number | null;
  column: number | null;
  width: number | null;
}

export interface Decision {
  outcome: string;
  code?: string;
  message: string;
}

export interface HashUnder {
  rules: string;
  used: boolean;
  cleaned: string | null;
  hash: string | null;
  problem: Failure | null;
}

export interface Identifier {
  field: string;
  value: string;
  sent: boolean;
  column?: string;
  problem?: Failure;
  rules?: HashUnder[];
}

export interface MappingResult {
  mapping: string;
  action: string;
  enabled: boolean;
  matched: boolean;
  failing?: string;
  /** Why the event goes elsewhere, where no trigger decides. */
  note?: string;
  /** What the event has where the failing condition looks. */
  met?: { subject: string; value: string }[];
  fields?: Record<string, Json>;
  identifiers?: Identifier[];
  results?: Decision[];
}

export interface Tested {
  problems: Problem[];
  events: { index: number; outcome: Outcome | null; results?: Decision[]; mappings: MappingResult[]; actions: ActionResult[] }[];
  calls: Call[];
  error: { type: string; message: string } | null;
}

export interface Audience {
  audience_id: string;
  advertiser_id: string;
  name: string;
  audience_type: string;
  condition: string;
  size: number | null;
  expires: string | null;
  members: number;
  history: [number, number][];
}

export interface Members {
  columns: Record<string, { count: number; hashes: string[] }>;
}

export interface DeadLetter {
  id: string;
  body: string;
  attributes: Record<string, string>;
  reason: string;
  actor: string;
}

export interface Load {
  people: number;
  sent: number;
  events_per_second: number;
  seconds: number;
  running: boolean;
  outcomes: Partial<Record<Outcome, number>>;
  batch: number;
  members: number;
}

export interface Compared {
  events: number;
  changed: Change[];
  left_out: number;
}

export interface Change {
  entry: number;
  index: number;
  event: Json;
  a: Side;
  b: Side;
}

export interface Side {
  outcome: string;
  decisions: { mapping: string; outcome: string; code?: string; message: string }[];
  requests: Json[];
}

export interface Route {
  method: string;
  path: string;
  does: string;
  example: Json;
}

export interface ListPreview {
  headers: string[];
  columns: Record<string, string>;
  rows: number;
  usable: number;
  duplicates: number;
  reasons: Record<string, number>;
  left_out: Record<string, number>;
  rejected_rows: { row: number; code: string }[];
  /** Why the rows cannot be tried. */
  problem?: string;
}

/** What the sandbox says when it refuses. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems: Problem[],
  ) {
    super(message);
  }
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const request: RequestInit = { method, headers: { "x-sandbox": "page" } };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { ...request.headers, "content-type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(`/_sandbox/${path}`, request);
  } catch {
    throw new Refused(0, "the sandbox does not answer; is tta serve still running?", []);
  }
  const reply = (await response.json().catch(() => ({}))) as T & { error?: string; problems?: Problem[] };
  if (!response.ok) throw new Refused(response.status, reply.error ?? `HTTP ${response.status}`, reply.problems ?? []);
  return reply;
}

const get = <T>(path: string): Promise<T> => ask<T>("GET", path);
const post = <T>(path: string, body: unknown = {}): Promise<T> => ask<T>("POST", path, body);

export const api = {
  routes: () => get<{ routes: Route[] }>(""),
  state: () => get<State>("state"),
  examples: () => get<{ name: string; described: string }[]>("examples"),
  example: async (name: string): Promise<string> => {
    const response = await fetch(`/_sandbox/examples/${name}`);
    if (!response.ok) throw new Refused(response.status, `there is no example ${name}`, []);
    return response.text();
  },
  schema: () => get<Json>("schema"),
  check: (config: string) => post<{ problems: Problem[] }>("check", { config }),
  test: (event: string, config: string, unmask: boolean) => post<Tested>("test", { event, config, unmask }),
  configure: (config: string) => ask<State>("PUT", "config", { config }),
  send: (payload: string) => post<Detail>("send", { payload }),
  feed: () => get<Entry[]>("feed"),
  entry: (id: number) => get<Detail>(`feed/${id}`),
  forget: () => ask<unknown>("DELETE", "feed"),
  compare: (a: string, b: string) => post<Compared>("compare", { a, b }),
  audiences: () => get<Audience[]>("audiences"),
  members: (id: string) => get<Members>(`audiences/${id}/members`),
  operate: <T>(operation: string, given: Record<string, Json> = {}) => post<T>("operation", { operation, ...given }),
  rejected: () => get<DeadLetter[]>("rejected"),
  redrive: (reason: string | null) => post<Acted>("rejected/redrive", { reason }),
  discard: (reason: string | null) => post<Acted>("rejected/discard", { reason }),
  weather: (kind: string, on: boolean) => ask<Weather[]>("PUT", "weather", { kind, on }),
  load: (people: number, batch: number) => post<Load>("load", { people, batch }),
  stopLoad: () => ask<unknown>("DELETE", "load"),
  reset: () => post<unknown>("reset"),
  previewList: (order: ListOrder) => post<ListPreview>("list/preview", order),
  deliverList: (order: ListOrder) => post<{ rows: number }>("list", order),
};

export interface ListOrder {
  text: string;
  action: string;
  audience_name: string;
  country: string;
  /** Guessed where it is null. */
  columns: Record<string, string> | null;
}
