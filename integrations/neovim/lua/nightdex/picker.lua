-- A prompt, a list and a preview in floating windows. Needs no other plugin.
local client = require("nightdex.client")
local hits = require("nightdex.hits")

local TYPING_PAUSE_MS = 120
local MODES = { "auto", "hybrid", "raw", "summary", "symbol", "exact" }
local MARKS = vim.api.nvim_create_namespace("nightdex")

local picker = {}

local function scratch()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = "wipe"
  return buffer
end

local function float(buffer, enter, place)
  local window = vim.api.nvim_open_win(buffer, enter, {
    relative = "editor", style = "minimal", border = "single",
    row = place.row, col = place.col, width = math.max(place.width, 1), height = math.max(place.height, 1),
  })
  vim.wo[window].wrap = false
  return window
end

-- Where the three windows stand; on a narrow screen the preview is below the list.
local function layout()
  local width = math.min(vim.o.columns - 4, 180)
  local height = math.min(vim.o.lines - 5, 45)
  local col, row = math.floor((vim.o.columns - width) / 2) - 1, 1
  local inner = height - 3
  if width >= 110 then
    local half = math.floor(width / 2)
    return {
      prompt = { row = row, col = col, width = width, height = 1 },
      list = { row = row + 3, col = col, width = half - 1, height = inner - 2 },
      preview = { row = row + 3, col = col + half + 1, width = width - half - 1, height = inner - 2 },
    }
  end
  local third = math.max(math.floor(inner / 2), 3)
  return {
    prompt = { row = row, col = col, width = width, height = 1 },
    list = { row = row + 3, col = col, width = width, height = third },
    preview = { row = row + 5 + third, col = col, width = width, height = inner - third - 4 },
  }
end

local Picker = {}
Picker.__index = Picker

function Picker:say(text, highlight)
  if not vim.api.nvim_buf_is_valid(self.prompt) then
    return
  end
  vim.api.nvim_buf_clear_namespace(self.prompt, MARKS, 0, -1)
  vim.api.nvim_buf_set_extmark(self.prompt, MARKS, 0, 0, {
    virt_text = { { (text:gsub("%c", " ")), highlight or "Comment" } },
    virt_text_pos = "right_align",
  })
end

function Picker:query()
  return vim.api.nvim_buf_get_lines(self.prompt, 0, 1, false)[1] or ""
end

