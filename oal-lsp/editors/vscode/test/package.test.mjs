// What the package says of itself is true.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const repository = join(here, '../../..');
const read = (path) => readFileSync(join(here, path), 'utf8');
const manifest = JSON.parse(read('package.json'));

test('the version is that of the server', () => {
  const version = /^version = "(.*)"$/m.exec(readFileSync(join(repository, 'Cargo.toml'), 'utf8'))?.[1];
  assert.equal(manifest.version, version);
});

test('the lock file names no registry', () => {
  const lock = JSON.parse(read('package-lock.json'));
  for (const [name, { resolved }] of Object.entries(lock.packages)) assert.equal(resolved, undefined, name);
  assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
});

test('every command is there, and no other', () => {
  const said = manifest.contributes.commands.map(({ command }) => command).sort();
  const made = [...read('src/extension.ts').matchAll(/command\('(oal\.\w+)'/g)].map((found) => found[1]).sort();
  // Of no use to a person who has no place to say.
  const inner = ['oal.showReferences'];
  assert.deepEqual(made.filter((command) => !inner.includes(command)), said);
  for (const { command } of Object.values(manifest.contributes.menus).flat()) assert.ok(said.includes(command), command);
});

test('settings and colours are those that the server knows', () => {
  const source = (file) => readFileSync(join(repository, 'oal-lsp/src', file), 'utf8');
  const known = [...source('settings.rs').matchAll(/^    \/\/\/ `oal\.(\w+)`/gm)].map((found) => `oal.${found[1]}`).sort();
  const own = ['oal.path', 'oal.trace.server'];
  const said = Object.keys(manifest.contributes.configuration.properties).filter((name) => !own.includes(name)).sort();
  assert.deepEqual(said, known);
  const modifiers = /NAMES: &\[&str\] = &\[("declaration".*?)\]/s.exec(source('ide/semantic_tokens.rs'))?.[1] ?? '';
  const standard = ['declaration', 'readonly', 'defaultLibrary', 'documentation'];
  const ours = [...modifiers.matchAll(/"(\w+)"/g)].map((found) => found[1]).filter((name) => !standard.includes(name));
  assert.deepEqual(manifest.contributes.semanticTokenModifiers.map(({ id }) => id), ours);
});

test('brackets and comments are those of the language', () => {
  const configuration = JSON.parse(read('language-configuration.json'));
  assert.equal(configuration.comments.lineComment, '//');
  const { increaseIndentPattern, decreaseIndentPattern } = configuration.indentationRules;
  const [more, less] = [new RegExp(increaseIndentPattern), new RegExp(decreaseIndentPattern)];
  for (const line of ['service a {', '  env: {', '  command: [', 'kind a { // why', '  health: http(']) assert.match(line, more);
  for (const line of ['service a {}', '  env: { A: "1" }', '// a {', '  cpu: 1']) assert.doesNotMatch(line, more);
  for (const line of ['}', '  ],', '  })']) assert.match(line, less);
  const word = new RegExp(`^(?:${configuration.wordPattern})$`);
  for (const text of ['api_2', 'LOG_LEVEL', '512MiB', '99.9%', '1_000']) assert.match(text, word);
  const [doc, file] = configuration.onEnterRules.map(({ beforeText }) => new RegExp(beforeText));
  assert.match('  /// What it is.', doc);
  assert.doesNotMatch('//// Four.', doc);
  assert.match('//! The file.', file);
});

test('the package holds what it needs and nothing else', () => {
  const vsce = join(here, 'node_modules/.bin/vsce');
  const files = execFileSync(vsce, ['ls', '--no-dependencies'], { cwd: here, encoding: 'utf8' }).trim().split(/\s+/).sort();
  assert.deepEqual(files, [
    'LICENSE',
    'README.md',
    'dist/NOTICES.txt',
    'dist/extension.js',
    'language-configuration.json',
    'media/graph.css',
    'media/graph.js',
    'media/layout.js',
    'package.json',
    'snippets/oal.json',
    'syntaxes/oal.tmLanguage.json',
  ]);
  assert.match(read('dist/NOTICES.txt'), /^vscode-languageclient /m);
});

test('the colours are those of the repository', () => {
  assert.equal(read('syntaxes/oal.tmLanguage.json'), readFileSync(join(repository, 'grammar/oal.tmLanguage.json'), 'utf8'));
});

test('the views load nothing from a network', () => {
  for (const file of ['media/graph.js', 'media/layout.js', 'media/graph.css', 'src/graph.ts']) {
    const addresses = read(file).match(/https?:\/\/[^\s'"]+/g) ?? [];
    assert.deepEqual(addresses.filter((address) => address !== 'http://www.w3.org/2000/svg'), [], file);
  }
});
