; Nothing of its own: ecmascript.scm and typescript.scm say it all.
