// oidcc-rp-initiated-logout-certification-test-plan: what each module looks for, in our words.

import { assert, random } from './relying-party.mjs';

/** Signed in, with an ID token; then to the end-session endpoint with these parameters. */
async function logout(rp, params) {
  const browser = rp.browser();
  const tokens = await rp.tokens(browser);
  const wanted = { id_token_hint: tokens.id_token, post_logout_redirect_uri: rp.client.post_logout_redirect_uris[0], state: random(), ...params(tokens, rp) };
  for (const name of Object.keys(wanted)) if (wanted[name] === null) delete wanted[name];
  const url = `${rp.metadata.end_session_endpoint}?${new URLSearchParams(wanted)}`;
  // Whoever has just signed out does not sign in again where a server happens to end at its sign-in page.
  return { browser, wanted, back: await browser.visit(url, { signsIn: false }) };
}

const goesBack = (params) => async (rp) => {
  const { browser, wanted, back } = await logout(rp, params);
  assert(back.called?.startsWith(rp.client.post_logout_redirect_uris[0]), `not sent back: ${back.status} at ${back.url}`);
  assert(back.params.state === wanted.state, `state is ${back.params.state}`);
  await isSignedOut(rp, browser);
};

const stays = (params, { signedOut = false } = {}) => async (rp) => {
  const { browser, back } = await logout(rp, params);
  assert(!back.called, `sent to ${back.called}`);
  if (signedOut) await isSignedOut(rp, browser);
};

async function isSignedOut(rp, browser) {
  const error = await rp.error(browser, { prompt: 'none' });
  assert(error === 'login_required', `after signing out: ${error}`);
}

const modified = (token) => {
  const [header, claims, signature] = token.split('.');
  const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url')), sub: 'somebody-else' })).toString('base64url');
  return [header, other, signature].join('.');
};

export const rpLogout = {
  'oidcc-rp-initiated-logout-discovery-endpoint-verification': async (rp) => {
    const url = new URL(rp.metadata.end_session_endpoint);
    assert(url.protocol === 'https:' || new URL(rp.config.issuer).protocol === 'http:', 'must use https');
  },
  'oidcc-rp-initiated-logout': goesBack(() => ({})),
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': stays(() => ({ post_logout_redirect_uri: 'https://127.0.0.1:1/elsewhere' })),
  'oidcc-rp-initiated-logout-modified-id-token-hint': stays((tokens) => ({ id_token_hint: modified(tokens.id_token) })),
  'oidcc-rp-initiated-logout-no-id-token-hint': stays(() => ({ id_token_hint: null })),
  'oidcc-rp-initiated-logout-no-params': stays(() => ({ id_token_hint: null, post_logout_redirect_uri: null, state: null }), { signedOut: true }),
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': stays(() => ({ post_logout_redirect_uri: null }), { signedOut: true }),
  'oidcc-rp-initiated-logout-no-state': goesBack(() => ({ state: null })),
  'oidcc-rp-initiated-logout-only-state': stays(() => ({ id_token_hint: null, post_logout_redirect_uri: null }), { signedOut: true }),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': stays((_, rp) => ({ post_logout_redirect_uri: `${rp.client.post_logout_redirect_uris[0]}?extra=1` })),
  'oidcc-rp-initiated-logout-bad-id-token-hint': stays(() => ({ id_token_hint: 'not.a.token' })),
};
