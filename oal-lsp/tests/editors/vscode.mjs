// Drives the packed extension and the server through a real VS Code (code-server) in headless Chromium. Prints TAP.
//   VSCODE=FOLDER node oal-lsp/tests/editors/vscode.mjs [SCREENSHOT.png]
// FOLDER holds code-server and playwright-core from npm; `chromium` and `oal` are on the PATH; oal.vsix is packed.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.resolve(process.env.VSCODE);
const { chromium } = createRequire(`${folder}/x.js`)('playwright-core');
const profile = JSON.parse(fs.readFileSync(`${here}/profile.json`, 'utf8'));
const which = (name) => process.env.PATH.split(':').map((dir) => path.join(dir, name)).find((file) => fs.existsSync(file));
const vsix = path.resolve(here, '../../editors/vscode/oal.vsix');

const own = fs.mkdtempSync(path.join(os.tmpdir(), 'oal-vscode-'));
const workspace = `${own}/workspace`;
fs.mkdirSync(workspace);
fs.mkdirSync(`${own}/data/User`, { recursive: true });
for (const [name, text] of Object.entries(profile.files)) fs.writeFileSync(path.join(workspace, name), text);
const settings = {
  // The extension host has a PATH of its own.
  'oal.path': which('oal'),
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'files.autoSave': 'off',
  '[oal]': { 'editor.formatOnSave': false },
  'editor.minimap.enabled': false,
  'editor.hover.delay': 50,
  'editor.autoClosingBrackets': 'never',
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'chat.commandCenter.enabled': false,
};
fs.writeFileSync(`${own}/data/User/settings.json`, JSON.stringify(settings));

const entry = `${folder}/node_modules/code-server/out/node/entry.js`;
const places = ['--user-data-dir', `${own}/data`, '--extensions-dir', `${own}/extensions`];
const installed = await new Promise((done) => {
  spawn(process.execPath, [entry, ...places, '--install-extension', vsix], { stdio: 'ignore' }).on('exit', done);
});
const port = await new Promise((done) => {
  const socket = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = socket.address();
    socket.close(() => done(port));
  });
});
const options = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'];
const server = spawn(process.execPath, [entry, ...places, ...options, workspace], { stdio: 'ignore', detached: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? which('chromium'), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });

let count = 0;
let bad = 0;
async function step(name, run) {
  count += 1;
  const started = Date.now();
  let result;
  let problem = '';
  try {
    // Whatever a step before has left open.
    for (let key = 0; key < 2; key += 1) await page.keyboard.press('Escape');
    result = await run();
  } catch (error) {
    problem = ` # ${String(error).split('\n')[0]}`;
  }
  if (!result) bad += 1;
  const said = typeof result === 'string' ? ` # ${result.replace(/\s+/g, ' ').slice(0, 110)}` : problem;
  console.log(`${result ? 'ok' : 'not ok'} ${count} - ${name} (${Date.now() - started} ms)${said}`);
}

async function until(run, ms = 15000) {
  for (const end = Date.now() + ms; ; ) {
    const found = await run().catch(() => null);
    if (found || Date.now() > end) return found;
    await page.waitForTimeout(60);
  }
}
async function pick(text) {
  await page.locator('.quick-input-widget input').fill(text);
  await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
  await page.waitForTimeout(200);
  await page.keyboard.press('Enter');
}
async function command(title) {
  await page.keyboard.press('F1');
  await pick(`>${title}`);
}
async function open(name) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).dblclick();
  await page.locator('.tab.active', { has: page.getByText(name, { exact: true }) }).first().waitFor();
  await page.waitForTimeout(300);
}
async function go(at) {
  const [before, after] = at.split('|');
  const text = profile.files[profile.open];
  const head = text.slice(0, text.indexOf(before + after) + before.length);
  await page.keyboard.press('Control+G');
  await page.locator('.quick-input-widget input').fill(`:${head.split('\n').length},${head.length - head.lastIndexOf('\n')}`);
  await page.waitForTimeout(150);
  await page.keyboard.press('Enter');
  await page.waitForTimeout(150);
}
const problems = async () => (await page.locator('.markers-panel .monaco-list-row').allInnerTexts()).join('\n');
const read = (name) => fs.readFileSync(path.join(workspace, name), 'utf8');
/** The text of all editors that can be seen. */
const seen = async () => (await page.locator('.editor-instance .view-line').allInnerTexts()).join('\n').replace(/\u00a0/g, ' ');

