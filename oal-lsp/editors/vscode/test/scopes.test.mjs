// The colours, as VS Code's own engine gives them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { loadWASM, OnigScanner, OnigString } = require('vscode-oniguruma');
const { INITIAL, parseRawGrammar, Registry } = require('vscode-textmate');

const here = fileURLToPath(new URL('..', import.meta.url));
const repository = join(here, '../../..');
const path = join(repository, 'grammar/oal.tmLanguage.json');

const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
await loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length));
const registry = new Registry({
  onigLib: Promise.resolve({ createOnigScanner: (patterns) => new OnigScanner(patterns), createOnigString: (text) => new OnigString(text) }),
  loadGrammar: async () => parseRawGrammar(readFileSync(path, 'utf8'), path),
});
const grammar = await registry.loadGrammar('source.oal');

/** The lines of a text, each with its tokens: columns and scopes. */
function lines(text) {
  let stack = INITIAL;
  return text.split(/\r?\n/).map((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    return { line, tokens, stack };
  });
}

function programs(folder = repository, found = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) programs(join(folder, entry.name), found);
    else if (entry.name.endsWith('.oal')) found.push(join(folder, entry.name));
  }
  return found;
}

test('scopes are as shown', () => {
  const shown = lines(readFileSync(join(here, 'test/scopes.oal'), 'utf8'));
  let about;
  let seen = 0;
  for (const [number, one] of shown.entries()) {
    const stated = /^\s*\/\/( *)(\^|<-) ([a-z.-]+)$/.exec(one.line);
    if (stated === null) {
      about = one;
      continue;
    }
    const column = stated[2] === '^' ? one.line.indexOf('^') : one.line.indexOf('//');
    const token = about.tokens.find((token) => token.startIndex <= column && column < token.endIndex);
    const found = token?.scopes.some((scope) => scope.startsWith(stated[3]));
    assert.ok(found, `scopes.oal:${number + 1}: ${stated[3]} expected, found ${token?.scopes.join(' ')}`);
    seen += 1;
  }
  assert.ok(seen > 40);
});

test('a program of the repository has no invalid scope, and its texts end', () => {
  const files = ['examples', 'oal-check/std'].flatMap((folder) => programs(join(repository, folder)));
  assert.ok(files.length > 20);
  for (const file of files) {
    const all = lines(readFileSync(file, 'utf8'));
    for (const [number, { line, tokens }] of all.entries()) {
      for (const token of tokens) {
        const wrong = token.scopes.find((scope) => scope.startsWith('invalid'));
        assert.equal(wrong, undefined, `${file}:${number + 1}: ${line}`);
      }
    }
    assert.equal(all.at(-1).stack.depth, 1, `${file}: something stays open`);
  }
});

test('a comment is nothing but a comment, and a keyword that is no name is a keyword', () => {
  const keywords = new Set(['use', 'app', 'param', 'let', 'assert', 'extends', 'field', 'unset', 'where', 'matches', 'then', 'else']);
  for (const file of ['examples', 'oal-check/std'].flatMap((folder) => programs(join(repository, folder)))) {
    for (const { line, tokens } of lines(readFileSync(file, 'utf8'))) {
      for (const { startIndex, endIndex, scopes } of tokens) {
        const text = line.slice(startIndex, endIndex);
        const inner = scopes.at(-1);
        const plain = !scopes.some((scope) => /^(comment|string|variable\.other\.(property|member))/.test(scope));
        if (/^\s*\/\//.test(line) && text.trim() !== '') {
          const text = scopes.some((scope) => scope.startsWith('comment') || scope.startsWith('string'));
          assert.ok(text, `${file}: ${line}`);
        }
        if (plain && keywords.has(text)) assert.match(inner, /^keyword/, `${file}: ${line}`);
      }
    }
  }
});
