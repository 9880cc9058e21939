// oidc-provider from npm with clients and tokens in memory, to be measured beside Keywright.
// node peer.mjs PORT FORMS_FILE ALGORITHM|opaque NODE_MODULES

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [port, forms, format, modules] = process.argv.slice(2);
const load = async (name, file) => import(pathToFileURL(`${modules}/${name}/${file}`));
const { default: Provider } = await load('oidc-provider', 'lib/index.js');
const { exportJWK, generateKeyPair } = await load('jose', 'dist/webapi/index.js');

const clients = readFileSync(forms, 'utf8').trim().split('\n').map((line) => {
  const [id, secret] = Buffer.from(line.split('\t')[0].slice(6), 'base64').toString().split(':');
  return { client_id: id, client_secret: secret, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
});
const keys = [];
for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  keys.push({ ...await exportJWK(privateKey), alg, use: 'sig', kid: alg });
}
const server = {
  scope: '', audience: 'urn:bench',
  ...(format === 'opaque' ? { accessTokenFormat: 'opaque' } : { accessTokenFormat: 'jwt', jwt: { sign: { alg: format } } }),
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  jwks: { keys },
  features: {
    clientCredentials: { enabled: true }, devInteractions: { enabled: false }, introspection: { enabled: true },
    resourceIndicators: { enabled: true, defaultResource: () => 'urn:bench', getResourceServerInfo: () => server },
  },
});
provider.use(async (ctx, next) => { if (ctx.path === '/readyz') { ctx.status = 200; } else { await next(); } });
provider.listen(Number(port), '127.0.0.1');
