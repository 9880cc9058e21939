// Runs our port of OpenID Foundation test plans against any server: node run.mjs config.json [plan …]
// With "--against-oidc-provider" in the place of the configuration it runs against that (certified) software from npm,
// which shows that the port itself is right.

import { readFile } from 'node:fs/promises';
import { basic, config as configPlan, Skipped } from './lib/basic.mjs';
import { rpLogout } from './lib/logout.mjs';
import { RelyingParty } from './lib/relying-party.mjs';

const plans = {
  'oidcc-config-certification-test-plan': [configPlan, {}],
  'oidcc-basic-certification-test-plan': [basic, {}],
  'oidcc-formpost-basic-certification-test-plan': [basic, { responseMode: 'form_post' }],
  'oidcc-rp-initiated-logout-certification-test-plan': [rpLogout, {}],
};

const [where, ...wanted] = process.argv.slice(2);
let stop = () => {};
let config;
if (where === '--against-oidc-provider') {
  ({ config, stop } = await (await import('./lib/oidc-provider.mjs')).start());
} else {
  config = JSON.parse(await readFile(where));
}

let failed = 0;
for (const [plan, [modules, options]] of Object.entries(plans)) {
  if (wanted.length > 0 && !wanted.includes(plan)) continue;
  console.log(plan);
  for (const [name, run] of Object.entries(modules)) {
    try {
      await run(await RelyingParty.discover(config, config.client, options));
      console.log(`  passed   ${name}`);
    } catch (error) {
      if (error instanceof Skipped) { console.log(`  skipped  ${name}: ${error.message}`); continue; }
      failed += 1;
      console.log(`  FAILED   ${name}: ${error.message}`);
      if (process.env.TRACE) console.log(error.stack);
    }
  }
}
stop();
console.log(failed === 0 ? 'all passed or skipped' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
