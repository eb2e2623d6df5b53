// Each snippet, as it stands after one keystroke, makes a program that `oal check` takes.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const snippets = JSON.parse(readFileSync(join(here, 'snippets/oal.json'), 'utf8'));

/** The program `oal`: the one that is named, or what was built in the repository. */
function oal() {
  const target = process.env.CARGO_TARGET_DIR ?? join(here, '../../../target');
  const built = ['release', 'debug'].map((profile) => join(target, profile, 'oal')).find(existsSync);
  const program = process.env.OAL ?? built ?? 'oal';
  execFileSync(program, ['--version']);
  return program;
}

/** A snippet with its own words, and `last` where the cursor ends. */
function expanded(snippet, last = '') {
  const body = [snippet.body].flat().join('\n');
  return body
    .replace(/\$\{\d+\|([^,|]*)[^}]*\|\}/g, '$1')
    .replace(/\$\{\d+:([^}]*)\}/g, '$1')
    .replace(/\$0/g, last);
}

const IMAGE = 'image: "busybox:1.37"';
const around = {
  App: (text) => text,
  Import: (text) => `app test {}\n${text}let a = name\n`,
  Param: (text) => `app test {}\n${text}`,
  Assert: (text) => `app test {}\nenvironment dev {}\nenvironment prod {}\n${text}`,
  Allow: (text) => `app test {}\n${text}let a = 1\n`,
  Route: (text) => `app test {}\n${expanded(snippets.Service)}\n${text}`,
  Field: (text) => `app test {}\nkind a {\n${text}}\n`,
  'Only if': (text) => `app test {}\nenvironment dev {}\nenvironment prod {}\n${text}`,
  Match: (text) => `app test {}\ntype T = one | two\nlet value: T = one\nlet a = ${text}\n`,
  'If': (text) => `app test {}\nenvironment dev {}\nenvironment prod {}\nlet a = ${text}\n`,
  'HTTP health check': (text) => `app test {}\nservice a {\n${IMAGE}\nports: { http: 80 }\n${text}\n}\n`,
  'Text of several lines': (text) => `app test {}\nlet a = ${text}\n`,
};
const last = { 'One for each': IMAGE, 'Only if': IMAGE, 'Text of several lines': 'text', Kind: 'image: "nginx:1.27"' };

const program = oal();
for (const [name, snippet] of Object.entries(snippets)) {
  test(`${name} makes a sound program`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'oal-snippet-'));
    try {
      const text = (around[name] ?? ((text) => `app test {}\n${text}`))(expanded(snippet, last[name]));
      writeFileSync(join(folder, 'app.oal'), text);
      writeFileSync(join(folder, 'lib.oal'), 'let name = 1\n');
      const { status, stdout, stderr } = spawnSync(program, ['check', '--color', 'never', 'app.oal'], { cwd: folder, encoding: 'utf8' });
      const said = stdout + stderr;
      assert.ok(status === 0 && !said.includes('error'), `${text}\n${said}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('a snippet for every kind of the prelude', () => {
  const prefixes = Object.values(snippets).flatMap((snippet) => snippet.prefix);
  const kinds = ['service', 'job', 'database', 'cache', 'queue', 'bucket', 'volume', 'secret', 'config', 'route', 'external'];
  for (const kind of kinds) {
    const file = join(here, `../../../oal-check/std/${kind}.oal`);
    assert.match(readFileSync(file, 'utf8'), new RegExp(`^extern kind ${kind}\\b`, 'm'));
    assert.ok(prefixes.includes(kind), kind);
  }
});
