; Only what stands at the top of a module, a class or an instance: bindings under `where` and `let` belong to
; their function. A type signature and the equations below it carry one name and become one definition.

(declarations (class name: (_) @name declarations: (_)? @body) @definition.trait)

(declarations
  (instance
    name: (_) @name
    patterns: (type_patterns)? @name
    declarations: (_)? @body) @definition.impl)

(declarations (data_type name: (_) @name constructors: (_)? @body) @definition.type)

(declarations (newtype name: (_) @name constructor: (_)? @body) @definition.type)

(declarations (type_synonym name: (_) @name type: (_)? @body) @definition.type)

(declarations (type_family name: (_) @name closed_family: (_)? @body) @definition.type)

(declarations (data_family name: (_) @name) @definition.type)

(declarations (pattern_synonym (equation synonym: (_) @name)) @definition.function)

(declarations (signature name: (variable) @name) @definition.function)

(declarations (signature name: (prefix_id (_) @name)) @definition.function)

(declarations (signature names: (binding_list . name: (variable) @name)) @definition.function)

(declarations (function name: (_) @name match: (_) @body) @definition.function)

(declarations (function (infix operator: (_) @name) match: (_) @body) @definition.function)

(declarations (bind name: (_) @name match: (_) @body) @definition.function)

(declarations (foreign_import signature: (signature name: (_) @name)) @definition.function)

(class_declarations (signature name: (_) @name) @definition.function)

(class_declarations (function name: (_) @name match: (_) @body) @definition.function)

(class_declarations (bind name: (_) @name match: (_) @body) @definition.function)

(instance_declarations (signature name: (_) @name) @definition.function)

(instance_declarations (function name: (_) @name match: (_) @body) @definition.function)

(instance_declarations (function (infix operator: (_) @name) match: (_) @body) @definition.function)

(instance_declarations (bind name: (_) @name match: (_) @body) @definition.function)

(data_constructor (prefix name: (constructor) @member))

(data_constructor (record name: (constructor) @member))

(gadt_constructor name: (constructor) @member)

(newtype_constructor name: (constructor) @member)

(field_name (variable) @member)

(apply function: (variable) @call)

(apply function: (qualified id: (variable) @call))
