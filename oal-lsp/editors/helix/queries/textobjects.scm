(component
  body: (body) @class.inside) @class.around

(kind
  body: (body) @class.inside) @class.around

(app
  body: (body) @class.inside) @class.around

(environment
  body: (body) @class.inside) @class.around

(call
  arguments: (arguments
    (_) @parameter.inside))

[
  (assignment
    value: (_) @entry.inside)
  (pair
    value: (_) @entry.inside)
] @entry.around

[
  (comment)
  (doc_comment)
  (file_comment)
] @comment.inside

(comment)+ @comment.around

(doc_comment)+ @comment.around
