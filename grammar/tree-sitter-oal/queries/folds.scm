[
  (arguments)
  (arms)
  (block_string)
  (body)
  (list)
  (list_for)
  (map_for)
  (members)
  (object)
  (record_type)
  (union_type)
  (use_names)
] @fold

(comment)+ @fold

(doc_comment)+ @fold

(file_comment)+ @fold
