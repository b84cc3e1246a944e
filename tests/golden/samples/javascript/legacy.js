"use strict";

var EventEmitter = require("events");

module.exports = function createQueue(options) {
  return new Queue(options);
};

function Queue(options) {
  this.waiting = [];
  this.options = options;
}

Queue.defaults = function (options) {
  return Object.assign({ limit: 10 }, options);
};

Queue.prototype = {
  push: function (job) {
    this.waiting.push(job);
    return this.waiting.length;
  },
  shift() {
    return this.waiting.shift();
  },
};

Object.assign(Queue.prototype, {
  clear() {
    this.waiting.length = 0;
    this.emit("cleared");
  },
});

Object.defineProperty(Queue.prototype, "length", {
  get: function () {
    return this.waiting.length;
  },
});

defineGetter(response, "sent", function sent() {
  var headers = this.headers;
  return headers !== null;
});

exports.drain = function (queue) {
  while (queue.length) queue.shift()();
};

var flush = debounce(function () {
  exports.drain(shared);
}, 50);

var shared = (function () {
  var queue = new Queue();
  queue.on("error", console.error);
  return queue;
})();

const routes = {
  home() {
    return page("home");
  },
  users: {
    list: async (request) => {
      return request.all();
    },
    remove(request) {
      return request.drop();
    },
  },
};

exports.Worker = class Worker extends EventEmitter {
  constructor(name) {
    super();
    this.name = name;
  }

  onTick = throttle(() => {
    this.emit("tick", this.name);
  }, 10);
};

test.describe("a queue", () => {
  it.each([1, 2])("holds %s jobs", (count) => {
    expect(filled(count)).toHaveLength(count);
  });

  QUnit.test("starts empty", (assert) => {
    assert.equal(new Queue().length, 0);
  });
});
