; Landmarks and named blocks; `html`, `head`, `body` and `main` hold them and stay out of the way.
(element
  (start_tag
    (tag_name) @_tag
    (attribute
      (attribute_name) @_attribute
      (quoted_attribute_value (attribute_value) @name)))
  . (_)? @body
  (#any-of? @_tag
    "article" "aside" "dialog" "div" "dl" "fieldset" "footer" "form" "header" "nav" "ol" "section" "svg"
    "table" "template" "ul")
  (#eq? @_attribute "id")) @definition.element

(element
  (start_tag (tag_name) @name)
  . (_)? @body
  (#any-of? @name
    "article" "aside" "dialog" "footer" "form" "header" "nav" "section" "table" "template")) @definition.element

(script_element
  (start_tag (tag_name) @name)
  (raw_text) @body) @definition.element

(style_element
  (start_tag (tag_name) @name)
  (raw_text) @body) @definition.element
