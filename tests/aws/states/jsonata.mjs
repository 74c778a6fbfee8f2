// Evaluates expressions as Step Functions does: JSONata 2.0.6, with variables and `$states`.
//
// A line in: {"expression", "variables", "states", "items"}; a line out: {"results": [{"value"} or {"error"}]}. With
// `items` the expression is evaluated once for each, which stands at `$states.context.Map.Item`.
import { createInterface } from "node:readline";
import jsonata from "jsonata";

const compiled = new Map();

function expressionOf(text) {
  if (!compiled.has(text)) compiled.set(text, jsonata(text));
  return compiled.get(text);
}

async function evaluate({ expression, variables, states, items }) {
  const scopes = items
    ? items.map((Item) => ({ ...states, context: { ...states.context, Map: { Item } } }))
    : [states];
  const results = [];
  for (const scope of scopes) {
    try {
      const value = await expressionOf(expression).evaluate(undefined, { ...variables, states: scope });
      results.push(value === undefined ? { error: "the expression gives nothing" } : { value });
    } catch (error) {
      results.push({ error: error.message });
    }
  }
  return { results };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await evaluate(JSON.parse(line)))}\n`);
}
