// Conveniences over pages that work without them: "/" looks for, "j" and "k" go along the rows, Enter opens; a form goes once.
(() => {
  "use strict";
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
  let row = -1;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.group[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "/") {
      const first = document.querySelector("[role=search] input:not([type=hidden]), [role=search] select");
      if (first) {
        event.preventDefault();
        first.focus();
      }
      return;
    }
    if (event.key !== "j" && event.key !== "k") return;
    const links = [...document.querySelectorAll("table[data-rows] tbody th a")];
    if (!links.length) return;
    const now = links.indexOf(document.activeElement);
    row = Math.min(links.length - 1, Math.max(0, (now < 0 ? row : now) + (event.key === "j" ? 1 : -1)));
    links[row].focus();
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.group[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const goes = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    // What brings a file leaves the page as it is, and may be asked for again at once.
    if (form.method !== "post" || /\/(export|file)$/.test(goes)) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 3000);
  });

  // A page that comes back by the back button may send its forms again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
