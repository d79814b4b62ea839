// A provider of OpenID Connect with people of its own, as a process: node oidc-provider.mjs REDIRECT-URI
// It prints its issuer as the first line, and lives as long as its input is open.
import { createServer } from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';

/** By the name that one types in; it is the subject, too. */
const PEOPLE = {
  ada: { email: 'ada@corp.example', email_verified: true, preferred_username: 'ada', groups: ['outreach-admins', 'everybody'] },
  grace: { email: 'grace@corp.example', email_verified: true, preferred_username: 'grace', groups: ['outreach-team'] },
  otto: { email: 'otto@corp.example', email_verified: true, preferred_username: 'otto', groups: ['everybody'] },
  uma: { email: 'grace@corp.example', email_verified: false, preferred_username: 'uma', groups: ['outreach-team'] },
};

const FORM = `<!doctype html><html lang="en"><title>Provider</title><h1>Who are you?</h1>
<form method="post"><label>Name at the provider <input name="name"></label> <button>Go on</button> <button name="cancel" value="yes">Cancel</button></form>`;

// What it says of its defaults is about providers that are kept; and nobody may read on after the first line.
console.info = console.warn = () => {};

const server = createServer((request, response) => {
  const answer = request.url.startsWith('/interaction/') ? interact(request, response) : provider.callback()(request, response);
  Promise.resolve(answer).catch((error) => response.writeHead(500).end(String(error)));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: 'occ', client_secret: 'a secret of the tests', redirect_uris: [process.argv[2]],
    post_logout_redirect_uris: [new URL('/sign-in', process.argv[2]).href] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['preferred_username', 'groups'] },
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
  // Nobody is asked whether this app may know who they are.
  async loadExistingGrant(context) {
    const { client, session } = context.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

/** The provider's own sign-in: a name that it knows will do. */
async function interact(request, response) {
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(FORM);
    return;
  }
  let body = '';
  for await (const piece of request) body += piece;
  const form = new URLSearchParams(body);
  const name = form.get('name');
  const result = !form.has('cancel') && PEOPLE[name] ? { login: { accountId: name } } : { error: 'access_denied' };
  await provider.interactionFinished(request, response, result);
}

console.log(issuer);
process.stdin.resume().on('end', () => process.exit());
