// The server under test as a process: started, stopped and started again on the same port and data.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const BINARY = join(process.env.OCC_BIN ?? '../target/release', 'server');
export const PASSWORD = 'correct horse battery';

export class Server {
  private child?: ChildProcess;

  constructor(readonly folder: string, readonly port: number) {}

  /** The server that the whole run shares. */
  static shared(): Server {
    return new Server(process.env.SERVER_FOLDER!, Number(process.env.SERVER_PORT));
  }

  static async freePort(): Promise<number> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    return port;
  }

  /** Ends the process, which a test may have started anew: hence the file, which every process of the run can read. */
  async stop(): Promise<void> {
    const pid = this.runningPid();
    process.kill(pid, 'SIGTERM');
    for (let i = 0; i < 300; i++) {
      try {
        process.kill(pid, 0);
      } catch {
        return;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the server ${pid} did not stop within 30 s`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  runningPid(): number {
    return Number(readFileSync(this.pidFile, 'utf8'));
  }

  /** Of the private PostgreSQL, as its own files tell. */
  databaseUrl(): string {
    const home = join(this.folder, 'postgres');
    const port = readFileSync(join(home, 'data/postmaster.pid'), 'utf8').split('\n')[3];
    return `postgres://outreach:${readFileSync(join(home, 'password'), 'utf8').trim()}@127.0.0.1:${port}/postgres`;
  }

  private get pidFile(): string {
    return join(this.folder, 'server-under-test.pid');
  }

  async start(): Promise<void> {
    this.child = spawn(BINARY, ['all'], { env: this.env(), stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    writeFileSync(this.pidFile, String(this.child.pid));
    this.child.stdout!.resume();
    for (let i = 0; i < 600; i++) {
      if (this.child.exitCode !== null) throw new Error(`the server ended with ${this.child.exitCode}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error('the server did not answer within 60 s');
  }

  async addUser(role: string): Promise<void> {
    const child = spawn(BINARY, ['user', 'add', role, '--role', role, '--password-stdin'], {
      env: this.env(),
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.stdin!.end(`${PASSWORD}\n`);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`user add ${role} ended with ${code}`);
  }

  private env(): NodeJS.ProcessEnv {
    const { DATABASE_URL, NEON_DATABASE_URL, ...rest } = process.env;
    return {
      ...rest,
      DATA_DIR: this.folder,
      SITE_ADDR: `127.0.0.1:${this.port}`,
      DEMO: 'true',
      // Some answers fail, so that there are errors to resolve and to retry; figures are measured without.
      SANDBOX_FAILING: process.env.BENCH ? '0' : '0.3',
      SANDBOX_NOT_FOUND: process.env.BENCH ? '0' : '0.1',
      SANDBOX_SLOW: '0',
      RUST_LOG: 'warn',
    };
  }
}
