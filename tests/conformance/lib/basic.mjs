// oidcc-basic-certification-test-plan, and with response_mode=form_post oidcc-formpost-basic-certification-test-plan:
// what each module looks for, in our words.

import { createHash } from 'node:crypto';
import { RelyingParty, assert, random } from './relying-party.mjs';

export class Skipped extends Error {}
const skip = (why) => { throw new Skipped(why); };
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

const succeeds = (changes) => async (rp) => { await rp.tokens(rp.browser(), changes); };

/** Claims of a scope are there with the right types, if the server knows the scope. */
const scope = (name, claims) => async (rp) => {
  const supported = rp.metadata.scopes_supported ?? [];
  for (const one of name.split(' ')) if (one !== 'openid' && !supported.includes(one)) skip(`scope ${one} is not supported`);
  const tokens = await rp.tokens(rp.browser(), { scope: `openid ${name}` });
  const info = await rp.userinfo(tokens.access_token);
  assert(info.sub === tokens.claims.sub, 'sub differs');
  for (const [claim, type] of Object.entries(claims)) {
    assert(info[claim] === undefined || typeof info[claim] === type, `${claim} is no ${type}`);
  }
  assert(Object.keys(claims).some((claim) => info[claim] !== undefined), `none of ${Object.keys(claims)} came`);
};

const userinfo = (how) => async (rp) => {
  const tokens = await rp.tokens(rp.browser());
  assert((await rp.userinfo(tokens.access_token, how)).sub === tokens.claims.sub, 'sub differs');
};

const profile = { name: 'string', updated_at: 'number', given_name: 'string', family_name: 'string' };
const email = { email: 'string', email_verified: 'boolean' };

/** A request object that is not signed: read, or refused by the code that is for it. */
const unsigned = (name, code, value) => async (rp) => {
  const back = await rp.authorize(rp.browser(), { [name]: value });
  assert(back.params.code || [code, `invalid_${name}`, `invalid_${name === 'request' ? 'request_object' : 'request_uri'}`].includes(back.params.error), `error is ${back.params.error}`);
};

