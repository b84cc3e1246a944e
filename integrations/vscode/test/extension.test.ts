// The extension against a real server, whose address is in NIGHTDEX_URL, and a stub of VS Code.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";

import { activate } from "../src/extension";
import { context, type QuickPick, Uri, ViewColumn, world } from "./vscode";

const URL_OF_SERVER = process.env["NIGHTDEX_URL"] ?? assert.fail("NIGHTDEX_URL is not set");
const FOLDER = process.env["NIGHTDEX_SHOP"] ?? assert.fail("NIGHTDEX_SHOP is not set");

before(() => activate(context() as never));
beforeEach(() => {
  world.settings = { url: URL_OF_SERVER };
  world.secrets.clear();
  world.picks.length = world.shown.length = world.said.length = 0;
  world.selection = undefined;
  world.configured.fire({ affectsConfiguration: () => true });
});

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function run(command: string): QuickPick {
  void world.commands.get(command)!();
  return world.picks.at(-1) ?? assert.fail("no quick pick was shown");
}

test("every command, setting and provider that package.json promises is there", () => {
  const { contributes } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.deepEqual(contributes.commands.map((one: { command: string }) => one.command).sort(), [...world.commands.keys()].sort());
  assert.deepEqual(contributes.mcpServerDefinitionProviders.map((one: { id: string }) => one.id), ["nightdex"]);
  const source = ["extension", "places"].map((name) => readFileSync(`src/${name}.ts`, "utf8")).join("");
  for (const setting of Object.keys(contributes.configuration.properties)) {
    assert.match(source, new RegExp(`get\\("${setting.replace("nightdex.", "")}"`));
  }
});

test("typing searches, and Enter opens the place", async () => {
  const pick = run("nightdex.search");
  pick.type("expired tok");
  pick.type("expired token");
  await until("hits", () => pick.items.length > 0);
  assert.equal(pick.items[0]!.label, "Session.refresh");
  assert.equal(pick.items[0]!.description, "shop/src/session.py:41");
  assert.equal(pick.items[0]!.detail, "Exchanges an expired token for a fresh one.");
  assert.match(pick.title, /^\d+ hits in \d+ ms · (hybrid|raw)$/);
  pick.enter();
  await until("an editor", () => world.shown.length === 1);
  assert.equal(world.shown[0]!.uri.fsPath, `${FOLDER}/src/session.py`);
  assert.equal(world.shown[0]!.line, 40);
  assert.equal(pick.visible, false);
});

test("an exact search goes to the match, and a hit can be opened to the side", async () => {
  const pick = run("nightdex.search");
  for (let presses = 0; presses < 3; presses++) pick.press();
  pick.type("exchange(token)");
  await until("hits", () => pick.items.length > 0);
  pick.beside(0);
  await until("an editor", () => world.shown.length === 1);
  const { line, character, column } = world.shown[0]!;
  assert.deepEqual([line, character, column], [42, 24, ViewColumn.Beside]);
});

test("what has no file on this machine is shown from the index", async () => {
  const pick = run("nightdex.search");
  pick.type("OpenVault repo:bank");
  await until("hits", () => pick.items.length === 1);
  pick.enter();
  await until("an editor", () => world.shown.length === 1);
  const uri = world.shown[0]!.uri;
  assert.equal(uri.toString(), "nightdex://index/bank/vault.go");
  const documents = world.providers.get("documents") as { provideTextDocumentContent(uri: Uri): Promise<string> };
  assert.match(await documents.provideTextDocumentContent(uri), /func OpenVault\(token string\) error \{\n\treturn/);
});

test("a path that leads out of its repository is never opened from the disk", async () => {
  world.settings["roots"] = { bank: `${FOLDER}/src` };
  const { Places } = await import("../src/places");
  const { Client } = await import("../src/client");
  const places = new Places(() => new Client(URL_OF_SERVER, async () => undefined), () => ({ bank: `${FOLDER}/src` }));
  const found = await places.uri({ repo: "bank", path: "../src/session.py", start_line: 1, end_line: 1 });
  assert.equal(found.scheme, "nightdex");
  assert.equal((await places.uri({ repo: "bank", path: "session.py", start_line: 1, end_line: 1 })).scheme, "file");
});

test("a query that cannot be understood is explained where one types", async () => {
  const pick = run("nightdex.search");
  pick.type("-kind:x token");
  await until("a problem", () => /only -path: can/.test(pick.title));
  pick.type("token");
  await until("hits", () => pick.items.length > 0);
});

test("a server that is not there is said to be", async () => {
  world.settings["url"] = "http://127.0.0.1:9";
  const pick = run("nightdex.search");
  pick.type("token");
  await until("a problem", () => pick.title.includes("is `nightdex serve` running?"));
});

test("a selection finds code like it, however it reads", async () => {
  world.selection = "def fresh(self, token):\n    repo:x = self.store.exchange(token)";
  const pick = run("nightdex.similar");
  await until("hits", () => pick.items.some((item) => item.label === "Session.refresh"));
  pick.hide();
  world.selection = " ";
  await world.commands.get("nightdex.similar")!();
  assert.deepEqual(world.said, ["Select some code first."]);
});

test("workspace symbols come from every repository, and a server that is off is no error", async () => {
  const provider = world.providers.get("symbols") as {
    provideWorkspaceSymbols(query: string, token: unknown): Promise<{ name: string; containerName: string }[]>;
  };
  const token = { onCancellationRequested: () => ({ dispose: () => undefined }) };
  const found = await provider.provideWorkspaceSymbols("OpenVault", token);
  assert.deepEqual(found.map(({ name, containerName }) => [name, containerName]), [["OpenVault", "bank/vault.go"]]);
  world.settings["url"] = "http://127.0.0.1:9";
  assert.deepEqual(await provider.provideWorkspaceSymbols("OpenVault", token), []);
  world.settings = { url: URL_OF_SERVER, workspaceSymbols: false };
  assert.deepEqual(await provider.provideWorkspaceSymbols("OpenVault", token), []);
});

test("the MCP server is registered with the key, and again when either changes", async () => {
  const provider = world.providers.get("mcp") as {
    onDidChangeMcpServerDefinitions(listener: () => void): unknown;
    provideMcpServerDefinitions(): Promise<{ uri: Uri; headers: Record<string, string> }[]>;
  };
  let changes = 0;
  provider.onDidChangeMcpServerDefinitions(() => { changes += 1; });
  world.typed = " ndx_key ";
  await world.commands.get("nightdex.setKey")!();
  const [server] = await provider.provideMcpServerDefinitions();
  assert.equal(server!.uri.toString(), `${URL_OF_SERVER}/mcp`);
  assert.deepEqual(server!.headers, { Authorization: "Bearer ndx_key" });
  world.typed = "";
  await world.commands.get("nightdex.setKey")!();
  assert.deepEqual((await provider.provideMcpServerDefinitions())[0]!.headers, {});
  assert.equal(changes, 2);
});

test("a key goes nowhere but to its server", async () => {
  const asked: string[] = [];
  const other = createServer((request, reply) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    if (request.url === "/v1/search") reply.writeHead(302, { Location: "/elsewhere" }).end();
    else reply.end("{}");
  }).listen(0, "127.0.0.1");
  after(() => other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  world.settings["url"] = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  world.secrets.set("nightdex.key", "ndx_key");
  const pick = run("nightdex.search");
  pick.type("token");
  await until("a problem", () => pick.title.includes("does not answer"));
  assert.deepEqual(asked, ["/v1/search Bearer ndx_key"]);
  other.closeAllConnections();
});
