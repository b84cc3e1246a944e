(function_declaration
  name: (identifier) @name
  body: (statement_block) @body) @definition.function

(generator_function_declaration
  name: (identifier) @name
  body: (statement_block) @body) @definition.function

(class_declaration
  name: (_) @name
  body: (class_body) @body) @definition.class

(method_definition
  name: (_) @name
  body: (statement_block) @body) @definition.function

; A function bound to a name has that name.
(lexical_declaration
  . (variable_declarator
    name: (identifier) @name
    value: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ]) .) @definition.function

(variable_declaration
  . (variable_declarator
    name: (identifier) @name
    value: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ]) .) @definition.function

(variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @definition.function

(variable_declarator
  name: (identifier) @name
  value: (class body: (class_body) @body)) @definition.class

; A function wrapped in a call, such as memo(() => …) or debounce(function () {…}).
(program
  (lexical_declaration
    . (variable_declarator
      name: (identifier) @name
      value: (call_expression
        arguments: (arguments . [(arrow_function) (function_expression)]) @body)) .) @definition.function)

(program
  (export_statement
    declaration: (lexical_declaration
      . (variable_declarator
        name: (identifier) @name
        value: (call_expression
          arguments: (arguments . [(arrow_function) (function_expression)]) @body)) .) @definition.function))

(export_statement
  "default" @name
  value: [
    (function_expression body: (_) @body)
    (arrow_function body: (_) @body)
  ]) @definition.function

(export_statement
  "default" @name
  value: (class body: (_) @body)) @definition.class

; Foo.prototype.bar = function () {…}
(expression_statement
  (assignment_expression
    left: (member_expression
      object: (member_expression
        object: (_) @receiver
        property: (property_identifier) @_prototype)
      property: (property_identifier) @name)
    right: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ])
  (#eq? @_prototype "prototype")) @definition.method

(expression_statement
  (assignment_expression
    left: [
      (identifier) @name
      (member_expression property: (property_identifier) @name)
    ]
    right: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ])) @definition.function

(expression_statement
  (assignment_expression
    left: [
      (identifier) @name
      (member_expression property: (property_identifier) @name)
    ]
    right: (class body: (class_body) @body))) @definition.class

(pair
  key: [(property_identifier) (string)] @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @definition.function

; An object that holds functions is a namespace of them.
(program
  (lexical_declaration
    . (variable_declarator
      name: (identifier) @name
      value: (object
        [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body) .) @definition.namespace)

(program
  (variable_declaration
    . (variable_declarator
      name: (identifier) @name
      value: (object
        [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body) .) @definition.namespace)

(variable_declarator
  name: (identifier) @name
  value: (object
    [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body) @definition.namespace

(program
  (expression_statement
    (assignment_expression
      left: [(identifier) @name (member_expression property: (property_identifier) @name)]
      right: (object
        [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body)) @definition.namespace)

(export_statement
  "default" @name
  value: (object
    [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body) @definition.namespace

(program
  (lexical_declaration
    . (variable_declarator
      name: (identifier) @name
      value: (_) @body) .) @definition.constant
  (#not-match? @body "^(await )?(require|import)[(]"))

(program
  (export_statement
    declaration: (lexical_declaration
      . (variable_declarator
        name: (identifier) @name
        value: (_) @body) .) @definition.constant))

; Test suites and their cases.
(expression_statement
  (call_expression
    function: [
      (identifier) @_suite
      (member_expression object: (identifier) @_suite)
    ]
    arguments: (arguments
      . [(string) (template_string)] @name
      [(arrow_function) (function_expression)] @body))
  (#any-of? @_suite "describe" "context" "suite")) @definition.namespace

(expression_statement
  (call_expression
    function: [
      (identifier) @_case
      (member_expression object: (identifier) @_case)
    ]
    arguments: (arguments
      . [(string) (template_string)] @name
      [(arrow_function) (function_expression)] @body))
  (#any-of? @_case "it" "test" "specify")) @definition.test

; A value of one line is a member of the chunk that holds it; what is imported is defined elsewhere.
((program (lexical_declaration (variable_declarator name: (identifier) @member value: (_) @_value)))
  (#not-match? @_value "^(await )?(require|import)[(]"))

((program (variable_declaration (variable_declarator name: (identifier) @member value: (_) @_value)))
  (#not-match? @_value "^(await )?(require|import)[(]"))

(program
  (export_statement
    declaration: (lexical_declaration (variable_declarator name: (identifier) @member))))

(call_expression function: (identifier) @call)

(call_expression function: (member_expression property: (property_identifier) @call))

(new_expression constructor: (identifier) @call)

(new_expression constructor: (member_expression property: (property_identifier) @call))
