// What pages do where scripts run. All of it also works without: this saves clicks and shows the reader's own clock.

// What this says in other languages stands at the body.
const words = { copy: "Copy", copied: "Copied", file: "Or read it from a file", noUris: "These are no URIs without a fragment:", noPasskey: "The browser could not do it.", ...document.body.dataset };

// Moments as the reader's clock shows them.
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const local = format.format(new Date(time.dateTime));
    if (time.textContent.endsWith(" UTC")) {
      time.title = time.textContent;
      time.textContent = local;
    } else {
      time.title = local;
    }
  }
}
localTimes(document);

// A button that copies what stands beside it.
function copyButtons(root) {
  for (const box of root.querySelectorAll(".copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small";
    button.textContent = words.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(box.querySelector("code").textContent);
      button.textContent = words.copied;
      setTimeout(() => { button.textContent = words.copy; }, 2000);
    });
    box.append(button);
  }
}
copyButtons(document);

// Filters that narrow a list down while somebody types.
for (const form of document.querySelectorAll("form[data-live]")) {
  const target = form.dataset.live;
  let waiting, asked;
  const show = () => {
    const query = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...query]) if (!value) query.delete(name);
    const address = form.getAttribute("action") + (query.size ? `?${query}` : "");
    asked?.abort();
    asked = new XMLHttpRequest();
    asked.open("GET", address);
    asked.responseType = "document";
    asked.onload = function () {
      const list = this.response?.getElementById(target);
      if (this.status !== 200 || !list) return form.submit();
      const fresh = document.adoptNode(list);
      localTimes(fresh);
      document.getElementById(target).replaceWith(fresh);
      history.replaceState(null, "", address);
    };
    asked.send();
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 200);
  });
}

// Parts that change by themselves, such as whether the first call has come.
for (const part of document.querySelectorAll("[data-refresh]")) {
  setInterval(() => {
    const asked = new XMLHttpRequest();
    asked.open("GET", location.href);
    asked.responseType = "document";
    asked.onload = function () {
      const fresh = this.response?.getElementById(part.id);
      const shown = document.getElementById(part.id);
      if (this.status !== 200 || !fresh || fresh.textContent === shown.textContent) return;
      shown.replaceWith(document.adoptNode(fresh));
    };
    if (!document.hidden) asked.send();
  }, Number(part.dataset.refresh));
}

// Long texts can be read from a file.
for (const area of document.querySelectorAll("textarea[data-file]")) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "file";
  label.append(words.file, input);
  input.addEventListener("change", async () => {
    if (input.files[0]) area.value = await input.files[0].text();
  });
  area.after(label);
}

// Lines that are no URIs are named while somebody types; what counts is what the server says.
for (const area of document.querySelectorAll("textarea[data-uris]")) {
  const said = document.createElement("p");
  said.className = "error";
  said.role = "status";
  area.after(said);
  const look = (lines) => {
    const wrong = lines.map((line) => line.trim()).filter((line) => line && (!URL.canParse(line) || line.includes("#")));
    said.textContent = wrong.length ? `${words.noUris} ${wrong.join(", ")}` : "";
  };
  // The line that is being typed is not ready yet.
  area.addEventListener("input", () => look(area.value.slice(0, area.selectionStart).split("\n").slice(0, -1)));
  area.addEventListener("change", () => look(area.value.split("\n")));
}

// What is done for good: the button waits for the name.
for (const form of document.querySelectorAll("form[data-confirm]")) {
  const input = form.querySelector("#confirm");
  const button = form.querySelector("button");
  const look = () => { button.disabled = input.value.trim() !== form.dataset.confirm; };
  input.addEventListener("input", look);
  look();
}

// Passkeys (WebAuthn, section 5): what a browser is asked stands in the form, and what it answers goes with it.
const fromBase64 = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
};
const toBase64 = (buffer) => {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
const transports = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];
async function passkey(act, options) {
  options.challenge = fromBase64(options.challenge);
  if (options.user) options.user.id = fromBase64(options.user.id);
  const named = [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])];
  for (const credential of named) credential.id = fromBase64(credential.id);
  const { id, type, authenticatorAttachment, response } = await navigator.credentials[act]({ publicKey: options });
  const said = { clientDataJSON: toBase64(response.clientDataJSON) };
  if (act === "create") {
    said.attestationObject = toBase64(response.attestationObject);
    said.transports = (response.getTransports?.() ?? []).filter((it) => transports.includes(it));
  } else {
    said.authenticatorData = toBase64(response.authenticatorData);
    said.signature = toBase64(response.signature);
    if (response.userHandle) said.userHandle = toBase64(response.userHandle);
  }
  return { id, rawId: id, type, authenticatorAttachment, clientExtensionResults: {}, response: said };
}
const reasons = {
  NotAllowedError: "Nothing has happened: it was stopped, it took too long, or there is no passkey for this here.",
  InvalidStateError: "This device or password manager has a passkey for this account already.",
  SecurityError: "Browsers take passkeys at the usual address of this desk only. Open it there.",
  ConstraintError: "It cannot be kept there: a PIN, a finger or a face has to protect it. Choose another place.",
  NotSupportedError: "It cannot be kept there. Choose another place.",
};
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const instead = form.nextElementSibling;
  if (instead?.matches(".without")) instead.hidden = true;
  const said = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    button.disabled = true;
    try {
      const answer = await passkey(form.dataset.passkey, JSON.parse(form.dataset.options));
      form.elements.answer.value = JSON.stringify(answer);
      // Whoever wants to stay signed in has said so in the form beside this one.
      if (document.querySelector("#stay")?.checked) form.append(document.querySelector("#stay").cloneNode());
      form.submit();
    } catch (error) {
      // In other languages they stand at the form: `NotAllowedError` as `data-not-allowed-error`.
      const translated = form.dataset[error.name.charAt(0).toLowerCase() + error.name.slice(1)];
      said.textContent = translated ?? reasons[error.name] ?? `${words.noPasskey} (${error.name})`;
      button.disabled = false;
    }
  });
}

// What has gone well is said once.
const address = new URL(location.href);
if (address.searchParams.has("notice")) {
  address.searchParams.delete("notice");
  history.replaceState(null, "", address);
}

// On a phone the menu is closed.
const menu = document.querySelector("details.menu");
const wide = matchMedia("(min-width: 60rem)");
if (menu) {
  const fit = () => { menu.open = wide.matches || !menu.closest(".with-side"); };
  wide.addEventListener("change", fit);
  fit();
}