await step('the package installs', async () => installed === 0);
await step('the workbench starts', async () => {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    try {
      await page.goto(`http://127.0.0.1:${port}/?folder=${workspace}`, { waitUntil: 'domcontentloaded' });
      break;
    } catch {
      await page.waitForTimeout(500);
    }
  }
  await page.waitForSelector('.explorer-folders-view .monaco-list-row', { timeout: 90000 });
  return true;
});
await step('a file opens as OAL', async () => {
  await open(profile.open);
  return until(async () => (await page.locator('.statusbar-item', { hasText: /^OAL$/ }).count()) > 0);
});
await step('keywords, names and texts have colours', async () => {
  const line = page.locator('.editor-instance .view-line', { hasText: 'database' }).first();
  const classes = async () => new Set(await line.locator('span span').evaluateAll((spans) => spans.map((span) => span.className)));
  return until(async () => (await classes()).size >= 3 && `${(await classes()).size} colours in a line`);
});
await step('findings are shown', async () => {
  await page.waitForSelector('.squiggly-error', { timeout: 30000 });
  await page.keyboard.press('Control+Shift+M');
  const found = await until(async () => {
    const said = await problems();
    return said.includes(profile.diagnostic.match) && said;
  });
  await page.keyboard.press('Control+1');
  return found;
});
await step('the code of a finding leads to its page', async () => {
  const code = page.locator('.markers-panel a', { hasText: /^OAL\d{4}$/ }).first();
  // The keys would close the panel where it is open already.
  if (!(await code.isVisible())) await page.keyboard.press('Control+Shift+M');
  await code.click({ modifiers: ['Control'] });
  const there = await until(async () => /^# OAL\d{4}/m.test(await seen()) && 'its page is open');
  await open(profile.open);
  return there;
});
await step('hover', async () => {
  await go(profile.hover.at);
  await page.keyboard.press('Control+K');
  await page.keyboard.press('Control+I');
  return until(async () => {
    const said = (await page.locator('.monaco-hover .hover-contents').allInnerTexts()).join(' ');
    return said.includes(profile.hover.match) && said;
  }, 20000);
});
await step('completion in a half-written entry', async () => {
  await page.keyboard.press('Escape');
  await go(`${profile.entry.at}|`);
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type(profile.entry.type, { delay: 40 });
  await page.keyboard.press('Control+Space');
  const found = await until(async () => {
    const labels = await page.locator('.suggest-widget.visible .monaco-list-row .label-name').allInnerTexts();
    return labels.includes(profile.entry.label) && labels.slice(0, 5).join(', ');
  }, 20000);
  await page.keyboard.press('Escape');
  for (let key = 0; key < 3; key += 1) await page.keyboard.press('Control+Z');
  await command('File: Revert File');
  await page.waitForTimeout(500);
  return found;
});
await step('go to definition in another file', async () => {
  await go(profile.definition.at);
  await page.keyboard.press('F12');
  const there = await until(async () => (await page.locator('.tab.active .label-name').first().innerText()) === profile.definition.file, 20000);
  await open(profile.open);
  return there;
});
await step('the line above a declaration shows its uses', async () => {
  await page.locator('.codelens-decoration a', { hasText: /^1 reference$/ }).first().click({ timeout: 20000 });
  const uses = page.locator('.reference-zone-widget .monaco-list-row');
  return until(async () => (await uses.allInnerTexts()).join(' ').includes('orders.url') && 'a peek opens', 20000);
});
await step('a quick fix puts it right, and the finding goes', async () => {
  await go(`|${profile.repair.at}`);
  await page.keyboard.press('Control+.');
  const item = page.locator('.action-widget .monaco-list-row', { hasText: profile.repair.title }).first();
  await item.waitFor({ timeout: 20000 });
  const title = await item.innerText();
  // The first one is chosen already; a curtain keeps the pointer off.
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Shift+M');
  const gone = await until(async () => !(await problems()).includes(profile.repair.at), 20000);
  await page.keyboard.press('Control+1');
  await page.keyboard.press('Control+S');
  return gone && (await until(async () => read(profile.open).includes(profile.repair.gives))) && title;
});
await step('rename across files, also inside texts', async () => {
  await go(profile.rename.at);
  await page.keyboard.press('F2');
  const box = page.locator('.rename-box input');
  await box.waitFor({ state: 'visible', timeout: 20000 });
  await page.waitForTimeout(300);
  await box.fill(profile.rename.to);
  await box.press('Enter');
  await page.waitForTimeout(1500);
  await command('File: Save All Files');
  const { to, counts } = profile.rename;
  return until(async () => Object.entries(counts).every(([name, wanted]) => read(name).split(to).length - 1 === wanted), 20000);
});
await step('format', async () => {
  await open(profile.open);
  await page.keyboard.press('Control+End');
  await page.keyboard.type(`${profile.format.from}\n`);
  await page.keyboard.press('Escape');
  await command('Format Document');
  await page.waitForTimeout(1200);
  await page.keyboard.press('Control+S');
  return until(async () => read(profile.open).includes(profile.format.to), 20000);
});
await step('snippets are offered', async () => {
  await command('Snippets: Insert Snippet');
  await page.locator('.quick-input-widget input').fill('bucket');
  const item = page.locator('.quick-input-list .monaco-list-row', { hasText: 'A store for files' }).first();
  await item.waitFor({ timeout: 20000 });
  await page.keyboard.press('Enter');
  const there = await until(async () => (await seen()).includes('bucket uploads { versioning: true }'));
  await page.keyboard.press('Escape');
  await command('File: Revert File');
  await page.waitForTimeout(500);
  return there;
});
// A program with errors has neither IR nor graph.
fs.writeFileSync(path.join(workspace, profile.open), read(profile.open).replace(profile.repair.at, profile.repair.title));
await step('OAL: Show IR', async () => {
  await open(profile.open);
  await command('OAL: Show IR');
  return until(async () => (await seen()).includes('"oal_ir"') && 'the document is shown');
});
await step('OAL: Show Graph', async () => {
  await open(profile.open);
  await command('OAL: Show Graph');
  return until(async () => {
    for (const frame of page.frames()) {
      const labels = await frame.locator('.node').allTextContents().catch(() => []);
      if (labels.some((label) => label.includes('orders'))) {
        return `${labels.length} nodes, ${await frame.locator('.edge').count()} edges`;
      }
    }
    return false;
  });
});
if (process.argv[2] !== undefined) await page.screenshot({ path: process.argv[2] });
await step('OAL: Explain Code', async () => {
  await open(profile.open);
  await command('OAL: Explain Code');
  await page.waitForTimeout(500);
  // Of several codes in the file, the first.
  const input = page.locator('.quick-input-widget:visible input');
  if ((await input.count()) > 0) {
    if ((await page.locator('.quick-input-list .monaco-list-row').count()) === 0) await input.fill('OAL0203');
    await page.keyboard.press('Enter');
  }
  return until(async () => {
    for (const frame of page.frames()) {
      const heading = await frame.locator('h1').first().innerText({ timeout: 200 }).catch(() => '');
      if (/^OAL\d{4}/.test(heading)) return heading;
    }
    return false;
  });
});
await step('OAL: Restart Server', async () => {
  await open(profile.open);
  await command('OAL: Restart Server');
  await page.waitForTimeout(1500);
  await go(profile.hover.at.replace('le|vel', 'le|vel'));
  await page.keyboard.press('Control+Shift+M');
  return until(async () => /OAL\d{4}/.test(await problems()));
});

await browser.close();
const gone = new Promise((done) => {
  server.on('exit', done);
  setTimeout(done, 3000);
});
// All that it started.
try {
  process.kill(-server.pid, 'SIGTERM');
} catch {}
await gone;
try {
  process.kill(-server.pid, 'SIGKILL');
} catch {}
fs.rmSync(own, { recursive: true, force: true });
console.log(`1..${count}`);
process.exit(bad > 0 ? 1 : 0);
