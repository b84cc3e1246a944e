(namespace_definition
  name: (_) @name
  body: (_) @body) @definition.namespace

(class_declaration
  name: (name) @name
  body: (_) @body) @definition.class

(interface_declaration
  name: (name) @name
  body: (_) @body) @definition.interface

(trait_declaration
  name: (name) @name
  body: (_) @body) @definition.trait

(enum_declaration
  name: (name) @name
  body: (_) @body) @definition.enum

(function_definition
  name: (name) @name
  body: (_) @body) @definition.function

(method_declaration
  name: (name) @name
  body: (_)? @body) @definition.function

; A closure bound to a variable has its name.
(program
  (expression_statement
    (assignment_expression
      left: (variable_name (name) @name)
      right: [
        (anonymous_function body: (_) @body)
        (arrow_function body: (_) @body)
      ])) @definition.function)

(program
  (expression_statement
    (assignment_expression
      left: (variable_name (name) @name)
      right: (object_creation_expression (anonymous_class body: (_) @body)))) @definition.class)

; Suites and cases, as Pest has them.
(expression_statement
  (function_call_expression
    function: (name) @_suite
    arguments: (arguments
      . (argument [(string) (encapsed_string)] @name)
      . (argument (anonymous_function body: (_) @body))))
  (#eq? @_suite "describe")) @definition.namespace

(expression_statement
  (function_call_expression
    function: (name) @_case
    arguments: (arguments
      . (argument [(string) (encapsed_string)] @name)
      . (argument [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)])))
  (#any-of? @_case "it" "test")) @definition.test

(property_element name: (variable_name (name) @member))

(property_promotion_parameter name: (variable_name (name) @member))

(declaration_list (const_declaration (const_element . (name) @member)))

(enum_declaration_list (const_declaration (const_element . (name) @member)))

(program
  (expression_statement
    (function_call_expression
      function: (name) @_define
      arguments: (arguments . (argument (_ [(string_content)] @member))))
    (#eq? @_define "define")))

(enum_case name: (name) @member)

(program (const_declaration (const_element . (name) @member)))

(namespace_definition body: (compound_statement (const_declaration (const_element . (name) @member))))

(function_call_expression function: (name) @call)

(function_call_expression function: (qualified_name (name) @call .))

(member_call_expression name: (name) @call)

(nullsafe_member_call_expression name: (name) @call)

(scoped_call_expression name: (name) @call)

(object_creation_expression (name) @call)

(object_creation_expression (qualified_name (name) @call .))
