; Elixir has no declarations: everything is a call, told apart by what is called.

(call
  target: (identifier) @_keyword
  (arguments . (alias) @name)
  (do_block) @body
  (#eq? @_keyword "defmodule")) @definition.namespace

(call
  target: (identifier) @_keyword
  (arguments . (alias) @name)
  (do_block) @body
  (#eq? @_keyword "defprotocol")) @definition.interface

(call
  target: (identifier) @_keyword
  (arguments
    . (alias) @name
    (keywords . (pair key: (keyword) @_for value: (_) @name)))
  (do_block) @body
  (#eq? @_keyword "defimpl")
  (#match? @_for "^for:")) @definition.impl

(call
  target: (identifier) @_keyword
  (arguments . (alias) @name)
  (do_block) @body
  (#eq? @_keyword "defimpl")) @definition.impl

(call
  target: (identifier) @_keyword
  (arguments
    . [
      (identifier) @name
      (call target: (identifier) @name)
      (binary_operator left: [(identifier) @name (call target: (identifier) @name)] operator: "when")
      (binary_operator left: (_) operator: _ @name)
    ]
    (keywords . (pair) @body)?)
  (do_block)? @body
  (#not-eq? @name "when")
  (#any-of? @_keyword "def" "defp" "defdelegate" "defcallback" "defn" "defnp")) @definition.function

(call
  target: (identifier) @_keyword
  (arguments
    . [
      (identifier) @name
      (call target: (identifier) @name)
      (binary_operator left: [(identifier) @name (call target: (identifier) @name)] operator: "when")
      (binary_operator left: (_) operator: _ @name)
    ]
    (keywords . (pair) @body)?)
  (do_block)? @body
  (#not-eq? @name "when")
  (#any-of? @_keyword "defmacro" "defmacrop" "defguard" "defguardp")) @definition.macro

(call
  target: (identifier) @_keyword
  (arguments . (string (quoted_content) @name))
  (do_block) @body
  (#eq? @_keyword "describe")) @definition.namespace

(call
  target: (identifier) @_keyword
  (arguments . (string (quoted_content) @name))
  (do_block) @body
  (#any-of? @_keyword "test" "property" "feature")) @definition.test

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_attribute
    (arguments . [(string) (sigil)]))) @comment
  (#any-of? @_attribute "doc" "typedoc"))

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_attribute
    (arguments . [(string) (sigil)] @doc)))
  (#eq? @_attribute "moduledoc"))

((unary_operator
  operator: "@"
  operand: (call target: (identifier) @_attribute)) @attribute
  (#any-of? @_attribute
    "spec" "impl" "deprecated" "since" "tag" "dialyzer" "compile" "optional_callbacks"))

; A type, and an attribute that holds a value.
(do_block
  (unary_operator
    operator: "@"
    operand: (call
      target: (identifier) @_attribute
      (arguments . (binary_operator left: [(identifier) @member (call target: (identifier) @member)] operator: "::")))
    (#any-of? @_attribute "type" "typep" "opaque" "callback" "macrocallback")))

; What a struct has.
(do_block
  (call
    target: (identifier) @_struct
    (arguments [
      (list (atom) @member)
      (list (keywords (pair key: (keyword) @member)))
      (keywords (pair key: (keyword) @member))
    ]))
  (#any-of? @_struct "defstruct" "defexception"))

((do_block (unary_operator operator: "@" operand: (call target: (identifier) @member (arguments))))
  (#not-match? @member
    "^((module|type)?doc|spec|typep?|opaque|(macro)?callback|impl|behaviour|derive|deprecated|since|(module|describe)?tag|dialyzer|compile|external_resource|optional_callbacks|(before|after)_compile|on_load|enforce_keys)$"))

((call target: (identifier) @call)
  (#not-match? @call
    "^(def[a-z]*|alias|import|require|use|(module|type)?doc|spec|typep?|opaque|callback|impl|case|cond|if|unless|for|with|quote|unquote|receive|try|test|describe)$"))

(call target: (dot right: (identifier) @call))
