// Starts the built server once for each worker, with a private PostgreSQL and data of its own, and adds a person of each role, signed in.
import type { FullConfig } from '@playwright/test';
import { ROLES } from './people';
import { Server } from './server';

export default async function start({ workers }: FullConfig) {
  const servers = await Promise.all(Array.from({ length: workers }, serverWithPeople));
  process.env.SERVERS = JSON.stringify(servers.map(({ folder, port }) => ({ folder, port })));
  return () => Promise.all(servers.map((server) => server.remove()));
}

async function serverWithPeople(): Promise<Server> {
  const server = new Server(Server.newFolder(), await Server.freePort());
  await server.start();
  for (const role of ROLES) {
    await server.addUser(role);
    await server.keepSession(role);
  }
  return server;
}
