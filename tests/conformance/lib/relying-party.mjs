// A client of the server under test, written out: it sends exactly what a module wants sent.

import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify, decodeProtectedHeader } from 'jose';
import { Browser } from './browser.mjs';

export const random = () => randomBytes(24).toString('base64url');

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export class RelyingParty {
  constructor(config, client, { responseMode } = {}) {
    Object.assign(this, { config, client, responseMode, redirectUri: client.redirect_uris[0] });
  }

  static async discover(config, client, options) {
    const rp = new RelyingParty(config, client, options);
    const response = await fetch(`${config.issuer}/.well-known/openid-configuration`);
    assert(response.status === 200, `discovery answers ${response.status}`);
    rp.metadata = await response.json();
    rp.jwks = createRemoteJWKSet(new URL(rp.metadata.jwks_uri));
    return rp;
  }

  browser() {
    const stopAt = [...this.client.redirect_uris, ...(this.client.post_logout_redirect_uris ?? [])];
    return new Browser({ stopAt, user: this.config.user });
  }

  /** The address of an authorization request; a parameter that is null is left out. */
  request(changes = {}) {
    const verifier = random();
    const params = {
      client_id: this.client.client_id, redirect_uri: this.redirectUri, response_type: 'code', scope: 'openid',
      state: random(), nonce: random(), ...(this.responseMode ? { response_mode: this.responseMode } : {}),
      ...(this.config.pkce ? { code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' } : {}),
      ...changes,
    };
    for (const name of Object.keys(params)) if (params[name] === null) delete params[name];
    return { params, verifier: params.code_challenge ? verifier : undefined, url: `${this.metadata.authorization_endpoint}?${new URLSearchParams(params)}` };
  }

  /** Asks, and answers with the code. */
  async authorize(browser, changes = {}, { post = false } = {}) {
    const request = this.request(changes);
    const back = post
      ? await browser.visit(this.metadata.authorization_endpoint, { method: 'POST', form: Object.entries(request.params) })
      : await browser.visit(request.url);
    assert(back.params, `nothing came back: ${back.status} at ${back.url}\n${back.html?.slice(0, 2000)}`);
    assert(back.by === (this.responseMode === 'form_post' ? 'form_post' : 'redirect'), `came back by ${back.by}`);
    assert(back.params.state === request.params.state, 'state came back changed');
    if (this.metadata.authorization_response_iss_parameter_supported) assert(back.params.iss === this.config.issuer, `iss is ${back.params.iss}`);
    return { ...back, request };
  }

  async code(browser, changes, options) {
    const back = await this.authorize(browser, changes, options);
    assert(back.params.code, `no code: ${JSON.stringify(back.params)}`);
    return back;
  }

  async error(browser, changes, options) {
    const back = await this.authorize(browser, changes, options);
    assert(back.params.error, `no error: ${JSON.stringify(back.params)}`);
    return back.params.error;
  }

  async tokenRequest(form, { post = this.client.post } = {}) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { client_id: id, client_secret: secret } = this.client;
    const body = new URLSearchParams(form);
    if (post) { body.set('client_id', id); body.set('client_secret', secret); }
    else headers.authorization = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
    const response = await fetch(this.metadata.token_endpoint, { method: 'POST', headers, body });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  redeem({ params, request }, options) {
    const form = { grant_type: 'authorization_code', code: params.code, redirect_uri: this.redirectUri };
    if (request.verifier) form.code_verifier = request.verifier;
    return this.tokenRequest(form, options);
  }

  /** The whole of a code flow: tokens with a verified ID token. */
  async tokens(browser, changes, options) {
    const back = await this.code(browser, changes, options);
    const answer = await this.redeem(back, options);
    assert(answer.status === 200, `token endpoint: ${answer.status} ${JSON.stringify(answer.body)}`);
    assert(/no-store/.test(answer.headers.get('cache-control') ?? ''), 'the answer may be stored');
    assert(answer.body.token_type.toLowerCase() === 'bearer', `token_type is ${answer.body.token_type}`);
    const claims = await this.verify(answer.body.id_token, back.request.params.nonce);
    return { ...answer.body, claims, back };
  }

  /** OpenID Connect Core §3.1.3.7. */
  async verify(idToken, nonce) {
    assert(idToken, 'there is no ID token');
    const header = decodeProtectedHeader(idToken);
    assert(this.metadata.id_token_signing_alg_values_supported.includes(header.alg), `alg ${header.alg} is not advertised`);
    assert(header.kid, 'the ID token names no key');
    const { payload } = await jwtVerify(idToken, this.jwks, { issuer: this.config.issuer, audience: this.client.client_id, clockTolerance: 5 });
    assert(typeof payload.sub === 'string' && payload.sub.length > 0 && payload.sub.length <= 255, 'sub is missing');
    assert(Number.isInteger(payload.iat) && Number.isInteger(payload.exp), 'iat and exp must be integers');
    assert(payload.nonce === (nonce ?? undefined), `nonce is ${payload.nonce}`);
    return payload;
  }

  async userinfo(token, how = 'get') {
    const url = this.metadata.userinfo_endpoint;
    const bearer = { authorization: `Bearer ${token}` };
    const response = how === 'get' ? await fetch(url, { headers: bearer })
      : how === 'post-header' ? await fetch(url, { method: 'POST', headers: bearer })
      : await fetch(url, { method: 'POST', body: new URLSearchParams({ access_token: token }) });
    assert(response.status === 200, `userinfo: ${response.status} ${await response.clone().text()}`);
    assert(response.headers.get('content-type').startsWith('application/json'), 'userinfo is no JSON');
    return response.json();
  }
}
