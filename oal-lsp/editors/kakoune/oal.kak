# OAL, the Open Application Language: file type, colours, comments, indentation, and its server for kak-lsp.

hook global BufCreate .*[.]oal %{
    set-option buffer filetype oal
}

hook global WinSetOption filetype=oal %@
    require-module oal
    set-option window comment_line '//'
    set-option window indentwidth 2
    hook window InsertChar \n -group oal-indent oal-indent-on-new-line
    hook window InsertChar [)}\]] -group oal-indent oal-indent-on-closing
    hook -once -always window WinSetOption filetype=.* %{ remove-hooks window oal-.+ }
@

hook -group oal-highlight global WinSetOption filetype=oal %{
    add-highlighter window/oal ref oal
    hook -once -always window WinSetOption filetype=.* %{ remove-highlighter window/oal }
}

# kak-lsp 18 and newer; older ones read the same lines from kak-lsp.toml.
hook -group lsp-filetype-oal global BufSetOption filetype=oal %{
    try %{
        set-option buffer lsp_servers %{
            [oal]
            root_globs = [".git"]
            command = "oal"
            args = ["lsp"]
        }
    }
}

provide-module oal %§

add-highlighter shared/oal regions
add-highlighter shared/oal/code default-region group
add-highlighter shared/oal/doc region '//[/!]' $ fill documentation
add-highlighter shared/oal/comment region '//' $ fill comment
add-highlighter shared/oal/raw region '\br"' '"|$' fill string
add-highlighter shared/oal/block region '"""' (?<!\\)(\\\\)*""" group
add-highlighter shared/oal/text region '"' (?<!\\)(\\\\)*("|$) group

add-highlighter shared/oal/block/ fill string
add-highlighter shared/oal/block/ regex \$\{[^\n}]*\} 0:value
add-highlighter shared/oal/text/ fill string
add-highlighter shared/oal/text/ regex \\(?:[ntr"\\$]|u\{[0-9A-Fa-f]+\}) 0:meta
add-highlighter shared/oal/text/ regex \$\{[^\n}]*\} 0:value

add-highlighter shared/oal/code/ regex \b[A-Z][A-Za-z0-9]*\b 0:type
add-highlighter shared/oal/code/ regex \b([a-z_][a-z0-9_]*)\( 1:function
add-highlighter shared/oal/code/ regex \b([a-z_][a-z0-9_.]*)\h+([a-z_][a-z0-9_]*)\h*(?:\{|\b(?:if|for)\b) 1:type 2:function
add-highlighter shared/oal/code/ regex \b[0-9][0-9_]*(?:\.[0-9]+)?(?:[A-Za-z]+|%)? 0:value
add-highlighter shared/oal/code/ regex \b(use|app|as|environment|unset|param|let|type|assert|kind|extern|extends|field|output|allow|if|then|else|match|for|in|where|matches|and|or|not)\b 0:keyword
add-highlighter shared/oal/code/ regex \b(true|false|null)\b 0:value
add-highlighter shared/oal/code/ regex \b([A-Za-z_][A-Za-z0-9_.]*)\h*: 1:variable

define-command -hidden oal-indent-on-new-line %@
    evaluate-commands -draft -itersel %|
        # As the line before, after an open bracket one step more.
        try %= execute-keys -draft <semicolon>K<a-&> =
        try %= execute-keys -draft kx s \h+$<ret>d =
        try %= execute-keys -draft kx <a-k>[{\[(]\h*$<ret> j<a-gt> =
    |
@

define-command -hidden oal-indent-on-closing %@
    # A bracket that starts its line stands under the line that opens it.
    try %= execute-keys -draft <a-h><a-k>^\h*[)}\]]$<ret> hm<a-S>1<a-&> =
@

§
