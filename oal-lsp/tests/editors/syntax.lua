-- The colours of Vim's own engine, file type and comments, without a server.
--   nvim --headless -u NONE --cmd 'set rtp^=oal-lsp/editors/neovim' -c 'luafile oal-lsp/tests/editors/syntax.lua'
local bad, count = 0, 0
local function check(name, found, expected)
  count = count + 1
  if found ~= expected then
    bad = bad + 1
  end
  local words = found == expected and 'ok' or 'not ok'
  io.stdout:write(('%s %d - %s%s\n'):format(words, count, name, found == expected and '' or (' # ' .. tostring(found))))
end

vim.g.oal_no_lsp = true
vim.o.swapfile = false
vim.cmd('filetype plugin on | syntax on')
local file = vim.fn.tempname() .. '.oal'
vim.fn.writefile({
  'service api if environment == prod { // why',
  '  type: 1 env: { A: "x ${b.use} // y" }',
  '  image: "open',
  '  cpu: 500m',
  '}',
  'let a: Int = """',
  '  let "b"',
  '  """',
  'let c = r"\\"',
  'let d = len(true)',
  '/// What it is.',
}, file)
vim.cmd('edit ' .. file)
check('file type', vim.bo.filetype, 'oal')
check('comment string', vim.bo.commentstring, '// %s')
check('indentation', vim.bo.shiftwidth, 2)

local function group(line, word)
  local column = assert(vim.fn.getline(line):find(word, 1, true), word)
  return vim.fn.synIDattr(vim.fn.synID(line, column, 1), 'name')
end
for _, one in ipairs({
  { 1, 'service', 'oalComponent' },
  { 1, 'if', 'oalControl' },
  { 1, 'why', 'oalComment' },
  { 2, 'type', 'oalKey' },
  { 2, '1', 'oalNumber' },
  { 2, '"x', 'oalString' },
  { 2, 'use', 'oalMember' },
  { 2, '// y', 'oalString' },
  { 3, 'open', 'oalString' },
  { 4, 'cpu', 'oalKey' },
  { 4, '500m', 'oalNumber' },
  { 6, 'let', 'oalDeclaration' },
  { 6, 'Int', 'oalType' },
  { 7, 'let', 'oalString' },
  { 7, 'b', 'oalString' },
  { 9, 'let', 'oalDeclaration' },
  { 10, 'let', 'oalDeclaration' },
  { 10, 'len', 'oalFunction' },
  { 10, 'true', 'oalBoolean' },
  { 11, 'What', 'oalDoc' },
}) do
  check(('line %d, %s'):format(one[1], one[2]), group(one[1], one[2]), one[3])
end
io.stdout:write('1..' .. count .. '\n')
vim.cmd(bad > 0 and 'cquit 1' or 'qall!')
