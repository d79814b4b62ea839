// Starts the built server with a private PostgreSQL and data of its own, and adds a person of each role, signed in.
import { ROLES } from './people';
import { Server } from './server';

export default async function start() {
  const server = new Server(Server.newFolder(), await Server.freePort());
  await server.start();
  for (const role of ROLES) {
    await server.addUser(role);
    await server.keepSession(role);
  }
  process.env.BASE_URL = server.url;
  process.env.SERVER_FOLDER = server.folder;
  process.env.SERVER_PORT = String(server.port);
  return () => server.remove();
}
