// Starts the built server with a private PostgreSQL and data of its own, and adds a person of each role.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from './server';

export default async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'command-center-'));
  // Where root runs the tests, PostgreSQL runs as somebody else, who must get in.
  chmodSync(folder, 0o755);
  const server = new Server(folder, await Server.freePort());
  await server.start();
  for (const role of ['admin', 'operator', 'viewer']) await server.addUser(role);
  process.env.BASE_URL = server.url;
  process.env.SERVER_FOLDER = folder;
  process.env.SERVER_PORT = String(server.port);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
