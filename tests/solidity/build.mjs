// Compiles the test contracts and the public interfaces.
//
//   node build.mjs           writes artifacts/*.json, and in ../../abi the JSON, the modules, SELECTORS.md and the licences
//   node build.mjs --check   builds in memory, lists files that differ, exits 1 if any does
//
// Both also compile the interfaces with the oldest compiler that their pragma admits.
//
// The output is committed, so nothing that runs the contracts needs Node. It is deterministic: the compiler is pinned,
// metadata is off, and source names are paths inside the repository.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const solc = require('solc');
const oldest = require('solc-oldest');
const solcOfChainlink = require('solc-chainlink');

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const abiDir = join(root, 'abi');
const srcDir = join(here, 'src');
const artifactsDir = join(here, 'artifacts');

/** All .sol files under a directory, sorted. */
function solFiles(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .filter((e) => e.name !== 'node_modules')
    .flatMap((e) => (e.isDirectory() ? solFiles(join(dir, e.name)) : [join(dir, e.name)]))
    .filter((path) => path.endsWith('.sol'))
    .sort();
}

/** Sources of packages, by the name they are imported under. */
const packages = join(here, 'node_modules');
const fromPackages = (path) => {
  const file = join(packages, path);
  return path.startsWith('@') && existsSync(file) ? { contents: readFileSync(file, 'utf8') } : { error: 'not in a package' };
};

/** Contracts of packages that tests deploy as they are. */
const FOREIGN = ['MockPyth', 'EACAggregatorProxy', 'FluxAggregator'];

const name = (path) => relative(root, path).replaceAll('\\', '/');

/** Holds the interfaces to what their pragma promises: the oldest compiler in it takes them. */
function checkPragma() {
  const files = solFiles(abiDir);
  const [version] = oldest.version().split('+');
  const pragma = `pragma solidity ^${version};`;
  for (const path of files) {
    if (!readFileSync(path, 'utf8').includes(`\n${pragma}\n`)) throw new Error(`${name(path)} does not say \`${pragma}\``);
  }
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(files.map((path) => [name(path), { content: readFileSync(path, 'utf8') }])),
    settings: { outputSelection: { '*': { '*': ['abi'] } } },
  };
  const problems = (JSON.parse(oldest.compile(JSON.stringify(input))).errors ?? []).filter((e) => e.severity === 'error');
  if (problems.length > 0) throw new Error(problems.map((p) => p.formattedMessage).join('\n'));
}

