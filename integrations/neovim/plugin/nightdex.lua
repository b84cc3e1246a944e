-- The commands. Nothing of the plugin is loaded before one of them is used.
if vim.g.loaded_nightdex then
  return
end
vim.g.loaded_nightdex = true

local command = vim.api.nvim_create_user_command

command("Nightdex", function(given)
  require("nightdex").command(given)
end, { nargs = "*", bang = true, desc = "Search code; with ! into the quickfix list" })

command("NightdexSymbol", function(given)
  require("nightdex").symbol(given)
end, { nargs = "?", bang = true, desc = "Where a name, or the word under the cursor, is defined" })

command("NightdexSimilar", function(given)
  require("nightdex").similar(given)
end, { range = true, bang = true, desc = "Code like the selected lines" })
