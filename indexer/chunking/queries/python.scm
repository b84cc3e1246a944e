; Overloads are declarations that their implementation goes on with.
(decorated_definition
  (decorator [(identifier) @_overload (attribute attribute: (identifier) @_overload)])
  definition: (function_definition name: (identifier) @name)
  (#eq? @_overload "overload")) @definition.function

(function_definition
  name: (identifier) @name
  body: (block) @body) @definition.function

(class_definition
  name: (identifier) @name
  body: (block) @body) @definition.class

(module
  (expression_statement
    (assignment
      left: (identifier) @name
      right: (lambda body: (_) @body))) @definition.function)

(module
  (expression_statement
    (assignment
      left: (identifier) @name
      right: (_) @body)) @definition.constant)

(type_alias_statement
  left: (type) @name) @definition.type

(module . (comment)* . (expression_statement . (string) @doc .))

(class_definition body: (block . (comment)* . (expression_statement . (string) @doc .)))

(function_definition body: (block . (comment)* . (expression_statement . (string) @doc .)))

(class_definition
  body: (block
    (expression_statement
      (assignment left: (identifier) @member))))

; What a new object has.
(class_definition
  body: (block
    (function_definition
      name: (identifier) @_init
      body: (block
        (expression_statement
          (assignment
            left: (attribute object: (identifier) @_self attribute: (identifier) @member)))))
    (#eq? @_init "__init__")
    (#eq? @_self "self")))

(module (expression_statement (assignment left: (pattern_list (identifier) @member))))

(module
  [
    (if_statement consequence: (block (expression_statement (assignment left: (identifier) @member))))
    (try_statement body: (block (expression_statement (assignment left: (identifier) @member))))
  ])

(call function: (identifier) @call)

(call function: (attribute attribute: (identifier) @call))
