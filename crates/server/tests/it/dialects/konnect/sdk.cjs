// Calls Kong's SDK and prints, for each call, what came back. Run by sdk.rs.
'use strict';
const axios = require('axios').default;
const k = require('@kong/sdk-portal-js');

const part = process.argv[2];
const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));

let cookie = '';
const remember = (response) => {
  const lines = response.headers['set-cookie'];
  if (lines) cookie = lines.map((line) => line.split(';')[0]).join('; ');
};

// An API object whose calls carry the cookie as it is now: axios in Node has no jar.
const api = (name) => {
  const headers = cookie ? { Cookie: cookie } : {};
  return new k[name](new k.Configuration({ basePath: input.base, baseOptions: { proxy: false, headers } }));
};

const call = async (name, method, args, expected, label) => {
  let response;
  try {
    response = await api(name)[method](args);
  } catch (error) {
    if (!error.response) throw error;
    response = error.response;
  }
  const line = { method: label || method, status: response.status, expected, data: response.data };
  console.log(JSON.stringify(line));
  return response;
};

const parts = {
  async methods() {
    const names = Object.keys(k).filter((name) => /Api$/.test(name) && k[name].prototype);
    for (const name of names) {
      for (const method of Object.getOwnPropertyNames(k[name].prototype)) {
        if (method !== 'constructor') console.log(JSON.stringify(method));
      }
    }
  },

  async register() {
    await call('DeveloperApi', 'register', { requestBody: { email: input.email, full_name: 'Ada' } }, 201);
  },

  async verify() {
    const proven = await call('DeveloperApi', 'verifyEmail', { verifyEmailRequest: { token: input.token } }, 202);
    const resetPasswordRequest = { token: proven.data.token, password: input.password };
    await call('DeveloperApi', 'resetPassword', { resetPasswordRequest }, 204);
    await call('DeveloperApi', 'forgotPassword', { resetPasswordPayload: { email: input.email } }, 200);
  },

  async use() {
    const resetPasswordRequest = { token: input.token, password: input.password };
    await call('DeveloperApi', 'resetPassword', { resetPasswordRequest }, 204);
    const wrong = { username: input.email, password: 'wrong' };
    await call('DeveloperApi', 'authenticate', { authenticateRequest: wrong }, 401);
    const right = { username: input.email, password: input.password };
    remember(await call('DeveloperApi', 'authenticate', { authenticateRequest: right }, 204));
    remember(await call('DeveloperApi', 'refresh', undefined, 204));
    await call('DeveloperApi', 'getDeveloperMe', undefined, 200);
    await call('DeveloperApi', 'authenticateSso', undefined, 400);

    for (const method of ['getPortalContext', 'getPortalAppearance', 'getPortalLogo', 'getPortalCatalogCover']) {
      await call('PortalApi', method, undefined, 200);
    }

    const product = { productId: input.product };
    const version = { ...product, productVersionId: input.version };
    await call('ProductsApi', 'listProducts', { pageSize: 12, pageNumber: 1, filterNameContains: 'o r&d' }, 200);
    await call('ProductsApi', 'listProducts', { filterIdEq: input.product, filterName: 'Orders' }, 200);
    await call('ProductsApi', 'getProduct', product, 200);
    await call('ProductsApi', 'getProductActions', product, 200);
    await call('VersionsApi', 'listProductVersions', { ...product, filterNameEq: 'v1' }, 200);
    await call('VersionsApi', 'getProductVersion', version, 200);
    await call('VersionsApi', 'getProductVersionSpec', version, 200);
    await call('VersionsApi', 'getProductVersionSpecOperations', version, 200);
    await call('DocumentationApi', 'listProductDocuments', product, 200);
    const tree = { ...product, accept: 'application/vnd.konnect.document-tree+json' };
    await call('DocumentationApi', 'listProductDocuments', tree, 200, 'listProductDocuments tree');
    await call('DocumentationApi', 'getProductDocument', { ...product, documentId: 'start' }, 200);
    const nodes = { ...product, documentId: 'start', accept: 'application/vnd.konnect.document-nodes+json' };
    await call('DocumentationApi', 'getProductDocument', nodes, 200, 'getProductDocument nodes');
    const search = { indices: 'product-catalog', q: 'orders', join: 'versions,versions.documents', pageSize: 12 };
    await call('SearchApi', 'searchPortalEntities', search, 200);

    const strategies = await call('ApplicationsApi', 'listApplicationAuthStrategies',
      { pageSize: 100, filterCredentialTypeEq: 'key_auth' }, 200);
    const createApplicationPayload = { name: 'Shop', reference_id: 'shop', auth_strategy_id: strategies.data.data[0].id };
    const made = await call('ApplicationsApi', 'createApplication', { createApplicationPayload }, 201);
    const application = { applicationId: made.data.id };
    await call('ApplicationsApi', 'createApplication',
      { createApplicationPayload: { name: 'Default', auth_strategy_id: null } }, 201);
    await call('ApplicationsApi', 'createApplication', { createApplicationPayload: { name: '' } }, 400);
    await call('ApplicationsApi', 'createApplication', { createApplicationPayload }, 409);
    await call('ApplicationsApi', 'listApplications', { pageSize: 1, pageNumber: 2, filterNameContains: 'a b&c' }, 200);
    await call('ApplicationsApi', 'listApplications', { filterName: '' }, 200);
    await call('ApplicationsApi', 'getApplication', application, 200);
    const updateApplicationPayload = { description: 'Sells', reference_id: 'shop' };
    await call('ApplicationsApi', 'updateApplication', { ...application, updateApplicationPayload }, 200);
    await call('ApplicationsApi', 'getApplicationProductVersionGrantedScopes',
      { ...application, productVersionId: input.version }, 422);

    await call('CredentialsApi', 'createCredential', application, 201);
    const createCredentialPayload = { display_name: 'Main' };
    const key = await call('CredentialsApi', 'createCredential', { ...application, createCredentialPayload }, 201);
    const credential = { ...application, credentialId: key.data.id };
    await call('CredentialsApi', 'updateCredential',
      { ...credential, updateCredentialPayload: { display_name: 'Other' } }, 200);
    await call('CredentialsApi', 'listCredentials', { ...application, pageSize: 25 }, 200);
    await call('CredentialsApi', 'refreshApplicationToken', application, 400);
    await call('CredentialsApi', 'deleteCredential', credential, 204);
    await call('CredentialsApi', 'deleteCredential', credential, 404);

    await call('VersionsApi', 'getApplicationsByProductVersion', { ...version, unregistered: true }, 200);
    const createRegistrationPayload = { product_version_id: input.version };
    const asked = { ...application, createRegistrationPayload };
    const registered = await call('RegistrationsApi', 'createApplicationRegistration', asked, 201);
    await call('RegistrationsApi', 'createApplicationRegistration', asked, 409);
    const registration = { ...application, registrationId: registered.data.id };
    await call('VersionsApi', 'getApplicationsByProductVersion', { ...version, filterStatus: 'approved' }, 200);
    await call('RegistrationsApi', 'listApplicationRegistrations',
      { ...application, filterStatus: 'approved', filterProductNameContains: 'ord' }, 200);
    await call('RegistrationsApi', 'getApplicationRegistration', registration, 200);
    await call('RegistrationsApi', 'getApplicationRegistrationGrantedScopes', registration, 422);
    await call('RegistrationsApi', 'deleteApplicationRegistration', registration, 204);

    await call('ApplicationAnalyticsApi', 'getApplicationAnalyticsConfig', undefined, 200);
    const queryApplicationAnalytics = { start_ms: 0, end_ms: 1, metrics: ['REQUEST_COUNT'] };
    await call('ApplicationAnalyticsApi', 'queryApplicationAnalytics', { queryApplicationAnalytics }, 200);

    await call('ApplicationsApi', 'deleteApplication', application, 204);
    await call('ApplicationsApi', 'getApplication', application, 404);
    await call('DeveloperApi', 'logout', undefined, 204);
    await call('DeveloperApi', 'getDeveloperMe', undefined, 401);
  },
};

parts[part]().catch((error) => {
  console.error(error);
  process.exit(1);
});
