/* Tables that are sorted by a click on a column's head, and notes on cells under the pointer or the focus. */

/* A first click puts the highest (of names the first) on top, a second the lowest; a third restores the order.
   Each block of rows is sorted within itself. */
function sortable(table) {
  const blocks = [...table.tBodies].map((body) => [body, [...body.rows]]);
  for (const head of table.querySelectorAll("thead th[data-column]")) {
    const column = Number(head.dataset.column);
    const numeric = head.dataset.kind === "number";
    const turns = numeric ? ["descending", "ascending", null] : ["ascending", "descending", null];
    head.querySelector("button").addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const next = turns[(turns.indexOf(now) + 1) % turns.length];
      for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      if (next !== null) head.setAttribute("aria-sort", next);
      for (const [body, given] of blocks) {
        body.append(...(next === null ? given : sortedRows(given, column, numeric, next)));
      }
    });
  }
}

/* What is missing stands last in either direction. */
function sortedRows(rows, column, numeric, direction) {
  const sign = direction === "ascending" ? 1 : -1;
  const value = (row) => row.cells[column]?.dataset.value ?? "";
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b));
  });
}

/* One cell of a table takes part in the tab order; the arrow keys move on from there. */
function walkable(table) {
  table.querySelector("tbody [data-noted]")?.setAttribute("tabindex", "0");
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-noted]");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const next = reached(table, cell, step);
    if (!next) return;
    cell.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
}

/* The next noted cell in a direction; the head of a block of rows is stepped over. */
function reached(table, cell, [down, right]) {
  const column = cell.cellIndex + right;
  for (let at = cell.parentElement.rowIndex + down; table.rows[at]; at += down) {
    const found = table.rows[at].cells[column];
    if (found?.hasAttribute("data-noted")) return found;
    if (down === 0) return null;
  }
  return null;
}

/* The note of a cell is in the cell for those who hear the page; here it is shown to those who see it. */
function startNotes() {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  function show(event) {
    const cell = event.target.closest?.("[data-noted]");
    tip.hidden = !cell;
    if (!cell) return;
    tip.textContent = cell.querySelector(".unseen")?.textContent ?? cell.getAttribute("aria-label");
    const [place, own] = [cell.getBoundingClientRect(), tip.getBoundingClientRect()];
    const left = Math.min(place.left, document.documentElement.clientWidth - own.width - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${place.top > own.height + 8 ? place.top - own.height - 6 : place.bottom + 6}px`;
  }
  document.addEventListener("pointerover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true, capture: true });
}
