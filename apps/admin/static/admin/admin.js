"use strict";
// The pages work without this script. It looks keys up in a window of their own, ticks all rows of a list, and warns of a form that is left.
for (const link of document.querySelectorAll("a[data-for]")) {
  link.addEventListener("click", (event) => {
    const opened = window.open(link.href, `lookup:${link.dataset.for}`, "popup,width=900,height=700");
    if (opened) {
      event.preventDefault();
      opened.focus();
    }
  });
}

// In the window of a look-up, a key goes to the form that asked for it.
if (window.opener && window.name.startsWith("lookup:")) {
  const id = window.name.slice("lookup:".length);
  for (const link of document.querySelectorAll("a.choose")) {
    link.addEventListener("click", (event) => {
      const input = window.opener.document.getElementById(id);
      if (!input) return;
      event.preventDefault();
      const isList = Boolean(input.value) && input.dataset.many !== undefined;
      input.value = isList ? `${input.value},${link.dataset.key}` : link.dataset.key;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      window.close();
    });
  }
}

const ticks = [...document.querySelectorAll("input[name=_selected_action]")];
const heading = document.querySelector("th.tick");
if (heading && ticks.length) {
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", "Select all rows of this page");
  all.addEventListener("change", () => ticks.forEach((tick) => (tick.checked = all.checked)));
  for (const tick of ticks) {
    tick.addEventListener("change", () => {
      const ticked = ticks.filter((other) => other.checked).length;
      all.checked = ticked === ticks.length;
      all.indeterminate = ticked > 0 && ticked < ticks.length;
    });
  }
  heading.replaceChildren(all);
}

// A page that is left with changes asks first.
const form = document.getElementById("object-form");
if (form) {
  let isChanged = false;
  form.addEventListener("input", () => (isChanged = true));
  form.addEventListener("submit", () => (isChanged = false));
  addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
}
