// The server under test as a process: started, stopped and started again on the same port and data.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { request } from '@playwright/test';

const BINARY = join(process.env.OCC_BIN ?? '../target/tested', 'server');
export const PASSWORD = 'correct horse battery';

export class Server {
  private child?: ChildProcess;

  /** With `database` the data lives there and outlasts the process; otherwise in a private PostgreSQL in the folder. */
  constructor(
    readonly folder: string,
    readonly port: number,
    private readonly database?: string,
    private readonly settings: Record<string, string> = {},
  ) {}

  /** The server of this worker, which all of its tests share: start.ts starts one for each. */
  static shared(): Server {
    const { folder, port } = JSON.parse(process.env.SERVERS!)[Number(process.env.TEST_PARALLEL_INDEX)];
    return new Server(folder, port);
  }

  static async freePort(): Promise<number> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    return port;
  }

  /** Starts another server for a test that needs one to itself, with an admin, in a folder of its own. */
  static async fresh(database?: string): Promise<Server> {
    const server = new Server(Server.newFolder(), await Server.freePort(), database);
    await server.start();
    await server.addUser('admin');
    return server;
  }

  static newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'command-center-'));
    // Where root runs the tests, PostgreSQL runs as somebody else, who must get in.
    chmodSync(folder, 0o755);
    return folder;
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

  /** Stops it and leaves nothing behind. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Of the signed-in browser of a role. */
  sessionFile(role: string): string {
    return join(this.folder, `session-${role}.json`);
  }

  /** Signs somebody in and keeps the session's cookie for browsers to come. */
  async keepSession(name: string): Promise<void> {
    const context = await request.newContext();
    const answer = await context.post(`${this.url}/session`, { form: { name, password: PASSWORD, next: '/' }, headers: { origin: this.url } });
    if (!answer.ok()) throw new Error(`signing in ${name} was answered with ${answer.status()}`);
    // News of what other tests do would come between.
    await context.post(`${this.url}/account/notifications`, { form: {}, headers: { origin: this.url } });
    await context.storageState({ path: this.sessionFile(name) });
    await context.dispose();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  runningPid(): number {
    return Number(readFileSync(this.pidFile, 'utf8'));
  }

  /** Of the private PostgreSQL, as its own files tell. */
  databaseUrl(): string {
    if (this.database) return this.database;
    const home = join(this.folder, 'postgres');
    const port = readFileSync(join(home, 'data/postmaster.pid'), 'utf8').split('\n')[3];
    return `postgres://outreach:${readFileSync(join(home, 'password'), 'utf8').trim()}@127.0.0.1:${port}/postgres`;
  }

  private get pidFile(): string {
    return join(this.folder, 'server-under-test.pid');
  }

  /** With `site` as the file that names the built pages, as if another build had been installed. */
  async start(site?: string): Promise<void> {
    const env = { ...this.env(), ...(site && { LEPTOS_HASH_FILE_NAME: site }) };
    this.child = spawn(BINARY, ['all'], { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
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
      ...(this.database && { DATABASE_URL: this.database }),
      DATA_DIR: this.folder,
      SITE_ADDR: `127.0.0.1:${this.port}`,
      DEMO: 'true',
      // Receivers of webhooks in the tests are on this machine.
      WEBHOOK_PRIVATE_ADDRESSES: 'true',
      // Some answers fail, so that there are errors to resolve and to retry; figures are measured without.
      SANDBOX_FAILING: process.env.BENCH ? '0' : '0.3',
      SANDBOX_NOT_FOUND: process.env.BENCH ? '0' : '0.1',
      SANDBOX_SLOW: '0',
      RUST_LOG: 'warn',
      ...this.settings,
    };
  }
}

/** A PostgreSQL that runs without the server, so that something can be written while that is down. */
export class Postgres {
  private constructor(private readonly child: ChildProcess, readonly url: string) {}

  static async start(): Promise<Postgres> {
    // It lives as long as the command does, and `cat` as long as its input is open.
    const command = ['with-postgres', '--fast', '--', 'sh', '-c', 'echo "$DATABASE_URL"; exec cat'];
    const child = spawn(BINARY, command, { stdio: ['pipe', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.startsWith('postgres')) return new Postgres(child, line);
    }
    throw new Error('server with-postgres named no database');
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.stdin!.end();
    await ended;
  }
}
