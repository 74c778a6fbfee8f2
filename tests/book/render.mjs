// Renders a platform's template as the platform does, for what `run.py` sends: {language, template, data} on standard input.
//
// RudderStack's Custom Activation evaluates JSONata and takes a part of it only; Hightouch and Census render Liquid.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const installed = (folder, name) => createRequire(new URL(`../${folder}/`, import.meta.url))(name);

// Kinds of nodes that RudderStack lets through: its rudder-transformer, src/v0/destinations/custom_audience/template.
const TAKEN = new Set(['unary', 'path', 'name', 'variable', 'function', 'string', 'number', 'value']);

function refused(node) {
  if (Array.isArray(node)) return node.flatMap(refused);
  if (node === null || typeof node !== 'object') return [];
  const self = typeof node.type === 'string' && !TAKEN.has(node.type) ? [node.type] : [];
  const call = node.type === 'function' && node.procedure?.value !== 'number' ? [`$${node.procedure?.value}()`] : [];
  return [...self, ...call, ...Object.values(node).flatMap(refused)];
}

const languages = {
  async jsonata(template, data) {
    const expression = installed('aws/states', 'jsonata')(template);
    const names = refused(expression.ast());
    if (names.length > 0) throw new Error(`RudderStack does not take ${names}`);
    const body = await expression.evaluate(data);
    // Its server sends objects and drops anything else.
    if (Array.isArray(body) || typeof body !== 'object') throw new Error('RudderStack sends objects only');
    return body;
  },
  async liquid(template, data) {
    const { Liquid } = installed('segment', 'liquidjs');
    return JSON.parse(await new Liquid().parseAndRender(template, data));
  },
};

const { language, template, data } = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await languages[language](template, data)));
