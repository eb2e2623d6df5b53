// Where the nodes of a graph stand: in layers, each component to the right of those that need it.

/**
 * @typedef {{ id: string, kind: string, label: string }} Node
 * @typedef {{ from: string, to: string, label?: string }} Edge
 * @typedef {{ nodes: Node[], edges: Edge[] }} Graph
 * @typedef {Node & { x: number, y: number, width: number, height: number }} Placed
 * @typedef {{ nodes: Map<string, Placed>, edges: Edge[], width: number, height: number }} Layout
 */

const HEIGHT = 44;
const GAP = { x: 96, y: 20 };
const MARGIN = 24;
const CHARACTER = 7.5;

/**
 * The layer of each node: one more than the deepest of those that need it. An edge that closes a cycle does not count.
 * @param {Graph} graph
 * @returns {Map<string, number>}
 */
export function layers(graph) {
  /** @type {Map<string, string[]>} */
  const needs = new Map(graph.nodes.map((node) => [node.id, []]));
  for (const { from, to } of graph.edges) if (from !== to && needs.has(to)) needs.get(from)?.push(to);
  // Depth first without recursion; a node is done after all it needs, so the reverse of `done` is an order from left to right.
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map();
  /** @type {string[]} */
  const done = [];
  /** @type {Set<string>} */
  const back = new Set();
  for (const { id } of graph.nodes) {
    /** @type {{ id: string, next: number }[]} */
    const stack = state.has(id) ? [] : [{ id, next: 0 }];
    if (stack.length > 0) state.set(id, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const to = needs.get(top.id)?.[top.next++];
      if (to === undefined) {
        state.set(top.id, 'done');
        done.push(top.id);
        stack.pop();
      } else if (state.get(to) === 'open') {
        back.add(`${top.id}\0${to}`);
      } else if (!state.has(to)) {
        state.set(to, 'open');
        stack.push({ id: to, next: 0 });
      }
    }
  }
  const layer = new Map(graph.nodes.map((node) => [node.id, 0]));
  for (const id of done.reverse()) {
    for (const to of needs.get(id) ?? []) {
      if (!back.has(`${id}\0${to}`)) layer.set(to, Math.max(layer.get(to) ?? 0, (layer.get(id) ?? 0) + 1));
    }
  }
  return layer;
}

/**
 * @param {Graph} graph
 * @returns {Layout}
 */
export function layout(graph) {
  const layer = layers(graph);
  /** @type {Node[][]} */
  const columns = [];
  for (const node of graph.nodes) (columns[layer.get(node.id) ?? 0] ??= []).push(node);
  // Each column is sorted by the middle of its neighbours in the column before, and once more from the other side.
  /** @type {Map<string, number>} */
  const rank = new Map();
  const number = (/** @type {Node[]} */ column) => column.forEach((node, at) => rank.set(node.id, at));
  columns.forEach(number);
  for (const [order, near, far] of /** @type {const} */ ([
    [columns, 'from', 'to'],
    [[...columns].reverse(), 'to', 'from'],
  ])) {
    for (const column of order) {
      const middle = new Map(
        column.map((node) => {
          const ranks = graph.edges.filter((edge) => edge[far] === node.id).map((edge) => rank.get(edge[near]) ?? 0);
          return [node.id, ranks.length === 0 ? (rank.get(node.id) ?? 0) : ranks.reduce((a, b) => a + b) / ranks.length];
        }),
      );
      column.sort((a, b) => (middle.get(a.id) ?? 0) - (middle.get(b.id) ?? 0));
      number(column);
    }
  }
  /** @type {Map<string, Placed>} */
  const nodes = new Map();
  const tallest = Math.max(0, ...columns.map((column) => column.length));
  let x = MARGIN;
  for (const column of columns) {
    const width = 24 + CHARACTER * Math.max(...column.map((node) => Math.max(node.label.length, node.kind.length)));
    let y = MARGIN + ((tallest - column.length) * (HEIGHT + GAP.y)) / 2;
    for (const node of column) {
      nodes.set(node.id, { ...node, x, y, width, height: HEIGHT });
      y += HEIGHT + GAP.y;
    }
    x += width + GAP.x;
  }
  const edges = graph.edges.filter((edge) => nodes.has(edge.from) && nodes.has(edge.to));
  const height = 2 * MARGIN + tallest * (HEIGHT + GAP.y) - (tallest > 0 ? GAP.y : 0);
  return { nodes, edges, width: Math.max(x - GAP.x, 0) + MARGIN, height };
}
