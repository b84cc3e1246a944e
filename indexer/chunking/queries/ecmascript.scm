(function_declaration
  name: (identifier) @name
  body: (statement_block) @body) @definition.function

(generator_function_declaration
  name: (identifier) @name
  body: (statement_block) @body) @definition.function

(class_declaration
  name: (_) @name
  body: (class_body) @body) @definition.class

; Functions of an object that is the property of another: api.users.list.
(pair
  key: [(property_identifier) (string)] @receiver
  value: (object
    (method_definition
      name: (_) @name
      body: (statement_block) @body) @definition.function))

(pair
  key: [(property_identifier) (string)] @receiver
  value: (object
    (pair
      key: [(property_identifier) (string)] @name
      value: [
        (arrow_function body: (_) @body)
        (function_expression body: (_) @body)
        (generator_function body: (_) @body)
      ]) @definition.function))

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

; A function that a call takes, such as memo(() => …), createThing("name", (a, b) => …), memo(forwardRef(() => …)).
(program
  (_
    . (variable_declarator
      name: (identifier) @name
      value: (call_expression
        arguments: (arguments [
          (arrow_function body: (_) @body)
          (function_expression body: (_) @body)
          (call_expression arguments: (arguments [
            (arrow_function body: (_) @body)
            (function_expression body: (_) @body)
          ]))
        ]))) .) @definition.function)

(program
  (export_statement
    declaration: (_
      . (variable_declarator
        name: (identifier) @name
        value: (call_expression
          arguments: (arguments [
            (arrow_function body: (_) @body)
            (function_expression body: (_) @body)
            (call_expression arguments: (arguments [
              (arrow_function body: (_) @body)
              (function_expression body: (_) @body)
            ]))
          ]))) .) @definition.function))

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
  ]
  (#eq? @_prototype "prototype")) @definition.method

; Foo.bar = function () {…}
(assignment_expression
  left: (member_expression object: (identifier) @receiver property: (property_identifier) @name)
  right: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]
  (#not-match? @receiver "^(module|exports|window|self|global|globalThis|root)$")) @definition.method

(assignment_expression
  left: [
    (identifier) @name
    (member_expression property: (property_identifier) @name)
  ]
  right: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @definition.function

(assignment_expression
  left: [
    (identifier) @name
    (member_expression property: (property_identifier) @name)
  ]
  right: (class body: (class_body) @body)) @definition.class

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
        [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body) @definition.namespace))

(export_statement
  "default" @name
  value: (object
    [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body) @definition.namespace

(program
  (_
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
    function: (_) @_suite
    arguments: (arguments
      . [(string) (template_string)] @name
      [(arrow_function) (function_expression)] @body))
  (#match? @_suite "^(test[.])?(describe|context|suite)\\b")) @definition.namespace

(expression_statement
  (call_expression
    function: (_) @_case
    arguments: (arguments
      . [(string) (template_string)] @name
      [(arrow_function) (function_expression)] @body))
  (#match? @_case "^((QUnit|Deno)[.])?(it|test|specify|bench)\\b")) @definition.test

; A value of one line is a member of the chunk that holds it; what is imported is defined elsewhere.
((program (lexical_declaration (variable_declarator name: (identifier) @member value: (_) @_value)))
  (#not-match? @_value "^(await )?(require|import)[(]"))

((program (variable_declaration (variable_declarator name: (identifier) @member value: (_) @_value)))
  (#not-match? @_value "^(await )?(require|import)[(]"))

(program (export_statement declaration: (_ (variable_declarator name: (identifier) @member))))

; export const {a, b} = …
(program
  (export_statement
    declaration: (_
      (variable_declarator
        name: [
          (object_pattern [
            (shorthand_property_identifier_pattern) @member
            (pair_pattern value: (identifier) @member)
          ])
          (array_pattern (identifier) @member)
        ]))))

(call_expression function: (identifier) @call)

(call_expression function: (member_expression property: (property_identifier) @call))

(new_expression constructor: (identifier) @call)

(new_expression constructor: (member_expression property: (property_identifier) @call))
