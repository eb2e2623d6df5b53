-- What holds in a buffer with OAL, and the server for it in Neovim 0.7 to 0.10.
vim.bo.commentstring = '// %s'
vim.bo.comments = ':///,://!,://'
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
vim.bo.smartindent = true
vim.bo.suffixesadd = '.oal'

-- With the parser of grammar/tree-sitter-oal and its queries in the runtime path, colours and folds come from it.
if vim.treesitter and vim.treesitter.start and pcall(vim.treesitter.start) and vim.treesitter.foldexpr then
  vim.wo.foldmethod = 'expr'
  vim.wo.foldexpr = 'v:lua.vim.treesitter.foldexpr()'
  vim.wo.foldlevel = 99
end

-- From 0.11 on, plugin/oal.lua has said it.
if vim.lsp.enable or vim.g.oal_no_lsp or vim.bo.buftype ~= '' then
  return
end

local function root(file)
  local marker = vim.fn.finddir('.git', vim.fn.fnamemodify(file, ':p:h') .. ';')
  return vim.fn.fnamemodify(marker ~= '' and marker or file, marker ~= '' and ':p:h:h' or ':p:h')
end

local config = { name = 'oal', cmd = { 'oal', 'lsp' }, root_dir = root(vim.api.nvim_buf_get_name(0)) }
if vim.lsp.start then
  vim.lsp.start(config)
  return
end

-- Neovim 0.7: one server for each root.
_G.oal_servers = _G.oal_servers or {}
local id = _G.oal_servers[config.root_dir]
if not id or not vim.lsp.get_client_by_id(id) then
  config.workspace_folders = { { uri = vim.uri_from_fname(config.root_dir), name = config.root_dir } }
  id = vim.lsp.start_client(config)
  _G.oal_servers[config.root_dir] = id
end
if id then
  vim.lsp.buf_attach_client(0, id)
end
