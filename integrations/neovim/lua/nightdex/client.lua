-- Asks a running `nightdex serve` over HTTP, without ever blocking the editor.
local client = {}

client.options = {
  url = "http://127.0.0.1:8321",
  -- A key for a server that wants one; from $NIGHTDEX_KEY if it is nil.
  key = nil,
  -- Repository name -> folder, for repositories whose folder the server does not know.
  roots = {},
  limit = 20,
}

-- One line of curl's configuration, which comes by standard input: a command line is there for all to read.
local function setting(name, value)
  local escaped = value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"):gsub("\r", "\\r")
  return ('%s = "%s"'):format(name, escaped)
end

local function decoded(text)
  local fine, value = pcall(vim.json.decode, text)
  return fine and type(value) == "table" and value or nil
end

local function finish(code, out, err, callback)
  if code ~= 0 then
    local reason = vim.trim(table.concat(err, "\n"))
    callback(("nightdex does not answer at %s (%s); is `nightdex serve` running?"):format(client.options.url, reason))
    return
  end
  local status = tonumber(table.remove(out)) or 0
  local reply = decoded(table.concat(out, "\n"))
  if status >= 200 and status < 300 and reply then
    callback(nil, reply)
  else
    callback(reply and reply.detail or ("nightdex answered with status %d"):format(status))
  end
end

--- Send a request; `callback(problem, reply)` is called once, later. Returns a function that gives it up.
--- Without a `body` it is a GET.
function client.request(path, body, callback)
  if vim.fn.executable("curl") == 0 then
    callback("nightdex needs curl; install it")
    return function() end
  end
  local settings = {
    setting("url", client.options.url .. path),
    setting("header", "Accept: application/json"),
    setting("write-out", "\n%{http_code}"),
  }
  local key = client.options.key or vim.env.NIGHTDEX_KEY
  if key then
    table.insert(settings, setting("header", "Authorization: Bearer " .. key))
  end
  if body then
    table.insert(settings, setting("header", "Content-Type: application/json"))
    table.insert(settings, setting("data-binary", vim.json.encode(body)))
  end
  local out, err, given_up = {}, {}, false
  -- No curlrc of the user, no proxy, no redirect: this server or none.
  local job = vim.fn.jobstart({ "curl", "-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--config", "-" }, {
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = function(_, lines)
      out = lines
    end,
    on_stderr = function(_, lines)
      err = lines
    end,
    on_exit = function(_, code)
      if not given_up then
        finish(code, out, err, callback)
      end
    end,
  })
  vim.fn.chansend(job, settings)
  vim.fn.chanclose(job, "stdin")
  return function()
    given_up = true
    vim.fn.jobstop(job)
  end
end

--- Ask for hits; `fields` as POST /v1/search and /v1/similar take them.
function client.ask(path, fields, callback)
  return client.request(path, vim.tbl_extend("keep", fields, { limit = client.options.limit }), callback)
end

local folders = nil

--- `callback(problem, folders)`: the folder of each repository on this machine, asked for once.
function client.folders(callback)
  if folders then
    callback(nil, folders)
    return
  end
  client.request("/v1/repos", nil, function(problem, reply)
    if problem then
      callback(problem)
      return
    end
    folders = {}
    for _, repository in ipairs(reply.repositories) do
      local location = repository.location
      if type(location) == "string" and vim.fn.isdirectory(location) == 1 then
        folders[repository.name] = location
      end
    end
    for name, folder in pairs(client.options.roots) do
      folders[name] = vim.fn.expand(folder)
    end
    callback(nil, folders)
  end)
end

function client.configure(options)
  client.options = vim.tbl_extend("force", client.options, options or {})
  client.options.url = client.options.url:gsub("/+$", "")
  folders = nil
end

return client
