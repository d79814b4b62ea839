// Puts the splitter's modules together: node scripts/merge-chunks.mjs SPLIT_FOLDER BINDINGS_FOLDER
// The splitter makes a module of what one chunk alone uses, and one for each set of chunks that share something: hundreds,
// of a few functions each. Here those become one file, shared.wasm, which the chunks that need it load with their own.
import { execFileSync } from 'node:child_process';
import { access, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [split, bindings] = process.argv.slice(2);
const flags = process.env.WASM_FEATURES.split(' ');
// What they say is of names that they do not know; a failure is told with the command.
const output = { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] };
const run = (program, ...args) => execFileSync(program, [...flags, ...args], output);

let loader = await readFile(join(split, '__wasm_split.js'), 'utf8');
const shared = [...loader.matchAll(/^const (__chunk_(\d+)) = makeLoad\(.*?\n, \[\]\);\n/gms)];
const loads = {};
for (const [, chunk, uses] of loader.matchAll(/^export const __wasm_split_load_(\w+) = .*?\n?, \[(.*?)\]\)\);$/gms)) {
  const own = await access(join(split, `split_${chunk}.wasm`)).then(() => [chunk], () => []);
  if (own.length) await copyFile(join(split, `split_${chunk}.wasm`), join(bindings, `${chunk}.wasm`));
  loads[chunk] = [...(uses ? ['shared'] : []), ...own];
}

if (shared.length) {
  const modules = shared.map(([, , number]) => join(split, `chunk_${number}.wasm`));
  // All import the same things, which a module between hands on, so that they are one import each.
  const imports = [...run('wasm-dis', modules[0]).matchAll(/^ \(import "__wasm_split" "(\w+)" \((memory|table|global) \S+ (.*?)\)\)$/gm)];
  const lines = imports.flatMap(([, name, kind, type]) => [
    `(import "main" "${name}" (${kind} $${name} ${type}))`,
    `(export "${name}" (${kind} $${name}))`,
  ]);
  const between = join(split, 'between.wat');
  await writeFile(between, `(module\n${lines.filter((_, at) => at % 2 === 0).join('\n')}\n${lines.filter((_, at) => at % 2).join('\n')})\n`);
  run('wasm-merge', between, '__wasm_split', ...modules.flatMap((path) => [path, path]), '-o', join(bindings, 'shared.wasm'));
}

// The loader, with one shared part in place of many.
for (const [text] of shared.slice(1)) loader = loader.replace(text, '');
loader = loader
  .replace(/^const __chunk_\d+ = /m, 'const shared = ')
  .replace(/chunk_\d+\.wasm/, 'shared.wasm')
  .replaceAll(/\[__chunk_.*?\]/g, '[shared]')
  .replaceAll(/"\.\/split_(\w+\.wasm)"/g, '"./$1"')
  .replace('return sharedImports;', 'sharedImports.main = sharedImports.__wasm_split;\n    return sharedImports;');
await writeFile(join(bindings, '__wasm_split.js'), loader);
await writeFile(join(bindings, 'chunks.json'), JSON.stringify(loads));
