-- The server, for `vim.lsp.enable('oal')` of Neovim 0.11 and newer. `settings.oal` takes lints, params, environments, advice,
-- defaults.
return {
  cmd = { 'oal', 'lsp' },
  filetypes = { 'oal' },
  root_markers = { '.git' },
}
