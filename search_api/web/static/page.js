// Makes the page quick: search as you type, keys, copying. Everything here also works, slower, without it.
"use strict";

const TYPING_PAUSE_MS = 120;
const WAITING_MS = 3000;

const form = document.getElementById("search");
const query = document.getElementById("q");

// What was chosen is remembered in this browser only.
const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* storage is off */ } };
const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };

// --- searching ---------------------------------------------------------------------------------------------

let asking = null;
let pause = 0;

function address() {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "" && !(name === "mode" && value === "auto")) fields.append(name, value);
  }
  return fields.toString();
}

async function ask({ push = false, typing = false } = {}) {
  clearTimeout(pause);
  asking?.abort();
  const mine = asking = new AbortController();
  const fields = address();
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(`/results?${fields}${typing ? "&typing=true" : ""}`, { signal: mine.signal, headers: { Accept: "text/html" } });
    const type = reply.headers.get("Content-Type") ?? "";
    if (!type.startsWith("text/html")) throw new Error(`the server answered with status ${reply.status}`);
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (mine.signal.aborted) return;
    document.getElementById("results").replaceWith(fresh.getElementById("results"));
    exchangeFilters(fresh.getElementById("facets"));
    history[push ? "pushState" : "replaceState"](null, "", fields ? `/?${fields}` : "/");
    document.title = query.value.trim() ? `${query.value} · nightdex code search` : "nightdex code search";
  } catch (error) {
    if (error.name === "AbortError") return;
    results.setAttribute("aria-busy", "false");
    say(`No answer: ${error.message}. Is nightdex serving?`);
  }
}

function askWhileTyping() {
  // A filter half written finds nothing: as long as completions are offered, it is.
  if (query.getAttribute("aria-expanded") !== "true") ask({ typing: true });
}

// Whoever walks through the filters by keyboard stays where they are.
function exchangeFilters(fresh) {
  const old = document.getElementById("facets");
  if (!fresh || !old) return;
  const at = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (at) fresh.querySelector(`[name="${at.name}"][value="${CSS.escape(at.value)}"]`)?.focus();
}

if (form) {
  query.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(askWhileTyping, TYPING_PAUSE_MS);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); ask({ push: true }); });
  // The filters stand outside of the form and belong to it all the same.
  document.addEventListener("change", (event) => {
    if (event.target.form === form && event.target !== query) ask({ push: true });
  });
  addEventListener("popstate", () => location.reload());
  if (document.querySelector("[data-waiting]")) waitForTheFirstNight();
}

if (matchMedia("(max-width: 52rem)").matches) document.querySelector(".filters")?.removeAttribute("open");

async function waitForTheFirstNight() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, WAITING_MS));
    const reply = await fetch("/readyz").catch(() => null);
    if (reply?.ok) return location.reload();
  }
}

// --- the outline -------------------------------------------------------------------------------------------

// Beside a file, the definition is marked that is being read.
const places = [...document.querySelectorAll(".outline a[href^='#']")]
  .map((entry) => ({ entry, line: document.getElementById(entry.hash.slice(1)) }))
  .filter(({ line }) => line);

function markPlace() {
  const reading = innerHeight / 4;
  const above = places.filter(({ line }) => line.getBoundingClientRect().top <= reading);
  const now = (above.at(-1) ?? places[0]).entry;
  if (now.hasAttribute("aria-current")) return;
  for (const { entry } of places) entry.removeAttribute("aria-current");
  now.setAttribute("aria-current", "location");
  now.closest("ol").scrollTop = now.offsetTop - now.closest("ol").clientHeight / 2;
}

if (places.length) {
  let due = 0;
  addEventListener("scroll", () => { cancelAnimationFrame(due); due = requestAnimationFrame(markPlace); });
  markPlace();
}

// --- saying and copying ------------------------------------------------------------------------------------

const said = document.createElement("div");
said.id = "said";
said.setAttribute("role", "status");
document.body.append(said);
let silence = 0;

function say(sentence) {
  said.textContent = sentence;
  clearTimeout(silence);
  silence = setTimeout(() => { said.textContent = ""; }, 3500);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied ${text}`);
  } catch {
    say(`This browser lets nothing be copied here: ${text}`);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button.dataset.copy);
  const editor = event.target.closest("[data-editor]");
  if (editor) remember("editor", editor.dataset.editor);
});

// --- keys --------------------------------------------------------------------------------------------------

const hits = () => [...document.querySelectorAll(".hit")];
const current = () => document.activeElement?.closest?.(".hit") ?? null;

function move(step) {
  const all = hits();
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function openInEditor(hit) {
  const wanted = recall("editor") ?? "vscode";
  const link = hit?.querySelector(`[data-editor="${CSS.escape(wanted)}"]`) ?? hit?.querySelector("[data-editor]");
  if (link) link.click();
  else say("This repository is not a folder of this machine.");
}

function define(name) {
  if (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) location.assign(`/definition?name=${encodeURIComponent(name)}`);
  else say("Select a name first, then press d.");
}

function nextMode() {
  const modes = [...form.querySelectorAll("[name=mode]")];
  const next = modes[(modes.findIndex((mode) => mode.checked) + 1) % modes.length];
  next.click();
  say(`Mode: ${next.parentElement.textContent.trim()}`);
}

const KEYS = {
  "/": () => { query?.focus(); query?.select(); },
  j: () => move(1),
  k: () => move(-1),
  Enter: () => { const hit = current(); if (hit?.dataset.href) location.assign(hit.dataset.href); },
  e: () => openInEditor(current()),
  x: () => current()?.querySelector(".unfold input")?.click(),
  w: () => { const why = current()?.querySelector(".why"); if (why) why.open = !why.open; },
  s: () => current()?.querySelector(".similar")?.click(),
  y: () => current()?.querySelector(".path[data-copy]")?.click(),
  d: () => define(getSelection().toString().trim()),
  m: () => form && nextMode(),
  n: () => document.querySelector("[rel=next]")?.click(),
  p: () => document.querySelector("[rel=prev]")?.click(),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  const writing = event.target.matches("input:not([type=checkbox], [type=radio]), textarea");
  if (writing) {
    if (event.key === "Escape") event.target.blur();
    if (event.target === query && event.key === "ArrowDown") { event.preventDefault(); move(1); }
    return;
  }
  // A focused link or button keeps Enter to itself.
  if (event.key === "Enter" && !event.target.matches(".hit")) return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});

document.getElementById("keys-button").addEventListener("click", KEYS["?"]);
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remember("theme", root.dataset.theme);
});
