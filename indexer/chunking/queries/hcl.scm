; The symbol is the block's address: type and labels, such as resource.aws_vpc.main.
(config_file
  (body
    (block
      . (identifier) @name
      [(identifier) (string_lit (template_literal) @name)]*
      (block_start) @body) @definition.resource))

(config_file
  (body
    (attribute . (identifier) @name) @definition.config))

(function_call . (identifier) @call)
