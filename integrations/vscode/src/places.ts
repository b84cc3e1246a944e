// Where the files of a repository are: in a folder of this machine, else in the index.
import * as vscode from "vscode";

import type { Client, Hit, Place } from "./client";

/** The scheme of documents that come from the index, for repositories without a folder here. */
export const INDEXED = "nightdex";

/** Turns places of the index into addresses and ranges of the editor. */
export class Places {
  private folders: Promise<Map<string, string>> | undefined;

  constructor(
    private readonly client: () => Client,
    private readonly roots: () => Record<string, string>,
  ) {}

  /** Forget what was known: the settings, or the index, have changed. */
  forget(): void {
    this.folders = undefined;
  }

  async uri(place: Place): Promise<vscode.Uri> {
    this.folders ??= this.ask();
    const folder = (await this.folders.catch((error: unknown) => {
      this.forget();
      throw error;
    })).get(place.repo);
    // The index is made of other people's repositories: no path of theirs leads out of its folder.
    const inside = !place.path.split("/").includes("..");
    if (folder !== undefined && inside) {
      const file = vscode.Uri.joinPath(vscode.Uri.file(folder), place.path);
      if (await exists(file)) return file;
    }
    return vscode.Uri.from({ scheme: INDEXED, authority: "index", path: `/${place.repo}/${place.path}`,
      query: JSON.stringify([place.repo, place.path]) });
  }

  private async ask(): Promise<Map<string, string>> {
    const repositories = await this.client().repositories();
    const known = repositories.filter(({ location }) => location.startsWith("/"));
    return new Map([...known.map(({ name, location }) => [name, location] as const), ...Object.entries(this.roots())]);
  }
}

async function exists(file: vscode.Uri): Promise<boolean> {
  try {
    return (await vscode.workspace.fs.stat(file)).type !== vscode.FileType.Directory;
  } catch {
    return false;
  }
}

/** What to select for a hit: the match where text was looked for, else the definition's first line. */
export function rangeOf(hit: Hit | Place): vscode.Range {
  const match = "why" in hit && hit.why.exact !== null ? hit.matches[0] : undefined;
  if (match === undefined) return new vscode.Range(hit.start_line - 1, 0, hit.start_line - 1, 0);
  // Columns of the API count characters, those of the editor UTF-16 units.
  const column = [...match.text].slice(0, match.column - 1).join("").length;
  return new vscode.Range(match.line - 1, column, match.line - 1, column);
}

/** Shows files as they were indexed. */
export class IndexedDocuments implements vscode.TextDocumentContentProvider {
  constructor(private readonly client: () => Client) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const [repo, path] = JSON.parse(uri.query) as [string, string];
    return this.client().file(repo, path);
  }
}
