/** Builds `dist/` for publishing: JavaScript and declarations of `src`, and the other files that the sources read. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from './sources.ts';

const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');

function compile(): void {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const args = [join(dirname(manifest), 'bin', 'tsc'), '-p', join(ROOT, 'tsconfig.build.json')];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** What is read at run time but not compiled: schemas, statements, pages with the modules that browsers load. */
function copyAssets(): number {
  const assets = globSync(['**/*.{json,sql,html,css,svg}', '**/assets/**/*.js'], { cwd: SRC });
  for (const asset of assets) {
    mkdirSync(dirname(join(DIST, asset)), { recursive: true });
    copyFileSync(join(SRC, asset), join(DIST, asset));
  }
  return assets.length;
}

rmSync(DIST, { recursive: true, force: true });
compile();
const assets = copyAssets();
const modules = globSync('**/*.js', { cwd: DIST }).length;
console.log(`Built dist: ${modules} modules, ${assets} other files.`);