function Picker:ask()
  self.asked = self:query()
  if self.give_up then
    self.give_up()
    self.give_up = nil
  end
  local fields, path = self.fields(self.asked, self.mode)
  if not fields then
    self:show({})
    self:say(self.mode)
    return
  end
  self.give_up = client.ask(path, fields, function(problem, reply)
    self.give_up = nil
    if problem then
      self:say(problem, "ErrorMsg")
      return
    end
    self:show(reply.hits)
    local degraded = #reply.degraded > 0 and " · degraded" or ""
    self:say(("%s · %d hit%s · %.0f ms%s"):format(reply.mode, #reply.hits, #reply.hits == 1 and "" or "s", reply.took_ms, degraded))
  end)
end

function Picker:typed()
  self.timer:stop()
  self.timer:start(TYPING_PAUSE_MS, 0, vim.schedule_wrap(function()
    if not self.closed and self:query() ~= self.asked then
      self:ask()
    end
  end))
end

function Picker:show(found)
  if self.closed then
    return
  end
  self.hits = found
  vim.api.nvim_buf_set_lines(self.list, 0, -1, false, vim.tbl_map(hits.line, found))
  self:select(1)
end

function Picker:select(number)
  self.selected = math.max(1, math.min(number, #self.hits))
  local hit = self.hits[self.selected]
  vim.api.nvim_buf_clear_namespace(self.list, MARKS, 0, -1)
  if not hit then
    vim.api.nvim_buf_set_lines(self.preview, 0, -1, false, {})
    return
  end
  vim.api.nvim_win_set_cursor(self.windows.list, { self.selected, 0 })
  vim.api.nvim_buf_add_highlight(self.list, MARKS, "PmenuSel", self.selected - 1, 0, -1)
  local lines = vim.split(hit.snippet, "\n", { plain = true })
  vim.api.nvim_buf_set_lines(self.preview, 0, -1, false, lines)
  -- The syntax alone: a file type would start whatever is attached to it.
  vim.bo[self.preview].syntax = hits.syntax(hit)
  vim.api.nvim_buf_clear_namespace(self.preview, MARKS, 0, -1)
  for _, match in ipairs(hit.matches) do
    local row = match.line - hit.snippet_start_line
    if row >= 0 and row < #lines then
      vim.api.nvim_buf_add_highlight(self.preview, MARKS, "Search", row, 0, -1)
    end
  end
end

--- Close the windows; `after` is called when insert mode is left, which moves the cursor.
function Picker:close(after)
  if self.closed then
    return
  end
  self.closed = true
  self.timer:stop()
  self.timer:close()
  if self.give_up then
    self.give_up()
  end
  if vim.api.nvim_get_mode().mode:sub(1, 1) == "i" then
    if after then
      vim.api.nvim_create_autocmd("InsertLeave", { once = true, callback = vim.schedule_wrap(after) })
    end
    vim.cmd("stopinsert")
  elseif after then
    vim.schedule(after)
  end
  for _, window in pairs(self.windows) do
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
  end
  if vim.api.nvim_win_is_valid(self.origin) then
    vim.api.nvim_set_current_win(self.origin)
  end
end

function Picker:with_folders(act)
  client.folders(function(problem, folders)
    if problem then
      self:say(problem, "ErrorMsg")
    else
      act(folders)
    end
  end)
end

function Picker:open(how)
  local hit = self.hits[self.selected]
  if not hit then
    return
  end
  self:with_folders(function(folders)
    local file, problem = hits.file(hit, folders)
    if not file then
      self:say(problem, "ErrorMsg")
      return
    end
    self:close(function()
      local gone = hits.open(hit, folders, how)
      if gone then
        vim.notify("nightdex: " .. gone, vim.log.levels.WARN)
      end
    end)
  end)
end

function Picker:to_quickfix()
  local found, title = self.hits, "nightdex: " .. self:query()
  self:with_folders(function(folders)
    self:close(function()
      local missing = hits.quickfix(found, folders, title)
      if missing > 0 then
        vim.notify(("nightdex: %d hits have no file on this machine"):format(missing), vim.log.levels.WARN)
      end
    end)
  end)
end

function Picker:next_mode()
  for index, mode in ipairs(MODES) do
    if mode == self.mode then
      self.mode = MODES[index % #MODES + 1]
      self:ask()
      return
    end
  end
end

local KEYS = {
  ["<CR>"] = function(self) self:open("edit") end,
  ["<C-x>"] = function(self) self:open("split") end,
  ["<C-v>"] = function(self) self:open("vsplit") end,
  ["<C-t>"] = function(self) self:open("tabedit") end,
  ["<C-q>"] = function(self) self:to_quickfix() end,
  ["<C-n>"] = function(self) self:select(self.selected + 1) end,
  ["<C-p>"] = function(self) self:select(self.selected - 1) end,
  ["<Down>"] = function(self) self:select(self.selected + 1) end,
  ["<Up>"] = function(self) self:select(self.selected - 1) end,
  ["<Tab>"] = function(self) self:next_mode() end,
  ["<Esc>"] = function(self) self:close() end,
  ["<C-c>"] = function(self) self:close() end,
}

--- Open the picker. `fields(query, mode)` gives what to ask for what is in the prompt, or nil, and where.
function picker.open(text, mode, fields)
  local self = setmetatable({
    mode = mode, fields = fields, hits = {}, selected = 1, closed = false,
    origin = vim.api.nvim_get_current_win(), timer = vim.loop.new_timer(),
    prompt = scratch(), list = scratch(), preview = scratch(),
  }, Picker)
  local places = layout()
  self.windows = {
    list = float(self.list, false, places.list),
    preview = float(self.preview, false, places.preview),
    prompt = float(self.prompt, true, places.prompt),
  }
  vim.api.nvim_buf_set_lines(self.prompt, 0, -1, false, { text })
  for keys, act in pairs(KEYS) do
    vim.keymap.set({ "i", "n" }, keys, function() act(self) end, { buffer = self.prompt, nowait = true })
  end
  vim.api.nvim_create_autocmd({ "TextChangedI", "TextChanged", "TextChangedP" }, {
    buffer = self.prompt,
    callback = function() self:typed() end,
  })
  vim.api.nvim_create_autocmd("BufLeave", {
    buffer = self.prompt,
    once = true,
    callback = function() vim.schedule(function() self:close() end) end,
  })
  vim.cmd("startinsert!")
  self:ask()
  picker.current = self
  return self
end

return picker
