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
] @indent.begin

[
  "}"
  ")"
  "]"
] @indent.branch

[
  "}"
  ")"
  "]"
] @indent.end

[
  (block_string)
  (comment)
] @indent.ignore
