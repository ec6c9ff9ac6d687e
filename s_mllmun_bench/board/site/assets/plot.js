/* The plot: one point takes part in the tab order and the arrow keys move on, as in the tables; a row under
   the pointer or the focus is brought out wherever it stands on the page. */

function startPlot(plot) {
  const points = [...plot.querySelectorAll(".point")].sort((one, other) => placeOf(one) - placeOf(other));
  for (const [number, point] of points.entries()) point.setAttribute("tabindex", number === 0 ? "0" : "-1");
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    const here = points.indexOf(event.target.closest(".point"));
    if (!step || here < 0) return;
    event.preventDefault();
    const next = points[here + step];
    if (!next) return;
    points[here].setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
}

/* How far to the right a point stands. */
function placeOf(point) {
  return point.transform.baseVal.getItem(0).matrix.e;
}

function startLinks() {
  let lit = [];
  function show(event) {
    const cell = event.target.closest?.(".point, tbody tr");
    const number = (cell?.dataset.row ?? cell?.querySelector("[data-row]")?.dataset.row);
    for (const one of lit) one.classList.remove("lit");
    lit = number === undefined ? [] : rowsOf(number);
    for (const one of lit) one.classList.add("lit");
  }
  document.addEventListener("pointerover", show);
  document.addEventListener("focusin", show);
}

/* The points and table rows of a number that are not brought out for good. */
function rowsOf(number) {
  const found = [...document.querySelectorAll(`[data-row="${Number(number)}"]`)];
  return found.map((one) => (one.tagName === "TH" ? one.parentElement : one)).filter((one) => !one.classList.contains("lit"));
}

for (const plot of document.querySelectorAll("svg.plot")) startPlot(plot);
startLinks();
