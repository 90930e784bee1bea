"use strict";
// The pages work without this script. It checks JSON before it is sent, sends with Ctrl+Enter, and copies the response.
for (const form of document.querySelectorAll("form.raw")) {
  const text = form.elements._content;
  const label = text.closest(".field");
  const message = document.createElement("p");
  message.className = "errors";
  message.id = `${text.id}-errors`;
  message.setAttribute("role", "alert");
  label.append(message);
  const complain = (problem) => {
    message.textContent = problem;
    if (problem) {
      text.setAttribute("aria-invalid", "true");
      text.setAttribute("aria-describedby", message.id);
      text.focus();
    } else {
      text.removeAttribute("aria-invalid");
      text.removeAttribute("aria-describedby");
    }
  };
  form.addEventListener("submit", (event) => {
    complain("");
    if (form.elements._content_type.value !== "application/json" || !text.value.trim()) return;
    try {
      JSON.parse(text.value);
    } catch (error) {
      event.preventDefault();
      complain(`This is not JSON: ${error.message}`);
    }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button"));
    }
  });
}

// A second click does not send a form twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const buttons = event.target.querySelectorAll("button");
  setTimeout(() => buttons.forEach((button) => (button.disabled = true)));
});
addEventListener("pageshow", () => document.querySelectorAll("button[disabled]").forEach((button) => (button.disabled = false)));

// Escape and a click elsewhere close a menu.
const closeMenus = (except) => document.querySelectorAll(".menu[open]").forEach((menu) => menu === except || (menu.open = false));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => closeMenus(event.target.closest(".menu")));

const body = document.querySelector("pre.body");
if (body && navigator.clipboard) {
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy";
  copy.textContent = "Copy";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(body.textContent);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  body.before(copy);
}
