(trait_definition
  name: (_) @name
  body: (_)? @body) @definition.trait

(enum_definition
  name: (_) @name
  body: (_) @body) @definition.enum

(class_definition
  name: (_) @name
  body: (_)? @body) @definition.class

(object_definition
  name: (_) @name
  body: (_)? @body) @definition.class

(package_object
  name: (_) @name
  body: (_)? @body) @definition.namespace

; An instance without a name is known by the type it gives.
(given_definition
  name: (_) @name
  body: (_) @body) @definition.impl

(given_definition
  !name
  return_type: (_) @name
  body: (_) @body) @definition.impl

(extension_definition
  parameters: (parameters . (parameter type: (_) @name))
  .
  body: (_) @body) @definition.impl

(compilation_unit
  (type_definition
    name: (_) @name) @definition.type)

(function_definition
  name: (_) @name
  body: (_) @body) @definition.function

(function_declaration
  name: (_) @name) @definition.function

(template_body (val_definition pattern: (identifier) @member))

(template_body (var_definition pattern: (identifier) @member))

(template_body (type_definition name: (_) @member))

(class_parameter name: (identifier) @member)

(full_enum_case name: (identifier) @member)

(simple_enum_case name: (identifier) @member)

(compilation_unit [(val_definition pattern: (identifier) @member) (var_definition pattern: (identifier) @member)])

; Suites and their cases, as ScalaTest and MUnit have them.
(call_expression
  function: (call_expression
    function: (identifier) @_suite
    arguments: (arguments . (string) @name))
  arguments: (block) @body
  (#any-of? @_suite "describe" "feature")) @definition.namespace

(call_expression
  function: (call_expression
    function: (identifier) @_case
    arguments: (arguments . (string) @name))
  arguments: (block) @body
  (#any-of? @_case "test" "it" "property" "scenario")) @definition.test

(val_declaration name: (identifier) @member)

(call_expression function: (identifier) @call)

(call_expression function: (field_expression field: (identifier) @call))

(call_expression function: (generic_function function: (identifier) @call))

(call_expression function: (generic_function function: (field_expression field: (identifier) @call)))

(instance_expression (type_identifier) @call)
