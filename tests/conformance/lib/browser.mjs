// Somebody with a browser that runs no scripts: keeps cookies, follows redirects, fills in forms. It stops where a client
// would be called: at one of its redirect URIs.

const unescape = (text) =>
  text.replace(/&#(x?)([0-9a-f]+);/gi, (_, hex, n) => String.fromCodePoint(parseInt(n, hex ? 16 : 10)))
    .replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const attribute = (tag, name) => {
  const found = new RegExp(`\\s${name}\\s*=\\s*("([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  return found ? unescape(found[2] ?? found[3] ?? found[4] ?? '') : undefined;
};

/** The forms of a page, with their fields and buttons. */
export function forms(html) {
  return [...html.matchAll(/<form\b[^>]*>([\s\S]*?)<\/form>/gi)].map((found) => {
    const open = found[0].slice(0, found[0].indexOf('>') + 1);
    const inputs = [...found[1].matchAll(/<input\b[^>]*>/gi)].map(([tag]) => ({
      name: attribute(tag, 'name'), value: attribute(tag, 'value') ?? '', type: attribute(tag, 'type') ?? 'text',
    }));
    // The first button is pressed; one may stand outside and name its form.
    const id = attribute(open, 'id');
    const outside = [...html.matchAll(/<button\b[^>]*>/gi)].filter(([tag]) => id && attribute(tag, 'form') === id);
    const [button] = [...found[1].matchAll(/<button\b[^>]*>/gi), ...outside].map(([tag]) => tag);
    if (button && attribute(button, 'name')) {
      inputs.push({ name: attribute(button, 'name'), value: attribute(button, 'value') ?? '', type: 'submit' });
    }
    return { action: attribute(open, 'action') ?? '', method: attribute(open, 'method') ?? 'get', inputs };
  });
}

export class Browser {
  /** @param {{stopAt: string[], user: {login: string, password: string}}} options */
  constructor({ stopAt, user }) {
    Object.assign(this, { stopAt, user, cookies: new Map(), logins: 0, consents: 0 });
  }

  async request(url, { method = 'GET', form, from } = {}) {
    const headers = { accept: 'text/html,*/*', cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ') };
    if (form) headers['content-type'] = 'application/x-www-form-urlencoded';
    // What a browser says on a form of the site's own.
    if (form && from) Object.assign(headers, { origin: new URL(from).origin, 'sec-fetch-site': new URL(from).origin === new URL(url).origin ? 'same-origin' : 'cross-site' });
    const response = await fetch(url, { method, headers, body: form && new URLSearchParams(form), redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...flags] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1)];
      const isOver = flags.some((flag) => /^\s*max-age=0\s*$/i.test(flag) || /^\s*expires=.*(1970|19\d\d)/i.test(flag));
      if (isOver || value === '') this.cookies.delete(name); else this.cookies.set(name, value);
    }
    return response;
  }

  isAtClient(url) {
    return this.stopAt.some((stop) => url === stop || url.startsWith(`${stop}?`) || url.startsWith(`${stop}#`) || url.startsWith(`${stop}&`));
  }

  /**
   * Goes to an address and on, through sign-in and consent, until a client is called or there is nothing more to do.
   * Answers what the client gets, or the page that was left.
   */
  async visit(url, options = {}) {
    let answer = await this.request(url, options);
    let here = url;
    for (let step = 0; step < 20; step += 1) {
      const location = answer.headers.get('location');
      if (answer.status >= 300 && answer.status < 400 && location) {
        here = new URL(location, here).href;
        if (this.isAtClient(here)) return { called: here, params: paramsOf(here), by: 'redirect' };
        answer = await this.request(here);
        continue;
      }
      const html = await answer.text();
      const page = { status: answer.status, html, url: here };
      const form = forms(html).find((it) => this.isAtClient(it.action)) ?? forms(html).find((it) => this.knows(it, here));
      const asksPassword = form?.inputs.some((it) => it.type === 'password');
      if (!form || options.look || (asksPassword && options.signsIn === false)) return page;
      const values = form.inputs.filter((it) => it.name).map((it) => [it.name, this.valueOf(it)]);
      if (this.isAtClient(form.action)) return { called: form.action, params: Object.fromEntries(values), by: 'form_post' };
      if (asksPassword) this.logins += 1; else this.consents += 1;
      const target = new URL(form.action, here).href;
      const before = here;
      here = target;
      answer = await this.request(target, { method: 'POST', form: values, from: before });
    }
    throw new Error(`no end at ${here}`);
  }

  /** Whether it is a form that leads on: not the one to sign out in the frame of a page. */
  knows(form, here) {
    if (form.method.toLowerCase() !== 'post') return false;
    const path = new URL(form.action, here).pathname;
    return path !== '/sign-out' && !(this.stopAtForms ?? []).includes(path);
  }

  valueOf({ name, value, type }) {
    if (type === 'password') return this.user.password;
    if (type === 'email' || name === 'login') return this.user.login;
    return value;
  }
}

export function paramsOf(url) {
  const { search, hash } = new URL(url);
  return Object.fromEntries(new URLSearchParams(hash ? hash.slice(1) : search));
}
