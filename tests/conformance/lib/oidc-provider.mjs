// The certified server from npm, with the settings that its own certification ran with as far as they matter here.

import Provider from 'oidc-provider';

export async function start() {
  const port = 20000 + Math.floor(Math.random() * 20000);
  const issuer = `http://127.0.0.1:${port}`;
  const client = {
    client_id: 'port', client_secret: 'a-secret-of-the-port-that-is-long-enough', redirect_uris: ['https://rp.test/cb', 'https://rp.test/cb2'],
    post_logout_redirect_uris: ['https://rp.test/bye'], grant_types: ['authorization_code', 'refresh_token'],
  };
  const clientPost = { ...client, client_id: 'port-post', token_endpoint_auth_method: 'client_secret_post' };
  const provider = new Provider(issuer, {
    clients: [client, clientPost],
    claims: { openid: ['sub'], profile: ['name', 'updated_at'], email: ['email', 'email_verified'] },
    features: { claimsParameter: { enabled: true }, devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => false },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: 'Ada', updated_at: 1, email: 'ada@example.com', email_verified: true }),
    }),
    conformIdTokenClaims: true,
    enableHttpPostMethods: true,
    cookies: { keys: ['one-key-for-one-run'], long: { sameSite: 'none' }, short: { sameSite: 'none' } },
  });
  const server = await new Promise((done) => { const it = provider.listen(port, '127.0.0.1', () => done(it)); });
  const config = { issuer, client, client_post: clientPost, user: { login: 'ada', password: 'x' }, wait_seconds: 1, pkce: false };
  return { config, stop: () => server.close() };
}
