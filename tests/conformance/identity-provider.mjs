// A real identity provider, for tests of signing in elsewhere: node identity-provider.mjs PORT REDIRECT_URI
// Whoever signs in is who they say; those whose name begins with "un" have an address that was not proven.

import Provider from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'desk', client_secret: 'a-secret-of-the-desk-that-is-long-enough', redirect_uris: [redirectUri],
    grant_types: ['authorization_code'], token_endpoint_auth_method: 'client_secret_basic',
  }],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: `${sub} of Corp`, email: `${sub}@example.com`, email_verified: !sub.startsWith('un') }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ['one-key-for-one-run'], long: { sameSite: 'lax' }, short: { sameSite: 'lax' } },
});
provider.listen(Number(port), '127.0.0.1');
