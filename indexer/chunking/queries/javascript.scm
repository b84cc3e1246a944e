; What TypeScript writes otherwise or has no need of; the rest is shared with it in ecmascript.scm.
(field_definition
  property: (_) @name
  value: [
    (arrow_function body: [(statement_block) (expression)] @body)
    (function_expression body: (statement_block) @body)
    (call_expression
      arguments: (arguments [
        (arrow_function body: (statement_block) @body)
        (function_expression body: (statement_block) @body)
      ]))
  ]) @definition.function

; module.exports = function f () {…}: a module is no name.
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (function_expression name: (_) @name body: (_) @body)
  (#eq? @_module "module")
  (#eq? @_exports "exports")) @definition.function

(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (class name: (_) @name body: (class_body) @body)
  (#eq? @_module "module")
  (#eq? @_exports "exports")) @definition.class

; defineGetter(req, "protocol", function protocol () {…})
(program
  (expression_statement
    (call_expression
      arguments: (arguments
        . (identifier) @receiver
        . (string)
        . (function_expression name: (identifier) @name body: (_) @body)))) @definition.method)

(program
  (expression_statement
    (call_expression
      arguments: (arguments (function_expression name: (identifier) @name body: (_) @body)))) @definition.function)

; Foo.prototype = {…} and Object.assign(Foo.prototype, {…}) add to what is there.
(assignment_expression
  left: (member_expression object: (_) @name property: (property_identifier) @_prototype)
  right: (object
    [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body
  (#eq? @_prototype "prototype")) @definition.impl

(call_expression
  arguments: (arguments
    . (member_expression object: (_) @name property: (property_identifier) @_prototype)
    . (object
      [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body)
  (#eq? @_prototype "prototype")) @definition.impl

; Object.defineProperty(Foo.prototype, "bar", {get () {…}})
(call_expression
  arguments: (arguments
    . (member_expression object: (_) @receiver property: (property_identifier) @_prototype)
    . (string) @name
    . (object
      [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body)
  (#eq? @_prototype "prototype")) @definition.method

(field_definition property: (property_identifier) @member)

; What a constructor sets.
(class_body
  (method_definition
    name: (_) @_constructor
    body: (statement_block
      (expression_statement
        (assignment_expression left: (member_expression object: (this) property: (_) @member)))))
  (#eq? @_constructor "constructor"))
