(abstract_class_declaration
  name: (_) @name
  body: (class_body) @body) @definition.class

(interface_declaration
  name: (_) @name
  body: (_) @body) @definition.interface

(type_alias_declaration
  name: (_) @name
  value: (object_type) @body) @definition.type

(type_alias_declaration name: (_) @name) @definition.type

(enum_declaration
  name: (_) @name
  body: (_) @body) @definition.enum

(internal_module
  name: (_) @name
  body: (_) @body) @definition.namespace

(module
  name: (_) @name
  body: (_) @body) @definition.namespace

; Overloads: declarations that their implementation goes on with.
(function_signature name: (identifier) @name) @definition.function

(class_body (method_signature name: (_) @name) @definition.function)

(abstract_method_signature name: (_) @name) @definition.function

(public_field_definition
  name: (_) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
  ]) @definition.function

(public_field_definition name: (_) @member)

(type_alias_declaration value: (object_type (property_signature name: (_) @member)))

(interface_body (property_signature name: (_) @member))

(interface_body (method_signature name: (_) @member))

(enum_body name: (property_identifier) @member)

(enum_assignment name: (property_identifier) @member)
