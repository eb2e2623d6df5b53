-- Drives the server through Neovim 0.7 or newer with the set-up of oal-lsp/editors/neovim, as a person would. Prints TAP.
--   nvim --headless -u NONE --cmd 'set rtp^=oal-lsp/editors/neovim' -c 'luafile oal-lsp/tests/editors/neovim.lua'
-- The program to start must be `oal` on the PATH.
local here = debug.getinfo(1, 'S').source:sub(2):match('^(.*)/') or '.'
local profile = vim.fn.json_decode(vim.fn.readfile(here .. '/profile.json'))
local dir = vim.fn.tempname()
vim.fn.mkdir(dir .. '/.git', 'p')
for name, text in pairs(profile.files) do
  vim.fn.writefile(vim.split(text, '\n'), dir .. '/' .. name, 'b')
end

local count, bad = 0, 0
local function step(name, run)
  count = count + 1
  local started = vim.loop.hrtime()
  local ok, result = pcall(run)
  local good = ok and result
  bad = bad + (good and 0 or 1)
  local said = type(result) == 'string' and ' # ' .. result:gsub('%s+', ' '):sub(1, 100) or ''
  io.stdout:write(('%s %d - %s (%.0f ms)%s\n'):format(good and 'ok' or 'not ok', count, name, (vim.loop.hrtime() - started) / 1e6, said))
end
local function wait(run)
  local found
  vim.wait(10000, function()
    found = run()
    return found
  end, 10)
  return found
end

vim.o.hidden = true
vim.o.swapfile = false
vim.cmd('filetype plugin on')
vim.cmd('edit ' .. dir .. '/' .. profile.open)
local buf = vim.api.nvim_get_current_buf()

