; The first pattern that fits a node decides what it is.

(class_declaration
  (modifiers (class_modifier) @_modifier)
  name: (identifier) @name
  [(class_body) (enum_class_body)]? @body
  (#eq? @_modifier "enum")) @definition.enum

(class_declaration
  "interface"
  name: (identifier) @name
  (class_body)? @body) @definition.interface

(class_declaration
  "class"
  name: (identifier) @name
  (class_body)? @body) @definition.class

(object_declaration
  name: (identifier) @name
  (class_body)? @body) @definition.class

; A companion object is no definition: its members are called through the class.

(enum_entry
  (identifier) @name
  (class_body) @body) @definition.constant

(type_alias
  type: (identifier) @name) @definition.type

; An extension function: the receiver stands before the name.
(function_declaration
  [
    (user_type (identifier)+ @receiver)
    (nullable_type (user_type (identifier)+ @receiver))
    (parenthesized_type) @receiver
  ]
  .
  name: (identifier) @name
  (function_body)? @body) @definition.function

(function_declaration
  name: (identifier) @name
  (function_body)? @body) @definition.function

(secondary_constructor
  "constructor" @name
  (block)? @body) @definition.method

; A property that runs code is found like a method.
(property_declaration
  [
    (user_type (identifier)+ @receiver)
    (nullable_type (user_type (identifier)+ @receiver))
  ]
  .
  (variable_declaration (identifier) @name)
  (getter (function_body) @body)) @definition.method

(property_declaration
  (variable_declaration (identifier) @name)
  (getter (function_body) @body)) @definition.method

; A value large enough to stand alone.
(source_file
  (property_declaration
    (variable_declaration (identifier) @name)
    [(call_expression) (property_delegate) (lambda_literal) (anonymous_function)] @body) @definition.constant)

; An object expression that is a value of its own: its methods belong to the value.
(source_file
  (property_declaration
    (variable_declaration (identifier) @name)
    (object_literal (class_body) @body)) @definition.class)

(class_body (property_declaration (variable_declaration (identifier) @member)))

(class_parameter ["val" "var"] (identifier) @member)

(enum_class_body (enum_entry (identifier) @member))

(source_file (property_declaration (variable_declaration (identifier) @member)))

(call_expression . (identifier) @call)

(call_expression . (navigation_expression (identifier) @call .))
