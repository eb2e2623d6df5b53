// Puts together what the package holds: the bundled client, and what lives elsewhere in the repository.
import { build } from 'esbuild';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const repository = fileURLToPath(new URL('../../../..', import.meta.url));

await mkdir(`${here}/syntaxes`, { recursive: true });
await cp(`${repository}/grammar/oal.tmLanguage.json`, `${here}/syntaxes/oal.tmLanguage.json`);
await cp(`${repository}/LICENSE`, `${here}/LICENSE`);

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

// The licences of what is bundled ask to be handed on.
const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found !== null) packages.add(found[0]);
}
const notices = [];
for (const path of [...packages].sort()) {
  const { name, version } = JSON.parse(await readFile(`${here}/${path}package.json`, 'utf8'));
  const file = (await readdir(`${here}/${path}`)).find((file) => /^licen[cs]e/i.test(file));
  if (file === undefined) throw new Error(`${name} has no licence`);
  notices.push(`${name} ${version}\n\n${(await readFile(`${here}/${path}${file}`, 'utf8')).trim()}\n`);
}
await writeFile(`${here}/dist/NOTICES.txt`, notices.join(`\n${'-'.repeat(78)}\n\n`));
