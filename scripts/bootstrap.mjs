// Runs one of the repository's commands under Node 24 and pnpm, whatever Node started it (20 or later).
// What is missing comes through npm into .granary/toolchain; nothing outside the repository is changed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const toolchain = path.join(root, '.granary/toolchain');
const wanted = { node: '24.21.0', pnpm: '12.21.0' };
const commands = {
  granary: ['node', 'apps/cli/src/main.ts'],
  test: ['node', 'scripts/test.ts'],
  check: ['node', 'scripts/check.ts'],
  bench: ['node', 'bench/src/main.ts'],
};

const [command, ...args] = process.argv.slice(2);
if (!(command in commands)) fail(`usage: node scripts/bootstrap.mjs ${Object.keys(commands).join('|')} [argument …]`);

const paths = [path.join(root, 'node_modules/.bin')];
const hasNode = Number(process.versions.node.split('.')[0]) >= 24;
if (!hasNode || !onPath('pnpm')) {
  installToolchain();
  paths.push(path.join(toolchain, 'node_modules/.bin'));
}
const env = {
  // what a program starts with is compiled once, not at each start
  NODE_COMPILE_CACHE: path.join(root, '.granary/compile-cache'),
  ...process.env,
  PATH: [...paths, process.env.PATH].join(path.delimiter),
};
installDependencies();
const [program, ...leading] = commands[command];
const child = spawn(program, [...leading, ...args], { cwd: root, env, stdio: 'inherit' });
// npm signals us alone; the command takes down what it started, and we end when it has done so
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => fail(`${program} does not start: ${error.message}`));
child.on('exit', (status) => process.exit(status ?? 1));

function installToolchain() {
  const bin = path.join(toolchain, 'node_modules/.bin');
  const stamp = path.join(toolchain, 'versions.json');
  if (existsSync(path.join(bin, 'node')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === JSON.stringify(wanted))
    return;
  say(
    `Node ${process.versions.node} is here; Granary runs on Node ${wanted.node} and pnpm ${wanted.pnpm}: bringing them through npm (once)`,
  );
  mkdirSync(toolchain, { recursive: true });
  writeFileSync(path.join(toolchain, 'package.json'), '{ "private": true }\n');
  const packages = Object.entries(wanted).map(([name, version]) => `${name}@${version}`);
  must(
    'npm',
    ['install', '--prefix', toolchain, '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    process.env,
  );
  writeFileSync(stamp, JSON.stringify(wanted));
}

function installDependencies() {
  const lock = path.join(root, 'pnpm-lock.yaml');
  const installed = path.join(root, 'node_modules/.modules.yaml');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  say('installing dependencies');
  must('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn'], { ...env, CI: 'true' });
  const now = new Date();
  utimesSync(installed, now, now); // pnpm leaves it alone when there was nothing to do
}

function must(program, programArgs, programEnv) {
  // standard output stays clean: `npm start -- --check` prints one JSON line there
  const { status, error } = spawnSync(program, programArgs, { cwd: root, env: programEnv, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`${program} ${programArgs[0]} failed${error ? `: ${error.message}` : ''}`);
}

function onPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
}

function say(text) {
  process.stderr.write(`granary: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
