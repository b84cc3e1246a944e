'use strict';

const { EventEmitter } = require('events');

/**
 * Adds up prices in cents.
 * @param {number[]} prices
 */
function total(prices) {
  return prices.reduce((sum, price) => sum + price, 0);
}

function* ids(start = 1) {
  while (true) yield start++;
}

// What a customer is about to buy.
class Cart extends EventEmitter {
  #items = [];
  currency = 'EUR';

  static empty() {
    return new Cart();
  }

  get size() {
    return this.#items.length;
  }

  async checkout(gateway) {
    const pay = async (amount) => {
      await gateway.charge(amount);
    };
    await pay(total(this.#items.map((item) => item.price)));
    this.emit('paid');
  }

  onPaid = (listener) => {
    this.on('paid', listener);
  };
}

Cart.prototype.add = function (item) {
  validate(item);
  this.emit('added', item);
};

const debounce = (fn, wait = 100) => {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), wait);
  };
};

const handlers = {
  added: function (item) {
    console.log('added', item);
  },
  'paid': () => {
    console.log('paid');
  },
  reset() {
    handlers.added(null);
  },
};

exports.restore = async function restore(json) {
  const cart = new Cart();
  JSON.parse(json).forEach((item) => cart.add(item));
  return cart;
};

(function bootstrap(root) {
  function install(name) {
    root[name] = Cart;
  }
  install('Cart');
})(globalThis);

describe('Cart', () => {
  beforeEach(() => handlers.reset());

  it('starts empty', () => {
    expect(Cart.empty().size).toBe(0);
  });
});

module.exports.Cart = Cart;
