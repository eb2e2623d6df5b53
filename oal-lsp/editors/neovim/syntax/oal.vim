" Colours for Vim, and for Neovim where neither tree-sitter nor the server gives any.
if exists('b:current_syntax')
  finish
endif

syntax match oalComponent "\<[a-z_][a-z0-9_.]*\ze\s\+[a-z_][a-z0-9_]*\s*\({\|\<if\>\|\<for\>\)"

" Matches and no `syntax keyword`, which would win over keys and members: every word can be one.
syntax match oalDeclaration "\<\(use\|app\|as\|environment\|unset\|param\|let\|type\|assert\|kind\)\>"
syntax match oalDeclaration "\<\(extern\|extends\|field\|output\|allow\)\>"
syntax match oalControl "\<\(if\|then\|else\|match\|for\|in\|where\|matches\)\>"
syntax match oalOperator "\<\(and\|or\|not\)\>"
syntax match oalBoolean "\<\(true\|false\)\>"
syntax match oalNull "\<null\>"

syntax match oalType "\<[A-Z][A-Za-z0-9]*\>"
syntax match oalFunction "\<[a-z_][a-z0-9_]*\ze("
syntax match oalNumber "\<[0-9][0-9_]*\(\.[0-9][0-9_]*\)\?\(ms\|min\|s\|h\|d\|[KMGT]i\?B\|B\|m\)\?\>"
syntax match oalNumber "\<[0-9][0-9_]*\(\.[0-9]\+\)\?%"
syntax match oalMember "\.\@<=[A-Za-z_][A-Za-z0-9_]*"
syntax match oalKey "\<[A-Za-z_][A-Za-z0-9_]*\(\.[A-Za-z_][A-Za-z0-9_]*\|\[\"[^\"]*\"\]\)*\ze\s*:"

syntax match oalEscape contained "\\\([ntr\"\\$]\|u{[0-9A-Fa-f]\+}\)"
syntax region oalHole contained matchgroup=oalDelimiter start="\${" end="}" contains=TOP oneline
syntax region oalString start=+"+ skip=+\\.+ end=+"\|$+ contains=oalEscape,oalHole
syntax region oalString start=+"""+ end=+"""+ contains=oalEscape,oalHole
syntax region oalString start=+\<r"+ end=+"\|$+ oneline

syntax match oalComment "//.*$" contains=oalTodo,@Spell
syntax match oalDoc "//!.*$\|///\(/\)\@!.*$" contains=oalTodo,@Spell
syntax keyword oalTodo contained TODO FIXME XXX

highlight default link oalDeclaration Keyword
highlight default link oalControl Conditional
highlight default link oalOperator Operator
highlight default link oalBoolean Boolean
highlight default link oalNull Constant
highlight default link oalType Type
highlight default link oalFunction Function
highlight default link oalComponent Structure
highlight default link oalNumber Number
highlight default link oalMember Identifier
highlight default link oalKey Identifier
highlight default link oalEscape SpecialChar
highlight default link oalDelimiter Delimiter
highlight default link oalString String
highlight default link oalComment Comment
highlight default link oalDoc SpecialComment
highlight default link oalTodo Todo

let b:current_syntax = 'oal'
