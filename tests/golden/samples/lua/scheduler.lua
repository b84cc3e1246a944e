--- Runs coroutines by priority.
-- @module scheduler

local heap = require("heap")
local log = require("log")

local M = {}

M.MAX_TASKS = 256

local Task = {}
Task.__index = Task

--- Makes a task that has not run yet.
-- @param name for the log
-- @param fn the body; it may yield
-- @return Task
function Task.new(name, fn)
  return setmetatable({ name = name, thread = coroutine.create(fn), runs = 0 }, Task)
end

function Task:resume(...)
  self.runs = self.runs + 1
  local ok, result = coroutine.resume(self.thread, ...)
  if not ok then
    log.error(("task %s died: %s"):format(self.name, result))
  end
  return ok, result
end

function Task:done()
  return coroutine.status(self.thread) == "dead"
end

-- Lower numbers run first.
local function by_priority(left, right)
  return left.priority < right.priority
end

local queue = heap.new(by_priority)

--- Adds a task and returns it.
function M.spawn(name, priority, fn)
  if queue:size() >= M.MAX_TASKS then
    error("too many tasks")
  end
  local task = Task.new(name, fn)
  task.priority = priority
  queue:push(task)
  return task
end

M.sleep = function(seconds)
  local until_ = os.clock() + seconds
  while os.clock() < until_ do
    coroutine.yield()
  end
end

local retry = function(times, fn)
  for attempt = 1, times do
    local ok, value = pcall(fn, attempt)
    if ok then
      return value
    end
  end
end

M.handlers = {
  idle = function()
    collectgarbage("step")
  end,
  ["task-died"] = function(task)
    retry(3, function(attempt)
      M.spawn(task.name .. "#" .. attempt, task.priority, task.body)
    end)
  end,
}

function M.stats.queue.length()
  return queue:size()
end

function M.run()
  while not queue:empty() do
    local task = queue:pop()
    task:resume()
    if not task:done() then
      queue:push(task)
    end
  end
  M.handlers.idle()
end

local defaults = {
  priority = 5,
  retries = 3,
  pause = 0.1,
}

M.levels = {
  "idle",
  "normal",
}

describe("scheduler", function()
  it("runs what is due", function()
    M.spawn("a", 1, function() end)
    M.run()
  end)
end)

on_idle = function(delay)
  wait(delay)
end

M.due = memoize(function(name)
  return M.tasks[name].due
end)

local by_name = cached(function(name)
  return M.tasks[name]
end)

return M
