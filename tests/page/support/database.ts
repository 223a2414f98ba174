import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Settings } from './server.ts';

const run = promisify(execFile);

/** Settings with which several servers work as one: a new PostgreSQL database, and a Redis. */
export async function shared(): Promise<Settings> {
  const postgres = given('CONFAB_TEST_POSTGRES_URL');
  const name = `confab_page_${randomBytes(6).toString('hex')}`;
  await run('psql', [postgres, '--quiet', '--command', `CREATE DATABASE ${name}`]);
  return {
    DATABASE_URL: Object.assign(new URL(postgres), { pathname: `/${name}` }).href,
    REDIS_URL: given('CONFAB_TEST_REDIS_URL'),
    CONFAB_JWT_SECRET: randomBytes(32).toString('hex'),
  };
}

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run scripts/test-page, which starts the services.`);
  return value;
}
