import { EventEmitter } from 'node:events';

export type Priority = 'low' | 'high';

/** A unit of work. */
export interface Job<T = unknown> {
  readonly id: string;
  payload: T;
  run(signal: AbortSignal): Promise<void>;
}

export type Options = {
  concurrency: number;
  retries?: number;
};

export enum State {
  Waiting,
  Running,
  Done = 10,
}

// Either form: a delay, or a date.
export function schedule(delay: number): Job;
export function schedule(date: Date): Job;
export function schedule(when: number | Date): Job {
  const delay = when instanceof Date ? when.getTime() - Date.now() : when;
  return makeJob(delay);
}

@Injectable({ scope: 'singleton' })
export class Queue<T extends Job> extends EventEmitter {
  private readonly waiting: T[] = [];
  static shared?: Queue<Job>;

  constructor(private options: Options) {
    super();
  }

  /** Jobs that wait. */
  get length(): number {
    return this.waiting.length;
  }

  @logged
  async drain(
    signal: AbortSignal,
  ): Promise<void> {
    while (this.waiting.length > 0) {
      await this.waiting.shift()!.run(signal);
    }
  }

  push = (job: T): void => {
    this.waiting.push(job);
  };
}

export abstract class Worker {
  abstract start(): void;

  stop(): void {
    this.cleanUp?.();
  }
}

export const isHigh = (priority: Priority): priority is 'high' => {
  return priority === 'high';
};

export namespace Metrics {
  export function count(name: string): number {
    return store.get(name) ?? 0;
  }
}

declare module 'express' {
  interface Request {
    queue: Queue<Job>;
  }
}

export default function (): Queue<Job> {
  return (Queue.shared ??= new Queue({ concurrency: 2 }));
}
