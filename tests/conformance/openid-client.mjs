// openid-client (npm), as it is, through every flow: node openid-client.mjs config.json

import assert from 'node:assert/strict';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as oidc from 'openid-client';
import { Browser } from './lib/browser.mjs';

const config = JSON.parse(await readFile(process.argv[2]));
const insecure = { execute: [oidc.allowInsecureRequests] };
const discover = (client, auth) =>
  oidc.discovery(new URL(config.issuer), client.client_id, client.client_secret ?? undefined, auth, insecure);
const browserOf = (client) => new Browser({ stopAt: client.redirect_uris, user: config.user });

/** Code flow with PKCE: asks, lets the person answer, redeems. */
async function code(rp, client, browser, extra = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(rp, {
    redirect_uri: client.redirect_uris[0], scope: 'openid email', state, nonce, ...extra,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const back = await browser.visit(url.href);
  assert.ok(back.called, `not called back: ${back.status} ${back.html}`);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return oidc.authorizationCodeGrant(rp, new URL(back.called), checks);
}

// A web server: secret in the header.
const web = await discover(config.client, oidc.ClientSecretBasic(config.client.client_secret));
const browser = browserOf(config.client);
const tokens = await code(web, config.client, browser);
const { sub } = tokens.claims();
assert.equal((await oidc.fetchUserInfo(web, tokens.access_token, sub)).email, config.user.login);
const refreshed = await oidc.refreshTokenGrant(web, tokens.refresh_token);
assert.equal(refreshed.claims().sub, sub);
assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
assert.equal((await oidc.tokenIntrospection(web, refreshed.access_token)).active, true);
await oidc.tokenRevocation(web, refreshed.access_token);
assert.equal((await oidc.tokenIntrospection(web, refreshed.access_token)).active, false);
console.log('web: code, userinfo, refresh, introspection, revocation');

// The same by secret in the body.
const post = await discover(config.client_post, oidc.ClientSecretPost(config.client_post.client_secret));
await code(post, config.client_post, browserOf(config.client_post));
console.log('web: secret in the body');

// A public client.
const open = await discover(config.client_public, oidc.None());
const first = await code(open, config.client_public, browserOf(config.client_public));
await oidc.refreshTokenGrant(open, first.refresh_token);
console.log('public: code with PKCE, refresh');

// A client that proves itself by a key.
const pkcs8 = createPrivateKey({ key: Buffer.from(config.client_key.pkcs8, 'base64'), format: 'der', type: 'pkcs8' });
const key = await webcrypto.subtle.importKey('pkcs8', pkcs8.export({ format: 'der', type: 'pkcs8' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
const byKey = await discover(config.client_key, oidc.PrivateKeyJwt({ key, kid: 'k1' }));
const alone = await oidc.clientCredentialsGrant(byKey, { scope: 'read' });
assert.equal(alone.scope, 'read');
assert.equal(alone.refresh_token, undefined);
await code(byKey, config.client_key, browserOf(config.client_key));
console.log('private_key_jwt: client credentials, code');

// Client credentials by secret.
assert.equal((await oidc.clientCredentialsGrant(web, { scope: 'read' })).token_type, 'bearer');
console.log('client credentials');

// What is wrong is told in the words of the protocol.
await assert.rejects(oidc.clientCredentialsGrant(web, { scope: 'nope' }), { error: 'invalid_scope' });

// Sign-out.
const end = oidc.buildEndSessionUrl(web, { id_token_hint: tokens.id_token, post_logout_redirect_uri: config.client.post_logout_redirect_uris[0], state: 'bye' });
browser.stopAt.push(...config.client.post_logout_redirect_uris);
const out = await browser.visit(end.href);
assert.equal(out.params.state, 'bye');
console.log('sign-out');
console.log('every flow works');
