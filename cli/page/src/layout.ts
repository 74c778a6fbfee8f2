// JSON laid out for reading: what is short stays on one line. Numbers keep their digits, since nothing is parsed.

const WIDTH = 52;
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The text laid out, or as it is where it is no JSON. */
export function laidOut(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const tokens = text.match(TOKENS) ?? [];
  return value({ tokens, at: 0 }, 0);
}

interface Reader {
  tokens: string[];
  at: number;
}

const next = (reader: Reader): string => reader.tokens[reader.at++] ?? "";
const peek = (reader: Reader): string => reader.tokens[reader.at] ?? "";

function value(reader: Reader, depth: number): string {
  const token = next(reader);
  if (token !== "{" && token !== "[") return token;
  const close = token === "{" ? "}" : "]";
  const items: string[] = [];
  while (peek(reader) !== close) {
    let item = "";
    if (close === "}") {
      item = `${next(reader)}: `;
      next(reader);
    }
    items.push(item + value(reader, depth + 1));
    if (peek(reader) === ",") next(reader);
  }
  next(reader);
  if (items.length === 0) return token + close;
  const line = token === "{" ? `{ ${items.join(", ")} }` : `[${items.join(", ")}]`;
  if (line.length + 2 * depth <= WIDTH && !line.includes("\n")) return line;
  const indent = "  ".repeat(depth + 1);
  return `${token}\n${indent}${items.join(`,\n${indent}`)}\n${"  ".repeat(depth)}${close}`;
}
