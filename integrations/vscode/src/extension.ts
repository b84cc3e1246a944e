// What the extension adds: a search, code like a selection, workspace symbols, and the MCP server.
import * as vscode from "vscode";

import { Client } from "./client";
import { pick } from "./picker";
import { INDEXED, IndexedDocuments, Places } from "./places";
import { WorkspaceSymbols } from "./symbols";

const SECRET = "nightdex.key";

export function activate(context: vscode.ExtensionContext): void {
  const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration("nightdex");
  const url = (): string => settings().get("url", "http://127.0.0.1:8321");
  const key = (): PromiseLike<string | undefined> => context.secrets.get(SECRET);
  const client = (): Client => new Client(url(), key);
  const places = new Places(client, () => settings().get("roots", {}));
  const changed = new vscode.EventEmitter<void>();

  context.subscriptions.push(
    changed,
    vscode.commands.registerCommand("nightdex.search", () =>
      pick(places, (text, mode, signal) => (text.trim() ? client().search(text, mode, signal) : undefined), {
        placeholder: "Words, code or a name   repo:shop lang:python -path:tests",
        modes: true,
      }),
    ),
    vscode.commands.registerCommand("nightdex.similar", () => similar(places, client)),
    vscode.commands.registerCommand("nightdex.setKey", () => setKey(context.secrets)),
    vscode.workspace.registerTextDocumentContentProvider(INDEXED, new IndexedDocuments(client)),
    vscode.languages.registerWorkspaceSymbolProvider(
      new WorkspaceSymbols(client, places, () => settings().get("workspaceSymbols", true)),
    ),
    vscode.lm.registerMcpServerDefinitionProvider("nightdex", {
      onDidChangeMcpServerDefinitions: changed.event,
      provideMcpServerDefinitions: async () => {
        const held = await key();
        const headers: Record<string, string> = held ? { Authorization: `Bearer ${held}` } : {};
        return [new vscode.McpHttpServerDefinition("nightdex", vscode.Uri.parse(`${url().replace(/\/+$/, "")}/mcp`), headers)];
      },
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("nightdex")) return;
      places.forget();
      changed.fire();
    }),
    context.secrets.onDidChange(() => changed.fire()),
  );
}

async function similar(places: Places, client: () => Client): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const code = editor?.document.getText(editor.selection) ?? "";
  if (code.trim() === "") {
    void vscode.window.showInformationMessage("Select some code first.");
    return;
  }
  // Asked once: what is typed afterwards cannot change the answer.
  let asked: ReturnType<Client["similar"]> | undefined;
  const forever = new AbortController();
  await pick(places, () => (asked ??= client().similar(code, forever.signal)), {
    placeholder: "Code like the selection",
    modes: false,
  });
  forever.abort();
}

async function setKey(secrets: vscode.SecretStorage): Promise<void> {
  const key = await vscode.window.showInputBox({
    title: "API key of nightdex",
    prompt: "What `nightdex key create` has shown; leave it empty to forget the key.",
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return;
  await (key.trim() ? secrets.store(SECRET, key.trim()) : secrets.delete(SECRET));
}
