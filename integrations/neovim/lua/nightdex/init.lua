-- nightdex in Neovim (0.7 and later): search every indexed repository from the editor. See :help nightdex.
local client = require("nightdex.client")
local hits = require("nightdex.hits")
local picker = require("nightdex.picker")

local nightdex = {}

-- Code may hold what reads like a qualifier (`kind:"x"`); in code it means itself.
local QUALIFIERS = { "repo", "r", "lang", "language", "path", "file", "f", "kind" }

local function literal(code)
  local text = " " .. code
  for _, name in ipairs(QUALIFIERS) do
    text = text:gsub("(%s%-?" .. name .. "):", "%1\\:")
  end
  return text:sub(2)
end

local function plain(query, mode)
  return vim.trim(query) ~= "" and { query = query, mode = mode } or nil
end

local function report(problem)
  vim.notify("nightdex: " .. problem, vim.log.levels.ERROR)
end

-- With a bang: straight into the quickfix list.
local function to_quickfix(fields, title)
  client.search(fields, function(problem, reply)
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
    to_quickfix({ query = given.args, mode = "auto" }, given.args)
  else
    nightdex.search(given.args)
  end
end

function nightdex.symbol(given)
  local name = given.args ~= "" and given.args or vim.fn.expand("<cword>")
  if given.bang then
    to_quickfix({ query = name, mode = "symbol" }, name)
  else
    nightdex.search(name, "symbol")
  end
end

function nightdex.similar(given)
  local code = table.concat(vim.api.nvim_buf_get_lines(0, given.line1 - 1, given.line2, false), "\n")
  local fields = { query = literal(code), mode = "raw" }
  local title = ("like lines %d to %d"):format(given.line1, given.line2)
  if vim.trim(code) == "" then
    report("select some code first")
  elseif given.bang then
    to_quickfix(fields, title)
  else
    -- What is written into the prompt narrows the search down, as qualifiers do.
    picker.open("", "raw", function(narrower, mode)
      return { query = fields.query .. " " .. narrower, mode = mode }
    end)
  end
end

return nightdex
