// An invocation as a command or a file, for whoever goes on outside of the page.

import type { Detail, Json } from "../api.ts";
import { laidOut } from "../layout.ts";

interface Copy {
  name: string;
  text: string;
}

/** A text as one word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function copies(detail: Detail, functionUrl: string): Copy[] {
  return [
    { name: "as curl", text: curl(detail, functionUrl) },
    { name: "as aws lambda invoke", text: invoke(detail.payload, functionUrl) },
    { name: "as file for events/", text: `${laidOut(detail.payload)}\n` },
  ];
}

type Http = { [key: string]: Json };

const isObject = (value: Json | undefined): value is Http => typeof value === "object" && value !== null && !Array.isArray(value);

function http(payload: string): { method: string; path: string; headers: Http; body: string } | null {
  const envelope: Json = parsed(payload);
  if (!isObject(envelope) || !isObject(envelope["requestContext"]) || envelope["isBase64Encoded"] === true) return null;
  const context = envelope["requestContext"];
  const inner = isObject(context["http"]) ? context["http"] : {};
  const method = envelope["httpMethod"] ?? inner["method"];
  const path = envelope["rawPath"] ?? envelope["path"];
  if (typeof method !== "string" || typeof path !== "string") return null;
  const body = typeof envelope["body"] === "string" ? envelope["body"] : "";
  return { method, path, headers: isObject(envelope["headers"]) ? envelope["headers"] : {}, body };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** Headers that curl writes itself. */
const OWN = new Set(["host", "content-length", "user-agent", "accept", "connection", "accept-encoding"]);

function curl(detail: Detail, functionUrl: string): string {
  const request = http(detail.payload);
  if (request === null) {
    return `curl -d ${quoted(detail.payload)} \\\n  ${quoted(`${functionUrl}/2015-03-31/functions/sandbox/invocations`)}`;
  }
  const headers = Object.entries(request.headers)
    .filter(([name]) => !OWN.has(name.toLowerCase()))
    .map(([name, value]) => ` \\\n  -H ${quoted(`${name}: ${String(value)}`)}`);
  const body = request.body ? ` \\\n  --data-binary ${quoted(request.body)}` : "";
  return `curl -X ${request.method}${headers.join("")}${body} \\\n  ${quoted(functionUrl + request.path)}`;
}

function invoke(payload: string, functionUrl: string): string {
  return `aws lambda invoke --endpoint-url ${functionUrl} --function-name sandbox \\\n  --cli-binary-format raw-in-base64-out --payload ${quoted(payload)} /dev/stdout`;
}
