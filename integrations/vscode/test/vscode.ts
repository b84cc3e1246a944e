// Stands in for the `vscode` module. What it fakes, and no more: the value classes as documented, a quick pick
// whose user is the test, a secret store and settings in memory, `fs.stat` on the real disk, and registries
// that keep what was registered. Editors, documents and windows are not there: what would be shown is kept in
// `shown`. That VS Code itself draws and calls things as its documentation says is not tested here.
import { statSync } from "node:fs";
import { posix } from "node:path";

export class Uri {
  private constructor(readonly scheme: string, readonly authority: string, readonly path: string, readonly query: string) {}
  static file(path: string): Uri { return new Uri("file", "", path, ""); }
  static from(parts: { scheme: string; authority?: string; path?: string; query?: string }): Uri {
    return new Uri(parts.scheme, parts.authority ?? "", parts.path ?? "", parts.query ?? "");
  }
  static parse(text: string): Uri {
    const url = new URL(text);
    return new Uri(url.protocol.slice(0, -1), url.host, url.pathname, url.search.slice(1));
  }
  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri(base.scheme, base.authority, posix.join(base.path, ...parts), base.query);
  }
  get fsPath(): string { return this.path; }
  toString(): string { return `${this.scheme}://${this.authority}${this.path}`; }
}

export class Position { constructor(readonly line: number, readonly character: number) {} }
export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(startLine: number, startCharacter: number, endLine: number, endCharacter: number) {
    this.start = new Position(startLine, startCharacter);
    this.end = new Position(endLine, endCharacter);
  }
}
export class Location { constructor(readonly uri: Uri, readonly range: Range) {} }
export class SymbolInformation {
  constructor(readonly name: string, readonly kind: number, readonly containerName: string, readonly location: Location) {}
}
export class ThemeIcon { constructor(readonly id: string) {} }
export class McpHttpServerDefinition {
  constructor(readonly label: string, readonly uri: Uri, readonly headers: Record<string, string> = {}) {}
}

type Listener<T> = (event: T) => unknown;
export class EventEmitter<T> {
  private listeners: Listener<T>[] = [];
  readonly event = (listener: Listener<T>): { dispose(): void } => {
    this.listeners.push(listener);
    return { dispose: () => { this.listeners = this.listeners.filter((one) => one !== listener); } };
  };
  fire(event: T): void { for (const listener of this.listeners) listener(event); }
  dispose(): void { this.listeners = []; }
}

export const SymbolKind = {
  Module: 1, Namespace: 2, Class: 4, Method: 5, Enum: 9, Interface: 10, Function: 11, Constant: 13, String: 14,
  Struct: 22, TypeParameter: 25,
};
export const FileType = { Unknown: 0, File: 1, Directory: 2 };
export const ViewColumn = { Active: -1, Beside: -2 };

/** A quick pick whose user is the test. */
export class QuickPick {
  items: { label: string; description: string; detail: string }[] = [];
  value = "";
  title = "";
  placeholder = "";
  busy = false;
  buttons: unknown[] = [];
  visible = false;
  private readonly changed = new EventEmitter<string>();
  private readonly accepted = new EventEmitter<void>();
  private readonly pressed = new EventEmitter<unknown>();
  private readonly itemPressed = new EventEmitter<{ item: unknown }>();
  private readonly hidden = new EventEmitter<void>();
  readonly onDidChangeValue = this.changed.event;
  readonly onDidAccept = this.accepted.event;
  readonly onDidTriggerButton = this.pressed.event;
  readonly onDidTriggerItemButton = this.itemPressed.event;
  readonly onDidHide = this.hidden.event;
  get activeItems(): unknown[] { return this.items.slice(0, 1); }
  show(): void { this.visible = true; }
  hide(): void { this.visible = false; this.hidden.fire(); }
  dispose(): void { this.visible = false; }
  // The user:
  type(text: string): void { this.value = text; this.changed.fire(text); }
  enter(): void { this.accepted.fire(); }
  press(): void { this.pressed.fire(this.buttons[0]); }
  beside(place: number): void { this.itemPressed.fire({ item: this.items[place] }); }
}

/** What the extension did, and what the test decides. */
export const world = {
  settings: {} as Record<string, unknown>,
  secrets: new Map<string, string>(),
  commands: new Map<string, () => unknown>(),
  providers: new Map<string, unknown>(),
  picks: [] as QuickPick[],
  shown: [] as { uri: Uri; line: number; character: number; column: number }[],
  said: [] as string[],
  selection: undefined as string | undefined,
  typed: undefined as string | undefined,
  configured: new EventEmitter<{ affectsConfiguration(name: string): boolean }>(),
};

const disposable = { dispose: () => undefined };
const keep = (name: string) => (key: unknown, provider?: unknown) => {
  world.providers.set(name, provider ?? key);
  return disposable;
};

export const commands = {
  registerCommand: (name: string, act: () => unknown) => { world.commands.set(name, act); return disposable; },
};
export const languages = { registerWorkspaceSymbolProvider: keep("symbols") };
export const lm = { registerMcpServerDefinitionProvider: keep("mcp") };
export const workspace = {
  getConfiguration: () => ({ get: (name: string, otherwise: unknown) => world.settings[name] ?? otherwise }),
  onDidChangeConfiguration: world.configured.event,
  registerTextDocumentContentProvider: keep("documents"),
  openTextDocument: async (uri: Uri) => ({ uri }),
  fs: { stat: async (uri: Uri) => ({ type: statSync(uri.fsPath).isDirectory() ? FileType.Directory : FileType.File }) },
};
export const window = {
  get activeTextEditor() {
    return world.selection === undefined ? undefined : { selection: {}, document: { getText: () => world.selection } };
  },
  createQuickPick: () => { const one = new QuickPick(); world.picks.push(one); return one; },
  showTextDocument: async (document: { uri: Uri }, options: { selection: Range; viewColumn: number }) => {
    const { line, character } = options.selection.start;
    world.shown.push({ uri: document.uri, line, character, column: options.viewColumn });
  },
  showInputBox: async () => world.typed,
  showInformationMessage: async (message: string) => { world.said.push(message); },
  showErrorMessage: async (message: string) => { world.said.push(message); },
};

/** An extension context with the parts the extension uses. */
export function context(): unknown {
  const changed = new EventEmitter<void>();
  return {
    subscriptions: [],
    secrets: {
      get: async (name: string) => world.secrets.get(name),
      store: async (name: string, value: string) => { world.secrets.set(name, value); changed.fire(); },
      delete: async (name: string) => { world.secrets.delete(name); changed.fire(); },
      onDidChange: changed.event,
    },
  };
}
