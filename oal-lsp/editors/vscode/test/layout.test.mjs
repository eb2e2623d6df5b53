// Where the nodes of a graph stand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layers, layout } from '../media/layout.js';

const graph = (nodes, edges) => ({
  nodes: nodes.map((id) => ({ id, kind: 'service', label: id })),
  edges: edges.map(([from, to]) => ({ from, to })),
});

test('what is needed stands to the right of all that need it', () => {
  const found = layers(graph(['db', 'route', 'api', 'worker'], [['route', 'api'], ['api', 'db'], ['worker', 'db'], ['api', 'worker']]));
  assert.deepEqual(Object.fromEntries(found), { route: 0, api: 1, worker: 2, db: 3 });
});

test('a cycle, an edge to itself and an edge to nowhere end', () => {
  const found = layers(graph(['a', 'b', 'c'], [['a', 'b'], ['b', 'c'], ['c', 'a'], ['a', 'a'], ['a', 'nowhere']]));
  assert.deepEqual(Object.fromEntries(found), { a: 0, b: 1, c: 2 });
  assert.equal(layout(graph(['a'], [['a', 'nowhere']])).edges.length, 0);
});

test('nothing is an empty picture', () => {
  const { nodes, width, height } = layout(graph([], []));
  assert.equal(nodes.size, 0);
  assert.ok(width > 0 && height > 0);
});

test('no two boxes overlap, all lie in the picture, and the same graph gives the same picture', () => {
  const names = Array.from({ length: 60 }, (_, at) => `n${at}`);
  const edges = names.flatMap((from, at) => [[from, names[(at * 7 + 3) % 60]], [from, names[(at * 11 + 5) % 60]]]);
  const { nodes, width, height } = layout(graph(names, edges));
  const all = [...nodes.values()];
  for (const [at, a] of all.entries()) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height, a.id);
    for (const b of all.slice(at + 1)) {
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      assert.ok(apart, `${a.id} and ${b.id}`);
    }
  }
  assert.deepEqual(layout(graph(names, edges)), layout(graph(names, edges)));
});

test('a thousand components are placed in a moment', () => {
  const names = Array.from({ length: 1000 }, (_, at) => `n${at}`);
  const started = performance.now();
  layout(graph(names, names.slice(1).map((to, at) => [names[at], to])));
  assert.ok(performance.now() - started < 2000);
});
