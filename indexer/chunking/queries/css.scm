(rule_set
  (selectors) @name
  (block) @body) @definition.rule

(stylesheet
  (media_statement
    . (_) @name
    (block) @body) @definition.rule)

(stylesheet
  (supports_statement
    . (_) @name
    (block) @body) @definition.rule)

(stylesheet
  (keyframes_statement
    (keyframes_name) @name
    (keyframe_block_list) @body) @definition.rule)

(stylesheet
  (at_rule
    (at_keyword) @name
    (block) @body) @definition.rule)
