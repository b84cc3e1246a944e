// Completes repo:, lang: and kind: while one types, from the filters on the page. Nothing is asked of the server.
"use strict";
{
  const MOST = 8;
  const FILTERS = { repo: "repo", r: "repo", lang: "lang", language: "lang", kind: "kind" };
  const WRITTEN = /(?:^|\s)(repo|r|language|lang|kind):"?([^\s":]*)$/;

  const query = document.getElementById("q");
  const list = document.createElement("ul");
  let active = -1;
  let finished = false;

  function open(options) {
    list.replaceChildren(...options.map((value, number) => {
      const option = document.createElement("li");
      option.id = `completion-${number}`;
      option.setAttribute("role", "option");
      option.textContent = value;
      return option;
    }));
    list.hidden = options.length === 0;
    query.setAttribute("aria-expanded", String(!list.hidden));
    choose(options.includes(written()?.begun) ? -1 : 0);
  }

  function choose(number) {
    active = list.hidden ? -1 : number;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    const chosen = list.children[active];
    if (chosen) query.setAttribute("aria-activedescendant", chosen.id);
    else query.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  // The filter that ends where the caret stands.
  function written() {
    const found = WRITTEN.exec(query.value.slice(0, query.selectionStart));
    return found && { name: FILTERS[found[1]], begun: found[2] };
  }

  function completions() {
    const filter = written();
    if (!filter) return [];
    const values = [...document.querySelectorAll(`#facets [name=${filter.name}]`)].map((box) => box.value);
    const begun = filter.begun.toLowerCase();
    const fitting = values.filter((value) => !value.includes('"') && value.toLowerCase().includes(begun));
    const first = fitting.filter((value) => value.toLowerCase().startsWith(begun));
    const options = [...new Set([...first, ...fitting])].slice(0, MOST);
    // What is written in full needs no list.
    return options.length === 1 && options[0] === filter.begun ? [] : options;
  }

  function accept(value) {
    const caret = query.selectionStart;
    const start = query.value.lastIndexOf(":", caret - 1) + 1;
    query.setRangeText(`${/[\s:]/.test(value) ? `"${value}"` : value} `, start, caret, "end");
    finish();
  }

  // Closes the list and has the page search for what stands there.
  function finish() {
    open([]);
    finished = true;
    query.dispatchEvent(new Event("input"));
    finished = false;
  }

  const KEYS = {
    ArrowDown: () => choose((active + 1) % list.children.length),
    ArrowUp: () => choose((active <= 0 ? list.children.length : active) - 1),
    Escape: finish,
    Enter: () => accept(list.children[active].textContent),
    Tab: () => accept(list.children[active].textContent),
  };

  if (query && document.getElementById("facets")) {
    list.id = "completions";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Values of this filter");
    query.parentElement.append(list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) {
      query.setAttribute(name, value);
    }
    query.addEventListener("input", () => { if (!finished) open(completions()); });
    query.addEventListener("keydown", (event) => {
      const act = KEYS[event.key];
      const accepting = event.key === "Enter" || event.key === "Tab";
      if (list.hidden || !act || event.isComposing || event.shiftKey || (accepting && active < 0)) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    query.form.addEventListener("submit", () => open([]));
    query.addEventListener("blur", () => open([]));
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();  // the query keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) accept(option.textContent);
    });
  }
}
