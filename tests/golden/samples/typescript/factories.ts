import * as core from "./core.js";

/** A field that holds text. */
export const TextField: core.Constructor<TextField> = /*@__PURE__*/ core.constructor("TextField", (field, def) => {
  core.Field.init(field, def);
  field.parse = (value) => core.text(field, value);
});

export const fetchOrders = createThunk("orders/fetch", async (id: string, { reject }) => {
  try {
    return await api.orders(id);
  } catch (error) {
    return reject(error);
  }
});

export const handlers = {
  onOpen: (event: Event) => {
    log(event);
  },
  onClose() {
    log("closed");
  },
} satisfies Handlers;

export const compare = ((left: string, right: string) => {
  return left.localeCompare(right);
}) as Comparator;

export const { added, removed: dropped } = orders.actions;

declare const BUILD: string;

declare global {
  var __DEV__: boolean;
}

export namespace Money {
  export const PRECISION = 2;

  export function round(amount: number): number {
    return Number(amount.toFixed(PRECISION));
  }
}

/** Reads a value. */
export function read(source: string): string;
export function read(source: number): number;
export function read(source: unknown): unknown {
  return decode(source);
}

@Injectable()
export class OrderService {
  constructor(private readonly http: Http, public region: string) {}

  refresh = debounce(() => {
    this.http.get(this.region);
  }, 100);

  find(id: string): Order;
  find(id: number): Order;
  find(id: unknown): Order {
    return this.http.get(id);
  }
}
