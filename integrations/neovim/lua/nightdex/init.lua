-- nightdex in Neovim (0.7 and later): search every indexed repository from the editor. See :help nightdex.
local client = require("nightdex.client")
local hits = require("nightdex.hits")
local picker = require("nightdex.picker")

local nightdex = {}

local function plain(query, mode)
  return vim.trim(query) ~= "" and { query = query, mode = mode, defer = "never" } or nil, "/v1/search"
end

local function report(problem)
  vim.notify("nightdex: " .. problem, vim.log.levels.ERROR)
end

-- With a bang: straight into the quickfix list.
local function to_quickfix(fields, path, title)
  client.ask(path, fields, function(problem, reply)
    if problem then
      return report(problem)
    end
    client.folders(function(unknown, folders)
      if unknown then
        return report(unknown)
      end
      local missing = hits.quickfix(reply.hits, folders, "nightdex: " .. title)
      local nowhere = missing > 0 and (", %d of them not on this machine"):format(missing) or ""
      vim.notify(("nightdex: %d hits%s"):format(#reply.hits, nowhere))
    end)
  end)
end

--- Take options: url, key, roots, limit. Optional; the defaults fit a server on this machine.
function nightdex.setup(options)
  client.configure(options)
end

--- Search with the picker, the prompt filled with `text`.
function nightdex.search(text, mode)
  return picker.open(text or "", mode or "auto", plain)
end

function nightdex.command(given)
  if given.bang and given.args ~= "" then
    to_quickfix({ query = given.args, mode = "auto", defer = "never" }, "/v1/search", given.args)
  else
    nightdex.search(given.args)
  end
end

function nightdex.symbol(given)
  local name = given.args ~= "" and given.args or vim.fn.expand("<cword>")
  if given.bang then
    to_quickfix({ query = name, mode = "symbol" }, "/v1/search", name)
  else
    nightdex.search(name, "symbol")
  end
end

function nightdex.similar(given)
  local code = table.concat(vim.api.nvim_buf_get_lines(0, given.line1 - 1, given.line2, false), "\n")
  if vim.trim(code) == "" then
    report("select some code first")
  elseif given.bang then
    to_quickfix({ code = code }, "/v1/similar", ("like lines %d to %d"):format(given.line1, given.line2))
  else
    -- What is written into the prompt narrows the paths down.
    picker.open("", "similar", function(path)
      return { code = code, path = vim.trim(path) ~= "" and { path } or nil }, "/v1/similar"
    end)
  end
end

return nightdex
