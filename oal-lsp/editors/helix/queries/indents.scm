[
  (arguments)
  (arms)
  (body)
  (list)
  (list_for)
  (map_for)
  (members)
  (object)
  (parenthesized)
  (record_type)
  (union_type)
  (use_names)
] @indent

[
  "}"
  ")"
  "]"
] @outdent