local function text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer or buf, 0, -1, false), '\n') .. '\n'
end
-- "abc|def": the cursor on the d of the first "abcdef".
local function go(at)
  vim.cmd('buffer ' .. buf)
  local before, after = at:match('^(.-)|(.*)$')
  local start = assert(text():find(before .. after, 1, true), 'no such text: ' .. at)
  local head = text():sub(1, start - 1 + #before)
  vim.api.nvim_win_set_cursor(0, { select(2, head:gsub('\n', '')) + 1, #head:match('[^\n]*$') })
end
local function client()
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  for _, one in pairs(all) do
    if one.name == 'oal' and one.initialized ~= false then
      return one
    end
  end
end
local function ask(method, params)
  for _, answer in pairs(vim.lsp.buf_request_sync(buf, method, params, 10000) or {}) do
    assert(not answer.error, vim.inspect(answer.error))
    if answer.result then
      return answer.result
    end
  end
end
local function position()
  local one = client()
  return vim.lsp.util.make_position_params(0, one.offset_encoding)
end
local function finding(words)
  for _, one in ipairs(vim.diagnostic.get(buf)) do
    if one.message:find(words, 1, true) then
      return one
    end
  end
end

step('the file type starts the server', function()
  return wait(client) and vim.bo[buf].filetype == 'oal' and 'positions in ' .. tostring(client().offset_encoding)
end)
step('findings are shown, where they are', function()
  local found = wait(function() return finding(profile.diagnostic.match) end)
  return found and found.lnum == profile.diagnostic.line and found.col == profile.diagnostic.column and found.message
end)
step('hover', function()
  go(profile.hover.at)
  local answer = ask('textDocument/hover', position())
  local said = table.concat(vim.lsp.util.convert_input_to_markdown_lines(answer.contents), ' ')
  return said:find(profile.hover.match, 1, true) and said
end)
step('completion in a half-written entry', function()
  go(profile.entry.at .. '|')
  local row = vim.api.nvim_win_get_cursor(0)[1]
  vim.api.nvim_buf_set_lines(buf, row, row, false, { '' })
  local typed = '  ' .. profile.entry.type
  for at = 1, #typed do
    vim.api.nvim_buf_set_text(buf, row, at - 1, row, at - 1, { typed:sub(at, at) })
    vim.wait(10)
  end
  local params = position()
  params.position = { line = row, character = #typed }
  local answer = ask('textDocument/completion', params)
  vim.api.nvim_buf_set_lines(buf, row, row + 1, false, {})
  for _, item in ipairs(answer.items or answer) do
    if item.label == profile.entry.label then
      return #(answer.items or answer) .. ' items'
    end
  end
end)
step('go to definition in another file', function()
  go(profile.definition.at)
  vim.lsp.buf.definition()
  local there = wait(function()
    return vim.fn.expand('%:t') == profile.definition.file and vim.api.nvim_win_get_cursor(0)[1] - 1 == profile.definition.line
  end)
  return there
end)
step('go to definition in the built-in library, which is read-only', function()
  go(profile.library.at)
  vim.lsp.buf.definition()
  return wait(function()
    return vim.fn.expand('%:t') == profile.library.file and vim.bo.readonly and vim.fn.line('$') > 10 and vim.fn.expand('%:p')
  end)
end)
step('references', function()
  go(profile.references.at)
  local params = position()
  params.context = { includeDeclaration = true }
  local answer = ask('textDocument/references', params)
  return #answer == profile.references.count and #answer .. ' places'
end)
step('document symbols', function()
  local answer = ask('textDocument/documentSymbol', { textDocument = vim.lsp.util.make_text_document_params(buf) })
  local names = {}
  for _, item in ipairs(vim.lsp.util.symbols_to_items(answer, buf)) do
    names[#names + 1] = item.text
  end
  local all = table.concat(names, ' ')
  for _, name in ipairs(profile.symbols.names) do
    assert(all:find(name, 1, true), all)
  end
  return all
end)
step('a code action puts it right, and the finding goes', function()
  local found = finding(profile.repair.at)
  vim.cmd('buffer ' .. buf)
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
  local params = vim.lsp.util.make_range_params(0, client().offset_encoding)
  params.context = { diagnostics = { found.user_data.lsp.range and found.user_data.lsp or vim.tbl_extend('force', found.user_data.lsp, {
    message = found.message,
    severity = found.severity,
    range = { start = { line = found.lnum, character = found.col }, ['end'] = { line = found.end_lnum, character = found.end_col } },
  }) } }
  for _, action in ipairs(ask('textDocument/codeAction', params) or {}) do
    if action.title:find(profile.repair.title, 1, true) then
      if not action.edit then
        action = ask('codeAction/resolve', action)
      end
      vim.lsp.util.apply_workspace_edit(action.edit, client().offset_encoding)
      assert(text():find(profile.repair.gives, 1, true), text())
      return wait(function() return not finding(profile.repair.at) end) and action.title
    end
  end
end)
step('rename across files, also inside texts', function()
  go(profile.rename.at)
  vim.lsp.buf.rename(profile.rename.to)
  return wait(function()
    for name, wanted in pairs(profile.rename.counts) do
      local other = vim.fn.bufnr(dir .. '/' .. name)
      if other < 0 or not vim.api.nvim_buf_is_loaded(other) then
        return false
      end
      if select(2, text(other):gsub(vim.pesc(profile.rename.to), '')) ~= wanted then
        return false
      end
    end
    return true
  end)
end)
step('format', function()
  vim.cmd('buffer ' .. buf)
  vim.api.nvim_buf_set_lines(buf, -1, -1, false, { profile.format.from })
  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = 10000 })
  else
    vim.lsp.buf.formatting_sync({}, 10000)
  end
  return text():find(profile.format.to, 1, true) ~= nil
end)
step('many changes and their undoing leave no stale finding', function()
  vim.cmd('buffer ' .. buf)
  local before, last = text(), vim.api.nvim_buf_line_count(buf)
  for at = 1, 60 do
    vim.api.nvim_buf_set_lines(buf, last, last, false, { ('zzq%d = (((🙂"'):format(at) })
  end
  for _ = 1, 60 do
    vim.api.nvim_buf_set_lines(buf, last, last + 1, false, {})
  end
  vim.wait(800)
  for _, one in ipairs(vim.diagnostic.get(buf)) do
    assert(one.lnum < last, one.message)
  end
  return text() == before
end)
step('the server ends when it is told to', function()
  local one = client()
  one.stop()
  return wait(function() return one.is_stopped() end)
end)
io.stdout:write('1..' .. count .. '\n')
vim.cmd(bad > 0 and 'cquit 1' or 'qall!')