const unsignedObject = (rp, changes) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ iss: rp.client.client_id, aud: rp.config.issuer, ...changes })}.`;
};

async function reused(rp, wait) {
  const back = await rp.code(rp.browser());
  const first = await rp.redeem(back);
  assert(first.status === 200, `first: ${first.status}`);
  await sleep(wait);
  const second = await rp.redeem(back);
  assert(second.status === 400 && second.body.error === 'invalid_grant', `second: ${second.status} ${JSON.stringify(second.body)}`);
  return first.body.access_token;
}

export const basic = {
  'oidcc-server': async (rp) => {
    const tokens = await rp.tokens(rp.browser());
    assert((await rp.userinfo(tokens.access_token)).sub === tokens.claims.sub, 'sub differs');
  },
  'oidcc-response-type-missing': async (rp) => {
    const browser = rp.browser();
    const back = await browser.visit(rp.request({ response_type: null }).url);
    if (back.params) assert(['invalid_request', 'unsupported_response_type'].includes(back.params.error), back.params.error);
    else assert(back.status >= 400, `a page with ${back.status}`);
  },
  'oidcc-idtoken-signature': succeeds({}),
  'oidcc-idtoken-unsigned': async (rp) => {
    if (!rp.metadata.id_token_signing_alg_values_supported.includes('none')) skip('none is not listed');
    throw new Error('none must not be offered here');
  },
  'oidcc-userinfo-get': userinfo('get'),
  'oidcc-userinfo-post-header': userinfo('post-header'),
  'oidcc-userinfo-post-body': userinfo('post-body'),
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': succeeds({ nonce: null }),
  'oidcc-scope-profile': scope('profile', profile),
  'oidcc-scope-email': scope('email', email),
  'oidcc-scope-address': scope('address', { address: 'object' }),
  'oidcc-scope-phone': scope('phone', { phone_number: 'string' }),
  'oidcc-scope-all': async (rp) => {
    const known = (rp.metadata.scopes_supported ?? []).filter((name) => ['profile', 'email', 'address', 'phone'].includes(name));
    await scope(known.join(' '), { ...profile, ...email })(rp);
  },
  'oidcc-alternate-happy-flow': async (rp) => {
    // Another redirect URI of the client, and one client in two windows at once.
    if (rp.client.redirect_uris.length > 1) [, rp.redirectUri] = rp.client.redirect_uris;
    const browser = rp.browser();
    const [one, two] = [await rp.code(browser, { state: random() }), await rp.code(browser, { state: random() })];
    for (const back of [two, one]) assert((await rp.redeem(back)).status === 200, 'a code does not work');
  },
  'oidcc-display-page': succeeds({ display: 'page' }),
  'oidcc-display-popup': succeeds({ display: 'popup' }),
  'oidcc-prompt-login': async (rp) => {
    const browser = rp.browser();
    const first = await rp.tokens(browser, { max_age: '15000' });
    await sleep(1.1);
    const before = browser.logins;
    const second = await rp.tokens(browser, { prompt: 'login', max_age: '15000' });
    assert(browser.logins === before + 1, 'nobody was asked to sign in again');
    assert(second.claims.auth_time > first.claims.auth_time, 'auth_time is not newer');
    assert(second.claims.sub === first.claims.sub, 'sub differs');
  },
  'oidcc-prompt-none-not-logged-in': async (rp) => {
    const error = await rp.error(rp.browser(), { prompt: 'none' });
    assert(error === 'login_required', error);
  },
  'oidcc-prompt-none-logged-in': async (rp) => {
    const browser = rp.browser();
    const first = await rp.tokens(browser, { max_age: '15000' });
    const before = browser.logins;
    const second = await rp.tokens(browser, { prompt: 'none', max_age: '15000' });
    assert(browser.logins === before, 'somebody was asked');
    assert(second.claims.sub === first.claims.sub && second.claims.auth_time === first.claims.auth_time, 'another sign-in');
  },
  'oidcc-max-age-1': async (rp) => {
    const browser = rp.browser();
    const first = await rp.tokens(browser, { max_age: '15000' });
    await sleep(2.2);
    const before = browser.logins;
    const second = await rp.tokens(browser, { max_age: '1' });
    assert(browser.logins === before + 1, 'nobody was asked to sign in again');
    assert(second.claims.auth_time > first.claims.auth_time, 'auth_time is not newer');
  },
  'oidcc-max-age-10000': async (rp) => {
    const browser = rp.browser();
    const first = await rp.tokens(browser, { max_age: '15000' });
    const before = browser.logins;
    const second = await rp.tokens(browser, { max_age: '10000' });
    assert(browser.logins === before && second.claims.auth_time === first.claims.auth_time, 'another sign-in');
  },
  'oidcc-ensure-request-with-unknown-parameter-succeeds': succeeds({ extra: 'foobar' }),
  'oidcc-id-token-hint': async (rp) => {
    const browser = rp.browser();
    const first = await rp.tokens(browser);
    const second = await rp.tokens(browser, { prompt: 'none', id_token_hint: first.id_token });
    assert(second.claims.sub === first.claims.sub, 'sub differs');
  },
  'oidcc-login-hint': async (rp) => rp.tokens(rp.browser(), { login_hint: rp.config.user.login }),
  'oidcc-ui-locales': succeeds({ ui_locales: 'se' }),
  'oidcc-claims-locales': succeeds({ claims_locales: 'se' }),
  'oidcc-ensure-request-with-acr-values-succeeds': succeeds({ acr_values: '1 2' }),
  'oidcc-codereuse': (rp) => reused(rp, 0),
  'oidcc-codereuse-30seconds': async (rp) => {
    const token = await reused(rp, rp.config.wait_seconds ?? 30);
    const response = await fetch(rp.metadata.userinfo_endpoint, { headers: { authorization: `Bearer ${token}` } });
    assert(response.status === 401, `the token of a reused code still works: ${response.status}`);
  },
  'oidcc-ensure-registered-redirect-uri': async (rp) => {
    const elsewhere = `${rp.redirectUri}/unregistered`;
    const browser = rp.browser();
    browser.stopAt.push(elsewhere);
    const back = await browser.visit(rp.request({ redirect_uri: elsewhere }).url);
    assert(!back.params && back.status >= 400, 'the browser was sent to an address that is not registered');
  },
  'oidcc-ensure-post-request-succeeds': async (rp) => { await rp.tokens(rp.browser(), {}, { post: true }); },
  'oidcc-server-client-secret-post': async (rp) => {
    const other = rp.config.client_post ?? rp.client;
    const second = await RelyingParty.discover(rp.config, { ...other, post: true }, { responseMode: rp.responseMode });
    await second.tokens(second.browser());
  },
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported':
    unsigned('request_uri', 'request_uri_not_supported', 'https://127.0.0.1:1/request.jwt'),
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported':
    async (rp) => unsigned('request', 'request_not_supported', unsignedObject(rp, { scope: 'openid' }))(rp),
  'oidcc-claims-essential': async (rp) => {
    const tokens = await rp.tokens(rp.browser(), { scope: 'openid profile', claims: JSON.stringify({ userinfo: { name: { essential: true } } }) });
    assert((await rp.userinfo(tokens.access_token)).name, 'name was asked for and did not come');
  },
  'oidcc-ensure-request-object-with-redirect-uri': async (rp) => {
    if (!rp.metadata.request_parameter_supported) skip('request objects are not supported');
    await unsigned('request', 'request_not_supported', unsignedObject(rp, { redirect_uri: rp.redirectUri }))(rp);
  },
  'oidcc-refresh-token': async (rp) => {
    const tokens = await rp.tokens(rp.browser(), { scope: 'openid offline_access', prompt: 'consent' });
    if (!tokens.refresh_token) skip('there is no refresh token');
    const answer = await rp.tokenRequest({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    assert(answer.status === 200, `refresh: ${answer.status} ${JSON.stringify(answer.body)}`);
    // OpenID Connect Core §12.2.
    if (answer.body.id_token) {
      const claims = await rp.verify(answer.body.id_token, undefined).catch(() => rp.verify(answer.body.id_token, tokens.claims.nonce));
      assert(claims.sub === tokens.claims.sub && claims.auth_time === (tokens.claims.auth_time ?? claims.auth_time), 'the ID token is about another sign-in');
    }
    const other = rp.config.client_post;
    if (other) {
      const thief = await RelyingParty.discover(rp.config, { ...other, post: true });
      const refused = await thief.tokenRequest({ grant_type: 'refresh_token', refresh_token: answer.body.refresh_token ?? tokens.refresh_token });
      assert(refused.status === 400 && refused.body.error === 'invalid_grant', `another client: ${refused.status}`);
    }
  },
  'oidcc-ensure-request-with-valid-pkce-succeeds': async (rp) => {
    const verifier = random() + random();
    const browser = rp.browser();
    const back = await rp.code(browser, { code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' });
    back.request.verifier = verifier;
    const answer = await rp.redeem(back);
    assert(answer.status === 200, `${answer.status} ${JSON.stringify(answer.body)}`);
  },
};

export const config = {
  'oidcc-discovery-endpoint-verification': async (rp) => {
    const it = rp.metadata;
    assert(it.issuer === rp.config.issuer, `issuer is ${it.issuer}`);
    const mayBeHttp = new URL(it.issuer).protocol === 'http:';
    for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']) {
      const url = new URL(it[name]);
      assert(url.protocol === 'https:' || mayBeHttp, `${name} must use https`);
      assert(!url.hash, `${name} has a fragment`);
    }
    const has = (name, value) => assert(Array.isArray(it[name]) && it[name].includes(value), `${name} must hold ${value}`);
    has('response_types_supported', 'code');
    has('scopes_supported', 'openid');
    has('id_token_signing_alg_values_supported', 'RS256');
    assert(it.subject_types_supported.every((type) => ['public', 'pairwise'].includes(type)), 'subject types');
    assert(it.claims_supported.length > 0, 'claims_supported is empty');
    for (const name of ['claims_parameter_supported', 'request_parameter_supported', 'request_uri_parameter_supported']) {
      assert(it[name] === undefined || typeof it[name] === 'boolean', `${name} is no boolean`);
    }
    const { keys } = await (await fetch(it.jwks_uri)).json();
    assert(keys.length > 0 && new Set(keys.map((key) => key.kid)).size === keys.length, 'keys need ids of their own');
    for (const key of keys) assert(!['d', 'p', 'q', 'k'].some((secret) => secret in key), 'a private key is published');
  },
};
