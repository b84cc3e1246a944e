-- Hits as the editor has them: as lines to choose from, as places to go to, as a quickfix list.
local hits = {}

local FILETYPES = { c_sharp = "cs", bash = "sh", tsx = "typescriptreact", hcl = "terraform" }

-- A path may hold anything but NUL; a line of a buffer no newline.
local function one_line(text)
  return (text:gsub("[\r\n]+", " "))
end

--- What the list shows of a hit.
function hits.line(hit)
  local what = hit.symbol ~= "" and hit.symbol or hit.kind
  local stale = hit.stale and " (stale)" or ""
  return one_line(("%s/%s:%d  %s%s  %s"):format(hit.repo, hit.path, hit.start_line, what, stale, hit.summary))
end

--- The file of a hit on this machine, or nil and why there is none.
function hits.file(hit, folders)
  local folder = folders[hit.repo]
  if not folder then
    return nil, ("%s is not a folder of this machine; name it in `roots`"):format(hit.repo)
  end
  -- The index is made of other people's repositories: no path of theirs leads out of its folder.
  if ("/" .. hit.path .. "/"):find("/../", 1, true) then
    return nil, "the path of this hit leads out of its repository"
  end
  return folder .. "/" .. hit.path
end

--- The line and column (from 1) to put the cursor on.
function hits.position(hit)
  local match = hit.matches and hit.matches[1]
  if match and type(hit.why.exact) == "number" then
    -- Columns of the API count characters, those of the editor bytes.
    return match.line, #vim.fn.strcharpart(match.text, 0, match.column - 1) + 1
  end
  return hit.start_line, 1
end

--- Go to a hit; `how` is edit, split, vsplit or tabedit. Returns why it could not, or nil.
function hits.open(hit, folders, how)
  local file, problem = hits.file(hit, folders)
  if not file then
    return problem
  end
  if vim.fn.filereadable(file) == 0 then
    return ("%s is gone; it was there last night"):format(file)
  end
  vim.cmd("normal! m'")
  vim.cmd(("%s %s"):format(how, vim.fn.fnameescape(file)))
  local line, column = hits.position(hit)
  line = math.min(line, vim.api.nvim_buf_line_count(0))
  vim.api.nvim_win_set_cursor(0, { line, column - 1 })
  vim.cmd("normal! zvzz")
end

--- Put hits into the quickfix list and open it; returns how many have no file here.
function hits.quickfix(found, folders, title)
  local items, missing = {}, 0
  for _, hit in ipairs(found) do
    local file = hits.file(hit, folders)
    if file then
      local line, column = hits.position(hit)
      local text = one_line(("%s  %s"):format(hit.symbol, hit.summary))
      table.insert(items, { filename = file, lnum = line, end_lnum = hit.end_line, col = column, text = text })
    else
      missing = missing + 1
    end
  end
  vim.fn.setqflist({}, " ", { title = title, items = items })
  if #items > 0 then
    vim.cmd("botright copen")
  end
  return missing
end

--- The name of the syntax that colours a hit.
function hits.syntax(hit)
  return FILETYPES[hit.language] or hit.language
end

return hits