function compile() {
  const files = [...solFiles(abiDir), ...solFiles(srcDir)];
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(files.map((path) => [name(path), { content: readFileSync(path, 'utf8') }])),
    settings: {
      evmVersion: 'cancun',
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.methodIdentifiers', 'devdoc', 'userdoc'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: fromPackages }));
  // 2519: a parameter named like a function of its interface, as in `venue(uint16 venue)`. Meant.
  const problems = (output.errors ?? []).filter(
    (e) => e.severity === 'error' || (e.errorCode !== '2519' && !e.sourceLocation?.file.startsWith('@')),
  );
  if (problems.length > 0) {
    for (const p of problems) console.error(p.formattedMessage);
    process.exit(1);
  }
  return { ...output.contracts, ...compileChainlink() };
}

/** What depends on Chainlink's own contracts, with the compiler they ask for. */
function compileChainlink() {
  const files = solFiles(join(here, 'chainlink'));
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(files.map((path) => [name(path), { content: readFileSync(path, 'utf8') }])),
    settings: {
      evmVersion: 'istanbul',
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const output = JSON.parse(solcOfChainlink.compile(JSON.stringify(input), { import: fromPackages }));
  const problems = (output.errors ?? []).filter((e) => e.severity === 'error');
  if (problems.length > 0) throw new Error(problems.map((p) => p.formattedMessage).join('\n'));
  return output.contracts;
}

/** ABI entries in a fixed order. Of compiler-internal types only the names of structs stay: bindings are made of them. */
function tidy(abi) {
  const params = (list) =>
    list.map(({ name, type, internalType, indexed, components }) => ({
      name,
      type,
      ...(components ? { internalType } : {}),
      ...(indexed === undefined ? {} : { indexed }),
      ...(components ? { components: params(components) } : {}),
    }));
  const rank = ['constructor', 'receive', 'fallback', 'function', 'event', 'error'];
  return abi
    .map((e) => ({
      type: e.type,
      ...(e.name === undefined ? {} : { name: e.name }),
      ...(e.inputs ? { inputs: params(e.inputs) } : {}),
      ...(e.outputs ? { outputs: params(e.outputs) } : {}),
      ...(e.stateMutability ? { stateMutability: e.stateMutability } : {}),
      ...(e.anonymous === undefined ? {} : { anonymous: e.anonymous }),
    }))
    .sort((a, b) => rank.indexOf(a.type) - rank.indexOf(b.type) || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

const key = (e) => `${e.name ?? ''}(${(e.inputs ?? []).map(canonical).join(',')})`;

/** The canonical type of a parameter: structs become tuples. */
function canonical(p) {
  return p.type.startsWith('tuple') ? `(${p.components.map(canonical).join(',')})${p.type.slice(5)}` : p.type;
}

/** One entry a line: small, and a change of one entry is a diff of one line. */
const lines = (entries) => `[\n${entries.map((e) => '  ' + JSON.stringify(e)).join(',\n')}\n]`;

/** Escapes what would end a table cell, and joins NatSpec that spans lines. */
const cell = (text) => (text ?? '').replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();

/** NatSpec of an entry: it is stored by signature, an error with a list of texts. */
function natspec(contract, kind, signature) {
  const of = (doc) => doc?.[kind === 'function' ? 'methods' : `${kind}s`]?.[signature];
  const user = of(contract.userdoc);
  const dev = of(contract.devdoc);
  const first = (x) => (Array.isArray(x) ? x[0] : x);
  return cell([first(user)?.notice, first(dev)?.details].filter(Boolean).join(' '));
}

/**
 * The text of an entry. One name has one signature in all contracts, but not always one meaning: where their texts differ,
 * each text follows the contracts that have it.
 */
function meaning(texts) {
  const contractsOf = new Map();
  for (const [contract, text] of texts) {
    if (text !== '') contractsOf.set(text, [...(contractsOf.get(text) ?? []), contract]);
  }
  if (contractsOf.size === 1) return [...contractsOf.keys()][0];
  return [...contractsOf].map(([text, contracts]) => `${contracts.join(', ')}: ${text}`).join(' ');
}

/** The public interfaces: name and compiler output, by name. */
const interfacesOf = (contracts) =>
  Object.entries(contracts)
    .filter(([file]) => file.startsWith('abi/'))
    .flatMap(([, units]) => Object.entries(units))
    .filter(([name]) => isInterface(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** Who may call a function, by its `@custom:caller`. */
const caller = (contract, signature) => cell(contract.devdoc?.methods?.[signature]?.['custom:caller']);

/** Holds the interfaces to their promise: every entry says what it means, every function who may call it. */
function checkDocs(contracts) {
  const problems = [];
  for (const [name, contract] of interfacesOf(contracts)) {
    for (const e of contract.abi) {
      const signature = key(e);
      if (natspec(contract, e.type, signature) === '') problems.push(`${name}: ${e.type} ${signature} has no text`);
      if (e.type === 'function' && caller(contract, signature) === '')
        problems.push(`${name}: function ${signature} has no @custom:caller`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function selectorsPage(contracts) {
  // Rows by signature: one name with one signature has one selector in every contract.
  const rows = { error: new Map(), event: new Map(), function: new Map() };
  for (const [name, contract] of interfacesOf(contracts)) {
    for (const e of contract.abi) {
      const signature = key(e);
      const row = rows[e.type].get(signature) ?? {
        entry: e,
        id: e.type === 'event' ? topic(signature) : topic(signature).slice(0, 10),
        texts: new Map(),
      };
      row.texts.set(name, e.type === 'function' ? caller(contract, signature) : natspec(contract, e.type, signature));
      rows[e.type].set(signature, row);
    }
  }
  const declaration = ({ entry }) =>
    `${entry.name}(${entry.inputs.map((p) => `${canonical(p)}${p.indexed ? ' indexed' : ''}${p.name ? ' ' + p.name : ''}`).join(', ')})`;
  const inContracts = ({ texts }) => [...texts.keys()].join(', ');
  const table = (kind, idTitle, order) => {
    const sorted = [...rows[kind].values()].sort(order);
    return [
      `| ${idTitle} | ${kind} | in | meaning |`,
      '| --- | --- | --- | --- |',
      ...sorted.map((r) => `| \`${r.id}\` | \`${declaration(r)}\` | ${inContracts(r)} | ${meaning(r.texts)} |`),
    ];
  };
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  const byName = (a, b) => (key(a.entry) < key(b.entry) ? -1 : 1);
  return [
    '# Selectors',
    '',
    '<!-- Made by tests/solidity/build.mjs from the .sol files beside it. Do not edit. -->',
    '',
    'One name has one signature and so one selector in every contract. Look a revert up by the first four bytes of its data.',
    '',
    '## Errors, by selector',
    '',
    ...table('error', 'selector', byId),
    '',
    '## Events, by name',
    '',
    ...table('event', 'topic 0', byName),
    '',
    '## Functions, by selector',
    '',
    '| selector | function | in | mutability | caller |',
    '| --- | --- | --- | --- | --- |',
    ...[...rows.function.values()]
      .sort(byId)
      .map((r) => `| \`${r.id}\` | \`${declaration(r)}\` | ${inContracts(r)} | ${r.entry.stateMutability} | ${meaning(r.texts)} |`),
    '',
  ].join('\n');
}

/** The interfaces of the contracts in the registry. */
const registered = JSON.parse(readFileSync(join(root, 'contracts/registry.json'), 'utf8')).contracts.map(
  (contract) => contract.interface,
);
const isInterface = (name) => registered.includes(name);

const { keccak256 } = createRequire(require.resolve('solc'))('js-sha3');
const topic = (signature) => '0x' + keccak256(signature);

const HEAD = '// Made by tests/solidity/build.mjs from the .sol files beside it. Do not edit.\n';

/** The ABI as a module: one constant an interface. */
const moduleOf = (abis) => HEAD + [...abis].map(([name, abi]) => `\nexport const ${name} = ${lines(abi)};\n`).join('');

/** The type of a JSON value that says all of it, as \`as const\` would make it. */
function literal(value) {
  if (Array.isArray(value)) return `readonly [${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, v]) => `readonly ${key}: ${literal(v)}`).join('; ')} }`;
}

/** The types of that module: abitype, viem and wagmi read functions, events and errors from them. */
const typesOf = (abis) =>
  HEAD +
  [...abis]
    .map(([name, abi]) => `\n/** ABI of ${name}. */\nexport declare const ${name}: readonly [\n${abi.map((e) => `  ${literal(e)},\n`).join('')}];\n`)
    .join('');

/** Every output file: path → content. */
function outputs() {
  checkPragma();
  const contracts = compile();
  checkDocs(contracts);
  const files = new Map();
  const abis = new Map();
  const seen = new Map();
  for (const [file, units] of Object.entries(contracts)) {
    for (const [name, unit] of Object.entries(units)) {
      const public_ = file.startsWith('abi/');
      if (public_ && !isInterface(name)) {
        if (/^I[A-Z]/.test(name)) throw new Error(`${file}: ${name} is the interface of no contract in contracts/registry.json`);
        continue;
      }
      if (!public_ && unit.evm.bytecode.object === '') continue; // interfaces and abstract contracts
      if (file.startsWith('@') && !FOREIGN.includes(name)) continue;
      if (seen.has(name)) throw new Error(`${name} is defined in ${seen.get(name)} and ${file}`);
      seen.set(name, file);
      const entries = tidy(unit.abi);
      const abi = lines(entries);
      if (public_) {
        abis.set(name, entries);
        files.set(join(abiDir, `${name}.json`), abi + '\n');
      } else {
        const fields = [
          `"contract": ${JSON.stringify(name)}`,
          `"source": ${JSON.stringify(relative('tests/solidity', file).replaceAll('\\', '/'))}`,
          `"abi": ${abi}`,
          `"bytecode": "0x${unit.evm.bytecode.object}"`,
        ];
        files.set(join(artifactsDir, `${name}.json`), `{\n${fields.join(',\n')}\n}\n`);
      }
    }
  }
  const missing = registered.filter((name) => !abis.has(name));
  if (missing.length > 0) throw new Error(`contracts/registry.json: abi/ has no interface ${missing.join(', ')}`);
  files.set(join(abiDir, 'index.js'), moduleOf(abis));
  files.set(join(abiDir, 'index.d.ts'), typesOf(abis));
  files.set(join(abiDir, 'SELECTORS.md'), selectorsPage(contracts));
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
    files.set(join(abiDir, licence), readFileSync(join(root, licence), 'utf8'));
  }
  return files;
}

/** Generated files that exist now. */
function existing() {
  const list = (dir, keep) => (existsSync(dir) ? readdirSync(dir).filter(keep).map((f) => join(dir, f)) : []);
  return [
    ...list(artifactsDir, (f) => f.endsWith('.json')),
    ...list(abiDir, (f) => /^I[A-Z].*\.json$|^index\.|^SELECTORS\.md$|^LICENSE-/.test(f)),
  ];
}

const files = outputs();
const stale = existing().filter((path) => !files.has(path));
const changed = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text);
const show = (path) => relative(root, path);

if (process.argv.includes('--check')) {
  for (const path of stale) console.error(`has no source: ${show(path)}`);
  for (const [path] of changed) console.error(`differs: ${show(path)}`);
  if (stale.length + changed.length > 0) {
    console.error('Run `npm ci && node build.mjs` in tests/solidity and commit the result.');
    process.exit(1);
  }
  console.log(`${files.size} files agree with their sources.`);
} else {
  mkdirSync(artifactsDir, { recursive: true });
  for (const path of stale) rmSync(path);
  for (const [path, text] of changed) writeFileSync(path, text);
  console.log(`${files.size} files, ${changed.length} written, ${stale.length} removed.`);
}
