// The HTTP API of `nightdex serve`, as far as an editor needs it. docs/API.md is its reference.

export interface Match { line: number; column: number; text: string }

export interface Place { repo: string; path: string; start_line: number; end_line: number }

export interface Hit extends Place {
  id: string;
  language: string;
  kind: string;
  symbol: string;
  summary: string;
  snippet: string;
  matches: Match[];
  stale: boolean;
  outdated: boolean | null;
  why: { exact: number | null };
}

export interface Answer { mode: string; took_ms: number; degraded: string[]; hits: Hit[] }

export interface FoundSymbol extends Place { symbol: string; kind: string; signature: string }

export interface Repository { name: string; location: string }

/** The server did not do what was asked; the message is for the user. */
export class Problem extends Error {}

const TIMEOUT_MS = 20_000;
const PAGE = 30;

/** Asks one server. Every method throws Problem, or what `signal` was aborted with. */
export class Client {
  constructor(
    private readonly url: string,
    private readonly key: () => PromiseLike<string | undefined>,
  ) {}

  search(query: string, mode: string, signal: AbortSignal): Promise<Answer> {
    return this.post("/v1/search", { query, mode, limit: PAGE, defer: "never" }, signal);
  }

  similar(code: string, signal: AbortSignal): Promise<Answer> {
    return this.post("/v1/similar", { code, limit: PAGE }, signal);
  }

  async symbols(query: string, signal: AbortSignal): Promise<FoundSymbol[]> {
    const fields = new URLSearchParams({ query, limit: String(PAGE) });
    return (await this.ask<{ symbols: FoundSymbol[] }>(`/v1/symbols?${fields}`, {}, signal)).symbols;
  }

  async repositories(): Promise<Repository[]> {
    return (await this.ask<{ repositories: Repository[] }>("/v1/repos", {}, undefined)).repositories;
  }

  /** The whole of an indexed file, however many pages it takes. */
  async file(repo: string, path: string): Promise<string> {
    let text = "";
    let line: number | null = 1;
    while (line !== null) {
      const fields = new URLSearchParams({ repo, path, start_line: String(line) });
      const page: { text: string; next_line: number | null } = await this.ask(`/v1/file?${fields}`, {}, undefined);
      text += (text && "\n") + page.text;
      line = page.next_line;
    }
    return text;
  }

  private post<Reply>(path: string, body: object, signal: AbortSignal): Promise<Reply> {
    const headers = { "Content-Type": "application/json" };
    return this.ask(path, { method: "POST", headers, body: JSON.stringify(body) }, signal);
  }

  private async ask<Reply>(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Reply> {
    const headers = new Headers(init.headers);
    headers.set("Accept", "application/json");
    const key = await this.key();
    if (key) headers.set("Authorization", `Bearer ${key}`);
    const giveUp = new AbortController();
    const stop = (): void => giveUp.abort();
    const timeout = setTimeout(stop, TIMEOUT_MS);
    signal?.addEventListener("abort", stop);
    let reply: Response;
    let text: string;
    try {
      // A key is for this server: it is not carried to wherever one may be sent on to.
      const request = { ...init, headers, redirect: "error" as const, signal: giveUp.signal };
      reply = await fetch(this.url.replace(/\/+$/, "") + path, request);
      text = await reply.text();
    } catch (error) {
      signal?.throwIfAborted();
      throw new Problem(`nightdex does not answer at ${this.url}; is \`nightdex serve\` running?`, { cause: error });
    } finally {
      clearTimeout(timeout);
      signal?.removeEventListener("abort", stop);
    }
    const value = parsed(text);
    if (!reply.ok) throw new Problem(detailOf(value) ?? `nightdex answered with status ${reply.status}.`);
    if (value === undefined) throw new Problem(`What answers at ${this.url} is not nightdex.`);
    return value as Reply;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function detailOf(value: unknown): string | undefined {
  const detail = (value as { detail?: unknown } | undefined)?.detail;
  return typeof detail === "string" ? detail : undefined;
}
