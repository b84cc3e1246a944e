(class_declaration
  name: (identifier) @name
  body: (_) @body) @definition.class

(record_declaration
  name: (identifier) @name
  body: (_) @body) @definition.class

(interface_declaration
  name: (identifier) @name
  body: (_) @body) @definition.interface

(annotation_type_declaration
  name: (identifier) @name
  body: (_) @body) @definition.interface

(enum_declaration
  name: (identifier) @name
  body: (_) @body) @definition.enum

(method_declaration
  name: (identifier) @name
  body: (block)? @body) @definition.function

(constructor_declaration
  name: (identifier) @name
  body: (_) @body) @definition.method

(compact_constructor_declaration
  name: (identifier) @name
  body: (_) @body) @definition.method

(annotation_type_element_declaration name: (identifier) @name) @definition.function

(class_body
  (static_initializer
    "static" @name
    (block) @body) @definition.method)

; An anonymous class that a field holds: its methods belong to the field.
(field_declaration
  declarator: (variable_declarator
    name: (identifier) @name
    value: (object_creation_expression (class_body) @body))) @definition.class

(field_declaration declarator: (variable_declarator name: (identifier) @member))

(enum_constant name: (identifier) @member)

(record_declaration parameters: (formal_parameters (formal_parameter name: (identifier) @member)))

(method_invocation name: (identifier) @call)

(object_creation_expression
  type: [
    (type_identifier) @call
    (generic_type . (type_identifier) @call)
    (scoped_type_identifier (type_identifier) @call .)
  ])
