// Draws the graph that the extension sends. A click on a node shows only what it needs and what needs it.
import { layout } from './layout.js';

// @ts-expect-error: a function of the web view
const editor = acquireVsCodeApi();
const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById('graph')));

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {(SVGElement | string)[]} children
 */
function element(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @param {import('./layout.js').Graph} graph */
function draw(graph) {
  const { nodes, edges, width, height } = layout(graph);
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('width', String(width));
  svg.setAttribute('height', String(height));
  const arrow = element('path', { d: 'M0,0 L8,4 L0,8 z' });
  const marker = element('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, orient: 'auto' }, arrow);
  svg.replaceChildren(element('defs', {}, marker));
  for (const edge of edges) {
    const from = nodes.get(edge.from);
    const to = nodes.get(edge.to);
    if (from === undefined || to === undefined) continue;
    const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height / 2, to.x, to.y + to.height / 2];
    const bend = Math.max(40, Math.abs(x2 - x1) / 2);
    const d = `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
    const line = element('path', { class: 'edge', d, 'marker-end': 'url(#arrow)' }, element('title', {}, `${from.label} → ${to.label}${edge.label ? `: ${edge.label}` : ''}`));
    line.dataset['from'] = edge.from;
    line.dataset['to'] = edge.to;
    svg.append(line);
  }
  for (const node of nodes.values()) {
    const box = element(
      'g',
      { class: 'node', transform: `translate(${node.x},${node.y})`, tabindex: 0, role: 'button' },
      element('title', {}, node.id),
      element('rect', { width: node.width, height: node.height, rx: 6 }),
      element('text', { class: 'kind', x: 12, y: 17 }, node.kind),
      element('text', { x: 12, y: 34 }, node.label),
    );
    box.dataset['id'] = node.id;
    svg.append(box);
  }
}

/** @param {string | undefined} id */
function focus(id) {
  const again = id === undefined || svg.dataset['focus'] === id;
  svg.dataset['focus'] = again ? '' : id;
  const near = new Set([id]);
  for (const line of svg.querySelectorAll('.edge')) {
    const { from, to } = /** @type {SVGElement} */ (line).dataset;
    const touches = from === id || to === id;
    line.classList.toggle('away', !again && !touches);
    if (touches) near.add(from).add(to);
  }
  for (const node of svg.querySelectorAll('.node')) {
    node.classList.toggle('away', !again && !near.has(/** @type {SVGElement} */ (node).dataset['id']));
  }
}

svg.addEventListener('click', (event) => {
  const node = /** @type {Element} */ (event.target).closest('.node');
  focus(/** @type {SVGElement | null} */ (node)?.dataset['id']);
});
svg.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' || event.key === ' ') focus(/** @type {SVGElement} */ (event.target).dataset['id']);
});
window.addEventListener('message', (event) => draw(event.data));
editor.postMessage('ready');
