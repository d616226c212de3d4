// The ABI package as its users get it: packed, installed from the tarball, imported, compiled against, type-checked.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const abiDir = resolve(here, '../../abi');
const require = createRequire(import.meta.url);
const user = mkdtempSync(join(tmpdir(), 'plimsoll-abi-'));
const installed = join(user, 'node_modules/@plimsoll/abi');
const interfaces = readdirSync(abiDir).flatMap((file) => file.match(/^(I[A-Z]\w*)\.sol$/)?.[1] ?? []);
const write = (name, text) => writeFileSync(join(user, name), text);
const json = (name) => JSON.parse(readFileSync(join(installed, `${name}.json`), 'utf8'));

before(() => {
  const npm = (...args) => execFileSync('npm', args, { cwd: user, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  write('package.json', '{ "name": "user", "private": true, "type": "module" }');
  const [{ filename }] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', user, abiDir));
  npm('install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', join(user, filename));
});
after(() => rmSync(user, { recursive: true }));

test('all of it is in the package, with the licences, and nothing else', () => {
  const expected = [
    ...['Ids.sol', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'Rates.sol', 'SELECTORS.md', 'Types.sol', 'index.d.ts', 'index.js', 'package.json'],
    ...interfaces.flatMap((name) => [`${name}.json`, `${name}.sol`]),
  ];
  assert.deepEqual(readdirSync(installed).sort(), expected.sort());
  const { license } = json('package');
  assert.equal(license, 'MIT OR Apache-2.0');
  for (const file of readdirSync(installed).filter((f) => f.endsWith('.sol'))) {
    assert.equal(readFileSync(join(installed, file), 'utf8').split('\n')[0], `// SPDX-License-Identifier: ${license}`, file);
  }
});

test('SELECTORS.md says of an error and an event what each interface says of it', () => {
  const rows = new Map();
  for (const line of readFileSync(join(installed, 'SELECTORS.md'), 'utf8').split('\n')) {
    const [, , declaration = '', contracts = '', meaning = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (declaration.startsWith('`')) rows.set(declaration.slice(1).split('(')[0], { contracts: contracts.split(', '), meaning });
  }
  let told = 0;
  for (const name of interfaces) {
    const source = readFileSync(join(installed, `${name}.sol`), 'utf8');
    for (const [, comment, entry] of source.matchAll(/((?:^ *\/\/\/.*\n)*)^ {4}(?:error|event) (\w+)\(/gm)) {
      const { contracts, meaning } = rows.get(entry);
      assert.ok(contracts.includes(name), `${entry} is in ${name}`);
      assert.notEqual(meaning, '', `${entry} means something`);
      const text = comment.replace(/^ *\/\/\/ ?/gm, '').split(/^@/m)[0].replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
      assert.ok(meaning.includes(text), `${name}.${entry}: ${text}`);
      told += text !== '';
    }
  }
  assert.ok(told > 100, `${told} texts`);
});

test('the modules and the JSON say the same', async () => {
  const run = (code) => JSON.parse(execFileSync('node', ['--input-type=module', '-e', code], { cwd: user, encoding: 'utf8' }));
  const modules = run(`import * as abi from '@plimsoll/abi'; console.log(JSON.stringify(abi))`);
  assert.deepEqual(Object.keys(modules).sort(), [...interfaces].sort());
  for (const name of interfaces) {
    assert.deepEqual(modules[name], json(name), name);
    const imported = run(`import abi from '@plimsoll/abi/${name}.json' with { type: 'json' }; console.log(JSON.stringify(abi))`);
    assert.deepEqual(imported, json(name), name);
  }
});

test('the oldest and the newest compiler take the Solidity sources by their package name', () => {
  const content = [
    '// SPDX-License-Identifier: MIT',
    'pragma solidity ^0.8.0;',
    ...readdirSync(installed).filter((f) => f.endsWith('.sol')).map((file) => `import "@plimsoll/abi/${file}";`),
    'contract Venue {',
    '  function trade(IClearinghouse house, Fill[] calldata fills) external { house.clear(fills); }',
    '  function mine() external view returns (bytes32) { return Ids.account(msg.sender, 0); }',
    '}',
  ].join('\n');
  const input = {
    language: 'Solidity',
    sources: { 'Venue.sol': { content } },
    settings: { outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
  };
  const resolved = (path) => ({ contents: readFileSync(join(user, 'node_modules', path), 'utf8') });
  for (const compiler of ['solc-oldest', 'solc']) {
    const output = JSON.parse(require(compiler).compile(JSON.stringify(input), { import: resolved }));
    const errors = (output.errors ?? []).filter((e) => e.severity === 'error');
    assert.deepEqual(errors.map((e) => e.formattedMessage), [], compiler);
    assert.ok(output.contracts['Venue.sol'].Venue.evm.bytecode.object.length > 100);
  }
});

test('TypeScript infers functions, structs, events and errors', () => {
  symlinkSync(dirname(require.resolve('abitype/package.json')), join(user, 'node_modules/abitype'));
  // The types are those of the JSON as a literal, no wider and no narrower.
  const exact = interfaces.map(
    (name) => `{ const json = ${JSON.stringify(json(name))} as const; same<Equal<typeof json, typeof abi.${name}>>(true); }`,
  );
  write(
    'types.ts',
    `
import type { Abi, AbiParametersToPrimitiveTypes, AbiParameterToPrimitiveType, ExtractAbiError, ExtractAbiEventNames, ExtractAbiFunction, ExtractAbiFunctionNames } from 'abitype';
import * as abi from '@plimsoll/abi';
import { IAuction, IClearinghouse, IVault } from '@plimsoll/abi';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<T extends true>(yes: T): void;
${exact.join('\n')}

IVault satisfies Abi;
type Arguments<A extends Abi, N extends string> = AbiParametersToPrimitiveTypes<Extract<ExtractAbiFunction<A, N>, { type: 'function' }>['inputs']>;

const deposit: Arguments<typeof IVault, 'deposit'> = [\`0x\${'00'}\`, '0x0000000000000000000000000000000000000001', 1n];
const clear: Arguments<typeof IClearinghouse, 'clear'> = [
  [{ buyer: '0x01', seller: '0x02', instrument: 1n, size: 1n, price: 1n, buyerFee: 0n, sellerFee: 0n }],
];
const bid: Arguments<typeof IAuction, 'bid'>[0]['version'] = 7;
const view: ExtractAbiFunctionNames<typeof IVault, 'view'> = 'assessAccount';
const taken: ExtractAbiEventNames<typeof IAuction> = 'BidTaken';
const refusal: AbiParameterToPrimitiveType<ExtractAbiError<typeof IAuction, 'VersionChanged'>['inputs'][0]> = 1;
// @ts-expect-error no such function
const typo: ExtractAbiFunctionNames<typeof IVault> = 'deposits';
// @ts-expect-error deposit is not a view
const money: ExtractAbiFunctionNames<typeof IVault, 'view'> = 'deposit';
// @ts-expect-error an amount is a bigint
const amount: Arguments<typeof IVault, 'deposit'>[2] = 1;
// @ts-expect-error a fill has a price
const fill: Arguments<typeof IClearinghouse, 'clear'>[0][0] = { buyer: '0x01', seller: '0x02', instrument: 1n, size: 1n };
// @ts-expect-error no such event
const event: ExtractAbiEventNames<typeof IAuction> = 'BidMissed';
export { deposit, clear, bid, view, taken, refusal, typo, money, amount, fill, event };
`,
  );
  const compilerOptions = { strict: true, noEmit: true, target: 'es2022', module: 'nodenext', types: [] };
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['types.ts'] }));
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  try {
    execFileSync('node', [tsc, '-p', user], { cwd: user, encoding: 'utf8' });
  } catch (error) {
    assert.fail(error.stdout);
  }
});
