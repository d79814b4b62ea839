// Puts the site together: node scripts/package-site.mjs BINDINGS_FOLDER release|dev
// Bundles CSS and JavaScript, gives each file a name with its content's hash, writes what Leptos reads
// (hash.txt: "js: HASH", and "chunk-NAME: FILES" for what the code of a page is in), and lays .br and .gz beside every
// file that gets smaller by it.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const {
  OCC_ROOT,
  OCC_OUTPUT_NAME: name,
  LEPTOS_SITE_ROOT: site,
  LEPTOS_SITE_PKG_DIR: pkg,
  LEPTOS_HASH_FILE_NAME: hashFile,
} = process.env;
const [bindings, mode] = process.argv.slice(2);
const esbuild = createRequire(join(OCC_ROOT, 'end2end/package.json'))('esbuild');

// url(/fonts/…) is a file of public/, named as the browser will ask for it.
const fromSiteRoot = {
  name: 'from-site-root',
  setup: (build) =>
    build.onResolve({ filter: /^\// }, ({ kind, path }) => (kind === 'url-token' ? { path, external: true } : undefined)),
};

/** The loader names chunks as the splitter does. */
const namedChunks = (files) => ({
  name: 'named-chunks',
  setup: (build) =>
    build.onLoad({ filter: /__wasm_split\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(/"\.\/(\w+)\.wasm"/g, (_, chunk) => JSON.stringify(`./${files[chunk]}`)),
    })),
});

async function bundle(entry, files = {}) {
  const result = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    minify: mode === 'release',
    format: 'esm',
    plugins: [fromSiteRoot, namedChunks(files)],
    write: false,
    logLevel: 'warning',
    // wasm-bindgen names the loader of the chunks once for each chunk.
    logOverride: { 'duplicate-object-key': 'silent' },
  });
  return Buffer.from(result.outputFiles[0].contents);
}

const shortHash = (content) => createHash('sha256').update(content).digest('hex').slice(0, 16);

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

async function compress(path) {
  const raw = await readFile(path);
  const [br, gz] = await Promise.all([
    brotli(raw, {
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
        [zlib.constants.BROTLI_PARAM_LGWIN]: 22,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
      },
    }),
    gzip(raw, { level: 9 }),
  ]);
  // Pictures and fonts are compressed already.
  if (br.length < raw.length) await writeFile(`${path}.br`, br);
  if (gz.length < raw.length) await writeFile(`${path}.gz`, gz);
  return { raw: raw.length, gzip: gz.length, brotli: br.length };
}

const kb = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;

// The new site is made beside the old one, so that a running server never sees half of it.
const next = `${site}.next`;
await rm(next, { recursive: true, force: true });
await cp(join(OCC_ROOT, 'public'), next, { recursive: true });
await mkdir(join(next, pkg), { recursive: true });

// The chunks, and with their names the loader that the bundle takes in; while developing there are none.
let chunks = '';
const loads = JSON.parse(await readFile(join(bindings, 'chunks.json'), 'utf8').catch(() => '{}'));
const files = {};
for (const chunk of new Set(Object.values(loads).flat())) {
  const content = await readFile(join(bindings, `${chunk}.wasm`));
  files[chunk] = `${name}.${chunk}.${shortHash(content)}.wasm`;
  await writeFile(join(next, pkg, files[chunk]), content);
}
for (const [chunk, needed] of Object.entries(loads)) {
  chunks += `chunk-${chunk}: ${needed.map((part) => files[part]).join(' ')}\n`;
}

const parts = {
  js: await bundle(join(bindings, `${name}.js`), files),
  wasm: await readFile(join(bindings, `${name}_bg.wasm`)),
  css: await bundle(join(OCC_ROOT, 'style/main.css')),
};
let hashes = '';
for (const [kind, content] of Object.entries(parts)) {
  const hash = shortHash(content);
  hashes += `${kind}: ${hash}\n`;
  await writeFile(join(next, pkg, `${name}.${hash}.${kind}`), content);
}

if (mode === 'release') {
  const files = (await readdir(next, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (entry) => [entry.name, await compress(join(entry.parentPath ?? entry.path, entry.name))]),
  );
  for (const [file, size] of sizes.filter(([file]) => file.startsWith(`${name}.`))) {
    console.log(`  ${file}: ${kb(size.raw)} raw, ${kb(size.gzip)} gzip, ${kb(size.brotli)} brotli`);
  }
}

await rm(site, { recursive: true, force: true });
await rename(next, site);
await writeFile(hashFile, hashes + chunks);
