(app
  "app" @context
  name: (_) @name) @item

(environment
  "environment" @context
  name: (_) @name) @item

(param
  "param" @context
  (key
    .
    (_) @name)) @item

(let
  "let" @context
  name: (_) @name) @item

(let
  "let" @context
  key: (key
    .
    (_) @name)) @item

(type_declaration
  "type" @context
  name: (_) @name) @item

(kind
  "kind" @context
  name: (_) @name) @item

(field
  "field" @context
  (key
    .
    (_) @name)) @item

(output
  "output" @context
  (key
    .
    (_) @name)) @item

(component
  kind: (_) @context
  name: (_) @name) @item

(doc_comment) @annotation
