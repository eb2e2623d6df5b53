-- Neovim 0.11 and newer start the server by themselves; older ones do in ftplugin/oal.lua.
if vim.lsp.enable and not vim.g.oal_no_lsp then
  vim.lsp.enable('oal')
end
