// Starts the built server with a private PostgreSQL and data of its own, and adds a person of each role.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from './server';

export default async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'command-center-'));
  const server = new Server(folder, await Server.freePort());
  await server.start();
  for (const role of ['admin', 'operator', 'viewer']) await server.addUser(role);
  process.env.BASE_URL = server.url;
  process.env.SERVER_FOLDER = folder;
  process.env.SERVER_PORT = String(server.port);
  process.env.SERVER_PID = String(server.pid);
  return async () => {
    await Server.stop(Number(process.env.SERVER_PID));
    rmSync(folder, { recursive: true, force: true });
  };
}
