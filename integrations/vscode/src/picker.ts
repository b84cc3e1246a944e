// A quick pick that searches while one types.
import * as vscode from "vscode";

import { type Answer, type Hit, Problem } from "./client";
import { type Places, rangeOf } from "./places";

const TYPING_PAUSE_MS = 120;

const MODES = [
  ["auto", "chosen from the text"],
  ["hybrid", "code, descriptions and words"],
  ["symbol", "definitions by name"],
  ["exact", "the text itself"],
  ["summary", "descriptions"],
] as const;

interface Item extends vscode.QuickPickItem { hit: Hit }

const BESIDE: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("split-horizontal"), tooltip: "Open to the side" };

/** Asks for the text of the pick; undefined is no question, and shows nothing. */
export type Ask = (text: string, mode: string, signal: AbortSignal) => Promise<Answer> | undefined;

/** Show the pick; resolves when it is closed. */
export function pick(places: Places, ask: Ask, options: { placeholder: string; modes: boolean }): Promise<void> {
  const input = vscode.window.createQuickPick<Item>();
  const modeButton: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("settings"), tooltip: "Next mode" };
  let mode = 0;
  let running: AbortController | undefined;
  let pause: NodeJS.Timeout | undefined;

  const search = async (): Promise<void> => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    const answering = ask(input.value, MODES[mode]![0], mine.signal);
    input.busy = answering !== undefined;
    try {
      const answer = await answering;
      if (mine.signal.aborted) return;
      input.items = (answer?.hits ?? []).map(itemOf);
      input.title = answer ? titleOf(answer) : modeTitle(mode, options.modes);
    } catch (error) {
      if (mine.signal.aborted) return;
      input.items = [];
      input.title = error instanceof Problem ? error.message : String(error);
    }
    input.busy = false;
  };
  const open = async (item: Item, column: vscode.ViewColumn): Promise<void> => {
    input.hide();
    try {
      await show(places, item.hit, { viewColumn: column });
    } catch (error) {
      void vscode.window.showErrorMessage(error instanceof Problem ? error.message : String(error));
    }
  };

  input.placeholder = options.placeholder;
  input.title = modeTitle(mode, options.modes);
  input.buttons = options.modes ? [modeButton] : [];
  input.onDidTriggerButton(() => {
    mode = (mode + 1) % MODES.length;
    void search();
  });
  input.onDidChangeValue(() => {
    clearTimeout(pause);
    pause = setTimeout(() => void search(), TYPING_PAUSE_MS);
  });
  input.onDidAccept(() => {
    const item = input.activeItems[0];
    if (item) void open(item, vscode.ViewColumn.Active);
  });
  input.onDidTriggerItemButton(({ item }) => void open(item, vscode.ViewColumn.Beside));
  void search();
  input.show();
  return new Promise((resolve) => {
    input.onDidHide(() => {
      clearTimeout(pause);
      running?.abort();
      input.dispose();
      resolve();
    });
  });
}

/** Show a hit in an editor. */
export async function show(places: Places, hit: Hit, options: vscode.TextDocumentShowOptions): Promise<void> {
  const document = await vscode.workspace.openTextDocument(await places.uri(hit));
  await vscode.window.showTextDocument(document, { ...options, selection: rangeOf(hit) });
}

function itemOf(hit: Hit): Item {
  const age = hit.outdated ? " $(warning) changed since" : hit.stale ? " $(warning) stale" : "";
  return {
    hit,
    label: plain(hit.symbol || hit.path),
    description: plain(`${hit.repo}/${hit.path}:${hit.start_line}`) + age,
    detail: plain(hit.summary),
    buttons: [BESIDE],
    alwaysShow: true,
  };
}

// `$(name)` would be drawn as an icon; what an index holds is text.
function plain(text: string): string {
  return text.replace(/\$\(/g, "$\u200b(").replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}

function titleOf(answer: Answer): string {
  const count = answer.hits.length === 1 ? "1 hit" : `${answer.hits.length} hits`;
  const degraded = answer.degraded.length > 0 ? ` · degraded: ${answer.degraded.join(" ")}` : "";
  return `${count} in ${Math.round(answer.took_ms)} ms · ${answer.mode}${degraded}`;
}

function modeTitle(mode: number, modes: boolean): string {
  return modes ? `nightdex · ${MODES[mode]![0]}: ${MODES[mode]![1]}` : "nightdex";
}
