/**
 * Writes the TypeScript for every `.proto` of the repository beside its folder of definitions, with the generator of
 * @bufbuild/protobuf. `--check` writes nothing and fails when what is there is not what would be written.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './sources.ts';

/** Where definitions lie, and where their code goes. */
export const GENERATED: readonly { readonly from: string; readonly to: string }[] = [
  { from: 'src/service/rpc/proto', to: 'src/service/rpc/gen' },
  { from: 'examples/rpc', to: 'examples/rpc' },
];

/** `.ts` in imports and no enums of TypeScript, so that the code runs as it is. */
const OPTIONS = ['target=ts', 'import_extension=ts', 'erasable_syntax=true'];

const require = createRequire(import.meta.url);

/** Paths from the root of the repository whose text is not what the definitions say, and that text; none for what is too many. */
export function staleFiles(): ReadonlyMap<string, string | null> {
  const stale = new Map<string, string | null>();
  for (const { from, to } of GENERATED) {
    const made = generate(from);
    for (const [name, text] of made) {
      const path = join(ROOT, to, name);
      if (!existsSync(path) || readFileSync(path, 'utf8') !== text) stale.set(join(to, name), text);
    }
    for (const name of globSync('**/*_pb.ts', { cwd: join(ROOT, to) }))
      if (!made.has(name)) stale.set(join(to, name), null);
  }
  return stale;
}

/** The code of the definitions in `from`, by its path from there. */
function generate(from: string): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-generate-'));
  try {
    const local = [process.execPath, bin('@bufbuild/protoc-gen-es', 'protoc-gen-es')];
    const template = JSON.stringify({ version: 'v2', plugins: [{ local, out: folder, opt: OPTIONS }] });
    const args = [bin('@bufbuild/buf', 'buf'), 'generate', from, '--template', template];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    const names = globSync('**/*_pb.ts', { cwd: folder }).sort();
    return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The script behind the name of a program that a package brings. */
function bin(packageName: string, program: string): string {
  const manifest = require.resolve(`${packageName}/package.json`);
  const { bin: programs } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof programs === 'string' ? programs : programs[program]);
}

function write(stale: ReadonlyMap<string, string | null>): void {
  for (const [name, text] of stale) {
    const path = join(ROOT, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text === null) rmSync(path);
    else writeFileSync(path, text);
    console.log(`${text === null ? 'Removed' : 'Wrote'} ${name}`);
  }
}

function main(checks: boolean): void {
  const stale = staleFiles();
  if (!checks) write(stale);
  else for (const name of stale.keys()) console.error(`${name} is not what its definition says`);
  if (checks && stale.size > 0) {
    console.error('`npm run generate` writes them.');
    process.exit(1);
  }
  console.log('The generated code is what the definitions say.');
}

if (import.meta.main) main(process.argv.includes('--check'));
