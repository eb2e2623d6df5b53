(_
  [
    "app"
    "environment"
    "let"
    "type"
    "kind"
  ] @context
  name: (_) @name) @item

(_
  [
    "param"
    "let"
    "field"
    "output"
  ] @context
  (key
    .
    (_) @name)) @item

(component
  kind: (_) @context
  name: (_) @name) @item

(doc_comment) @annotation
