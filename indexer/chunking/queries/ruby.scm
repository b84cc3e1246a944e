(module
  name: (_) @name
  body: (_)? @body) @definition.namespace

(class
  name: (_) @name
  (superclass)?
  body: (_)? @body) @definition.class

; Methods of the class itself.
(singleton_class
  value: (_) @name
  body: (_)? @body) @definition.class

(class body: (body_statement (method name: (_) @name body: (_)? @body) @definition.method))

(module body: (body_statement (method name: (_) @name body: (_)? @body) @definition.method))

(method
  name: (_) @name
  body: (_)? @body) @definition.function

(singleton_method
  name: (_) @name
  body: (_)? @body) @definition.method

; define_method(:name) { … }
(call
  !receiver
  method: (identifier) @_define
  arguments: (argument_list . (simple_symbol) @name)
  block: (_) @body
  (#any-of? @_define "define_method" "scope")) @definition.method

; Struct.new(…) do … end and Class.new(…) do … end that a constant holds.
(assignment
  left: (constant) @name
  right: (call
    method: (identifier) @_new
    block: (_) @body)
  (#any-of? @_new "new" "define")) @definition.class

(assignment
  left: (constant) @name
  right: [(lambda body: (_) @body) (call method: (identifier) @_lambda block: (_) @body)]
  (#any-of? @_lambda "lambda" "proc")) @definition.function

(call
  method: (identifier) @_suite
  arguments: (argument_list . [(string) (constant) (scope_resolution) (simple_symbol)] @name)
  block: (_) @body
  (#any-of? @_suite "describe" "context" "feature" "shared_examples" "namespace")) @definition.namespace

(call
  !receiver
  method: (identifier) @_case
  arguments: (argument_list . (string) @name)
  block: (_) @body
  (#any-of? @_case "it" "specify" "scenario" "test")) @definition.test

; A Rake task.
(call
  !receiver
  method: (identifier) @_task
  arguments: (argument_list
    . [(simple_symbol) @name (string) @name (pair . key: (_) @name)])
  block: (_) @body
  (#eq? @_task "task")) @definition.function

(class
  body: (body_statement
    (call
      method: (identifier) @_attr
      arguments: (argument_list (simple_symbol) @member)
      (#any-of? @_attr "attr_reader" "attr_writer" "attr_accessor" "has_many" "has_one" "belongs_to"))))

(alias name: [(identifier) (constant) (setter)] @member)

(call
  method: (identifier) @_alias
  arguments: (argument_list . [(simple_symbol) (string)] @member)
  (#eq? @_alias "alias_method"))

(program (assignment left: (constant) @member))

(body_statement (assignment left: (constant) @member))

(call
  method: [(identifier) (constant)] @call
  (#not-match? @call "^(require|require_relative|attr_reader|attr_writer|attr_accessor|private|public|protected)$"))
