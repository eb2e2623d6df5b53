; What is local: names that a loop or a pattern binds, and the fields of a kind inside its body. Everything else is known in the
; whole file.

[
  (source_file)
  (component)
  (kind)
  (list_for)
  (map_for)
  (arm)
] @local.scope

(let
  name: (identifier) @local.definition.var)

(let
  key: (key
    (property) @local.definition.var))

(param
  (key
    (property) @local.definition.parameter))

(field
  (key
    (property) @local.definition.field))

(type_declaration
  name: (type_identifier) @local.definition.type)

(use
  alias: (identifier) @local.definition.import)

(use_name
  name: (_) @local.definition.import
  !alias)

(use_name
  alias: (_) @local.definition.import)

(loop
  name: (identifier) @local.definition.parameter)

(variant_pattern
  binding: (identifier) @local.definition.parameter)

(variable) @local.reference

(type_name
  (type_identifier) @local.reference)

(kind_path
  (identifier) @local.reference)
