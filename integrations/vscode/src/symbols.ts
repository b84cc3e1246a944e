// Go to Symbol in Workspace, over every indexed repository.
import * as vscode from "vscode";

import type { Client, FoundSymbol } from "./client";
import { type Places, rangeOf } from "./places";

const KINDS: Record<string, vscode.SymbolKind> = {
  class: vscode.SymbolKind.Class,
  constant: vscode.SymbolKind.Constant,
  enum: vscode.SymbolKind.Enum,
  impl: vscode.SymbolKind.Class,
  interface: vscode.SymbolKind.Interface,
  macro: vscode.SymbolKind.Function,
  method: vscode.SymbolKind.Method,
  module: vscode.SymbolKind.Module,
  namespace: vscode.SymbolKind.Namespace,
  section: vscode.SymbolKind.String,
  struct: vscode.SymbolKind.Struct,
  trait: vscode.SymbolKind.Interface,
  type: vscode.SymbolKind.TypeParameter,
};

export class WorkspaceSymbols implements vscode.WorkspaceSymbolProvider {
  constructor(
    private readonly client: () => Client,
    private readonly places: Places,
    private readonly wanted: () => boolean,
  ) {}

  async provideWorkspaceSymbols(query: string, token: vscode.CancellationToken): Promise<vscode.SymbolInformation[]> {
    if (!this.wanted() || query.trim() === "") return [];
    const aborting = new AbortController();
    const listening = token.onCancellationRequested(() => aborting.abort());
    try {
      const found = await this.client().symbols(query, aborting.signal);
      return await Promise.all(found.map((symbol) => this.information(symbol)));
    } catch {
      // Other providers answer this question too: a server that is off must not put an error in their way.
      return [];
    } finally {
      listening.dispose();
    }
  }

  private async information(found: FoundSymbol): Promise<vscode.SymbolInformation> {
    const location = new vscode.Location(await this.places.uri(found), rangeOf(found));
    const kind = KINDS[found.kind] ?? vscode.SymbolKind.Function;
    return new vscode.SymbolInformation(found.symbol, kind, `${found.repo}/${found.path}`, location);
  }
}
