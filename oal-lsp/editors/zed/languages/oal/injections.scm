; A refinement holds a regular expression, and so do most raw texts.
(matches
  pattern: (string
    (string_content) @injection.content)
  (#set! injection.language "regex"))

(raw_string
  (string_content) @injection.content
  (#set! injection.language "regex"))

; ["sh", "-c", "…"]
((list
  .
  (string
    (string_content) @_shell)
  .
  (string
    (string_content) @_option)
  .
  [
    (string
      (string_content) @injection.content)
    (block_string
      (string_content) @injection.content)
  ])
  (#match? @_shell "^(/bin/|/usr/bin/)?(sh|ash|dash|bash)$")
  (#match? @_option "^-[a-z]*c$")
  (#set! injection.language "bash"))

((comment) @injection.content
  (#set! injection.language "comment"))
