; Colours. No node is captured twice, so it does not matter whether an editor prefers the first pattern or the last.

(comment) @comment

[
  (doc_comment)
  (file_comment)
] @comment.documentation

; Words

[
  "app"
  "as"
  "environment"
  "unset"
  "param"
  "let"
  "type"
  "assert"
  "kind"
  "extern"
  "extends"
  "field"
  "output"
  "where"
  "matches"
] @keyword

"use" @keyword.import

[
  "if"
  "then"
  "else"
  "match"
] @keyword.conditional

"for" @keyword.repeat

(loop
  "in" @keyword.repeat)

(binary
  operator: [
    "in"
    "and"
    "or"
  ] @keyword.operator)

"not" @keyword.operator

(level) @keyword.modifier

(allow
  "allow" @attribute
  lint: (identifier) @attribute)

; Names that are declared

(app
  name: (identifier) @constant)

(environment
  name: (identifier) @constant)

(component
  name: (identifier) @constant)

(kind
  name: (identifier) @type)

(let
  name: (identifier) @variable)

(use
  alias: (identifier) @variable)

(use_name
  (identifier) @variable)

(loop
  name: (identifier) @variable.parameter)

(variant
  name: (identifier) @constant)

(variant_pattern
  name: (identifier) @constant)

(variant_pattern
  binding: (identifier) @variable.parameter)

; Names that are used

(variable) @variable

(property) @property

(call
  function: (identifier) @function)

(kind_path
  (identifier) @type)

(kind_type
  (identifier) @type)

(type_name
  (identifier) @variable)

(type_identifier) @type

; Literals

(boolean) @boolean

(null) @constant.builtin

(number) @number

(unit) @number

[
  "\""
  "\"\"\""
  "r\""
  (string_content)
] @string

(escape) @string.escape

(interpolation
  [
    "${"
    "}"
  ] @punctuation.special)

; Signs

[
  "="
  "=>"
  "??"
  "?"
  "?."
  "=="
  "!="
  "<="
  ">="
  ".."
  "..="
  "+"
  "-"
  "*"
  "/"
  "%"
  "|"
] @operator

(binary
  operator: [
    "<"
    ">"
  ] @operator)

(generic_type
  [
    "<"
    ">"
  ] @punctuation.bracket)

[
  ","
  "."
  ":"
] @punctuation.delimiter

[
  "("
  ")"
  "["
  "]"
  "{"
] @punctuation.bracket

(use_names
  "}" @punctuation.bracket)

(body
  "}" @punctuation.bracket)

(record_type
  "}" @punctuation.bracket)

(object
  "}" @punctuation.bracket)

(map_for
  "}" @punctuation.bracket)

(arms
  "}" @punctuation.bracket)
